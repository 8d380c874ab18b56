import CloudModel

/// Dijkstra's algorithm on negative logarithms of likelihoods, that is, on their products, over compact arrays.
///
/// Of equally likely ways the surer counts, then the one with fewer steps, then the one whose nodes come first. Scratch space is kept between
/// searches and reset where it was touched.
///
/// Backwards, what a block of nodes has in common is gone over once for all of them: the block stands behind its targets, and its nodes behind
/// the block without a step of their own. A way through a block is as likely, as sure and as long as the edge that it stands for, and of equal
/// ways the one from the target that was reached first counts, as without blocks.
public struct BestFirstSearch: Sendable {
    /// Whether edges are followed from where they start or from where they end.
    enum Direction { case forwards, backwards }

    /// For each node the range of its places: `starts[n]..<starts[n + 1]`. At each place: the node behind the edge, how likely it is taken,
    /// how sure it is (``never`` when it is not to be taken), and its number in the graph.
    private let starts: [Int32]
    private let ends: [Int32]
    private var weights: [Double]
    private var ranks: [UInt8]
    private let numbers: [Int32]
    /// The place of each edge by its number.
    private let places: [Int32]
    private static let never: UInt8 = 9

    /// What the last search found: for each node the likelihood of the best way between it and the origin, 0 for none.
    public private(set) var likelihood: [Double]
    /// How unsure the way is, above ``hopBits`` bits of its number of steps.
    private var order: [Int32]
    /// The number of the edge by which the way enters the node; -1 for none, ``shared`` for one of a block.
    private var edge: [Int32]
    private static let shared: Int32 = -2
    /// The node behind that edge, and how many nodes were done before it.
    private var behind: [Int32]
    private var setter: [Int32]
    /// Where blocks begin, behind the nodes.
    private let blocksFrom: Int
    private var touchedBlocks: [Int] = []
    /// The graph, where it has blocks.
    private var graph: SecurityGraph?
    private var done: [Bool]
    /// The nodes that the last search met.
    public private(set) var touched: [Int] = []
    /// How many edges were looked at so far, which is what searching costs.
    private(set) var scanned = 0
    private var heap = Heap()
    private static let hopBits: Int32 = 24
    private let nobody: [Bool]

    /// Ready to search a graph backwards by its blocks; edges cannot be changed then.
    init(inBlocks graph: SecurityGraph) {
        guard let blocks = graph.blocks else {
            self.init(graph, .backwards)
            return
        }
        let nodes = graph.nodes.count
        var near: [Int32] = []
        var far: [Int32] = []
        var likelihoods: [Double] = []
        var ranks: [UInt8] = []
        var numbers: [Int32] = []
        func add(_ edge: GraphEdge, from start: Int32, _ number: Int32) {
            near.append(edge.to)
            far.append(start)
            likelihoods.append(edge.likelihood)
            ranks.append(Self.rank(edge))
            numbers.append(number)
        }
        for node in 0..<nodes {
            guard blocks.blockOf[node] >= 0 else {
                for number in graph.starts[node]..<graph.starts[node + 1] { add(graph.edges[Int(number)], from: Int32(node), number) }
                continue
            }
            for number in blocks.own[Int32(node)] ?? [] { add(graph.edges[Int(number)], from: Int32(node), number) }
            near.append(Int32(nodes) + blocks.blockOf[node])
            far.append(Int32(node))
            likelihoods.append(1)
            ranks.append(0)
            numbers.append(Self.shared)
        }
        for (place, edges) in blocks.edges.enumerated() {
            for edge in edges { add(edge, from: Int32(nodes + place), Self.shared) }
        }
        self.init(
            nodes: nodes, blocks: blocks.edges.count, near: near, far: far, likelihoods: likelihoods, ranks: ranks, numbers: numbers)
        self.graph = graph
    }

    init(_ graph: SecurityGraph, _ direction: Direction) {
        let edges = graph.edges
        self.init(
            nodes: graph.nodes.count, near: edges.map { direction == .forwards ? $0.from : $0.to },
            far: edges.map { direction == .forwards ? $0.to : $0.from }, likelihoods: edges.map(\.likelihood), ranks: edges.map(Self.rank))
    }

    /// Ready to search a graph of proven edges, given as arrays, backwards from where they end.
    ///
    /// - Precondition: `from`, `to` and `likelihoods` are equally long, and each end is below `nodes`.
    public init(nodes: Int, from: [Int32], to: [Int32], likelihoods: [Double]) {
        self.init(nodes: nodes, near: to, far: from, likelihoods: likelihoods, ranks: [UInt8](repeating: 0, count: from.count))
    }

