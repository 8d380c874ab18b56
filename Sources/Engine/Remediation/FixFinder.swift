import CloudModel

/// Finds for each path the single changes that cut it, and puts a plan together.
///
/// Every change that is named was applied to the snapshot and evaluated again. The plan is greedy: again and again the change that closes
/// the most score per cost, with everything evaluated again after each; it is not proven to be the smallest. The work is bounded: in a
/// large account the worst paths are planned for and the plan says which ones stay open.
struct FixFinder {
    private let evaluation: Evaluation
    private let judged: Evaluation.Judged
    private let maximumCandidates: Int

    init(_ evaluation: Evaluation, _ judged: Evaluation.Judged, maximumCandidates: Int) {
        self.evaluation = evaluation
        self.judged = judged
        self.maximumCandidates = maximumCandidates
    }

    /// How much work, see ``WhatIf/work``, trying candidates may take, and putting the plan together after that.
    private static let trying = 600_000
    private static let planning = 400_000

    private struct Tried {
        var candidate: CandidateFix
        /// Places of the paths that it closes alone.
        var closes: [Int]
        var exposureRemoved: Double
        /// Places of the paths that it closes or weakens where it stands in the plan.
        var affects: Set<Int> = []
    }

    static let objective = "Close every attack path to administrator rights and crown jewels at low cost"

    /// A plan without fixes.
    static func emptyPlan(_ paths: [AttackPath]) -> Plan {
        Plan(
            objective: objective, optimal: false, cost: 0, fixes: [], alternatives: [],
            perPath: paths.map { .init(path: $0.id, fixes: []) }, curve: [.init(fixes: 0, exposureRemoved: 0)], open: paths.map(\.id))
    }

    /// The plan, and the paths with the fixes that cut them.
    func plan() -> (Plan, [AttackPath]) {
        let (plan, paths, _) = search()
        return (plan, paths)
    }

    /// The plan, the paths with the fixes that cut them, and what was not tried.
    func search() -> (Plan, [AttackPath], [CoverageReport.Gap]) {
        guard !judged.found.isEmpty else { return (Self.emptyPlan(judged.paths), judged.paths, []) }
        let graph = evaluation.graph
        let source = CandidateFixes(evaluation.snapshot, graph)
        let whatIf = WhatIf(evaluation, judged.found)
        let before = total(judged.found.map { $0 })

        // Candidates of the worst paths, those first that are about the most score per cost: where not all can be tried, the others wait.
        var weights: [UInt64: Double] = [:]
        for found in judged.found { for edge in found.edges { weights[GraphDraft.key(edge.from, edge.to), default: 0] += found.score } }
        var candidates: [CandidateFix] = []
        var promises: [Double] = []
        var seen: [[Edit]: Int] = [:]
        var asked: Set<UInt64> = []
        for found in judged.found {
            for edge in found.edges where asked.insert(GraphDraft.key(edge.from, edge.to)).inserted {
                let weight = weights[GraphDraft.key(edge.from, edge.to)] ?? 0
                for candidate in source.fixes(for: edge) {
                    if let place = seen[candidate.edits] {
                        promises[place] += weight
                    } else {
                        seen[candidate.edits] = candidates.count
                        candidates.append(candidate)
                        promises.append(weight)
                    }
                }
            }
            if candidates.count > maximumCandidates { break }
        }
        candidates = candidates.indices.sorted { a, b in
            let (left, right) = (promises[a] / Double(candidates[a].cost), promises[b] / Double(candidates[b].cost))
            return left != right ? left > right : a < b
        }.map { candidates[$0] }
        var gaps: [CoverageReport.Gap] = []
        var count = 0
        var tried: [Tried] = []
        for candidate in candidates.prefix(maximumCandidates) {
            if whatIf.work > Self.trying { break }
            count += 1
            let left = whatIf.remaining(after: candidate.edits)
            let closes = left.indices.filter { left[$0] == nil }
            let removed = AttackPathFinder.rounded(max(0, before - total(left)))
            guard !closes.isEmpty || removed > 0 else { continue }
            tried.append(Tried(candidate: candidate, closes: closes, exposureRemoved: removed))
        }

        if count < candidates.count {
            gaps.append(
                .init(
                    what: "fixes of paths that are further down the list",
                    why: "the search is bounded: \(count) changes, for the worst paths, were tried"))
        }
        let limit = whatIf.work + Self.planning
        var isCut = false
        var chosen: [Tried] = []
        var left: [AttackPathFinder.Found?] = judged.found.map { $0 }
        while left.contains(where: { $0 != nil }) {
            if chosen.count >= 200 || whatIf.work > limit {
                isCut = true
                break
            }
            guard var next = best(tried, chosen, left) ?? partial(source, chosen, left) else { break }
            let after = whatIf.remaining(after: chosen.flatMap(\.candidate.edits) + next.candidate.edits)
            next.affects = Set(
                left.indices.filter { place in
                    guard let old = left[place] else { return false }
                    guard let new = after[place] else { return true }
                    return new.score != old.score || new.edges.count != old.edges.count || differs(old, new)
                })
            // A change that helps nothing any more ends the search.
            guard !next.affects.isEmpty else { break }
            chosen.append(next)
            left = after
        }
        if isCut {
            gaps.append(
                .init(
                    what: "the plan for \(left.count { $0 != nil }) paths",
                    why: "the search is bounded: the plan stops after \(chosen.count) changes"))
        }
        chosen = ordered(chosen, left)
        var curve = [Plan.CurvePoint(fixes: 0, exposureRemoved: 0)]
        for count in chosen.indices {
            let rest = count == chosen.count - 1 ? left : whatIf.remaining(after: chosen[...count].flatMap(\.candidate.edits))
            let removed = AttackPathFinder.rounded(before - total(rest))
            curve.append(.init(fixes: count + 1, exposureRemoved: max(removed, curve.last?.exposureRemoved ?? 0)))
        }
        let (plan, paths) = report(tried, chosen, left, curve)
        return (plan, paths, gaps)
    }

