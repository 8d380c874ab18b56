import CloudModel

/// The strongest way from one node to every other: Dijkstra's algorithm on negative logarithms of likelihoods, that is, on their products.
///
/// Among ways that use only proven steps, then also conditional ones, then also unknown ones, the first kind that gets there counts. Equal
/// ways: the one with fewer steps, then the one whose nodes come first. Scratch space is kept between calls and reset where it was touched.
struct StrongestPaths {
    /// How a node was reached.
    struct Arrival {
        var node: Int
        var likelihood: Double
        var hops: Int
        var confidence: Confidence
    }

    private let graph: SecurityGraph
    private var likelihood: [Double]
    private var hops: [Int32]
    private var before: [Int32]
    private var done: [Bool]
    private var touched: [Int] = []
    /// Edges, by place, that a change takes away (`nil`) or weakens.
    var changes: [Int: GraphEdge?] = [:]

    /// Ready to search that graph.
    init(_ graph: SecurityGraph) {
        self.graph = graph
        likelihood = [Double](repeating: 0, count: graph.nodes.count)
        hops = [Int32](repeating: 0, count: graph.nodes.count)
        before = [Int32](repeating: -1, count: graph.nodes.count)
        done = [Bool](repeating: false, count: graph.nodes.count)
    }

    /// Every crown jewel that can be reached from `source`, with the edges that lead there in order.
    mutating func jewels(from source: Int) -> [(arrival: Arrival, edges: [GraphEdge])] {
        var found: [Int: (Arrival, [GraphEdge])] = [:]
        for level in [Confidence.proven, .conditional, .unknown] {
            let isEmptyLevel = search(from: source, within: level)
            for node in touched where done[node] && node != source && graph.nodes[node].value > 0 && found[node] == nil {
                let edges = way(to: node)
                let arrival = Arrival(
                    node: node, likelihood: likelihood[node], hops: Int(hops[node]),
                    confidence: edges.reduce(.proven) { $0.and($1.confidence) })
                found[node] = (arrival, edges)
            }
            if isEmptyLevel { break }
        }
        return found.values.sorted { $0.0.node < $1.0.node }.map { (arrival: $0.0, edges: $0.1) }
    }

    /// The edges on the way to a node.
    private func way(to node: Int) -> [GraphEdge] {
        var edges: [GraphEdge] = []
        var place = node
        while before[place] >= 0 {
            let index = Int(before[place])
            var edge = graph.edges[index]
            if let change = changes[index], let change { edge = change }
            edges.append(edge)
            place = Int(edge.from)
        }
        return edges.reversed()
    }

    /// Runs from `source` over edges at most that unsure; answers whether no less sure edge was met.
    private mutating func search(from source: Int, within level: Confidence) -> Bool {
        for node in touched {
            likelihood[node] = 0
            hops[node] = 0
            before[node] = -1
            done[node] = false
        }
        touched.removeAll(keepingCapacity: true)
        var met = true
        var heap = Heap()
        likelihood[source] = 1
        touched.append(source)
        heap.push(.init(likelihood: 1, hops: 0, node: Int32(source)))
        while let item = heap.pop() {
            let node = Int(item.node)
            if done[node] { continue }
            done[node] = true
            // Rights of an administrator are an end: everything else follows from them and is not told again.
            if graph.nodes[node].kind == .admin { continue }
            for index in Int(graph.starts[node])..<Int(graph.starts[node + 1]) {
                var edge = graph.edges[index]
                if !changes.isEmpty, let change = changes[index] {
                    guard let change else { continue }
                    edge = change
                }
                if edge.isHypothetical { continue }
                if edge.confidence.rank > level.rank {
                    met = false
                    continue
                }
                let next = Int(edge.to)
                if done[next] { continue }
                let value = likelihood[node] * edge.likelihood
                let count = hops[node] + 1
                if value > likelihood[next] || value == likelihood[next] && count < hops[next] {
                    if likelihood[next] == 0 { touched.append(next) }
                    likelihood[next] = value
                    hops[next] = count
                    before[next] = Int32(index)
                    heap.push(.init(likelihood: value, hops: count, node: edge.to))
                }
            }
        }
        return met
    }

    private struct Heap {
        struct Item {
            var likelihood: Double
            var hops: Int32
            var node: Int32
            func comes(before other: Item) -> Bool {
                if likelihood != other.likelihood { return likelihood > other.likelihood }
                if hops != other.hops { return hops < other.hops }
                return node < other.node
            }
        }
        private var items: [Item] = []

        mutating func push(_ item: Item) {
            items.append(item)
            var child = items.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                guard items[child].comes(before: items[parent]) else { break }
                items.swapAt(child, parent)
                child = parent
            }
        }
        mutating func pop() -> Item? {
            guard let top = items.first, let last = items.popLast() else { return nil }
            guard !items.isEmpty else { return top }
            items[0] = last
            var parent = 0
            while true {
                var best = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child].comes(before: items[best]) {
                    best = child
                }
                guard best != parent else { return top }
                items.swapAt(best, parent)
                parent = best
            }
        }
    }
}
