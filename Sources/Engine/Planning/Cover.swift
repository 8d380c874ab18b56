/// Which changes to make at the least cost, so that every row holds: a weighted hitting set.
struct Cover {
    /// At least one change of `hit` is made, or one of `unless` is not.
    ///
    /// `unless` is empty but where a way only opens through changes: one who is no administrator any more is suddenly somebody to protect
    /// from.
    struct Row: Hashable {
        var hit: Set<Int>
        var unless: Set<Int> = []

        func holds(_ made: Set<Int>) -> Bool { !hit.isDisjoint(with: made) || !unless.isSubset(of: made) }
        /// Whether whatever satisfies this row satisfies the other one.
        func implies(_ other: Row) -> Bool { hit.isSubset(of: other.hit) && unless.isSubset(of: other.unless) }

        /// The row over variables that are 1 for changes that are made; a change in both sets satisfies it anyhow.
        func linear(_ column: [Int: Int]) -> IntegerProgram.Row {
            var row = IntegerProgram.Row(terms: [], least: 1)
            for change in hit.subtracting(unless).sorted() { if let place = column[change] { row.terms.append((place, 1)) } }
            for change in unless.subtracting(hit).sorted() { if let place = column[change] { row.terms.append((place, -1)) } }
            row.least -= Double(unless.count)
            return row
        }
    }

    /// By change, at least 1.
    var costs: [Int]
    var rows: [Row]
    /// What is chosen rather than others that would do as well.
    var preferred: Set<Int> = []

    /// What was chosen, and for each part of the problem the proof.
    struct Solution {
        var chosen: Set<Int>
        var cost: Int
        /// No choice costs less than this.
        var bound: Int
        var parts: [Part]
    }
    /// Rows that have no change in common with any other's.
    struct Part {
        /// Places of its rows.
        var rows: [Int]
        var proof: CoverProof
        var bound: Int
    }

    /// How far searching and proving go.
    struct Limits: Sendable {
        var program = IntegerProgram.Limits()
        /// Most nodes of one part's proof; 0 for none.
        var proofNodes = 400
    }

    /// The best choice found; `nil` when some row cannot hold.
    func solve(_ limits: Limits = Limits()) -> Solution? {
        guard rows.allSatisfy({ !$0.hit.isEmpty || !$0.unless.isEmpty }) else { return nil }
        var solution = Solution(chosen: [], cost: 0, bound: 0, parts: [])
        for places in parts(of: needed()) {
            let chosen = choose(places, limits.program)
            let cost = chosen.reduce(0) { $0 + costs[$1] }
            solution.chosen.formUnion(chosen)
            solution.cost += cost
            guard limits.proofNodes > 0 else { continue }
            let proof = CoverProof.build(costs, places.map { rows[$0] }, atLeast: cost, nodes: limits.proofNodes)
            let bound = proof.bound(costs, places.map { rows[$0] }) ?? 0
            solution.bound += min(bound, cost)
            solution.parts.append(Part(rows: places, proof: proof, bound: min(bound, cost)))
        }
        return solution
    }

    /// Places of the rows that no other row implies.
    private func needed() -> [Int] {
        let order = rows.indices.sorted {
            (rows[$0].hit.count + rows[$0].unless.count, $0) < (rows[$1].hit.count + rows[$1].unless.count, $1)
        }
        var kept: [Int] = []
        var byChange: [Int: [Int]] = [:]
        var onlyUnless: [Int] = []
        for place in order {
            let row = rows[place]
            let near = row.hit.flatMap { byChange[$0] ?? [] } + onlyUnless
            if near.contains(where: { rows[$0].implies(row) }) { continue }
            kept.append(place)
            // One change of the row is enough to be found by: whoever it implies has them all.
            if let first = row.hit.min() { byChange[first, default: []].append(place) } else { onlyUnless.append(place) }
        }
        return kept.sorted()
    }

    /// Rows that share changes, together.
    private func parts(of places: [Int]) -> [[Int]] {
        var parent = Array(costs.indices)
        func root(_ change: Int) -> Int {
            var change = change
            while parent[change] != change {
                parent[change] = parent[parent[change]]
                change = parent[change]
            }
            return change
        }
        for place in places {
            let changes = rows[place].hit.union(rows[place].unless).sorted()
            for change in changes.dropFirst() {
                let (a, b) = (root(changes[0]), root(change))
                parent[max(a, b)] = min(a, b)
            }
        }
        let groups = Dictionary(grouping: places) { place in root(rows[place].hit.union(rows[place].unless).min() ?? 0) }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The least costly choice for some rows, of equals the one with fewest changes, and of these the one with most that are preferred.
    private func choose(_ places: [Int], _ limits: IntegerProgram.Limits) -> Set<Int> {
        let rows = places.map { self.rows[$0] }
        if rows.count == 1, rows[0].unless.isEmpty {
            let order = { (change: Int) in (costs[change], preferred.contains(change) ? 0 : 1, change) }
            return rows[0].hit.min { order($0) < order($1) }.map { [$0] } ?? []
        }
        let changes = Set(rows.flatMap { $0.hit.union($0.unless) }).sorted()
        let column = Dictionary(uniqueKeysWithValues: changes.enumerated().map { ($1, $0) })
        // Less than the least difference of costs in all.
        let extra = 1 / Double(2 * (changes.count + 1))
        let more = extra / Double(changes.count + 1)
        let program = IntegerProgram(
            costs: changes.map { Double(costs[$0]) + extra + (preferred.contains($0) ? 0 : more) }, upper: changes.map { _ in 1 },
            isWhole: changes.map { _ in true },
            rows: rows.map { $0.linear(column) })
        var chosen: Set<Int> = []
        if let answer = program.solve(limits) {
            for (place, change) in changes.enumerated() where answer.values[place] > 0.5 { chosen.insert(change) }
        }
        return lean(complete(chosen, rows), rows)
    }

    /// Adds what is missing for every row: the cheapest change per row that it satisfies.
    private func complete(_ chosen: Set<Int>, _ rows: [Row]) -> Set<Int> {
        var chosen = chosen
        var open = rows.filter { !$0.holds(chosen) }
        while !open.isEmpty {
            var counts: [Int: Int] = [:]
            for row in open { for change in row.hit { counts[change, default: 0] += 1 } }
            let best = counts.min { a, b in
                // Cost per row, compared without division.
                let (left, right) = (costs[a.key] * b.value, costs[b.key] * a.value)
                return left != right ? left < right : a.key < b.key
            }
            if let best {
                chosen.insert(best.key)
            } else if let undone = open[0].unless.intersection(chosen).min() {
                chosen.remove(undone)
            } else {
                break
            }
            open = rows.filter { !$0.holds(chosen) }
        }
        return chosen
    }

    /// Takes out what is not needed, the most costly first.
    private func lean(_ chosen: Set<Int>, _ rows: [Row]) -> Set<Int> {
        var chosen = chosen
        for change in chosen.sorted(by: { (costs[$0], $0) > (costs[$1], $1) }) {
            chosen.remove(change)
            if !rows.allSatisfy({ $0.holds(chosen) }) { chosen.insert(change) }
        }
        return chosen
    }
}