    /// The chosen changes in an order that lowers exposure early: always the change, or all changes that one jewel still needs, with the
    /// most exposure removed per cost. A jewel is as exposed as its strongest path, so of equally strong paths closing one alone removes
    /// nothing; that is why the changes of one jewel are looked at together too.
    private func ordered(_ chosen: [Tried], _ left: [AttackPathFinder.Found?]) -> [Tried] {
        let targets = judged.found.map(\.target)
        let affected = chosen.map { one in Set(one.affects.map { targets[$0] }) }
        let places = Dictionary(grouping: targets.indices, by: { targets[$0] })
        // A path counts as closed once every change that had a part in it is made.
        var closers = [[Int]](repeating: [], count: targets.count)
        for (index, one) in chosen.enumerated() { for place in one.affects where left[place] == nil { closers[place].append(index) } }
        func exposure(_ target: Int, _ done: Set<Int>) -> Double {
            (places[target] ?? []).reduce(0) { strongest, place in
                let isClosed = !closers[place].isEmpty && closers[place].allSatisfy(done.contains)
                return isClosed ? strongest : max(strongest, judged.found[place].score)
            }
        }
        func gain(_ changes: [Int], _ done: Set<Int>) -> Double {
            let touched = changes.reduce(into: Set<Int>()) { $0.formUnion(affected[$1]) }
            let after = done.union(changes)
            return touched.sorted().reduce(0) { $0 + exposure($1, done) - exposure($1, after) }
        }
        var open = Array(chosen.indices)
        var done: Set<Int> = []
        var order: [Int] = []
        while !open.isEmpty {
            let groups = places.keys.sorted().map { target in open.filter { affected[$0].contains(target) } }
            var best: (changes: [Int], worth: Double)?
            for changes in open.map({ [$0] }) + groups where !changes.isEmpty {
                let worth = gain(changes, done) / Double(max(1, changes.reduce(0) { $0 + chosen[$1].candidate.cost }))
                if worth > best?.worth ?? 0 { best = (changes, worth) }
            }
            let next = best?.changes ?? open
            order += next
            done.formUnion(next)
            open.removeAll(where: done.contains)
        }
        return order.map { chosen[$0] }
    }

