/// Which changes leave the least exposure, when only so many, or only so costly ones, can be made.
///
/// A row says: the target stays exposed by `level` unless one of `hit` is made (or one of `unless` is not). Levels are hundredths.
struct ExposureProgram {
    struct Row: Hashable {
        var target: Int
        var level: Int
        var cover: Cover.Row

        func holds(_ made: Set<Int>) -> Bool { cover.holds(made) }
    }
    /// What is allowed: so many changes, or so much cost.
    enum Allowance: Hashable {
        case count(Int)
        case cost(Int)
    }

    /// By change, at least 1.
    var costs: [Int]
    var rows: [Row]
    var allowance: Allowance

    struct Solution {
        var chosen: Set<Int>
        /// What the rows say stays, at least, whatever is chosen.
        var isOptimal: Bool
    }

    /// What the rows leave exposed after some changes.
    func exposure(_ made: Set<Int>) -> Int {
        var levels: [Int: Int] = [:]
        for row in rows where !row.holds(made) { levels[row.target] = max(levels[row.target] ?? 0, row.level) }
        return levels.values.reduce(0, +)
    }

    func isAllowed(_ made: Set<Int>) -> Bool {
        switch allowance {
        case .count(let most): made.count <= most
        case .cost(let most): made.reduce(0) { $0 + costs[$1] } <= most
        }
    }

    /// The best choice found.
    func solve(_ limits: IntegerProgram.Limits = IntegerProgram.Limits()) -> Solution {
        guard !rows.isEmpty else { return Solution(chosen: [], isOptimal: true) }
        let (program, changes) = linear(whole: true)
        var chosen: Set<Int> = []
        let answer = program.solve(limits)
        if let answer { for (place, change) in changes.enumerated() where answer.values[place] > 0.5 { chosen.insert(change) } }
        if !isAllowed(chosen) { chosen = [] }
        // What adds nothing is not chosen; what still fits is.
        for change in chosen.sorted(by: { (costs[$0], $0) > (costs[$1], $1) }) {
            if exposure(chosen.subtracting([change])) == exposure(chosen) { chosen.remove(change) }
        }
        if answer == nil { chosen = greedy(chosen) }
        return Solution(chosen: chosen, isOptimal: answer?.isOptimal ?? false)
    }

    /// Adds the change that lowers exposure most per cost, as long as one fits.
    private func greedy(_ start: Set<Int>) -> Set<Int> {
        var made = start
        let changes = Set(rows.flatMap(\.cover.hit)).sorted()
        while true {
            let now = exposure(made)
            var best: (change: Int, gain: Int)?
            for change in changes where !made.contains(change) && isAllowed(made.union([change])) {
                let gain = now - exposure(made.union([change]))
                if gain > 0, best.map({ gain * costs[$0.change] > $0.gain * costs[change] }) ?? true { best = (change, gain) }
            }
            guard let best else { return made }
            made.insert(best.change)
        }
    }

    /// Variables are the changes, then what stays of each target.
    private func linear(whole: Bool, _ cases: CoverProof.Cases = .init()) -> (program: IntegerProgram, changes: [Int]) {
        let changes = Set(rows.flatMap { $0.cover.hit.union($0.cover.unless) }).sorted()
        let targets = Set(rows.map(\.target)).sorted()
        let column = Dictionary(uniqueKeysWithValues: changes.enumerated().map { ($1, $0) })
        let stays = Dictionary(uniqueKeysWithValues: targets.enumerated().map { ($1, $0 + changes.count) })
        var lines: [IntegerProgram.Row] = []
        for row in rows {
            let level = Double(row.level)
            var line = row.cover.linear(column)
            line.terms = line.terms.map { ($0.column, $0.factor * level) }
            line.least *= level
            if let place = stays[row.target] { line.terms.append((place, 1)) }
            lines.append(line)
        }
        // A tiny price, so that what adds nothing is not chosen.
        let price = whole ? 0.3 / Double(changes.count + 1) : 0
        var terms: [(column: Int, factor: Double)] = []
        let most: Int
        switch allowance {
        case .count(let count):
            most = count
            terms = changes.indices.map { ($0, -1) }
        case .cost(let cost):
            most = cost
            terms = changes.indices.map { ($0, -Double(costs[changes[$0]])) }
        }
        lines.append(IntegerProgram.Row(terms: terms, least: -Double(most)))
        for change in cases.made { if let place = column[change] { lines.append(.init(terms: [(place, 1)], least: 1)) } }
        for change in cases.notMade { if let place = column[change] { lines.append(.init(terms: [(place, -1)], least: 0)) } }
        let program = IntegerProgram(
            costs: changes.map { _ in price } + targets.map { _ in 1 }, upper: changes.map { _ in 1 } + targets.map { _ in nil },
            isWhole: changes.map { _ in whole } + targets.map { _ in false }, rows: lines)
        return (program, changes)
    }

