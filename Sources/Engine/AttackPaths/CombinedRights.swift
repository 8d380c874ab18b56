import CloudModel
import IAMEvaluator

/// What attackers can do who hold several principals at once.
extension GraphBuilder {
    /// A step that rests on two principals that an attacker holds.
    struct Combined {
        var from: Int
        var to: Int
        var likelihood: Double
        var proof: Proof
        var via: [String]
        var why: String
        var isHypothetical: Bool
    }

    /// The most pairs of principals that are looked at.
    private static let pairs = 40_000

    private static let granting = [
        "iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:AttachGroupPolicy",
        "iam:PutGroupPolicy", "iam:CreatePolicyVersion", "iam:AddUserToGroup",
    ]
    /// Actions by which one principal can give another more than it has.
    static let turning = Set(granting + changing).sorted()

    /// Those who are no administrators and may change somebody's policies: with them there may be steps of several principals together.
    var writers: [Int] {
        permissions.subjects.indices.filter { index in
            guard let subject = permissions.subjects[index], administrators[index]?.confidence != .proven else { return false }
            return Self.turning.contains { subject.allows.contains($0) }
        }
    }

    /// Adds what attackers can do who hold several principals; answers whether there was anything.
    func addCombined(_ graph: SecurityGraph) -> Bool {
        let found = combined(graph)
        if !found.isEmpty { draft.indexEnds() }
        for one in found {
            draft.edge(
                one.from, one.to, "combined-rights", likelihood: one.likelihood, proof: one.proof, via: one.via,
                hypothetical: one.isHypothetical, why: one.why)
        }
        return !found.isEmpty
    }

    /// Who stands where, and how a walk got there: put together once for the walks from all starts.
    private struct Walk {
        let graph: SecurityGraph
        /// Places of principals in the snapshot, by node.
        let principals: [Int?]
        /// Nodes of principals that may change others' policies.
        let writes: [Bool]
        /// Whether anything follows from getting to a node.
        let matters: [Bool]
        /// The number of the edge by which a walk got to each node; -1 for none.
        private(set) var before: [Int32]
        private(set) var order: [Int] = []

        init(_ graph: SecurityGraph, principals: [Int?], writes: [Bool]) {
            self.graph = graph
            self.principals = principals
            self.writes = writes
            matters = graph.nodes.indices.map { node in
                principals[node] != nil || graph.nodes[node].kind == .admin || !graph.edges(from: node).isEmpty
            }
            before = [Int32](repeating: -1, count: graph.nodes.count)
        }

        /// Goes everywhere from a node over edges that are so sure at least; answers whether it got to no administrator rights.
        mutating func go(from source: Int, within level: Confidence) -> Bool {
            for node in order { before[node] = -1 }
            order = [source]
            var entered: Set<Int32> = []
            var head = 0
            while head < order.count {
                let node = order[head]
                head += 1
                let block = graph.blocks?.blockOf[node] ?? -1
                let isOpen: Bool
                if block >= 0, !entered.insert(block).inserted {
                    // Where the block leads the walk was already.
                    isOpen = (graph.blocks?.own[Int32(node)] ?? []).allSatisfy { step(Int($0), source, level) }
                } else {
                    isOpen = (Int(graph.starts[node])..<Int(graph.starts[node + 1])).allSatisfy { step($0, source, level) }
                }
                if !isOpen { return false }
            }
            return true
        }

        private mutating func step(_ number: Int, _ source: Int, _ level: Confidence) -> Bool {
            let to = Int(graph.edges[number].to)
            guard matters[to], before[to] < 0, to != source else { return true }
            let edge = graph.edges[number]
            guard edge.confidence.rank <= level.rank, !edge.isHypothetical || level == .unknown else { return true }
            // Whoever has administrator rights needs no more.
            if graph.nodes[to].kind == .admin { return false }
            before[to] = Int32(number)
            order.append(to)
            return true
        }

        func edge(to node: Int) -> GraphEdge? { before[node] < 0 ? nil : graph.edges[Int(before[node])] }
    }

