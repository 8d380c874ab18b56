/// The edges of a graph by where they end.
struct IncomingEdges {
    /// Places of edges, grouped by their ends: those of a node are at `starts[n]..<starts[n + 1]`.
    private let edges: [Int32]
    private let starts: [Int32]

    /// Of the edges that suit.
    init(_ graph: SecurityGraph, _ suits: (GraphEdge) -> Bool = { _ in true }) {
        var starts = [Int32](repeating: 0, count: graph.nodes.count + 1)
        for edge in graph.edges where suits(edge) { starts[Int(edge.to) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
        var next = starts
        var edges = [Int32](repeating: 0, count: Int(starts.last ?? 0))
        for (place, edge) in graph.edges.enumerated() where suits(edge) {
            edges[Int(next[Int(edge.to)])] = Int32(place)
            next[Int(edge.to)] += 1
        }
        self.edges = edges
        self.starts = starts
    }

    /// Places of the edges that end at a node, in their order.
    func places(to node: Int) -> some Sequence<Int> {
        edges[Int(starts[node])..<Int(starts[node + 1])].lazy.map { Int($0) }
    }
}
