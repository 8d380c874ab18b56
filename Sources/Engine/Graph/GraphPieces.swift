import CloudModel

/// Looking at parts of a patched snapshot by themselves, and putting a graph together from what is known of its parts.
extension GraphBuilder {
    /// What is asked of a patched snapshot by itself.
    enum Piece: Hashable {
        /// What starts at a principal.
        case principal(Int)
        /// What leads from a principal to the node at a place, and perhaps more.
        case step(Int, to: Int)
        /// Whom a role's trust policy lets in from outside.
        case trust(Int)
        /// The role that an instance hands out.
        case instance(Int)
        /// What this builder's exposures let through.
        case exposures
        /// What its networks let through.
        case lateral
    }

    /// What was found of a piece.
    struct PieceEdges {
        var edges: [GraphDraft.Found] = []
        /// Nodes that the graph before changes has not; they follow those of that graph.
        var nodes: [GraphNode] = []
        /// Proof that a principal is an administrator.
        var administrator: Proof?
    }

    /// The edges of one piece alone.
    ///
    /// - Parameter known: how many nodes the graph before changes has.
    func edges(of piece: Piece, besides known: Int) -> PieceEdges {
        let count = draft.count
        var found = PieceEdges()
        switch piece {
        case .principal(let index), .step(let index, _):
            if case .step(_, let node) = piece { only = node }
            administrators[index] = nil
            addEdges(of: index)
            found.administrator = administrators[index]
            only = nil
        case .trust(let index): addOutsiders(to: [index])
        case .instance(let index): addProfile(of: snapshot.instances[index])
        case .exposures: addExposures()
        case .lateral: addLateral()
        }
        found.edges = draft.found(from: count)
        if draft.nodes.count > known { found.nodes = Array(draft.nodes[known...]) }
        return found
    }

    /// The graph of a patched snapshot of which the edges are known: those of another graph that stay, others besides, and what follows
    /// from all of them.
    ///
    /// - Parameter stays: whether the edge at a place stays.
    func graph(_ base: SecurityGraph, staying stays: (Int) -> Bool, with pieces: [(piece: Piece, found: PieceEdges)]) -> SecurityGraph {
        var kept: [GraphEdge] = []
        kept.reserveCapacity(base.edges.count)
        for (place, edge) in base.edges.enumerated() where stays(place) { kept.append(edge) }
        var others: [GraphDraft.Found] = []
        for (piece, found) in pieces {
            if case .principal(let index) = piece { administrators[index] = found.administrator }
            let places = found.nodes.map { draft.node($0.id, $0.kind, name: $0.name, account: $0.account) }
            func place(_ node: Int32) -> Int32 { Int(node) < base.nodes.count ? node : Int32(places[Int(node) - base.nodes.count]) }
            for var one in found.edges {
                one.edge.from = place(one.edge.from)
                one.edge.to = place(one.edge.to)
                others.append(one)
            }
        }
        draft.fill(kept, of: base, with: others)
        addForeignRights()
        markStarts()
        let graph = draft.graph()
        return addCombined(graph) ? draft.graph() : graph
    }

    /// Whether steps to the principal at a place are asked for; those to administrator rights may be by way of any.
    func isAsked(_ index: Int) -> Bool {
        guard let only, draft.nodes[only].kind.isPrincipal else { return true }
        return permissions.principalIndex[draft.nodes[only].id] == index
    }
    /// The same for the node at a place.
    func isAsked(node: Int) -> Bool {
        guard let only, draft.nodes[only].kind != .admin else { return true }
        return only == node
    }
}