    private func differs(_ a: AttackPathFinder.Found?, _ b: AttackPathFinder.Found?) -> Bool {
        guard let a, let b else { return true }
        return !zip(a.edges, b.edges).allSatisfy { $0.from == $1.from && $0.to == $1.to && $0.technique == $1.technique }
    }

    private func total(_ found: [AttackPathFinder.Found?]) -> Double {
        Exposures.total(found.compactMap { one in one.map { (evaluation.graph.nodes[$0.target].id, $0.score) } })
    }

    /// The change that closes the most score per cost among those that close something alone.
    private func best(_ tried: [Tried], _ chosen: [Tried], _ left: [AttackPathFinder.Found?]) -> Tried? {
        var best: (tried: Tried, worth: Double)?
        for one in tried where !chosen.contains(where: { $0.candidate.edits == one.candidate.edits }) {
            let worth = one.closes.reduce(0.0) { $0 + (left[$1]?.score ?? 0) } / Double(one.candidate.cost)
            guard worth > 0 else { continue }
            if let known = best {
                let isBetter =
                    worth != known.worth
                    ? worth > known.worth
                    : one.candidate.cost != known.tried.candidate.cost
                        ? one.candidate.cost < known.tried.candidate.cost
                        : AttackPathFinder.precedes(one.candidate.id, known.tried.candidate.id)
                if isBetter { best = (one, worth) }
            } else {
                best = (one, worth)
            }
        }
        return best?.tried
    }

    /// Where no single change closes a path: the cheapest one on the worst path that is left, to be followed by others.
    private func partial(_ source: CandidateFixes, _ chosen: [Tried], _ left: [AttackPathFinder.Found?]) -> Tried? {
        for found in left.compactMap({ $0 }).sorted(by: AttackPathFinder.isWorse(evaluation.graph)) {
            let options = found.edges.flatMap { source.fixes(for: $0) }
                .filter { option in !chosen.contains { $0.candidate.edits == option.edits } }
            if let cheapest = options.min(by: { ($0.cost, $0.id) < ($1.cost, $1.id) }) {
                return Tried(candidate: cheapest, closes: [], exposureRemoved: 0)
            }
        }
        return nil
    }

    private func report(
        _ tried: [Tried], _ chosen: [Tried], _ left: [AttackPathFinder.Found?], _ curve: [Plan.CurvePoint]
    ) -> (Plan, [AttackPath]) {
        var paths = judged.paths
        var perPath: [[Tried]] = Array(repeating: [], count: paths.count)
        for one in tried { for place in one.closes { perPath[place].append(one) } }
        for place in paths.indices {
            perPath[place].sort { a, b in
                if a.candidate.cost != b.candidate.cost { return a.candidate.cost < b.candidate.cost }
                if a.exposureRemoved != b.exposureRemoved { return a.exposureRemoved > b.exposureRemoved }
                return AttackPathFinder.precedes(a.candidate.id, b.candidate.id)
            }
            paths[place].fixes = perPath[place].map(\.candidate.id)
        }
        func fix(_ one: Tried) -> Fix {
            Fix(
                id: one.candidate.id, kind: one.candidate.kind, resource: one.candidate.resource, title: one.candidate.title,
                cost: one.candidate.cost, before: one.candidate.before, after: one.candidate.after, closes: one.closes.map { paths[$0].id },
                exposureRemoved: one.exposureRemoved)
        }
        let others = tried.filter { one in !chosen.contains { $0.candidate.edits == one.candidate.edits } }
            .sorted { a, b in
                a.exposureRemoved != b.exposureRemoved
                    ? a.exposureRemoved > b.exposureRemoved : AttackPathFinder.precedes(a.candidate.id, b.candidate.id)
            }
        let plan = Plan(
            objective: Self.objective, optimal: false, cost: chosen.reduce(0) { $0 + $1.candidate.cost }, fixes: chosen.map(fix),
            alternatives: others.map(fix), perPath: paths.map { .init(path: $0.id, fixes: $0.fixes) }, curve: curve,
            open: left.indices.filter { left[$0] != nil }.map { paths[$0].id })
        return (plan, paths)
    }
}
