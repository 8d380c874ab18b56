/// Makes of an open way a row: which changes close it.
///
/// A row is true whatever else is changed, because of its other side: all changes outside of `hit` made at once leave the way open. So
/// whoever closes it makes one of `hit`. `unless` is empty for ways that are open before any change; another way is there once all of
/// `unless` is made.
struct RowMaker {
    let trials: Trials
    let costs: FixCosts
    /// Whether it matters how likely a way is.
    var isExact = false
    /// What a way must be to count: its likelihood at least this, in the severity's terms.
    var isOpen: (OpenWay, Trials.Standing) -> Bool

    struct Row {
        var way: OpenWay
        var hit: Set<Int>
        var unless: Set<Int>
        /// The changes of the way's own steps, whether they close it or not.
        var own: Set<Int>
    }

    private func isOpen(_ way: OpenWay, _ made: Set<Int>) -> Bool {
        isOpen(way, trials.standing(of: way, after: made, exactly: isExact))
    }

    /// The row of a way that is open after `made`; `nil` where that does not follow from what it rests on.
    ///
    /// - Parameter own: changes of the way's own steps, which are tried first.
    func row(_ way: OpenWay, after made: Set<Int>, own: Set<Int>) -> Row? {
        let concerning = trials.concerning(way, exactly: isExact)
        let present = made.intersection(concerning)
        guard isOpen(way, present) else { return nil }
        let unless = needed(way, present)
        // What changes one who takes a step, or makes another one take it, likely closes it too.
        let ends = Set(way.steps.flatMap { [$0.from, $0.to] })
        let likely = way.turnings.isEmpty ? own : own.union(concerning.filter { ends.contains(trials.fixes[$0].resource) })
        return Row(way: way, hit: hit(way, present, concerning, unless, likely), unless: unless, own: own)
    }

    /// The row after more changes became known, without trying them: they may close the way.
    func doubting(_ row: Row, _ news: Set<Int>) -> Row {
        var row = row
        row.hit.formUnion(news.intersection(trials.concerning(row.way, exactly: isExact)).subtracting(row.unless))
        return row
    }

    /// The row after more changes became known.
    func again(_ row: Row, _ news: Set<Int>) -> Row {
        let others = trials.concerning(row.way, exactly: isExact).subtracting(row.hit)
        let fresh = news.intersection(others)
        guard !fresh.isEmpty, !isOpen(row.way, others) else { return row }
        var row = row
        row.hit.formUnion(hit(row.way, others.subtracting(fresh), others, row.unless, fresh))
        return row
    }

    /// The fewest of the changes without which the way would not be there.
    private func needed(_ way: OpenWay, _ present: Set<Int>) -> Set<Int> {
        if isOpen(way, []) { return [] }
        var needed = present
        for change in present.sorted() {
            needed.remove(change)
            if !isOpen(way, needed) { needed.insert(change) }
        }
        return needed
    }

    /// The changes that close the way when all others are made: those of its own steps that close it alone, where the others together leave
    /// it open; else found among the others as well, cheap ones first among those that are made.
    private func hit(_ way: OpenWay, _ present: Set<Int>, _ concerning: Set<Int>, _ unless: Set<Int>, _ own: Set<Int>) -> Set<Int> {
        let others = concerning.subtracting(present)
        var hit = others.intersection(own).filter { !isOpen(way, unless.union([$0])) }
        if isOpen(way, concerning.subtracting(hit)) { return hit }
        let rest = concerning.subtracting(hit)
        var made = present
        let price = { (change: Int) in costs.cost(trials.fixes[change].kind, trials.fixes[change].blast) }
        let order = rest.subtracting(present).sorted { (price($0), $0) < (price($1), $1) }
        take(order[...], way, &made, &hit)
        return hit
    }

    /// Makes what leaves the way open, in order; what closes it is hit. Many that leave it open are made at once.
    private func take(_ changes: ArraySlice<Int>, _ way: OpenWay, _ made: inout Set<Int>, _ hit: inout Set<Int>) {
        guard !changes.isEmpty else { return }
        if isOpen(way, made.union(changes)) {
            made.formUnion(changes)
        } else if changes.count == 1 {
            hit.formUnion(changes)
        } else {
            let middle = changes.startIndex + changes.count / 2
            take(changes[..<middle], way, &made, &hit)
            take(changes[middle...], way, &made, &hit)
        }
    }
}
