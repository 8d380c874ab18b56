/// Makes of an open way a row: which changes close it.
///
/// A row is true whatever else is changed, because of its other side: all changes outside of `hit` made at once leave the way open. So
/// whoever closes it makes one of `hit`. `unless` is empty for ways that are open before any change; another way is there once all of
/// `unless` is made.
struct RowMaker {
    let trials: Trials
    let costs: FixCosts
    /// What a way must be to count: its likelihood at least this, in the severity's terms.
    var isOpen: (OpenWay, Trials.Standing) -> Bool

    struct Row {
        var way: OpenWay
        var hit: Set<Int>
        var unless: Set<Int>
    }

    private func isOpen(_ way: OpenWay, _ made: Set<Int>) -> Bool { isOpen(way, trials.standing(of: way, after: made)) }

    /// The row of a way that is open after `made`.
    func row(_ way: OpenWay, after made: Set<Int>) -> Row {
        let concerning = trials.concerning(way)
        let present = made.intersection(concerning)
        let unless = needed(way, present)
        return Row(way: way, hit: hit(way, present, concerning, unless), unless: unless)
    }

    /// The row after more changes became known.
    func again(_ row: Row, _ news: Set<Int>) -> Row {
        let concerning = trials.concerning(row.way)
        let fresh = news.intersection(concerning).subtracting(row.hit)
        guard !fresh.isEmpty else { return row }
        var row = row
        row.hit.formUnion(
            hit(row.way, concerning.subtracting(row.hit).subtracting(fresh), fresh.union(concerning.subtracting(row.hit)), row.unless))
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

    /// The changes that close the way when all others are made: those that close it alone, where the others together leave it open; else
    /// found one by one, cheap ones first among those that are made.
    private func hit(_ way: OpenWay, _ present: Set<Int>, _ concerning: Set<Int>, _ unless: Set<Int>) -> Set<Int> {
        let others = concerning.subtracting(present)
        let alone = others.filter { !isOpen(way, unless.union([$0])) }
        let rest = concerning.subtracting(alone)
        if isOpen(way, rest) { return alone }
        var made = present
        var hit = alone
        let price = { (change: Int) in costs.cost(trials.fixes[change].kind, trials.fixes[change].blast) }
        for change in rest.subtracting(present).sorted(by: { (price($0), $0) < (price($1), $1) }) {
            if isOpen(way, made.union([change])) { made.insert(change) } else { hit.insert(change) }
        }
        return hit
    }
}
