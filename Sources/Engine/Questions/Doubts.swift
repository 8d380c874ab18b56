import CloudModel

/// What would have to be known to rule out further ways.
struct Doubts {
    private let graph: SecurityGraph
    /// The most that are told.
    private static let most = 5

    init(_ graph: SecurityGraph) { self.graph = graph }

    /// Why it cannot be told whether an attacker gets from one of the starts to one of the targets, for starts that have no certain way.
    func texts(from starts: [Bool], to targets: [Int]) -> [String] {
        var incoming = [[Int32]](repeating: [], count: graph.nodes.count)
        for (number, edge) in graph.edges.enumerated() { incoming[Int(edge.to)].append(Int32(number)) }
        func sources(_ isTaken: (GraphEdge) -> Bool) -> [Bool] {
            var reaches = [Bool](repeating: false, count: graph.nodes.count)
            var queue = targets
            for target in targets { reaches[target] = true }
            while let node = queue.popLast() {
                for number in incoming[node] {
                    let edge = graph.edges[Int(number)]
                    guard isTaken(edge), !reaches[Int(edge.from)] else { continue }
                    reaches[Int(edge.from)] = true
                    queue.append(Int(edge.from))
                }
            }
            return reaches
        }
        let known = sources { !$0.isHypothetical }
        let perhaps = sources { _ in true }
        var texts: [String] = []
        var seen = [Bool](repeating: false, count: graph.nodes.count)
        var queue: [Int] = []
        for node in graph.nodes.indices where starts[node] && perhaps[node] && !known[node] {
            seen[node] = true
            queue.append(node)
        }
        var head = 0
        while head < queue.count, texts.count < Self.most {
            let node = queue[head]
            head += 1
            for edge in graph.edges(from: node) where perhaps[Int(edge.to)] {
                if edge.isHypothetical || edge.confidence == .unknown {
                    let proof = graph.proof(of: edge)
                    let text = "\(graph.technique(of: edge)) from \(graph.nodes[node].id): \(proof.conditions.joined(separator: ", "))"
                    if !texts.contains(text) { texts.append(text) }
                }
                if !seen[Int(edge.to)] {
                    seen[Int(edge.to)] = true
                    queue.append(Int(edge.to))
                }
            }
        }
        return Array(texts.prefix(Self.most))
    }
}
