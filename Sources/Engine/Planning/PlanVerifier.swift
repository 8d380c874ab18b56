import CloudModel

/// Checks a plan against the records that it was made of. It shares nothing with what chose the plan: it applies changes, evaluates again and
/// adds up weights.
///
/// - every fix is the change that it says it is, with the texts and the cost that it says, and closes alone what it says;
/// - the patched records, normalised and evaluated from scratch, have no path left but those that the plan leaves open, and these no
///   candidate closes;
/// - every path of the certificate is there, with all candidates made but the fixes that it names;
/// - no weight is missing, too much or overpays a candidate, and the bound is what they prove.
struct PlanVerifier {
    private let collection: CloudCollection
    let evaluation: Evaluation
    private let judged: Evaluation.Judged
    private let costs: FixCosts
    private let candidates: CandidateFixes
    /// What steps are there after changes, each part of the account evaluated once for the changes that concern it.
    let trials: Trials
    private let effects: Effects

    init(_ collection: CloudCollection, _ evaluation: Evaluation, _ costs: FixCosts) {
        self.collection = collection
        self.evaluation = evaluation
        self.costs = costs
        judged = evaluation.judged()
        candidates = CandidateFixes(evaluation.snapshot, evaluation.graph)
        trials = Trials(Reevaluation(evaluation))
        effects = Effects(trials, judged.found, strongest: judged.strongest)
    }

    /// Why a plan is refused.
    struct Refusal: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// - Throws: ``Refusal`` with the first reason.
    func check(_ plan: Plan) throws(Refusal) {
        guard let target = PlanTarget(plan.target) else { throw Refusal("the plan's target is none: \(plan.target)") }
        guard plan.maximumFixes == nil || plan.budget == nil else { throw Refusal("the plan has both a number of fixes and a budget") }
        guard let certificate = plan.certificate else { throw Refusal("the plan has no certificate") }
        try checkFixes(plan)
        try checkCandidates(plan, certificate)
        let isSpending = plan.maximumFixes != nil || plan.budget != nil
        if isSpending { try checkAllowance(plan) }
        try checkLeft(plan, isSpending ? nil : target, certificate)
        try checkCurve(plan)
        try checkPaths(certificate, target, isSpending)
        try checkBound(plan, certificate, isSpending)
    }

    // MARK: Fixes

    private func checkFixes(_ plan: Plan) throws(Refusal) {
        guard Set(plan.fixes.map(\.id)).count == plan.fixes.count else { throw Refusal("a fix is there twice") }
        var sequence: [[Edit]] = []
        for fix in plan.fixes { sequence.append(try checkCandidate(fix.id, fix.kind, fix.resource, fix.cost, fix.edits)) }
        for (fix, texts) in zip(plan.fixes, FixTexts.sequence(sequence, evaluation.snapshot, candidates.index)) {
            try checkTexts(fix, texts)
        }
        guard plan.cost == plan.fixes.reduce(0, { $0 + $1.cost }) else {
            throw Refusal("the plan's cost is not the sum of its fixes' costs")
        }
        var others: [[Edit]] = []
        for fix in plan.alternatives { others.append(try checkCandidate(fix.id, fix.kind, fix.resource, fix.cost, fix.edits)) }
        let chosen = Set(plan.fixes.map(\.id))
        guard Set(plan.alternatives.map(\.id)).count == others.count, !plan.alternatives.contains(where: { chosen.contains($0.id) }) else {
            throw Refusal("an alternative is there twice")
        }
        let parts = FixParts(evaluation.snapshot, index: candidates.index)
        for (fix, edits) in zip(plan.alternatives, others) { try checkTexts(fix, FixTexts(parts.parts(edits))) }
        try checkEffects(zip(plan.fixes + plan.alternatives, sequence + others).map { ($0, $1) })
        try checkPerPath(plan)
    }

    private func checkTexts(_ fix: Fix, _ texts: FixTexts) throws(Refusal) {
        guard fix.before == texts.before else { throw Refusal("\(fix.id): before is not what the records say") }
        guard fix.after == texts.after else { throw Refusal("\(fix.id): after is not what its edits make of before") }
        guard fix.cli == texts.cli, fix.rollback == texts.rollback, fix.terraform == texts.terraform else {
            throw Refusal("\(fix.id): its commands or Terraform are not those of its edits")
        }
    }

    private func checkEffects(_ fixes: [(fix: Fix, edits: [Edit])]) throws(Refusal) {
        let loss = AccessLoss(evaluation.snapshot, candidates.index)
        try checkTitles(fixes.map(\.fix))
        for (fix, edits) in fixes {
            let change = place(of: fix, edits)
            let accesses = loss.accesses(edits)
            guard fix.accessLost == AccessLoss.counts(accesses), fix.accesses == Array(accesses.prefix(AccessLoss.told)) else {
                throw Refusal("\(fix.id): the accesses that it takes are not those that it says")
            }
            // In large plans it is not told of each.
            if fix.closes.isEmpty, fix.exposureRemoved == 0 { continue }
            let effect = effects.effect(of: [change])
            guard Set(fix.closes) == Set(effect.closes.map { judged.paths[$0].id }) else {
                throw Refusal("\(fix.id): it does not close alone what it says")
            }
            guard Effects.hundredths(fix.exposureRemoved) == max(0, effects.total - effect.total) else {
                throw Refusal("\(fix.id): it does not remove as much exposure as it says")
            }
        }
    }