    /// Administrator rights that come from holding two principals at once, of which one can change the other: whoever gets A and from
    /// there B, and B may write the policies of A, although B alone gains nothing by it.
    private func combined(_ graph: SecurityGraph) -> [Combined] {
        let nodes = graph.nodes
        let principals = nodes.map { $0.kind.isPrincipal ? permissions.principalIndex[$0.id] : nil }
        let writes = nodes.indices.map { node in
            guard let index = principals[node], let subject = permissions.subjects[index], administrators[index]?.confidence != .proven
            else {
                return false
            }
            return Self.turning.contains { subject.allows.contains($0) }
        }
        guard writes.contains(true) else { return [] }
        var isAdministrator = [Bool](repeating: false, count: nodes.count)
        for edge in graph.edges {
            if nodes[Int(edge.to)].kind == .admin, edge.confidence == .proven, !edge.isHypothetical {
                isAdministrator[Int(edge.from)] = true
            }
        }
        // Only who gets to a writer at all.
        let incoming = IncomingEdges(graph)
        var reaches = writes
        var queue = nodes.indices.filter { writes[$0] }
        while let node = queue.popLast() {
            for place in incoming.places(to: node) {
                let before = Int(graph.edges[place].from)
                if reaches[before] { continue }
                reaches[before] = true
                queue.append(before)
            }
        }
        var walk = Walk(graph, principals: principals, writes: writes)
        var budget = Self.pairs
        var found: [Combined] = []
        for source in nodes.indices where nodes[source].kind.isOutside || nodes[source].kind.isPrincipal {
            guard reaches[source], !isAdministrator[source] else { continue }
            if let one = combined(source, &walk, &budget) { found.append(one) }
        }
        if budget <= 0 {
            gaps.insert(.init(what: "what several principals can do together", why: "there are too many pairs to look at every one"))
        }
        return found
    }

    private func combined(_ source: Int, _ walk: inout Walk, _ budget: inout Int) -> Combined? {
        let (graph, principals) = (walk.graph, walk.principals)
        for level in [Confidence.proven, .conditional, .unknown] {
            guard walk.go(from: source, within: level) else { return nil }
            let order = walk.order
            let held = order.filter { principals[$0] != nil }
            var best: Combined?
            for writer in held where walk.writes[writer] {
                guard let index = principals[writer], let actor = permissions.subjects[index] else { continue }
                for target in held where target != writer {
                    guard let other = principals[target] else { continue }
                    budget -= 1
                    if budget <= 0 { return cut(source, graph.nodes, snapshot.principals[index].account) }
                    guard let turned = turns(actor, other), turned.proof.confidence.rank <= level.rank,
                        let admin = draft.places["admin:\(snapshot.principals[other].account)"]
                    else { continue }
                    var whole = turned.proof
                    var likelihood = Likelihood.certain
                    var isHypothetical = false
                    var used: Set<Int> = []
                    for end in [writer, target] {
                        var node = end
                        while let edge = walk.edge(to: node), used.insert(node).inserted {
                            let reason = graph.proof(of: edge)
                            for citation in reason.citations { whole.cite(citation) }
                            for text in reason.conditions where !whole.conditions.contains(text) { whole.conditions.append(text) }
                            whole.confidence = whole.confidence.and(edge.confidence)
                            // Confidence is counted once, with the whole.
                            likelihood *= edge.likelihood / edge.confidence.factor
                            isHypothetical = isHypothetical || edge.isHypothetical
                            node = Int(edge.from)
                        }
                    }
                    if let known = best, known.proof.confidence.rank <= whole.confidence.rank { continue }
                    let writerName = snapshot.principals[index]
                    let targetName = snapshot.principals[other]
                    best = Combined(
                        from: source, to: admin, likelihood: min(likelihood, Likelihood.certain), proof: whole,
                        via: [writerName.arn, targetName.arn],
                        why:
                            "An attacker who starts here holds \(writerName.kind.rawValue) \(writerName.name) and \(targetName.kind.rawValue) \(targetName.name); the first may \(turned.deed), which makes the second an administrator.",
                        isHypothetical: isHypothetical || whole.confidence == .unknown)
                    if best?.proof.confidence == .proven { return best }
                }
            }
            if let best { return best }
        }
        return nil
    }

    private func cut(_ source: Int, _ nodes: [GraphNode], _ account: String) -> Combined? {
        guard let admin = draft.places["admin:\(account)"] else { return nil }
        var proof = Proof()
        proof.doubt("what several principals can do together: there are too many pairs to look at every one")
        return Combined(
            from: source, to: admin, likelihood: 1, proof: proof, via: [],
            why: "\(nodes[source].name) may hold several principals at once.",
            isHypothetical: true)
    }
}
