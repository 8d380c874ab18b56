import CloudModel

/// Says for every principal whether it is, or becomes, an administrator.
struct PrincipalAnalysis {
    let graph: SecurityGraph
    let snapshot: CloudSnapshot

    /// How surely each node reaches administrator rights of any account; `nil` where it does not.
    func reach() -> [Confidence?] {
        var incoming = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, edge) in graph.edges.enumerated() { incoming[Int(edge.to)].append(index) }
        var reach = [Confidence?](repeating: nil, count: graph.nodes.count)
        for level in [Confidence.proven, .conditional, .unknown] {
            var queue = graph.nodes.indices.filter { graph.nodes[$0].kind == .admin || reach[$0] != nil }
            var head = 0
            while head < queue.count {
                let node = queue[head]
                head += 1
                for index in incoming[node] {
                    let edge = graph.edges[index]
                    let from = Int(edge.from)
                    guard reach[from] == nil, edge.confidence.rank <= level.rank, !edge.isHypothetical || level == .unknown else {
                        continue
                    }
                    reach[from] = level
                    queue.append(from)
                }
            }
        }
        return reach
    }

    /// One result for each principal, ordered by ARN. `paths` are those of ``AttackPathFinder``.
    func results(_ paths: [AttackPath]) -> [PrincipalResult] {
        let reach = reach()
        var via: [String: [AttackPath]] = [:]
        for path in paths where path.target.hasPrefix("admin:") { via[path.source, default: []].append(path) }
        return snapshot.principals.compactMap { principal in
            guard let place = graph.place(of: principal.arn) else { return nil }
            let isAdmin = graph.edges(from: place).contains { graph.technique(of: $0) == "administrator" && $0.confidence == .proven }
            let own = via[principal.arn] ?? []
            switch reach[place] {
            case .proven:
                return PrincipalResult(
                    arn: principal.arn, kind: principal.kind.rawValue, admin: isAdmin, reachesAdmin: .yes,
                    via: own.filter { $0.confidence == .proven }.map(\.id))
            case .conditional:
                let shown = own.filter { $0.confidence == .conditional }
                let conditions = shown.first.map { $0.steps.flatMap(\.conditions) } ?? []
                return PrincipalResult(
                    arn: principal.arn, kind: principal.kind.rawValue, admin: isAdmin, reachesAdmin: .conditional,
                    conditions: unique(conditions), via: shown.map(\.id))
            case .unknown:
                return PrincipalResult(
                    arn: principal.arn, kind: principal.kind.rawValue, admin: isAdmin, reachesAdmin: .unknown,
                    why: doubts(from: place, reach).joined(separator: "; "), via: own.map(\.id))
            case nil:
                return PrincipalResult(
                    arn: principal.arn, kind: principal.kind.rawValue, admin: isAdmin, reachesAdmin: .no, via: [])
            }
        }.sorted { AttackPathFinder.precedes($0.arn, $1.arn) }
    }

    private func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// What must be known to tell, along some way to administrator rights.
    private func doubts(from start: Int, _ reach: [Confidence?]) -> [String] {
        var texts: [String] = []
        var seen: Set<Int> = [start]
        var queue = [start]
        var head = 0
        while head < queue.count, texts.count < 3 {
            let node = queue[head]
            head += 1
            for edge in graph.edges(from: node) {
                let to = Int(edge.to)
                guard graph.nodes[to].kind == .admin || reach[to] != nil else { continue }
                if edge.confidence == .unknown {
                    let proof = graph.proof(of: edge)
                    let text = "\(graph.technique(of: edge)): \(proof.conditions.joined(separator: ", "))"
                    if !texts.contains(text) { texts.append(text) }
                }
                if seen.insert(to).inserted { queue.append(to) }
            }
        }
        return texts.isEmpty ? ["a fact that this depends on was not collected"] : Array(texts.prefix(3))
    }
}
