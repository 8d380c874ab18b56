import CloudModel

/// Ways with steps that several principals take together.
extension SecurityGraph {
    /// A way over some edges, and all edges that it rests on: those, and where a step rests on several principals the ones behind it.
    func way(_ path: [GraphEdge]) -> (way: OpenWay, edges: [GraphEdge]) {
        var way = OpenWay(nodes: [])
        way.nodes = path.prefix(1).map { nodes[Int($0.from)].id } + path.map { nodes[Int($0.to)].id }
        var edges = path
        for edge in path {
            let via = proof(of: edge).via.compactMap(place)
            switch EdgeKind(technique: technique(of: edge)) {
            case .administratorAccess where via.count == 1:
                // An administrator acts as the one who has the step.
                if let own = self.edge(from: via[0], to: Int(edge.to)) { edges.append(own) }
                way.steps.append(.init(from: nodes[via[0]].id, to: nodes[Int(edge.to)].id))
            case .escalation where technique(of: edge) == "combined-rights" && via.count == 2:
                edges += rest(&way, on: via[0], turning: via[1], from: Int(edge.from))
            default: way.steps.append(step(edge))
            }
        }
        return (way, edges)
    }

    /// Has a way rest on getting to two principals of which the first makes the second an administrator; gives the edges by which it does.
    private func rest(_ way: inout OpenWay, on writer: Int, turning target: Int, from start: Int) -> [GraphEdge] {
        let behind = edgesBehind(start, [writer, target])
        way.steps += behind.map(step)
        way.turnings.append(.init(writer: nodes[writer].id, target: nodes[target].id))
        return behind
    }

    /// The same one step of several principals, resting on others of them.
    func way(_ edge: GraphEdge, restingOn writer: Int, turning target: Int) -> (way: OpenWay, edges: [GraphEdge]) {
        var way = OpenWay(nodes: [])
        way.nodes = [nodes[Int(edge.from)].id, nodes[Int(edge.to)].id]
        let behind = rest(&way, on: writer, turning: target, from: Int(edge.from))
        return (way, [edge] + behind)
    }

    /// The principals that a node gets to over steps that are judged, itself included, in the order in which they are met.
    func held(from start: Int) -> [Int] {
        var seen: Set<Int> = [start]
        var queue = [start]
        var head = 0
        while head < queue.count {
            for edge in edges(from: queue[head]) where !edge.isHypothetical && edge.confidence != .unknown {
                let to = Int(edge.to)
                if nodes[to].kind != .admin, seen.insert(to).inserted { queue.append(to) }
            }
            head += 1
        }
        return queue.filter { nodes[$0].kind.isPrincipal }
    }

    private func step(_ edge: GraphEdge) -> OpenWay.Step { .init(from: nodes[Int(edge.from)].id, to: nodes[Int(edge.to)].id) }

    /// The edges by which a node gets to others, each on the shortest way over steps that are judged and not through administrator rights.
    private func edgesBehind(_ start: Int, _ ends: [Int]) -> [GraphEdge] {
        var before: [Int: GraphEdge] = [:]
        var queue = [start]
        var head = 0
        while head < queue.count, !ends.allSatisfy({ $0 == start || before[$0] != nil }) {
            for edge in self.edges(from: queue[head]) where !edge.isHypothetical && edge.confidence != .unknown {
                let to = Int(edge.to)
                guard to != start, before[to] == nil, nodes[to].kind != .admin else { continue }
                before[to] = edge
                queue.append(to)
            }
            head += 1
        }
        var behind: [GraphEdge] = []
        var seen: Set<Int> = []
        for end in ends {
            var node = end
            while let edge = before[node], seen.insert(node).inserted {
                behind.append(edge)
                node = Int(edge.from)
            }
        }
        return behind
    }
}

extension Reevaluation {
    /// The most pairs of principals that are looked at for ways like others, and the most that are told of one start and one writer.
    private static let pairs = (looked: 20_000, told: 4)

    /// Ways like these, each of one step that several principals take together, that rest on other principals than these do. Whoever closes one
    /// has not closed those, so all of them are best known at once.
    func others(like ways: [(way: OpenWay, edges: [GraphEdge])], in graph: SecurityGraph, after edits: [Edit]) -> [(
        way: OpenWay, edges: [GraphEdge]
    )] {
        let ways = ways.filter { $0.way.nodes.count == 2 && $0.way.turnings.count == 1 }
        guard !ways.isEmpty else { return [] }
        return with(edits) { snapshot, permissions, touched in
            let builder = GraphBuilder(
                base.builder, base.graph, snapshot, permissions: permissions, exposures: base.exposures, touched: touched)
            var left = Self.pairs.looked
            return ways.flatMap { way, edges -> [(way: OpenWay, edges: [GraphEdge])] in
                var found: [(way: OpenWay, edges: [GraphEdge])] = []
                // Each writer with others than those before it, so that few pairs show most of what there is.
                var uses: [Int: Int] = [:]
                let held = graph.held(from: Int(edges[0].from)).compactMap { node in
                    permissions.principalIndex[graph.nodes[node].id].map { (node: node, index: $0) }
                }
                for writer in held {
                    guard let actor = permissions.subjects[writer.index],
                        GraphBuilder.turning.contains(where: { actor.allows.contains($0) })
                    else { continue }
                    var told = 0
                    for target in held.sorted(by: { (uses[$0.node] ?? 0, $0.node) < (uses[$1.node] ?? 0, $1.node) })
                    where target.node != writer.node && told < Self.pairs.told && left > 0 {
                        left -= 1
                        let confidence = builder.turns(actor, target.index)?.proof.confidence
                        guard confidence == .proven || confidence == .conditional else { continue }
                        let other = graph.way(edges[0], restingOn: writer.node, turning: target.node)
                        told += 1
                        uses[target.node, default: 0] += 1
                        if other.way.turnings != way.turnings { found.append(other) }
                    }
                }
                return found
            }
        }
    }
}
