public import CloudModel

/// Plans, checks of plans and what-ifs of one collection, evaluated once.
public final class PlanSession {
    private let collection: CloudCollection
    private let evaluation: Evaluation
    private let judged: Evaluation.Judged

    /// Evaluates a collection with what its owner says besides.
    ///
    /// - Throws: ``PremiseError``.
    public convenience init(_ collection: CloudCollection, premises: Premises = Premises()) throws(PremiseError) {
        let evaluation = Evaluation(Normaliser.normalise(collection), premises: premises)
        try evaluation.checkPremises()
        self.init(collection, evaluation, evaluation.judged())
    }

    init(_ collection: CloudCollection, _ evaluation: Evaluation, _ judged: Evaluation.Judged) {
        self.collection = collection
        self.evaluation = evaluation
        self.judged = judged
    }

    /// The plan for what is asked, and what was not looked at for it.
    public func plan(_ request: PlanRequest) -> (plan: Plan, gaps: [CoverageReport.Gap]) {
        let outcome = Planner(evaluation, request).plan(judged)
        return (outcome.plan, outcome.gaps)
    }

    /// Why a checker refuses a plan; `nil` when it accepts it.
    public func refusal(of plan: Plan, costs: FixCosts = FixCosts()) -> String? {
        do throws(PlanVerifier.Refusal) {
            try PlanVerifier(collection, evaluation, costs).check(plan)
            return nil
        } catch { return error.reason }
    }

    // MARK: What-if

    private lazy var reevaluation = Reevaluation(evaluation)
    private lazy var trying = WhatIfTrials(reevaluation, judged)
    /// Knows the changes of every step of the told paths.
    private lazy var planner = {
        let planner = Planner(reevaluation, PlanRequest())
        planner.discoverAll(judged.found)
        return planner
    }()
    private var isPlanned = false

    /// The edits of the changes of these names; the names of which no change is known stand in `unknown`.
    public func edits(ofFixes ids: [String]) -> (edits: [FixEdit], unknown: [String]) {
        if !isPlanned, ids.contains(where: { planner.trials.place(of: $0) == nil }) {
            // Some changes are found only once others are made.
            isPlanned = true
            _ = planner.plan(judged)
        }
        var edits: [FixEdit] = []
        var unknown: [String] = []
        for id in ids {
            if let place = planner.trials.place(of: id) {
                edits += planner.trials.fixes[place].edits.map { FixEdit($0) }
            } else {
                unknown.append(id)
            }
        }
        return (edits, unknown)
    }

    /// The collection with the edits made: what the services would answer then.
    ///
    /// - Returns: `nil` when an edit cannot be read.
    public func patched(_ edits: [FixEdit]) -> CloudCollection? {
        let parsed = edits.compactMap { Edit($0) }
        guard parsed.count == edits.count else { return nil }
        return RecordPatch.apply(parsed, to: collection, evaluation.snapshot)
    }

    /// What changes when the edits are made.
    ///
    /// Of edits of candidates only what they concern is evaluated again, and what comes of it is what an evaluation from scratch says. Other
    /// edits may give instead of take, so with them everything is evaluated.
    ///
    /// - Parameter scratch: a folder for files that are removed again.
    /// - Returns: `nil` when an edit cannot be read.
    public func whatIf(_ edits: [FixEdit], scratch: String) throws -> WhatIf? {
        let parsed = edits.compactMap { Edit($0) }
        guard parsed.count == edits.count else { return nil }
        let known = Set(planner.trials.fixes.flatMap(\.edits))
        return try parsed.allSatisfy(known.contains)
            ? trying.whatIf(parsed, scratch: scratch) : trying.whatIf(afterAny: parsed, scratch: scratch)
    }

    /// What changes when the records are those.
    public func whatIf(_ other: CloudCollection, scratch: String) throws -> WhatIf {
        try trying.whatIf(evaluation.again(Normaliser.normalise(other)), [], scratch: scratch)
    }
}

extension Planner {
    /// Looks for changes of every step of these paths.
    func discoverAll(_ found: [AttackPathFinder.Found]) {
        discover(found.map { (OpenWay(nodes: []), $0.edges) }, evaluation.graph)
    }
}
