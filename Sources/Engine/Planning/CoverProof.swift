/// Why no choice of changes costs less: weights on rows such that no change is overpaid, so that their sum bounds every choice from below
/// (weak duality of linear programs); where that is not enough, the same for both cases of a change, made and not made.
///
/// Checked in whole numbers. Weights are millionths.
struct CoverProof {
    /// A millionth is the unit of weights.
    static let unit = 1_000_000

    var root: ProofNode

    /// The bound that it proves; `nil` when a change is overpaid or a weight is negative: then it proves nothing.
    func bound(_ costs: [Int], _ rows: [Cover.Row]) -> Int? { Self.bound(root, costs, rows, Cases()) }

    /// What was decided on the way to a node.
    struct Cases {
        var made: Set<Int> = []
        var notMade: Set<Int> = []

        /// What is left of a row: `nil` when it holds already.
        func rest(of row: Cover.Row) -> (hit: Set<Int>, unless: Set<Int>)? {
            if !row.hit.isDisjoint(with: made) || !row.unless.isDisjoint(with: notMade) { return nil }
            return (row.hit.subtracting(notMade), row.unless.subtracting(made))
        }
    }

    private static func bound(_ node: ProofNode, _ costs: [Int], _ rows: [Cover.Row], _ cases: Cases) -> Int? {
        switch node {
        case .cases(let change, let made, let notMade):
            guard costs.indices.contains(change), !cases.made.contains(change), !cases.notMade.contains(change) else { return nil }
            var with = cases
            with.made.insert(change)
            var without = cases
            without.notMade.insert(change)
            guard let a = bound(made, costs, rows, with), let b = bound(notMade, costs, rows, without) else { return nil }
            return min(a, b)
        case .weights(let weights):
            var total = cases.made.reduce(0) { $0 + costs[$1] * unit }
            var paid: [Int: Int] = [:]
            for (place, weight) in weights {
                guard rows.indices.contains(place), weight >= 0, let rest = cases.rest(of: rows[place]) else { return nil }
                total += weight * (1 - rest.unless.count)
                for change in rest.hit { paid[change, default: 0] += weight }
                for change in rest.unless { paid[change, default: 0] -= weight }
            }
            guard paid.allSatisfy({ $0.value <= costs[$0.key] * unit }) else { return nil }
            // A change that is paid less than nothing costs nothing when it is not made.
            // Costs are whole, so the bound may be rounded up.
            return total <= 0 ? 0 : (total + unit - 1) / unit
        }
    }

    // MARK: Finding one

    /// A proof of as much of `atLeast` as is found with that many nodes.
    static func build(_ costs: [Int], _ rows: [Cover.Row], atLeast goal: Int, nodes: Int) -> CoverProof {
        var left = nodes
        return CoverProof(root: node(costs, rows, goal, Cases(), &left))
    }

    private static func node(_ costs: [Int], _ rows: [Cover.Row], _ goal: Int, _ cases: Cases, _ left: inout Int) -> ProofNode {
        left -= 1
        let open = rows.indices.compactMap { place in cases.rest(of: rows[place]).map { (place: place, hit: $0.hit, unless: $0.unless) } }
        let spent = cases.made.reduce(0) { $0 + costs[$1] }
        // A row that cannot hold any more bounds by as much as one likes.
        if let dead = open.first(where: { $0.hit.isEmpty && $0.unless.isEmpty }) {
            return .weights(spent >= goal ? [:] : [dead.place: (goal - spent) * unit])
        }
        let weights = dual(costs, open)
        if spent >= goal { return .weights([:]) }
        if (bound(.weights(weights), costs, rows, cases) ?? 0) >= goal || left <= 0 { return .weights(weights) }
        guard let change = divider(costs, open) else { return .weights(weights) }
        var with = cases
        with.made.insert(change)
        var without = cases
        without.notMade.insert(change)
        let made = node(costs, rows, goal, with, &left)
        let notMade = node(costs, rows, goal, without, &left)
        return .cases(change: change, made: made, notMade: notMade)
    }

    private typealias Open = (place: Int, hit: Set<Int>, unless: Set<Int>)

    /// The highest weights that overpay no change, rounded down.
    private static func dual(_ costs: [Int], _ open: [Open]) -> [Int: Int] {
        let changes = Set(open.flatMap { $0.hit.union($0.unless) }).sorted()
        var terms: [Int: [(column: Int, factor: Double)]] = [:]
        for (column, row) in open.enumerated() {
            for change in row.hit.subtracting(row.unless).sorted() { terms[change, default: []].append((column, -1)) }
            for change in row.unless.subtracting(row.hit).sorted() { terms[change, default: []].append((column, 1)) }
        }
        let program = IntegerProgram(
            costs: open.map { Double($0.unless.count - 1) }, upper: open.map { _ in nil }, isWhole: open.map { _ in false },
            rows: changes.map { IntegerProgram.Row(terms: terms[$0] ?? [], least: -Double(costs[$0])) })
        guard let answer = program.solve() else { return [:] }
        var weights: [Int: Int] = [:]
        for (column, row) in open.enumerated() {
            let value = answer.values[column]
            // Floating point may leave a unit less than what was meant.
            let whole = value.isFinite && value > 0 ? Int(min(value, 1e9) * Double(unit) + 0.01) : 0
            if whole > 0, row.unless.isEmpty { weights[row.place] = whole }
        }
        // What rounding overpaid is taken back, row by row.
        for change in changes {
            var over = open.filter { $0.hit.contains(change) }.reduce(0) { $0 + (weights[$1.place] ?? 0) } - costs[change] * unit
            for row in open where over > 0 && row.hit.contains(change) {
                guard let weight = weights[row.place] else { continue }
                let cut = min(over, weight)
                weights[row.place] = weight == cut ? nil : weight - cut
                over -= cut
            }
        }
        return weights
    }

    /// The change that a fractional choice makes closest to half; the one in most rows when there is none.
    private static func divider(_ costs: [Int], _ open: [Open]) -> Int? {
        let changes = Set(open.flatMap { $0.hit.union($0.unless) }).sorted()
        let column = Dictionary(uniqueKeysWithValues: changes.enumerated().map { ($1, $0) })
        let program = IntegerProgram(
            costs: changes.map { Double(costs[$0]) }, upper: changes.map { _ in 1 }, isWhole: changes.map { _ in false },
            rows: open.map { Cover.Row(hit: $0.hit, unless: $0.unless).linear(column) })
        if let answer = program.solve() {
            let distance = { (place: Int) in abs(answer.values[place] - 0.5) }
            if let place = changes.indices.min(by: { distance($0) < distance($1) }), distance(place) < 0.499 { return changes[place] }
        }
        var counts: [Int: Int] = [:]
        for row in open { for change in row.hit.union(row.unless) { counts[change, default: 0] += 1 } }
        return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    }
}
