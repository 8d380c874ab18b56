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
    private let evaluation: Evaluation
    private let judged: Evaluation.Judged
    private let costs: FixCosts
    private let candidates: CandidateFixes
    private let reevaluation: Reevaluation

    init(_ collection: CloudCollection, _ evaluation: Evaluation, _ costs: FixCosts) {
        self.collection = collection
        self.evaluation = evaluation
        self.costs = costs
        judged = evaluation.judged()
        candidates = CandidateFixes(evaluation.snapshot, evaluation.graph)
        reevaluation = Reevaluation(evaluation)
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
        if isSpending {
            try checkAllowance(plan)
        } else {
            try checkClosed(plan, target, certificate)
        }
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
            guard fix.before == texts.before else { throw Refusal("\(fix.id): before is not what the records say") }
            guard fix.after == texts.after else { throw Refusal("\(fix.id): after is not what its edits make of before") }
            guard fix.cli == texts.cli, fix.rollback == texts.rollback, fix.terraform == texts.terraform else {
                throw Refusal("\(fix.id): its commands or Terraform are not those of its edits")
            }
        }
        guard plan.cost == plan.fixes.reduce(0, { $0 + $1.cost }) else {
            throw Refusal("the plan's cost is not the sum of its fixes' costs")
        }
        let trials = Trials(reevaluation)
        let effects = Effects(trials, judged.found)
        for (fix, edits) in zip(plan.fixes, sequence) {
            guard let kind = FixCosts.Kind(rawValue: fix.kind) else { throw Refusal("\(fix.id): there is no kind \(fix.kind)") }
            let change = CandidateFix(kind, fix.resource, fix.title, edits, candidates.blast(kind, edits))
            // In large plans it is not told of each.
            if fix.closes.isEmpty, fix.exposureRemoved == 0 { continue }
            let effect = effects.effect(of: [trials.place(of: change)])
            guard Set(fix.closes) == Set(effect.closes.map { judged.paths[$0].id }) else {
                throw Refusal("\(fix.id): it does not close alone what it says")
            }
            guard Effects.hundredths(fix.exposureRemoved) == max(0, effects.total - effect.total) else {
                throw Refusal("\(fix.id): it does not remove as much exposure as it says")
            }
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
        for one in certificate.candidates { _ = try checkCandidate(one.id, one.kind, one.resource, one.cost, one.edits) }
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

    private func open(_ graph: SecurityGraph, _ target: PlanTarget) -> Set<OpenWay.Pair> {
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var pairs: Set<OpenWay.Pair> = []
        for place in graph.nodes.indices where graph.nodes[place].value > 0 {
            for found in finder.strongest(to: place, wanted, &search) where target.counts(graph.nodes[place].kind, found.score) {
                pairs.insert(.init(source: graph.nodes[found.source].id, target: graph.nodes[place].id))
            }
        }
        return pairs
    }

    private func checkClosed(_ plan: Plan, _ target: PlanTarget, _ certificate: PlanCertificate) throws(Refusal) {
        let patched = RecordPatch.apply(try edits(plan.fixes.map(\.id), plan), to: collection, evaluation.snapshot)
        let graph = evaluation.again(Normaliser.normalise(patched)).graph
        let left = open(graph, target)
        let known = Dictionary(zip(judged.paths.map(\.id), judged.paths)) { first, _ in first }
        for id in plan.open where known[id] == nil { throw Refusal("\(id) is no path of these records") }
        guard !left.isEmpty else {
            if let id = plan.open.first(where: { id in known[id].map { target.counts(kind($0.target), $0.score) } ?? false }) {
                throw Refusal("\(id) is closed by the fixes, although the plan says that it stays open")
            }
            return
        }
        // What is left must be what no candidate closes, and every change of its steps must have been one.
        let considered = Set(certificate.candidates.map(\.id)).union(certificate.excluded)
        for (way, edges) in OpenWays(graph).left(target) {
            for fix in edges.flatMap({ candidates.fixes(for: $0, in: graph) }) where !considered.contains(fix.id) {
                throw Refusal("a path from \(way.source) to \(way.target) is open, and \(fix.id), a change of it, was not considered")
            }
        }
        let all = RecordPatch.apply(try edits(certificate.candidates.map(\.id), plan), to: collection, evaluation.snapshot)
        let stubborn = open(evaluation.again(Normaliser.normalise(all)).graph, target)
        if let pair = left.subtracting(stubborn).min(by: { ($0.source, $0.target) < ($1.source, $1.target) }) {
            throw Refusal("a path from \(pair.source) to \(pair.target) is open once the fixes are made")
        }
    }

    private func kind(_ id: String) -> NodeKind {
        evaluation.graph.place(of: id).map { evaluation.graph.nodes[$0].kind } ?? .other
    }

    private func checkAllowance(_ plan: Plan) throws(Refusal) {
        if let count = plan.maximumFixes, plan.fixes.count > count { throw Refusal("the plan has more than \(count) fixes") }
        if let budget = plan.budget, plan.cost > budget { throw Refusal("the plan costs more than \(budget)") }
    }

    private func exposure(_ edits: [Edit]) -> Int {
        let graph = evaluation.again(Patch.snapshot(evaluation.snapshot, edits)).graph
        return Effects.strongest(graph).values.reduce(0) { $0 + Effects.hundredths($1.score) }
    }

    private func checkCurve(_ plan: Plan) throws(Refusal) {
        let total = exposure([])
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
                removed = total - exposure(try edits(point.chosen, plan))
                measured[key] = removed
            }
            guard Effects.hundredths(point.exposureRemoved) == max(0, removed) else {
                throw Refusal("point \(index) of the curve does not remove as much exposure as it says")
            }
        }
    }

    // MARK: Certificate

    private func checkPaths(_ certificate: PlanCertificate, _ target: PlanTarget, _ isSpending: Bool) throws(Refusal) {
        let all = Dictionary(certificate.candidates.map { ($0.id, $0.edits.compactMap { Edit($0) }) }) { first, _ in first }
        for path in certificate.parts.flatMap(\.paths) {
            let name = "the path from \(path.nodes.first ?? "") to \(path.nodes.last ?? "")"
            guard path.nodes.count > 1, Set(path.fixes).count == path.fixes.count else { throw Refusal("\(name) is none") }
            guard (path.level != nil) == isSpending else { throw Refusal("\(name) has no level, or one too much") }
            for id in path.fixes + (path.unless ?? []) where all[id] == nil { throw Refusal("\(name) names \(id), which is no candidate") }
            let unless = (path.unless ?? []).flatMap { all[$0] ?? [] }
            let others = certificate.candidates.filter { !path.fixes.contains($0.id) }.flatMap { all[$0.id] ?? [] }
            guard isOpen(path, unless, target) else { throw Refusal("\(name) is not there") }
            guard isOpen(path, others, target) else { throw Refusal("\(name) is closed by other fixes than those it names") }
        }
    }

    private func isOpen(_ path: PlanCertificate.Path, _ edits: [Edit], _ target: PlanTarget) -> Bool {
        let graph = reevaluation.evaluation(after: edits).graph
        guard let first = path.nodes.first.flatMap(graph.place), let last = path.nodes.last.flatMap(graph.place),
            graph.nodes[last].value > 0, OpenWays(graph).counts(first, last)
        else { return false }
        var likelihood = graph.nodes[first].start
        for (from, to) in zip(path.nodes, path.nodes.dropFirst()) {
            guard let from = graph.place(of: from), let to = graph.place(of: to), let edge = graph.edge(from, to), !edge.isHypothetical
            else {
                return false
            }
            likelihood *= edge.likelihood
        }
        let score = AttackPathFinder.rounded(graph.nodes[last].value * likelihood)
        if let level = path.level { return score >= level }
        return target.counts(graph.nodes[last].kind, score)
    }

    private func checkBound(_ plan: Plan, _ certificate: PlanCertificate, _ isSpending: Bool) throws(Refusal) {
        let places = Dictionary(certificate.candidates.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let costs = certificate.candidates.map(\.cost)
        var used: Set<String> = []
        var bound = 0.0
        guard !isSpending || certificate.parts.count <= 1 else { throw Refusal("exposure has one bound, and no parts") }
        for part in certificate.parts {
            let own = Set(part.paths.flatMap { $0.fixes + ($0.unless ?? []) })
            guard used.isDisjoint(with: own) else { throw Refusal("two parts of the certificate have a candidate in common") }
            used.formUnion(own)
            let proven: Double?
            if isSpending {
                proven = try BoundChecker(part, places).exposure(
                    costs, plan.maximumFixes.map { .count($0) } ?? .cost(plan.budget ?? 0))
            } else {
                proven = try BoundChecker(part, places).cost(costs)
            }
            guard let proven, proven == part.bound else { throw Refusal("the weights of a part do not prove its bound of \(part.bound)") }
            bound += part.bound
        }
        guard abs(bound - certificate.lowerBound) < 0.000_5 else { throw Refusal("the bounds of the parts do not add up") }
        let value: Double
        if isSpending {
            value = Double(exposure(try edits(plan.fixes.map(\.id), plan))) / 100
        } else {
            value = Double(plan.cost)
        }
        guard value >= bound - 0.000_5 else { throw Refusal("the plan costs less than is proven to be needed") }
        guard !plan.optimal || abs(value - bound) < 0.000_5 else {
            throw Refusal("the plan is not proven to be the best: its bound is \(bound)")
        }
        let gap = plan.optimal || value == 0 ? 0 : Planner.share((value - bound) / value)
        guard abs(gap - plan.gap) < 0.000_2 else { throw Refusal("the plan's gap is not what is proven") }
    }
}
