import CCbc
import Synchronization

/// A linear program whose variables run from 0 to a bound, some or all of them whole: the least cost such that every row holds.
///
/// COIN-OR CBC works it out, in one thread and without files or output. It works with floating-point numbers, so what it says is a
/// proposal: whoever uses it checks solutions, and proves bounds, in whole numbers.
struct IntegerProgram {
    /// The sum of the terms is at least `least`.
    struct Row {
        var terms: [(column: Int, factor: Double)]
        var least: Double
    }
    var costs: [Double]
    /// The highest value of each variable; `nil` for no bound.
    var upper: [Double?]
    /// Which variables are whole.
    var isWhole: [Bool]
    var rows: [Row]

    struct Answer {
        var values: [Double]
        /// Whether CBC says that nothing costs less.
        var isOptimal: Bool
    }

    /// How far CBC goes. Nodes are the same everywhere, seconds are not: with them, equal runs may differ.
    struct Limits: Sendable {
        var nodes = 20_000
        var seconds: Double?
    }

    /// CBC keeps state that all models share.
    private static let lock = Mutex<Void>(())

    /// The best values found; `nil` when there are none, or none were found within the limits.
    func solve(_ limits: Limits = Limits()) -> Answer? {
        if rows.allSatisfy({ $0.least <= 0 && $0.terms.allSatisfy { $0.factor >= 0 } }), costs.allSatisfy({ $0 >= 0 }) {
            return Answer(values: costs.map { _ in 0 }, isOptimal: true)
        }
        return Self.lock.withLock { _ in solveAlone(limits) }
    }

    private func solveAlone(_ limits: Limits) -> Answer? {
        guard let model = Cbc_newModel() else { return nil }
        defer { Cbc_deleteModel(model) }
        var columns = [[(row: Int32, factor: Double)]](repeating: [], count: costs.count)
        for (place, row) in rows.enumerated() { for term in row.terms { columns[term.column].append((Int32(place), term.factor)) } }
        var starts: [Int32] = [0]
        for column in columns { starts.append((starts.last ?? 0) + Int32(column.count)) }
        let infinite = Double.greatestFiniteMagnitude
        Cbc_setLogLevel(model, 0)
        Cbc_loadProblem(
            model, Int32(costs.count), Int32(rows.count), starts, columns.flatMap { $0.map(\.row) }, columns.flatMap { $0.map(\.factor) },
            costs.map { _ in 0 }, upper.map { $0 ?? infinite }, costs, rows.map(\.least), rows.map { _ in infinite })
        for (place, whole) in isWhole.enumerated() where whole { Cbc_setInteger(model, Int32(place)) }
        Cbc_setObjSense(model, 1)
        Cbc_setParameter(model, "log", "0")
        Cbc_setAllowableGap(model, 0)
        Cbc_setAllowableFractionGap(model, 0)
        Cbc_setMaximumNodes(model, Int32(clamping: limits.nodes))
        if let seconds = limits.seconds { Cbc_setMaximumSeconds(model, max(0.01, seconds)) }
        _ = Cbc_solve(model)
        let isOptimal = Cbc_isProvenOptimal(model) != 0
        let found: UnsafePointer<Double>? = isWhole.contains(true) ? UnsafePointer(Cbc_bestSolution(model)) : Cbc_getColSolution(model)
        guard let found, isOptimal || isWhole.contains(true) else { return nil }
        return Answer(values: costs.indices.map { found[$0] }, isOptimal: isOptimal)
    }
}