    private func place(of fix: Fix, _ edits: [Edit]) -> Int {
        let kind = FixCosts.Kind(rawValue: fix.kind) ?? .removeStatement
        return trials.place(of: CandidateFix(kind, fix.resource, fix.title, edits, candidates.blast(kind, edits)))
    }

    /// Checks that changes of steps that are there are called what they are called there: one change may be one of several steps, and have a
    /// name at each.
    private func checkTitles(_ fixes: [Fix]) throws(Refusal) {
        let closed = Set(fixes.flatMap(\.closes))
        let edges = zip(judged.paths, judged.found).filter { closed.contains($0.0.id) }.flatMap { $0.1.edges }
        let told = titles(of: edges)
        let odd = fixes.filter { fix in told[fix.id].map { !$0.contains(fix.title) } ?? false }
        guard !odd.isEmpty else { return }
        let all = titles(of: evaluation.graph.edges)
        if let fix = odd.first(where: { all[$0.id]?.contains($0.title) != true }) {
            throw Refusal("\(fix.id): its title is that of another change")
        }
    }

    private func titles(of edges: [GraphEdge]) -> [String: Set<String>] {
        var titles: [String: Set<String>] = [:]
        var seen: Set<UInt64> = []
        for edge in edges where seen.insert(GraphDraft.key(edge.from, edge.to)).inserted {
            for fix in candidates.fixes(for: edge, in: evaluation.graph) { titles[fix.id, default: []].insert(fix.title) }
        }
        return titles
    }

    private func checkPerPath(_ plan: Plan) throws(Refusal) {
        guard plan.perPath.map(\.path) == judged.paths.map(\.id) else { throw Refusal("the paths are not those of these records") }
        var closing: [String: Set<String>] = [:]
        for fix in plan.fixes + plan.alternatives { for path in fix.closes { closing[path, default: []].insert(fix.id) } }
        for one in plan.perPath where Set(one.fixes) != closing[one.path] ?? [] || Set(one.fixes).count != one.fixes.count {
            throw Refusal("\(one.path): other changes close it than it says")
        }
    }

    /// Checks that a change is what it is named and priced; gives its edits.
    private func checkCandidate(
        _ id: String, _ kind: String, _ resource: String, _ cost: Int, _ edits: [FixEdit]
    ) throws(Refusal) -> [Edit] {
        guard let known = FixCosts.Kind(rawValue: kind) else { throw Refusal("\(id): there is no kind \(kind)") }
        let parsed = edits.compactMap { Edit($0) }
        guard parsed.count == edits.count, !parsed.isEmpty else { throw Refusal("\(id): its edits cannot be read") }
        guard CandidateFix.identifier(known, resource, parsed) == id else { throw Refusal("\(id): it is not the change of that name") }
        guard costs.cost(known, candidates.blast(known, parsed)) == cost else { throw Refusal("\(id): its cost is not that of its kind") }
        return parsed
    }

    private func checkCandidates(_ plan: Plan, _ certificate: PlanCertificate) throws(Refusal) {
        guard Set(certificate.candidates.map(\.id)).count == certificate.candidates.count else {
            throw Refusal("a candidate is there twice")
        }
        for one in certificate.candidates {
            let edits = try checkCandidate(one.id, one.kind, one.resource, one.cost, one.edits)
            guard let kind = FixCosts.Kind(rawValue: one.kind) else { continue }
            trials.place(of: CandidateFix(kind, one.resource, "", edits, candidates.blast(kind, edits)))
        }
        let known = Set(certificate.candidates.map(\.id))
        if let excluded = certificate.excluded.first(where: known.contains) { throw Refusal("\(excluded) was not to be used") }
        if let fix = plan.fixes.first(where: { !known.contains($0.id) }) { throw Refusal("\(fix.id) is no candidate of the certificate") }
        // Whatever would change a step of a path of the proof must have been considered.
        for path in certificate.parts.flatMap(\.paths) {
            for (from, to) in zip(path.nodes, path.nodes.dropFirst()) {
                guard let from = evaluation.graph.place(of: from), let to = evaluation.graph.place(of: to),
                    let edge = evaluation.graph.edge(from, to)
                else { continue }
                for fix in candidates.fixes(for: edge, in: evaluation.graph)
                where !known.contains(fix.id) && !certificate.excluded.contains(fix.id) {
                    throw Refusal("\(fix.id) is a change of a path of the certificate, and no candidate of it")
                }
            }
        }
    }

    // MARK: What is left

