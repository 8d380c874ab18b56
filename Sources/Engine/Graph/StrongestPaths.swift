import CloudModel

/// The strongest ways to one node from every other, found backwards from the target, for there are fewer targets than starts.
///
/// The strongest is the likeliest, whatever its steps rest on: a condition or a doubt has its price in the step's likelihood. So taking a step
/// away never makes anything stronger.
struct StrongestPaths {
    /// A way from a node to the target.
    struct Way {
        var source: Int
        var likelihood: Double
        var confidence: Confidence
        /// The steps; none where nobody wants to hear of them.
        var edges: [GraphEdge]
        /// Whether it is told beside a likelier one because it is surer.
        var isSurest = false
        /// Other first steps towards the target, the likeliest first.
        var others: [Other] = []
    }
    /// Another first step.
    struct Other {
        var technique: Int32
        var to: Int
        var likelihood: Double
        var confidence: Confidence
    }

    private let graph: SecurityGraph
    private var search: BestFirstSearch
    /// The nodes that were wanted last, and how many they are: most targets are asked about from the same ones.
    private var counted: (wanted: [Bool], count: Int) = ([], 0)
    /// How many edges were looked at so far, which is what searching costs.
    var scanned: Int { search.scanned }
    /// Edges, by place, that a change takes away (`nil`) or weakens.
    var changes: [Int: GraphEdge?] = [:] {
        didSet {
            if isInBlocks, !changes.isEmpty {
                search = BestFirstSearch(graph, .backwards)
                isInBlocks = false
            }
            for index in oldValue.keys { search.set(index, graph.edges[index]) }
            for (index, edge) in changes { search.set(index, edge) }
        }
    }

    /// Whether what nodes have in common is gone over once for all of them; no edge is changed then.
    private var isInBlocks: Bool
    /// The likeliest edges of a block in the search that was made last, by the block's place.
    private var tops: [Int32: Top] = [:]
    private struct Top {
        var ends: [(to: Int, likelihood: Double)]
        /// Whether there are others behind them.
        var isCut: Bool
    }
    /// How many of them are kept.
    private static let topEdges = 32

    /// Ready to search that graph.
    init(_ graph: SecurityGraph, inBlocks: Bool = false) {
        self.graph = graph
        isInBlocks = inBlocks && graph.blocks != nil
        search = isInBlocks ? BestFirstSearch(inBlocks: graph) : BestFirstSearch(graph, .backwards)
    }

    /// The strongest way to `target` from each of the nodes that `wanted` marks and that get there, in the order of the nodes.
    ///
    /// - Parameters:
    ///   - andSurest: where the strongest way rests on a condition or a doubt and a weaker one does not, that one follows it.
    ///   - others: how many other first steps are told with each way at most.
    ///   - tells: whether a way is told with its steps, by its source, its likelihood and how many steps it has. What it takes to get there
    ///     is a small part of what it takes to tell it.
    mutating func ways(
        to target: Int, from wanted: [Bool], andSurest: Bool = false, others: Int = 0,
        tells: (Int, Double, Int) -> Bool = { _, _, _ in true }
    ) -> [Way] {
        if counted.wanted != wanted { counted = (wanted, wanted.count { $0 }) }
        let count = counted.count - (wanted[target] ? 1 : 0)
        guard count > 0 else { return [] }
        var ways = ways(to: target, within: .unknown, wanted, count, others: others, tells)
        guard andSurest else { return ways }
        for level in [Confidence.proven, .conditional] {
            var unsure = [Bool](repeating: false, count: wanted.count)
            var count = 0
            for way in ways where way.confidence.rank > level.rank && !unsure[way.source] {
                unsure[way.source] = true
                count += 1
            }
            for way in ways where way.isSurest && unsure[way.source] {
                unsure[way.source] = false
                count -= 1
            }
            guard count > 0 else { continue }
            ways += self.ways(to: target, within: level, unsure, count, others: 0, tells).map { way in
                var way = way
                way.isSurest = true
                return way
            }
        }
        return ways.sorted { ($0.source, $0.isSurest ? 1 : 0) < ($1.source, $1.isSurest ? 1 : 0) }
    }

    private mutating func ways(
        to target: Int, within level: Confidence, _ wanted: [Bool], _ count: Int, others: Int, _ tells: (Int, Double, Int) -> Bool
    ) -> [Way] {
        search.run(from: target, within: level, wanted: wanted, count: count)
        tops.removeAll(keepingCapacity: true)
        var ways: [Way] = []
        for node in search.touched.filter({ wanted[$0] && $0 != target && search.isFound($0) }).sorted() {
            let likelihood = search.likelihood[node]
            let isTold = tells(node, likelihood, search.hops(of: node))
            ways.append(
                Way(
                    source: node, likelihood: likelihood, confidence: search.confidence(of: node), edges: isTold ? way(from: node) : [],
                    others: isTold && others > 0 ? self.others(from: node, most: others) : []))
        }
        return ways
    }

