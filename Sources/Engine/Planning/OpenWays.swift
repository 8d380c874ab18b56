import CloudModel
import Dispatch
import Synchronization

/// A way that an attacker could take, by the identifiers of its nodes, so that it can be looked for in other graphs.
struct OpenWay: Hashable {
    var nodes: [String]
    /// The steps of single principals, workloads and networks that it rests on: while all of them are there, the way's end is reached from
    /// its start. Most often these are the steps between its nodes.
    var steps: [Step]
    /// Principals that it rests on changing others.
    var turnings: [Turning] = []
    var source: String { nodes.first ?? "" }
    var target: String { nodes.last ?? "" }
    /// Both ends.
    var pair: Pair { Pair(source: source, target: target) }

    struct Pair: Hashable {
        var source: String
        var target: String
    }
    struct Step: Hashable {
        var from: String
        var to: String
    }
    /// A principal that makes another one an administrator.
    struct Turning: Hashable {
        var writer: String
        var target: String
    }

    /// A way all of whose steps are taken by one principal, workload or network each.
    init(nodes: [String]) {
        self.nodes = nodes
        steps = zip(nodes, nodes.dropFirst()).map { Step(from: $0, to: $1) }
    }

    /// Whether some step rests on several principals.
    var isIntertwined: Bool { !turnings.isEmpty || steps.count != nodes.count - 1 || zip(steps, nodes).contains { $0.from != $1 } }
}

/// Finds what is open in a graph.
struct OpenWays {
    let graph: SecurityGraph
    private let isStart: [Bool]
    private let incoming: IncomingEdges

    init(_ graph: SecurityGraph) {
        self.graph = graph
        isStart = AttackPathFinder(graph).wanted()
        incoming = IncomingEdges(graph) { !$0.isHypothetical }
    }

    /// For each node that a search met the edge after it, towards the target.
    private struct Search {
        var after: [Int32]
        /// The nodes that were met.
        var queue: [Int] = []

        init(_ count: Int) { after = [Int32](repeating: -1, count: count) }

        mutating func reset() {
            for node in queue { after[node] = -1 }
            queue.removeAll(keepingCapacity: true)
        }
    }

    /// Whether a principal's way to data counts: what it may read by itself is no attack, and a group has its members' ways.
    func counts(_ source: Int, _ target: Int) -> Bool {
        guard isStart[source] else { return false }
        return AttackPathFinder(graph).counts(source, target)
    }

    /// One way from each start that has one, to each target that counts, without other starts in between: whoever closes all of these has
    /// closed every other too, for each goes on as one of these.
    ///
    /// - Parameter passing: pairs that cannot be closed; ways go on through their starts.
    func shortest(to target: PlanTarget, passing: Set<OpenWay.Pair>) -> [[GraphEdge]] {
        let passedTargets = Set(passing.map(\.target))
        let targets = graph.nodes.indices.filter { graph.nodes[$0].value > 0 && target.counts(graph.nodes[$0].kind, .infinity) }
        // Ways to one target have nothing to do with those to another.
        let parts = Mutex([[[GraphEdge]]](repeating: [], count: Self.parts))
        DispatchQueue.concurrentPerform(iterations: Self.parts) { part in
            var search = Search(graph.nodes.count)
            let range = targets.count * part / Self.parts..<targets.count * (part + 1) / Self.parts
            let found = targets[range].flatMap { ways(to: $0, passing, passedTargets, &search) }
            parts.withLock { $0[part] = found }
        }
        return parts.withLock { $0.flatMap { $0 } }
    }

    /// In how many parts targets are looked at at once.
    private static let parts = 4

    /// Everything that is open, whether it can be closed or not.
    func left(_ target: PlanTarget) -> [(way: OpenWay, edges: [GraphEdge])] { open(target, passing: []).map(graph.way) }

    /// What is to be closed for a target, but for pairs that cannot be.
    func open(_ target: PlanTarget, passing: Set<OpenWay.Pair>) -> [[GraphEdge]] {
        if case .severity = target { return paths(to: target, passing: passing) }
        return shortest(to: target, passing: passing)
    }

    private func ways(
        to target: Int, _ passing: Set<OpenWay.Pair>, _ passedTargets: Set<String>, _ search: inout Search
    ) -> [[GraphEdge]] {
        search.reset()
        search.queue.append(target)
        var head = 0
        var found: [[GraphEdge]] = []
        while head < search.queue.count {
            let node = search.queue[head]
            head += 1
            if node != target {
                if counts(node, target),
                    passing.isEmpty || !passing.contains(.init(source: graph.nodes[node].id, target: graph.nodes[target].id))
                {
                    found.append(way(from: node, search.after))
                    continue
                }
                // Whoever gets to administrator rights on the way is somebody's way already.
                if graph.nodes[node].kind == .admin, !passedTargets.contains(graph.nodes[node].id) { continue }
            }
            for place in incoming.places(to: node) {
                let from = Int(graph.edges[place].from)
                if from != target, search.after[from] < 0 {
                    search.after[from] = Int32(place)
                    search.queue.append(from)
                }
            }
        }
        return found
    }

    private func way(from start: Int, _ after: [Int32]) -> [GraphEdge] {
        var edges: [GraphEdge] = []
        var place = start
        while after[place] >= 0 {
            let edge = graph.edges[Int(after[place])]
            edges.append(edge)
            place = Int(edge.to)
        }
        return edges
    }

    /// The paths themselves, worst first, that count.
    private func paths(to target: PlanTarget, passing: Set<OpenWay.Pair>) -> [[GraphEdge]] {
        var finder = AttackPathFinder(graph)
        return finder.paths().compactMap { found in
            guard target.counts(graph.nodes[found.target].kind, found.score) else { return nil }
            let pair = OpenWay.Pair(source: graph.nodes[found.source].id, target: graph.nodes[found.target].id)
            return passing.contains(pair) ? nil : found.edges
        }
    }
}
