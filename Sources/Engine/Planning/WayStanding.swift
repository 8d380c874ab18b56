import CloudModel

/// How ways stand after changes, from the parts that their steps are of.
extension Trials {
    /// The changes that may concern a way.
    ///
    /// - Parameter exactly: see ``standing(of:after:exactly:)``.
    func concerning(_ way: OpenWay, exactly: Bool) -> Set<Int> {
        guard !needsAll(way, exactly) else { return Set(fixes.indices) }
        var found: Set<Int> = []
        for step in way.steps {
            guard let from = base.graph.place(of: step.from), let to = base.graph.place(of: step.to), let part = parts.part(from, to)
            else { continue }
            found.formUnion(changes(of: part, to: to))
        }
        for turning in way.turnings { found.formUnion(concerning(turning)) }
        return found
    }

    private func concerning(_ turning: OpenWay.Turning) -> Set<Int> {
        parts.principals(turning).reduce(into: []) { $0.formUnion(changes[.principal($1)] ?? []) }
    }

    private func needsAll(_ way: OpenWay, _ exactly: Bool) -> Bool {
        // What is taken as compromised weighs the steps from it differently.
        !base.premises.compromised.isEmpty || exactly && way.isIntertwined
    }

    /// How a way stands once some changes are made.
    ///
    /// - Parameter exactly: whether how likely it is matters. That steps are there which several principals take together follows from what
    ///   they rest on; how likely they are is found by evaluating everything.
    func standing(of way: OpenWay, after made: Set<Int>, exactly: Bool) -> Standing {
        needsAll(way, exactly) ? whole(way, made) : local(way, made)
    }

    private func step(_ from: Int, _ to: Int, _ made: Set<Int>) -> Step? {
        if let part = parts.part(from, to), let steps = steps(of: part, to: to, after: deciding(on: part, made)) {
            return steps.step(from, to)
        }
        return base.graph.edge(from, to).map {
            Step(from: $0.from, to: $0.to, likelihood: $0.likelihood, confidence: $0.confidence, isHypothetical: $0.isHypothetical)
        }
    }

    /// The changes that decide on the steps of a part: what a user may do does not rest on the keys that it has.
    private func deciding(on part: StepPart, _ made: Set<Int>) -> Set<Int> {
        guard case .principal(let index) = part, base.builder.unusedKeys.contains(index) else { return made }
        let own = Edit.deleteUnusedKeys(user: base.snapshot.principals[index].arn)
        return made.filter { !fixes[$0].edits.contains(own) }
    }

    /// Whether a principal gets at the target by itself: that is no attack. Who did not may only do so once a denial is gone.
    private func hasOwnWay(_ source: Int, _ target: Int, _ made: Set<Int>) -> Bool {
        func counts(_ isHypothetical: Bool, _ confidence: Confidence) -> Bool { !isHypothetical && confidence != .unknown }
        if let edge = base.graph.edge(source, target), counts(edge.isHypothetical, edge.confidence) {
            return step(source, target, made).map { counts($0.isHypothetical, $0.confidence) } ?? false
        }
        guard let part = parts.part(source, target), let own = own(part, made), own.contains(where: { takesDenial[$0] }) else {
            return false
        }
        return step(source, target, made).map { counts($0.isHypothetical, $0.confidence) } ?? false
    }

    /// How likely an attacker starts at a node, if that does not rest on who is an administrator.
    private func start(_ node: Int, _ made: Set<Int>) -> Double {
        let start = base.graph.nodes[node].start
        guard start > 0, start < 1, base.graph.nodes[node].kind == .user,
            let index = base.permissions.principalIndex[base.graph.nodes[node].id]
        else { return start }
        return Likelihood.start(.user, unusedKey: hasUnusedKey(index, made))
    }

    /// Whether a change decides on where attackers start, besides taking steps.
    func movesStarts(_ change: Int) -> Bool { fixes[change].edits.contains { if case .deleteUnusedKeys = $0 { true } else { false } } }

    private func hasUnusedKey(_ user: Int, _ made: Set<Int>) -> Bool {
        guard base.builder.unusedKeys.contains(user) else { return false }
        let own = own(.principal(user), made) ?? []
        let arn = base.snapshot.principals[user].arn
        return !own.contains { fixes[$0].edits.contains(.deleteUnusedKeys(user: arn)) }
    }

    /// Only the steps on the way evaluated again.
    private func local(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = base.graph
        guard let source = graph.place(of: way.source), let target = graph.place(of: way.target), way.nodes.count > 1,
            !way.steps.isEmpty || !way.turnings.isEmpty, let next = graph.place(of: way.nodes[1])
        else { return Standing(likelihood: nil, counts: false) }
        let node = graph.nodes[source]
        var start = start(source, made)
        // Who is no administrator any more starts like anyone else.
        if start == 0, node.kind.isPrincipal, node.kind != .root, let index = base.permissions.principalIndex[way.source],
            let steps = steps(of: .principal(index), to: next, after: made), !steps.isAdministrator
        {
            start = Likelihood.start(node.kind, unusedKey: hasUnusedKey(index, made))
        }
        var likelihood: Double? = start
        for one in way.steps {
            guard let from = graph.place(of: one.from), let to = graph.place(of: one.to), let step = step(from, to, made),
                !step.isHypothetical
            else { return Standing(likelihood: nil, counts: false) }
            likelihood = likelihood.map { $0 * step.likelihood }
        }
        for turning in way.turnings where !isTurned(turning, made) { return Standing(likelihood: nil, counts: false) }
        var counts = start > 0
        if counts, graph.nodes[target].kind.isEverydayRight, AttackPathFinder.entry(node) == "principal" {
            counts = node.kind != .group && !hasOwnWay(source, target, made)
        }
        return Standing(likelihood: likelihood, counts: counts)
    }

    /// Whether a principal surely, or under conditions, makes another one an administrator.
    private func isTurned(_ turning: OpenWay.Turning, _ made: Set<Int>) -> Bool {
        let own = made.intersection(concerning(turning)).sorted()
        let question = Turned(turning: turning, made: own)
        if let known = turned[question] { return known }
        let asked = base.permissions.asked
        let confidence = reevaluation.turning(turning, after: own.flatMap { fixes[$0].edits })
        add(work: base.permissions.asked - asked + Self.effort, evaluations: 1)
        let isTurned = confidence == .proven || confidence == .conditional
        turned[question] = isTurned
        return isTurned
    }

    /// Ways like these that rest on other principals; see ``Reevaluation/others(like:in:after:)``.
    func others(
        like ways: [(way: OpenWay, edges: [GraphEdge])], in graph: SecurityGraph, after made: Set<Int>
    ) -> [(way: OpenWay, edges: [GraphEdge])] {
        let asked = base.permissions.asked
        defer { add(work: base.permissions.asked - asked) }
        return reevaluation.others(like: ways, in: graph, after: edits(made))
    }

    /// Everything evaluated again.
    private func whole(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = graph(after: made)
        guard let source = graph.place(of: way.source), let target = graph.place(of: way.target) else {
            return Standing(likelihood: nil, counts: false)
        }
        var likelihood: Double? = graph.nodes[source].start
        for (from, to) in zip(way.nodes, way.nodes.dropFirst()) {
            guard let from = graph.place(of: from), let to = graph.place(of: to), let edge = graph.edge(from, to), !edge.isHypothetical
            else {
                likelihood = nil
                break
            }
            likelihood = likelihood.map { $0 * edge.likelihood }
        }
        return Standing(likelihood: likelihood, counts: graph.nodes[source].start > 0 && AttackPathFinder(graph).counts(source, target))
    }
}