    /// The change that a fractional choice makes closest to half.
    fileprivate func divider(_ cases: CoverProof.Cases) -> Int? {
        let (program, changes) = linear(whole: false, cases)
        let free = changes.indices.filter { !cases.made.contains(changes[$0]) && !cases.notMade.contains(changes[$0]) }
        guard let answer = program.solve() else { return free.first.map { changes[$0] } }
        let distance = { (place: Int) in abs(answer.values[place] - 0.5) }
        return free.min { (distance($0), $0) < (distance($1), $1) }.map { changes[$0] }
    }
}

/// Why no allowed choice leaves less exposure: weights on rows, such that those of one target are at most one together. Whatever is chosen,
/// the exposure that stays is at least the sum of weight times level over all rows, less what the best allowed changes can take of it
/// (Lagrange's bound); where that is not enough, the same for both cases of a change.
struct ExposureProof {
    var root: ProofNode

    /// The bound that it proves, in hundredths; `nil` when it proves nothing.
    func bound(_ program: ExposureProgram) -> Int? { Self.bound(root, program, .init()) }

    private static func bound(_ node: ProofNode, _ program: ExposureProgram, _ cases: CoverProof.Cases) -> Int? {
        switch node {
        case .cases(let change, let made, let notMade):
            guard program.costs.indices.contains(change), !cases.made.contains(change), !cases.notMade.contains(change) else { return nil }
            var with = cases
            with.made.insert(change)
            var without = cases
            without.notMade.insert(change)
            guard let b = bound(notMade, program, without) else { return nil }
            // A case that is not allowed bounds nothing.
            guard program.isAllowed(with.made) else { return b }
            guard let a = bound(made, program, with) else { return nil }
            return min(a, b)
        case .weights(let weights):
            var total = 0
            var byTarget: [Int: Int] = [:]
            var gains: [Int: Int] = [:]
            for (place, weight) in weights {
                guard program.rows.indices.contains(place), weight >= 0, let rest = cases.rest(of: program.rows[place].cover) else {
                    return nil
                }
                let row = program.rows[place]
                byTarget[row.target, default: 0] += weight
                total += weight * row.level * (1 - rest.unless.count)
                for change in rest.hit { gains[change, default: 0] += weight * row.level }
                for change in rest.unless { gains[change, default: 0] -= weight * row.level }
            }
            guard byTarget.values.allSatisfy({ $0 <= CoverProof.unit }) else { return nil }
            total -= most(gains.filter { $0.value > 0 }, program, cases.made)
            return total <= 0 ? 0 : (total + CoverProof.unit - 1) / CoverProof.unit
        }
    }

    /// The most that changes which are still allowed can gain together, at least.
    private static func most(_ gains: [Int: Int], _ program: ExposureProgram, _ made: Set<Int>) -> Int {
        switch program.allowance {
        case .count(let count):
            return gains.values.sorted(by: >).prefix(max(0, count - made.count)).reduce(0, +)
        case .cost(let cost):
            var left = cost - made.reduce(0) { $0 + program.costs[$1] }
            var sum = 0
            // The best per cost first, the last one in part.
            for (change, gain) in gains.sorted(by: { a, b in
                let (left, right) = (Double(a.value) / Double(program.costs[a.key]), Double(b.value) / Double(program.costs[b.key]))
                return left != right ? left > right : a.key < b.key
            }) where left > 0 {
                let price = program.costs[change]
                sum += price <= left ? gain : gain / price * left + (gain % price * left + price - 1) / price
                left -= min(price, left)
            }
            return sum
        }
    }