    private func edge(_ index: Int) -> GraphEdge? {
        if !changes.isEmpty, let change = changes[index] { return change }
        return graph.edges[index]
    }

    private func way(from node: Int) -> [GraphEdge] {
        var edges: [GraphEdge] = []
        var place = node
        while let number = search.edgeNumber(of: place), let edge = edge(number) {
            edges.append(edge)
            place = Int(edge.to)
        }
        return edges
    }

    /// Other first steps of a node whose ways do not come back to it: the likeliest, and of equally likely ones those to earlier nodes.
    private mutating func others(from node: Int, most: Int) -> [Other] {
        let first = search.edgeNumber(of: node)
        var ends: [End] = []
        func add(_ number: Int) {
            guard number != first, let edge = edge(number), !edge.isHypothetical else { return }
            let end = End(number: number, to: Int(edge.to), likelihood: edge.likelihood * search.likelihood[Int(edge.to)])
            guard end.likelihood > 0 else { return }
            // A node may have hundreds, of which few are told.
            if ends.count == most, let last = ends.last, !end.comes(before: last) { return }
            guard !passes(from: end.to, through: node) else { return }
            if ends.count == most { ends.removeLast() }
            ends.insert(end, at: ends.firstIndex { end.comes(before: $0) } ?? ends.endIndex)
        }
        if let shared = sharedEnds(of: node, but: first, most: most) {
            ends = shared
            for number in graph.blocks?.own[Int32(node)] ?? [] { add(Int(number)) }
        } else {
            for number in Int(graph.starts[node])..<Int(graph.starts[node + 1]) { add(number) }
        }
        return ends.compactMap { end in
            edge(end.number).map { edge in
                Other(
                    technique: edge.technique, to: end.to, likelihood: end.likelihood,
                    confidence: edge.confidence.and(search.confidence(of: end.to)))
            }
        }
    }

    /// A first step with how likely the whole way is.
    private struct End {
        var number: Int
        var to: Int
        var likelihood: Double

        func comes(before other: End) -> Bool {
            likelihood > other.likelihood || likelihood == other.likelihood && to < other.to
        }
    }

    /// The likeliest of a node's first steps that it has with a block; `nil` where it has none so or where more might count than are kept.
    private mutating func sharedEnds(of node: Int, but first: Int?, most: Int) -> [End]? {
        guard isInBlocks, let block = graph.blocks?.blockOf[node], block >= 0 else { return nil }
        let top = tops[block] ?? top(of: block)
        tops[block] = top
        var ends: [End] = []
        for end in top.ends where end.to != node && !passes(from: end.to, through: node) {
            guard let number = graph.edgeNumber(from: node, to: end.to), number != first else { continue }
            ends.append(End(number: number, to: end.to, likelihood: end.likelihood))
            if ends.count == most { return ends }
        }
        return top.isCut ? nil : ends
    }

    private func top(of block: Int32) -> Top {
        var ends: [(to: Int, likelihood: Double)] = []
        for edge in graph.blocks?.edges[Int(block)] ?? [] where !edge.isHypothetical {
            let likelihood = edge.likelihood * search.likelihood[Int(edge.to)]
            if likelihood > 0 { ends.append((Int(edge.to), likelihood)) }
        }
        ends.sort { (-$0.likelihood, $0.to) < (-$1.likelihood, $1.to) }
        return Top(ends: Array(ends.prefix(Self.topEdges)), isCut: ends.count > Self.topEdges)
    }

    private func passes(from start: Int, through node: Int) -> Bool {
        var place = start
        while let next = search.next(of: place) {
            place = next
            if place == node { return true }
        }
        return false
    }
}

/// Everything that one node reaches, the strongest way to each: the same search forwards.
struct ReachedNodes {
    private let graph: SecurityGraph
    private var search: BestFirstSearch

    init(_ graph: SecurityGraph, _ direction: BestFirstSearch.Direction) {
        self.graph = graph
        search = BestFirstSearch(graph, direction)
    }

    /// One node with the strongest way between it and the origin.
    struct Reached {
        var node: Int
        var likelihood: Double
        var confidence: Confidence
        var hops: Int
        /// The step by which the way enters the node, seen from the origin.
        var edge: GraphEdge
    }

    /// All nodes but the origin, likeliest first.
    mutating func all(from origin: Int) -> [Reached] {
        search.run(from: origin, within: .unknown, wanted: [Bool](repeating: false, count: graph.nodes.count), count: 1)
        return search.touched.compactMap { node in
            guard node != origin, let number = search.edgeNumber(of: node) else { return nil }
            return Reached(
                node: node, likelihood: search.likelihood[node], confidence: search.confidence(of: node), hops: search.hops(of: node),
                edge: graph.edges[number])
        }.sorted { ($1.likelihood, $0.hops, $0.node) < ($0.likelihood, $1.hops, $1.node) }
    }
}
