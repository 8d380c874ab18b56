import CloudModel

/// The strongest ways to one node from every other: Dijkstra's algorithm on negative logarithms of likelihoods, that is, on their
/// products, run backwards from the target, for there are fewer targets than starts.
///
/// Ways that use only proven steps count before those that use conditional ones too, and these before those with unknown ones. Equal ways:
/// the one with fewer steps, then the one whose nodes come first. Scratch space is kept between calls and reset where it was touched.
struct StrongestPaths {
    /// A way from a node to the target.
    struct Way {
        var source: Int
        var likelihood: Double
        var confidence: Confidence
        var edges: [GraphEdge]
    }

    private let graph: SecurityGraph
    /// For each node the places of the edges that end there: `incoming[starts[n]..<starts[n + 1]]`.
    private let incoming: [Int32]
    private let starts: [Int32]
    private var likelihood: [Double]
    private var hops: [Int32]
    private var after: [Int32]
    private var done: [Bool]
    private var touched: [Int] = []
    /// What the search needs of each edge, close together: where it starts, how likely it is, and how sure, ``never`` when it is not to be
    /// taken.
    private var tails: [Int32]
    private var weights: [Double]
    private var ranks: [UInt8]
    private static let never: UInt8 = 9
    /// How many edges were looked at so far, which is what searching costs.
    private(set) var scanned = 0
    /// Edges, by place, that a change takes away (`nil`) or weakens.
    var changes: [Int: GraphEdge?] = [:] {
        didSet {
            for index in oldValue.keys { set(index, graph.edges[index]) }
            for (index, edge) in changes { set(index, edge) }
        }
    }

    private mutating func set(_ index: Int, _ edge: GraphEdge?) {
        weights[index] = edge?.likelihood ?? 0
        ranks[index] = edge.map { $0.isHypothetical ? Self.never : UInt8($0.confidence.rank) } ?? Self.never
    }

    /// Ready to search that graph.
    init(_ graph: SecurityGraph) {
        self.graph = graph
        var starts = [Int32](repeating: 0, count: graph.nodes.count + 1)
        for edge in graph.edges { starts[Int(edge.to) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
        var next = starts
        var incoming = [Int32](repeating: 0, count: graph.edges.count)
        for (index, edge) in graph.edges.enumerated() {
            incoming[Int(next[Int(edge.to)])] = Int32(index)
            next[Int(edge.to)] += 1
        }
        self.incoming = incoming
        self.starts = starts
        likelihood = [Double](repeating: 0, count: graph.nodes.count)
        hops = [Int32](repeating: 0, count: graph.nodes.count)
        after = [Int32](repeating: -1, count: graph.nodes.count)
        done = [Bool](repeating: false, count: graph.nodes.count)
        tails = graph.edges.map(\.from)
        weights = graph.edges.map(\.likelihood)
        ranks = graph.edges.map { $0.isHypothetical ? Self.never : UInt8($0.confidence.rank) }
    }

    /// The strongest way to `target` from each of the nodes that `wanted` marks and that get there, in the order of the nodes.
    mutating func ways(to target: Int, from wanted: [Bool]) -> [Way] {
        var found: [Int: Way] = [:]
        var missing = wanted
        missing[target] = false
        var count = missing.count { $0 }
        for level in [Confidence.proven, .conditional, .unknown] {
            if count == 0 { break }
            let isWhole = search(to: target, within: level, missing, count)
            for node in touched where wanted[node] && done[node] && node != target && found[node] == nil {
                let edges = way(from: node)
                found[node] = Way(
                    source: node, likelihood: likelihood[node], confidence: edges.reduce(.proven) { $0.and($1.confidence) }, edges: edges)
                missing[node] = false
                count -= 1
            }
            if isWhole { break }
        }
        return found.values.sorted { $0.source < $1.source }
    }

    private func edge(_ index: Int) -> GraphEdge? {
        if !changes.isEmpty, let change = changes[index] { return change }
        return graph.edges[index]
    }

    private func way(from node: Int) -> [GraphEdge] {
        var edges: [GraphEdge] = []
        var place = node
        while after[place] >= 0, let edge = edge(Int(after[place])) {
            edges.append(edge)
            place = Int(edge.to)
        }
        return edges
    }

    /// Runs back from `target` over edges at most that unsure, until the `count` nodes that `missing` marks are found; answers whether
    /// no less sure edge was met.
    private mutating func search(to target: Int, within level: Confidence, _ missing: [Bool], _ count: Int) -> Bool {
        let limit = UInt8(level.rank)
        var left = count
        for node in touched {
            likelihood[node] = 0
            hops[node] = 0
            after[node] = -1
            done[node] = false
        }
        touched.removeAll(keepingCapacity: true)
        var isWhole = true
        var heap = Heap()
        likelihood[target] = 1
        touched.append(target)
        heap.push(.init(likelihood: 1, hops: 0, node: Int32(target)))
        while let item = heap.pop() {
            let node = Int(item.node)
            if done[node] { continue }
            done[node] = true
            if missing[node] {
                left -= 1
                if left == 0 { break }
            }
            scanned += Int(starts[node + 1] - starts[node])
            for place in Int(starts[node])..<Int(starts[node + 1]) {
                let index = Int(incoming[place])
                let rank = ranks[index]
                if rank > limit {
                    if rank != Self.never { isWhole = false }
                    continue
                }
                let next = Int(tails[index])
                if done[next] { continue }
                let value = likelihood[node] * weights[index]
                let count = hops[node] + 1
                if value > likelihood[next] || value == likelihood[next] && count < hops[next] {
                    if likelihood[next] == 0 { touched.append(next) }
                    likelihood[next] = value
                    hops[next] = count
                    after[next] = Int32(index)
                    heap.push(.init(likelihood: value, hops: count, node: tails[index]))
                }
            }
        }
        return isWhole
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
