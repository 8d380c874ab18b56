import CloudModel

/// Which of many open ways rows are made of.
extension Planner {
    /// Few ways are looked at each; of many only some, and the more the longer it takes: some of those that rest on the same, and of those
    /// some for each change of a cheap choice that would close them all if every change closed what it is of. What closes these closes most
    /// others as well; those that it does not are found open, and looked at then.
    func samples(_ open: [[GraphEdge]], _ graph: SecurityGraph, _ round: Int) -> [(way: OpenWay, edges: [GraphEdge])] {
        guard open.count > request.limits.ways else { return open.map(graph.way) }
        let more = 1 << (2 * min(round - 1, 10))
        var counts: [[Int]: Int] = [:]
        var bases: [UInt64: Int] = [:]
        var names: [String: Int] = [:]
        let some = open.filter { edges in
            let key = edges.map { edge in
                let ends = GraphDraft.key(edge.from, edge.to)
                if let known = bases[ends] { return known }
                let name = basis([edge], graph)
                let place = names[name] ?? names.count
                names[name] = place
                bases[ends] = place
                return place
            }
            counts[key, default: 0] += 1
            return counts[key, default: 0] <= more
        }.map(graph.way)
        discover(some, graph)
        let changes = some.map { own($0.way, $0.edges, graph) }
        var taken = Set(some.indices.filter { changes[$0].isEmpty })
        for (_, rows) in Cover.greedily(changes, costs()) {
            let order = rows.sorted { (changes[$0].count, $0) < (changes[$1].count, $1) }
            taken.formUnion(order.prefix(2 * more))
        }
        return taken.sorted().map { some[$0] }
    }

    /// What the steps of a way rest on: the same for all who have them from the same statements.
    func basis(_ edges: [GraphEdge], _ graph: SecurityGraph) -> String {
        var words: [String] = []
        for edge in edges {
            let proof = graph.proof(of: edge)
            words += [graph.technique(of: edge)] + proof.alternatives
            for citation in proof.citations where citation.policy != nil {
                let isShared = citation.policy?.hasPrefix("arn:") == true
                words.append(
                    (isShared ? citation.policy ?? "" : citation.record + (citation.pointer ?? "")) + " \(citation.statement ?? -1)")
            }
            if !proof.citations.contains(where: { $0.policy != nil }) { words += [graph.nodes[Int(edge.to)].id] + proof.via }
        }
        return words.joined(separator: "\n")
    }
}

extension Cover {
    /// Changes such that each row has one: always the one that stands in most rows without one, per cost; with the rows that it is the first
    /// for. Rows without a change have none.
    static func greedily(_ rows: [Set<Int>], _ costs: [Int]) -> [(change: Int, rows: [Int])] {
        var byChange: [Int: [Int]] = [:]
        for (row, options) in rows.enumerated() { for change in options { byChange[change, default: []].append(row) } }
        var counts = byChange.mapValues(\.count)
        var isOpen = rows.map { !$0.isEmpty }
        var left = isOpen.count { $0 }
        var chosen: [(change: Int, rows: [Int])] = []
        while left > 0 {
            let best = counts.filter { $0.value > 0 }.min { a, b in
                let (left, right) = (costs[a.key] * b.value, costs[b.key] * a.value)
                return left != right ? left < right : a.key < b.key
            }
            guard let best else { break }
            let covered = (byChange[best.key] ?? []).filter { isOpen[$0] }
            chosen.append((best.key, covered))
            left -= covered.count
            for row in covered {
                isOpen[row] = false
                for change in rows[row] { counts[change, default: 0] -= 1 }
            }
        }
        return chosen
    }
}
