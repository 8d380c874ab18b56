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
        let sources = graph.nodes.indices.filter { graph.nodes[$0].kind.isOutside || graph.nodes[$0].kind.isPrincipal }
        let found = combined(sources, proof: graph.proof) { node in Array(graph.edges(from: node)) }
        if !found.isEmpty { draft.indexEnds() }
        for one in found {
            draft.edge(
                one.from, one.to, "combined-rights", likelihood: one.likelihood, proof: one.proof, via: one.via,
                hypothetical: one.isHypothetical, why: one.why)
        }
        return !found.isEmpty
    }

    /// Administrator rights that come from holding two principals at once, of which one can change the other: whoever gets A and from
    /// there B, and B may write the policies of A, although B alone gains nothing by it.
    func combined(_ sources: [Int], proof: (GraphEdge) -> EdgeProof, edges: (Int) -> [GraphEdge]) -> [Combined] {
        let nodes = draft.nodes
        let principals = nodes.map { permissions.principalIndex[$0.id] }
        let writes = nodes.indices.map { node in
            guard let index = principals[node], let subject = permissions.subjects[index], administrators[index]?.confidence != .proven
            else {
                return false
            }
            return Self.turning.contains { subject.allows.contains($0) }
        }
        guard writes.contains(true) else { return [] }
        var incoming = [[Int]](repeating: [], count: nodes.count)
        var isAdministrator = [Bool](repeating: false, count: nodes.count)
        var outgoing: [[GraphEdge]] = []
        for node in nodes.indices {
            let list = edges(node)
            outgoing.append(list)
            for edge in list {
                incoming[Int(edge.to)].append(node)
                if nodes[Int(edge.to)].kind == .admin, edge.confidence == .proven, !edge.isHypothetical { isAdministrator[node] = true }
            }
        }
        // Only who gets to a writer at all.
        var reaches = writes
        var queue = nodes.indices.filter { writes[$0] }
        while let node = queue.popLast() {
            for before in incoming[node] where !reaches[before] {
                reaches[before] = true
                queue.append(before)
            }
        }
        var budget = Self.pairs
        var found: [Combined] = []
        for source in sources where reaches[source] && !isAdministrator[source] {
            if let one = combined(source, nodes, principals, writes, outgoing, proof, &budget) { found.append(one) }
        }
        if budget <= 0 {
            gaps.insert(.init(what: "what several principals can do together", why: "there are too many pairs to look at every one"))
        }
        return found
    }

    private func combined(
        _ source: Int, _ nodes: [GraphNode], _ principals: [Int?], _ writes: [Bool], _ outgoing: [[GraphEdge]],
        _ proof: (GraphEdge) -> EdgeProof, _ budget: inout Int
    ) -> Combined? {
        for level in [Confidence.proven, .conditional, .unknown] {
            var before: [Int: GraphEdge] = [:]
            var order = [source]
            var head = 0
            while head < order.count {
                let node = order[head]
                head += 1
                for edge in outgoing[node] where edge.confidence.rank <= level.rank && (!edge.isHypothetical || level == .unknown) {
                    let to = Int(edge.to)
                    // Whoever has administrator rights needs no more.
                    if nodes[to].kind == .admin { return nil }
                    if to != source, before[to] == nil {
                        before[to] = edge
                        order.append(to)
                    }
                }
            }
            let held = order.filter { principals[$0] != nil }
            var best: Combined?
            for writer in held where writes[writer] {
                guard let index = principals[writer], let actor = permissions.subjects[index] else { continue }
                for target in held where target != writer {
                    guard let other = principals[target] else { continue }
                    budget -= 1
                    if budget <= 0 { return cut(source, nodes, snapshot.principals[index].account) }
                    guard let turned = turns(actor, other), turned.proof.confidence.rank <= level.rank,
                        let admin = draft.places["admin:\(snapshot.principals[other].account)"]
                    else { continue }
                    var whole = turned.proof
                    var likelihood = Likelihood.certain
                    var isHypothetical = false
                    var used: Set<Int> = []
                    for end in [writer, target] {
                        var node = end
                        while let edge = before[node], used.insert(node).inserted {
                            let reason = proof(edge)
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