    private init(
        nodes: Int, blocks: Int = 0, near: [Int32], far: [Int32], likelihoods: [Double], ranks all: [UInt8], numbers named: [Int32]? = nil
    ) {
        let count = nodes + blocks
        var starts = [Int32](repeating: 0, count: count + 1)
        for node in near { starts[Int(node) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
        var next = starts
        var ends = [Int32](repeating: 0, count: near.count)
        var numbers = ends
        var places = ends
        var weights = [Double](repeating: 0, count: near.count)
        var ranks = [UInt8](repeating: 0, count: near.count)
        for (number, node) in near.enumerated() {
            let place = Int(next[Int(node)])
            next[Int(node)] += 1
            ends[place] = far[number]
            numbers[place] = named?[number] ?? Int32(number)
            places[number] = Int32(place)
            weights[place] = likelihoods[number]
            ranks[place] = all[number]
        }
        self.starts = starts
        self.ends = ends
        self.numbers = numbers
        self.places = places
        self.weights = weights
        self.ranks = ranks
        likelihood = [Double](repeating: 0, count: count)
        order = [Int32](repeating: 0, count: count)
        edge = [Int32](repeating: -1, count: count)
        done = [Bool](repeating: false, count: count)
        nobody = done
        behind = edge
        setter = order
        blocksFrom = nodes
    }

    private static func rank(_ edge: GraphEdge?) -> UInt8 {
        guard let edge, !edge.isHypothetical else { return never }
        return UInt8(edge.confidence.rank)
    }

    /// Puts another edge, or none, in the place of one.
    mutating func set(_ number: Int, _ edge: GraphEdge?) {
        let place = Int(places[number])
        weights[place] = edge?.likelihood ?? 0
        ranks[place] = Self.rank(edge)
    }

    /// Searches from `origin` over all edges, for all nodes.
    public mutating func run(from origin: Int) { run(from: origin, within: .unknown, wanted: nobody, count: Int.max) }

    /// Searches from `origin` over edges at most that unsure, until `count` of the nodes that `wanted` marks are found.
    mutating func run(from origin: Int, within level: Confidence, wanted: [Bool], count: Int) {
        reset()
        let limit = UInt8(level.rank)
        var left = count
        likelihood[origin] = 1
        touched.append(origin)
        heap.push(.init(likelihood: 1, order: 0, node: Int32(origin)))
        var finished: Int32 = 0
        while let item = heap.pop() {
            let isBlock = item.node < 0
            // Blocks come before nodes that are as likely, so that these hear of it in time.
            let node = isBlock ? blocksFrom - 1 - Int(item.node) : Int(item.node)
            if done[node] { continue }
            done[node] = true
            if !isBlock {
                finished += 1
                if wanted[node], node != origin {
                    left -= 1
                    if left == 0 { break }
                }
            }
            relax(node, item, time: finished, limit)
        }
        // What is not found yet is known as far as what is found leads there.
        for block in touchedBlocks where !done[block] {
            relax(
                block, .init(likelihood: likelihood[block], order: order[block], node: Int32(blocksFrom - 1 - block)), time: finished, limit
            )
        }
        heap.removeAll()
    }

    /// Offers what is behind a node the way through it.
    @inline(__always)
    private mutating func relax(_ node: Int, _ item: Heap.Item, time: Int32, _ limit: UInt8) {
        let isBlock = node >= blocksFrom
        let from = isBlock ? behind[node] : item.node
        let time = isBlock ? setter[node] : time
        let hops = (item.order & ((1 << Self.hopBits) - 1)) + (isBlock ? 0 : 1)
        let unsure = item.order >> Self.hopBits
        let range = Int(starts[node])..<Int(starts[node + 1])
        scanned += range.count
        for place in range where ranks[place] <= limit {
            let next = Int(ends[place])
            if done[next] { continue }
            let value = item.likelihood * weights[place]
            guard value >= likelihood[next], value > 0 else { continue }
            let rank = max(unsure, Int32(ranks[place])) << Self.hopBits | hops
            guard value > likelihood[next] || rank < order[next] || rank == order[next] && time < setter[next] else { continue }
            if likelihood[next] == 0 { if next < blocksFrom { touched.append(next) } else { touchedBlocks.append(next) } }
            likelihood[next] = value
            order[next] = rank
            edge[next] = numbers[place]
            behind[next] = from
            setter[next] = time
            heap.push(.init(likelihood: value, order: rank, node: next < blocksFrom ? ends[place] : Int32(blocksFrom - 1 - next)))
        }
    }

    private mutating func reset() {
        for node in touched { forget(node) }
        for block in touchedBlocks { forget(block) }
        touched.removeAll(keepingCapacity: true)
        touchedBlocks.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private mutating func forget(_ node: Int) {
        likelihood[node] = 0
        order[node] = 0
        edge[node] = -1
        done[node] = false
    }

    /// Whether the search found the best way to this node, and not merely some way.
    func isFound(_ node: Int) -> Bool { done[node] }
    /// The number of the edge by which the way enters the node; `nil` at the origin and where there is none.
    func edgeNumber(of node: Int) -> Int? {
        if edge[node] == Self.shared { return graph?.edgeNumber(from: node, to: Int(behind[node])) }
        return edge[node] >= 0 ? Int(edge[node]) : nil
    }
    /// The node behind that edge.
    func next(of node: Int) -> Int? { edge[node] == -1 ? nil : Int(behind[node]) }
    /// The least sure step's confidence.
    func confidence(of node: Int) -> Confidence { Confidence.ranked(Int(order[node] >> Self.hopBits)) }
    /// How many steps the way has.
    func hops(of node: Int) -> Int { Int(order[node] & ((1 << Self.hopBits) - 1)) }

    private struct Heap {
        struct Item {
            var likelihood: Double
            var order: Int32
            var node: Int32
            func comes(before other: Item) -> Bool {
                if likelihood != other.likelihood { return likelihood > other.likelihood }
                if order != other.order { return order < other.order }
                return node < other.node
            }
        }
        private var items: [Item] = []

        mutating func removeAll() { items.removeAll(keepingCapacity: true) }

        mutating func push(_ item: Item) {
            items.append(item)
            var child = items.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                guard item.comes(before: items[parent]) else { break }
                items[child] = items[parent]
                child = parent
            }
            items[child] = item
        }
        mutating func pop() -> Item? {
            guard let top = items.first, let last = items.popLast() else { return nil }
            guard !items.isEmpty else { return top }
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < items.count else { break }
                if child + 1 < items.count, items[child + 1].comes(before: items[child]) { child += 1 }
                guard items[child].comes(before: last) else { break }
                items[parent] = items[child]
                parent = child
            }
            items[parent] = last
            return top
        }
    }
}

extension Confidence {
    /// The confidence of that rank.
    static func ranked(_ rank: Int) -> Confidence { rank == 0 ? .proven : rank == 1 ? .conditional : .unknown }
}