    // MARK: Finding one

    /// A proof of as much of `goal` as is found with that many nodes.
    static func build(_ program: ExposureProgram, atLeast goal: Int, nodes: Int) -> ExposureProof {
        var left = nodes
        return ExposureProof(root: node(program, goal, .init(), &left))
    }

    private static func node(_ program: ExposureProgram, _ goal: Int, _ cases: CoverProof.Cases, _ left: inout Int) -> ProofNode {
        left -= 1
        guard program.isAllowed(cases.made) else { return .weights([:]) }
        let weights = dual(program, cases)
        if (bound(.weights(weights), program, cases) ?? 0) >= goal || left <= 0 { return .weights(weights) }
        guard let change = program.divider(cases) else { return .weights(weights) }
        var with = cases
        with.made.insert(change)
        var without = cases
        without.notMade.insert(change)
        let made = node(program, goal, with, &left)
        return .cases(change: change, made: made, notMade: node(program, goal, without, &left))
    }

    /// The best weights, rounded down: most weight times level, less a price for what is allowed and what changes gain above it.
    private static func dual(_ program: ExposureProgram, _ cases: CoverProof.Cases) -> [Int: Int] {
        let open = program.rows.indices.compactMap { place in
            cases.rest(of: program.rows[place].cover).map { (place: place, row: program.rows[place], hit: $0.hit, unless: $0.unless) }
        }
        guard !open.isEmpty else { return [:] }
        let changes = Set(open.flatMap { $0.hit.union($0.unless) }).sorted()
        let targets = Set(open.map(\.row.target)).sorted()
        let left: Int
        switch program.allowance {
        case .count(let count): left = count - cases.made.count
        case .cost(let cost): left = cost - cases.made.reduce(0) { $0 + program.costs[$1] }
        }
        // Columns: the rows' weights, the price of the allowance, and for each change what it gains above that price.
        let price = open.count
        let above = Dictionary(uniqueKeysWithValues: changes.enumerated().map { ($1, $0 + open.count + 1) })
        var lines: [IntegerProgram.Row] = targets.map { target in
            .init(terms: open.indices.filter { open[$0].row.target == target }.map { ($0, -1) }, least: -1)
        }
        var terms: [Int: [(column: Int, factor: Double)]] = [:]
        for (column, one) in open.enumerated() {
            for change in one.hit.subtracting(one.unless).sorted() { terms[change, default: []].append((column, -Double(one.row.level))) }
            for change in one.unless.subtracting(one.hit).sorted() { terms[change, default: []].append((column, Double(one.row.level))) }
        }
        for change in changes {
            var weight = 1.0
            if case .cost = program.allowance { weight = Double(program.costs[change]) }
            lines.append(.init(terms: (terms[change] ?? []) + [(price, weight), (above[change] ?? 0, 1)], least: 0))
        }
        let linear = IntegerProgram(
            costs: open.map { Double($0.row.level) * Double($0.unless.count - 1) } + [Double(max(0, left))] + changes.map { _ in 1 },
            upper: (0..<(open.count + 1 + changes.count)).map { _ in nil },
            isWhole: (0..<(open.count + 1 + changes.count)).map { _ in false }, rows: lines)
        guard let answer = linear.solve() else { return [:] }
        var weights: [Int: Int] = [:]
        var byTarget: [Int: Int] = [:]
        for (column, one) in open.enumerated() where one.unless.isEmpty {
            let value = answer.values[column]
            guard value.isFinite, value > 0 else { continue }
            let whole = min(Int(min(value, 1) * Double(CoverProof.unit) + 0.01), CoverProof.unit - (byTarget[one.row.target] ?? 0))
            if whole > 0 {
                weights[one.place] = whole
                byTarget[one.row.target, default: 0] += whole
            }
        }
        return weights
    }
}
