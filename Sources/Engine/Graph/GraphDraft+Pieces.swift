import CloudModel

/// Taking over edges of other graphs, and handing on what was added.
extension GraphDraft {
    /// Takes an edge of another graph over as it is; there must be none between these nodes.
    func take(_ edge: GraphEdge, of graph: SecurityGraph, _ from: Int, _ to: Int, without technique: String) {
        var kept = graph.proofs[Int(edge.proof)]
        kept.alternatives = graph.alternatives(of: edge).filter { $0 != technique }.reduce(0) { list($0, with: techniquePlace($1)) }
        var edge = edge
        edge.from = Int32(from)
        edge.to = Int32(to)
        edge.technique = techniquePlace(graph.technique(of: edge))
        edge.proof = Int32(proofs.count)
        byEnds[Self.key(edge.from, edge.to)] = edges.count
        edges.append(edge)
        proofs.append(kept)
    }

    /// An edge with why it exists.
    struct Found {
        var edge: GraphEdge
        var proof: KeptProof
        var alternatives: [String]
    }
    /// How many edges there are.
    var count: Int { edges.count }
    /// The edges that were added since there were so many.
    func found(from count: Int) -> [Found] {
        edges[count...].map { edge in
            let proof = proofs[Int(edge.proof)]
            return Found(edge: edge, proof: proof, alternatives: lists[Int(proof.alternatives)])
        }
    }

    /// Takes over edges of the graph whose nodes these are, ordered by both ends, and others besides. More are added only from places that
    /// none of them starts at, unless ends are indexed first.
    func fill(_ kept: [GraphEdge], of graph: SecurityGraph, with others: [Found]) {
        proofs = graph.proofs
        lists = graph.otherTechniques
        longer = [:]
        var known: [[String]: Int32] = [:]
        var new: [GraphEdge] = []
        for one in others {
            var proof = one.proof
            if one.alternatives.isEmpty {
                proof.alternatives = 0
            } else if let place = known[one.alternatives] {
                proof.alternatives = place
            } else {
                proof.alternatives = Int32(lists.count)
                known[one.alternatives] = proof.alternatives
                lists.append(one.alternatives)
            }
            var edge = one.edge
            edge.proof = Int32(proofs.count)
            proofs.append(proof)
            new.append(edge)
        }
        edges = SecurityGraph.merged(kept, new)
    }

    /// Makes edges that were filled in known by their ends, so that others may be added between the same.
    func indexEnds() {
        guard byEnds.count < edges.count else { return }
        byEnds.reserveCapacity(edges.count)
        for (place, edge) in edges.enumerated() { byEnds[Self.key(edge.from, edge.to)] = place }
    }

    /// A graph whose nodes these are, with the edges that it does not have yet.
    func graph(adding base: SecurityGraph) -> SecurityGraph {
        var graph = base
        graph.techniques = techniques
        for place in 0..<proofs.count {
            var proof = proofs[place]
            proof.alternatives += Int32(base.otherTechniques.count)
            graph.proofs.append(proof)
        }
        graph.otherTechniques += lists
        let known = Set(base.edges.map { Self.key($0.from, $0.to) })
        let more = edges.filter { !known.contains(Self.key($0.from, $0.to)) }.map { edge in
            var edge = edge
            edge.proof += Int32(base.proofs.count)
            return edge
        }
        graph.order(base.edges + more)
        return graph
    }
}
