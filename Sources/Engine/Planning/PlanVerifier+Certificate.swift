import CloudModel

/// The certificate of a plan: that its paths are there, and that its weights prove the bound.
extension PlanVerifier {
    func checkPaths(_ certificate: PlanCertificate, _ target: PlanTarget, _ isSpending: Bool) throws(Refusal) {
        let places = Dictionary(certificate.candidates.compactMap { one in trials.place(of: one.id).map { (one.id, $0) } }) { first, _ in
            first
        }
        let all = Set(places.values)
        for path in certificate.parts.flatMap(\.paths) {
            let name = "the path from \(path.nodes.first ?? "") to \(path.nodes.last ?? "")"
            guard path.nodes.count > 1, Set(path.fixes).count == path.fixes.count else { throw Refusal("\(name) is none") }
            guard (path.level != nil) == isSpending else { throw Refusal("\(name) has no level, or one too much") }
            for id in path.fixes + (path.unless ?? []) where places[id] == nil {
                throw Refusal("\(name) names \(id), which is no candidate")
            }
            guard isOpen(path, Set((path.unless ?? []).compactMap { places[$0] }), target) else { throw Refusal("\(name) is not there") }
            guard isOpen(path, all.subtracting(path.fixes.compactMap { places[$0] }), target) else {
                throw Refusal("\(name) is closed by other fixes than those it names")
            }
        }
    }

    /// Whether a path is there once some candidates are made. Its own steps are looked at by themselves; where one of them rests on more than
    /// who takes it, everything is.
    private func isOpen(_ path: PlanCertificate.Path, _ made: Set<Int>, _ target: PlanTarget) -> Bool {
        func counts(_ place: Int, _ likelihood: Double) -> Bool {
            let node = evaluation.graph.nodes[place]
            let score = AttackPathFinder.rounded(node.value * likelihood)
            return path.level.map { score >= $0 } ?? target.counts(node.kind, score)
        }
        let graph = evaluation.graph
        let nodes = path.nodes.compactMap(graph.place)
        guard nodes.count == path.nodes.count, let last = nodes.last, graph.nodes[last].value > 0 else { return false }
        if !nodes.contains(where: { graph.nodes[$0].kind == .admin && $0 != last }), evaluation.premises.compromised.isEmpty {
            let standing = trials.standing(of: OpenWay(nodes: path.nodes), after: made, exactly: false)
            if standing.isOpen, let likelihood = standing.likelihood, counts(last, likelihood) { return true }
        }
        return isOpen(path, in: trials.graph(after: made), counts)
    }

    private func isOpen(_ path: PlanCertificate.Path, in graph: SecurityGraph, _ counts: (Int, Double) -> Bool) -> Bool {
        let nodes = path.nodes.compactMap(graph.place)
        guard nodes.count == path.nodes.count, let first = nodes.first, let last = nodes.last, OpenWays(graph).counts(first, last) else {
            return false
        }
        var likelihood = graph.nodes[first].start
        for (from, to) in zip(nodes, nodes.dropFirst()) {
            if let edge = graph.edge(from, to), !edge.isHypothetical {
                likelihood *= edge.likelihood
            } else {
                // Where several principals had the step together, one of them may have it alone, or by way of others.
                var search = BestFirstSearch(graph, .backwards)
                search.run(from: to)
                guard graph.nodes[to].kind == .admin, search.likelihood[from] > 0 else { return false }
                likelihood *= search.likelihood[from]
            }
        }
        return counts(last, likelihood)
    }

    func checkBound(_ plan: Plan, _ certificate: PlanCertificate, _ isSpending: Bool) throws(Refusal) {
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
            value = Double(try exposure(plan.fixes.map(\.id))) / 100
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
