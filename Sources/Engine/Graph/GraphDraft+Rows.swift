import CloudModel

/// Steps that many nodes share.
extension GraphDraft {
    /// Adds steps that are the same for all nodes with an equal key, who have in common what they depend on.
    ///
    /// - Parameter make: adds the steps, the first time that the key is met, also one that would lead the node to itself.
    func row(_ key: StepRows.Key, from node: Int, _ make: () -> Void) {
        let from = Int32(node)
        let place: Int32
        if let known = rows.place(of: key) {
            place = known
        } else {
            recorded = []
            make()
            place = rows.add(key, recorded ?? [])
            recorded = nil
        }
        for to in targets[from] ?? [] {
            for offer in rows.offers(place, to: to) { put(offer.edge(from: from)) { offer.proof } }
        }
        rows.take(place, by: from)
    }

    /// Gives a node an edge of its own where it has one of rows so far.
    func part(_ from: Int32, from to: Int32) {
        guard !rows.isEmpty, byEnds[Self.key(from, to)] == nil else { return }
        for offer in rows.offers(from: from, to: to) { put(offer.edge(from: from)) { offer.proof } }
    }

    /// The edges that rows come to which are taken together, ordered by where they lead.
    func merge(_ taken: [Int32]) -> Int {
        if let known = merged[taken] { return known }
        var edges: [GraphEdge] = []
        var places = [Int32](repeating: -1, count: nodes.count)
        for row in taken {
            for offer in rows.offers(row) {
                let place = Int(places[Int(offer.to)])
                if place < 0 {
                    places[Int(offer.to)] = Int32(edges.count)
                    edges.append(offer.edge(from: -1))
                    edges[edges.count - 1].proof = Int32(proofs.count)
                    proofs.append(offer.proof)
                } else {
                    take(offer.edge(from: -1), into: &edges[place]) { offer.proof }
                }
            }
        }
        merged[taken] = mergedRows.count
        mergedRows.append(edges.sorted { $0.to < $1.to })
        return mergedRows.count - 1
    }

    /// Certain edges from principals of one of these accounts to nodes of another one, those of earlier principals first.
    func crossings(among accounts: Set<String>) -> [(edge: GraphEdge, proof: EdgeProof)] {
        guard accounts.count > 1 else { return [] }
        func isCrossing(_ edge: GraphEdge) -> Bool {
            let (from, to) = (Int(edge.from), Int(edge.to))
            guard nodes[from].account != nodes[to].account, nodes[from].kind.isPrincipal, !edge.isHypothetical,
                let home = nodes[from].account, let abroad = nodes[to].account
            else { return false }
            return accounts.contains(home) && accounts.contains(abroad)
        }
        var found = edges.filter(isCrossing)
        for (from, taken) in rows.takers {
            for var edge in mergedRows[merge(taken)] where edge.to != from && byEnds[Self.key(from, edge.to)] == nil {
                edge.from = from
                if isCrossing(edge) { found.append(edge) }
            }
        }
        return found.enumerated().sorted { ($0.element.from, $0.offset) < ($1.element.from, $1.offset) }.map {
            ($0.element, proof(of: $0.element))
        }
    }
}