    private func edits(_ ids: [String], _ plan: Plan) throws(Refusal) -> [Edit] {
        var all: [String: [FixEdit]] = [:]
        for one in plan.certificate?.candidates ?? [] { all[one.id] = one.edits }
        for fix in plan.alternatives { all[fix.id] = fix.edits }
        for fix in plan.fixes { all[fix.id] = fix.edits }
        var edits: [Edit] = []
        for id in ids {
            guard let known = all[id] else { throw Refusal("\(id) is no fix of this plan") }
            edits += known.compactMap { Edit($0) }
        }
        return edits
    }

    /// Every pair of a start and a target between which there is a way, with what the strongest is worth.
    private func open(_ graph: SecurityGraph) -> [OpenWay.Pair: (kind: NodeKind, score: Double)] {
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var pairs: [OpenWay.Pair: (kind: NodeKind, score: Double)] = [:]
        for place in graph.nodes.indices where graph.nodes[place].value > 0 {
            for found in finder.strongest(to: place, wanted, &search) {
                pairs[.init(source: graph.nodes[found.source].id, target: graph.nodes[place].id)] = (graph.nodes[place].kind, found.score)
            }
        }
        return pairs
    }

    /// Evaluates the patched records from scratch.
    ///
    /// - Parameter target: what must be closed there; `nil` for plans that close what they can afford.
    private func checkLeft(_ plan: Plan, _ target: PlanTarget?, _ certificate: PlanCertificate) throws(Refusal) {
        func patched(_ ids: [String]) throws(Refusal) -> SecurityGraph {
            let records = RecordPatch.apply(try edits(ids, plan), to: collection, evaluation.snapshot)
            return evaluation.again(Normaliser.normalise(records)).graph
        }
        let known = Set(judged.paths.map(\.id))
        for id in plan.open where !known.contains(id) { throw Refusal("\(id) is no path of these records") }
        guard Set(plan.open).count == plan.open.count else { throw Refusal("an open path is there twice") }
        let graph = try patched(plan.fixes.map(\.id))
        let pairs = open(graph)
        let told = Set(plan.open)
        for path in judged.paths where pairs[.init(source: path.source, target: path.target)] != nil && !told.contains(path.id) {
            throw Refusal("\(path.id) is open once the fixes are made, although the plan does not say so")
        }
        for path in judged.paths where pairs[.init(source: path.source, target: path.target)] == nil && told.contains(path.id) {
            throw Refusal("\(path.id) is closed by the fixes, although the plan says that it stays open")
        }
        guard let target else { return }
        let left = Set(pairs.filter { target.counts($0.value.kind, $0.value.score) }.keys)
        guard !left.isEmpty else { return }
        // What is left must be what no candidate closes, and every change of its steps must have been one.
        let considered = Set(certificate.candidates.map(\.id)).union(certificate.excluded)
        for (way, edges) in OpenWays(graph).left(target) {
            for fix in edges.flatMap({ candidates.fixes(for: $0, in: graph) }) where !considered.contains(fix.id) {
                throw Refusal("a path from \(way.source) to \(way.target) is open, and \(fix.id), a change of it, was not considered")
            }
        }
        let stubborn = open(try patched(certificate.candidates.map(\.id))).filter { target.counts($0.value.kind, $0.value.score) }
        if let pair = left.subtracting(stubborn.keys).min(by: { ($0.source, $0.target) < ($1.source, $1.target) }) {
            throw Refusal("a path from \(pair.source) to \(pair.target) is open once the fixes are made")
        }
    }

    private func checkAllowance(_ plan: Plan) throws(Refusal) {
        if let count = plan.maximumFixes, plan.fixes.count > count { throw Refusal("the plan has more than \(count) fixes") }
        if let budget = plan.budget, plan.cost > budget { throw Refusal("the plan costs more than \(budget)") }
    }

    /// The exposure once some candidates are made.
    func exposure(_ ids: [String]) throws(Refusal) -> Int {
        var made: Set<Int> = []
        for id in ids {
            guard let place = trials.place(of: id) else { throw Refusal("\(id) is no fix of this plan") }
            made.insert(place)
        }
        return effects.strongest(after: trials.graph(after: made)).values.reduce(0) { $0 + Effects.hundredths($1.score) }
    }

    private func checkCurve(_ plan: Plan) throws(Refusal) {
        let total = try exposure([])
        guard plan.curve.count == plan.fixes.count + 1 else { throw Refusal("the curve has not a point for each number of fixes") }
        var last = -1.0
        var measured: [[String]: Int] = [[]: 0]
        for (index, point) in plan.curve.enumerated() {
            guard point.fixes == index, point.chosen.count <= index, Set(point.chosen).count == point.chosen.count else {
                throw Refusal("point \(index) of the curve has not \(index) fixes")
            }
            guard point.exposureRemoved >= last, point.atMost >= point.exposureRemoved || !point.optimal else {
                throw Refusal("the curve falls at point \(index)")
            }
            last = point.exposureRemoved
            let key = point.chosen.sorted()
            let removed: Int
            if let known = measured[key] {
                removed = known
            } else {
                removed = total - (try exposure(point.chosen))
                measured[key] = removed
            }
            guard Effects.hundredths(point.exposureRemoved) == max(0, removed) else {
                throw Refusal("point \(index) of the curve does not remove as much exposure as it says")
            }
        }
    }
}
