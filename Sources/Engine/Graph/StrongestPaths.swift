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
            for index in oldValue.keys { search.set(index, graph.edges[index]) }
            for (index, edge) in changes { search.set(index, edge) }
        }
    }

    /// Ready to search that graph.
    init(_ graph: SecurityGraph) {
        self.graph = graph
        search = BestFirstSearch(graph, .backwards)
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
        return search.touched.filter { wanted[$0] && $0 != target && search.isFound($0) }.sorted().map { node in
            let likelihood = search.likelihood[node]
            let isTold = tells(node, likelihood, search.hops(of: node))
            return Way(
                source: node, likelihood: likelihood, confidence: search.confidence(of: node), edges: isTold ? way(from: node) : [],
                others: isTold && others > 0 ? self.others(from: node, to: target, most: others) : [])
        }
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
    private func others(from node: Int, to target: Int, most: Int) -> [Other] {
        let first = search.edgeNumber(of: node)
        var others: [Other] = []
        for number in Int(graph.starts[node])..<Int(graph.starts[node + 1]) where number != first {
            guard let edge = edge(number), !edge.isHypothetical else { continue }
            let next = Int(edge.to)
            let likelihood = edge.likelihood * search.likelihood[next]
            // Edges come in the order of the nodes that they lead to. A node may have hundreds, of which few are told.
            guard search.likelihood[next] > 0, others.count < most || likelihood > others.last?.likelihood ?? 0,
                !passes(from: next, through: node)
            else { continue }
            if others.count == most { others.removeLast() }
            let place = others.firstIndex { $0.likelihood < likelihood } ?? others.endIndex
            others.insert(
                Other(
                    technique: edge.technique, to: next, likelihood: likelihood,
                    confidence: edge.confidence.and(search.confidence(of: next))), at: place)
        }
        return others
    }

    private func passes(from start: Int, through node: Int) -> Bool {
        var place = start
        while let number = search.edgeNumber(of: place) {
            place = Int(graph.edges[number].to)
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
