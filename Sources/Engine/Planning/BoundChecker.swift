import CloudModel

/// Adds up the weights of one part of a certificate, in millionths.
struct BoundChecker {
    private static let unit = 1_000_000
    private let part: PlanCertificate.Part
    /// The candidates of each path, by place among all.
    private var hits: [Set<Int>] = []
    private var unless: [Set<Int>] = []
    private let places: [String: Int]

    init(_ part: PlanCertificate.Part, _ places: [String: Int]) throws(PlanVerifier.Refusal) {
        self.part = part
        self.places = places
        for path in part.paths {
            let hit = path.fixes.compactMap { places[$0] }
            let condition = (path.unless ?? []).compactMap { places[$0] }
            guard hit.count == path.fixes.count, condition.count == (path.unless ?? []).count else {
                throw PlanVerifier.Refusal("a path names what is no candidate")
            }
            hits.append(Set(hit))
            unless.append(Set(condition))
        }
    }

    private struct Leaf {
        var made: Set<Int>
        var notMade: Set<Int>
        var weights: [Int: Int]
    }

    private static func millionths(_ weight: Double) throws(PlanVerifier.Refusal) -> Int {
        let value = (weight * Double(unit)).rounded()
        guard weight.isFinite, value >= 0, value < 1e15, abs(weight * Double(unit) - value) < 0.001 else {
            throw PlanVerifier.Refusal("\(weight) is no weight")
        }
        return Int(value)
    }

    /// Every leaf of the proof; that they cover all cases follows from how they are reached.
    private func leaves() throws(PlanVerifier.Refusal) -> [Leaf] {
        guard let cases = part.cases else {
            var weights: [Int: Int] = [:]
            for (place, path) in part.paths.enumerated() {
                guard let weight = path.weight else { throw PlanVerifier.Refusal("a path has no weight") }
                weights[place] = try Self.millionths(weight)
            }
            guard let sum = part.sum, try Self.millionths(sum) == weights.values.reduce(0, +) else {
                throw PlanVerifier.Refusal("the weights of a part do not add up to their sum")
            }
            guard weights.values.allSatisfy({ $0 > 0 }) else { throw PlanVerifier.Refusal("a path of the proof has no weight") }
            return [Leaf(made: [], notMade: [], weights: weights)]
        }
        var leaves: [Leaf] = []
        var queue: [(place: Int, made: Set<Int>, notMade: Set<Int>)] = [(0, [], [])]
        var seen: Set<Int> = []
        while let (place, made, notMade) = queue.popLast() {
            guard cases.indices.contains(place), seen.insert(place).inserted else {
                throw PlanVerifier.Refusal("the cases of a proof are no tree")
            }
            let one = cases[place]
            if let list = one.weights {
                var weights: [Int: Int] = [:]
                for entry in list {
                    guard part.paths.indices.contains(entry.path), weights[entry.path] == nil else {
                        throw PlanVerifier.Refusal("a weight is of no path")
                    }
                    weights[entry.path] = try Self.millionths(entry.weight)
                }
                guard let sum = one.sum, try Self.millionths(sum) == weights.values.reduce(0, +) else {
                    throw PlanVerifier.Refusal("the weights of a case do not add up to their sum")
                }
                leaves.append(Leaf(made: made, notMade: notMade, weights: weights))
                continue
            }
            guard let fix = one.fix.flatMap({ places[$0] }), let with = one.made, let without = one.notMade, !made.contains(fix),
                !notMade.contains(fix)
            else { throw PlanVerifier.Refusal("a case of a proof is none") }
            queue.append((with, made.union([fix]), notMade))
            queue.append((without, made, notMade.union([fix])))
        }
        let used = Set(leaves.flatMap { $0.weights.filter { $0.value > 0 }.keys })
        guard seen.count == cases.count, used.count == part.paths.count else {
            throw PlanVerifier.Refusal("the cases of a proof leave something out")
        }
        return leaves
    }

    /// What a leaf's weights give: their sum, and what each candidate is paid.
    private func paid(_ leaf: Leaf, _ level: (Int) -> Int) throws(PlanVerifier.Refusal) -> (sum: Int, paid: [Int: Int]) {
        var sum = 0
        var paid: [Int: Int] = [:]
        for (place, weight) in leaf.weights {
            guard hits[place].isDisjoint(with: leaf.made), unless[place].isDisjoint(with: leaf.notMade) else {
                throw PlanVerifier.Refusal("a path has a weight in a case in which it is closed")
            }
            let worth = weight * level(place)
            let waiting = unless[place].subtracting(leaf.made)
            sum += worth * (1 - waiting.count)
            for fix in hits[place].subtracting(leaf.notMade) { paid[fix, default: 0] += worth }
            for fix in waiting { paid[fix, default: 0] -= worth }
        }
        return (sum, paid)
    }

    /// The cost that every choice has that closes all of the part's paths.
    func cost(_ costs: [Int]) throws(PlanVerifier.Refusal) -> Double {
        var least: Int?
        for leaf in try leaves() {
            let (sum, paid) = try paid(leaf) { _ in 1 }
            for (fix, amount) in paid where amount > costs[fix] * Self.unit {
                throw PlanVerifier.Refusal("a fix is overpaid: the weights of its paths are more than it costs")
            }
            let bound = sum + leaf.made.reduce(0) { $0 + costs[$1] * Self.unit }
            least = min(least ?? bound, bound)
        }
        // Costs are whole.
        return Double(max(0, (least ?? 0) + Self.unit - 1) / Self.unit)
    }

    /// The exposure that every allowed choice leaves.
    func exposure(_ costs: [Int], _ allowance: ExposureProgram.Allowance) throws(PlanVerifier.Refusal) -> Double {
        var least: Int?
        for leaf in try leaves() {
            var left: Int
            switch allowance {
            case .count(let count): left = count - leaf.made.count
            case .cost(let cost): left = cost - leaf.made.reduce(0) { $0 + costs[$1] }
            }
            // A case that is not allowed.
            if left < 0 { continue }
            var byTarget: [String: Int] = [:]
            for (place, weight) in leaf.weights { byTarget[part.paths[place].nodes.last ?? "", default: 0] += weight }
            guard byTarget.values.allSatisfy({ $0 <= Self.unit }) else { throw PlanVerifier.Refusal("a target is counted more than once") }
            let (sum, paid) = try paid(leaf) { place in Effects.hundredths(part.paths[place].level ?? 0) }
            var gained = 0
            // At most as much as the best that fit take: those with most per cost first, the last one in part.
            for (fix, gain) in paid.filter({ $0.value > 0 }).sorted(by: { a, b in Self.comes(a, before: b, costs, allowance) })
            where left > 0 {
                var price = 1
                if case .cost = allowance { price = costs[fix] }
                gained += price <= left ? gain : gain / price * left + (gain % price * left + price - 1) / price
                left -= min(price, left)
            }
            least = min(least ?? .max, sum - gained)
        }
        guard let least, least > 0 else { return 0 }
        return Double((least + Self.unit - 1) / Self.unit) / 100
    }

    private static func comes(
        _ a: (key: Int, value: Int), before b: (key: Int, value: Int), _ costs: [Int], _ allowance: ExposureProgram.Allowance
    ) -> Bool {
        guard case .cost = allowance else { return a.value != b.value ? a.value > b.value : a.key < b.key }
        let (left, right) = (Double(a.value) / Double(costs[a.key]), Double(b.value) / Double(costs[b.key]))
        return left != right ? left > right : a.key < b.key
    }
}
