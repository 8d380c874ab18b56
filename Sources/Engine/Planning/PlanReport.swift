import CloudModel

/// What planning came to.
struct PlanOutcome {
    var plan: Plan
    /// The paths with the changes that cut each alone.
    var paths: [AttackPath]
    /// What was not done.
    var gaps: [CoverageReport.Gap]
}

extension Planner {
    /// A plan without fixes.
    static func emptyPlan(_ paths: [AttackPath], _ request: PlanRequest = PlanRequest()) -> Plan {
        Plan(
            objective: objective(request), optimal: false, cost: 0, fixes: [], alternatives: [],
            perPath: paths.map { .init(path: $0.id, fixes: []) }, curve: [.init(fixes: 0, exposureRemoved: 0)], open: paths.map(\.id),
            target: request.target.name, maximumFixes: request.maximumFixes, budget: request.budget)
    }

    static func objective(_ request: PlanRequest) -> String {
        if let count = request.maximumFixes {
            return "Remove the most material exposure with at most \(count) \(count == 1 ? "change" : "changes")"
        }
        if let budget = request.budget { return "Remove the most material exposure with changes that cost at most \(budget) together" }
        return "Close every \(request.target.words) at the least cost"
    }

    /// The plan for what was asked.
    func plan(_ judged: Evaluation.Judged) -> PlanOutcome {
        guard !judged.found.isEmpty else {
            var plan = Self.emptyPlan(judged.paths, request)
            plan.optimal = true
            plan.certificate = PlanCertificate(lowerBound: 0, candidates: [], excluded: request.excluded.sorted(), parts: [])
            return PlanOutcome(plan: plan, paths: judged.paths, gaps: [])
        }
        let effects = Effects(trials, judged.found, strongest: judged.strongest)
        self.effects = effects
        var plan = Self.emptyPlan(judged.paths, request)
        let report = PlanReport(self, effects, judged)
        if request.maximumFixes != nil || request.budget != nil {
            report.fill(&plan, spending(&plan, effects))
        } else {
            let closing = close()
            report.fill(&plan, order(of: closing, &plan, effects))
            judge(closing, &plan)
        }
        if isCut {
            note(
                .init(
                    what: "the plan's proof", why: "the search for the best plan is bounded: what was found by then is shown with its gap"))
        }
        return PlanOutcome(plan: plan, paths: report.paths(plan), gaps: notes)
    }

    /// Fills in the curve and the certificate of a plan that closes every path; gives its changes in their order.
    private func order(of closing: Closing, _ plan: inout Plan, _ effects: Effects) -> [Int] {
        plan.certificate = certificate(closing)
        allow(4)
        // What lowers exposure is told by rows of what is exposed.
        measure([])
        let order = ordered(closing.made)
        plan.curve = curve(order, effects)
        return order
    }

    /// Says how good a plan that closes every path is.
    private func judge(_ closing: Closing, _ plan: inout Plan) {
        let costs = costs()
        let cost = closing.made.reduce(0) { $0 + costs[$1] }
        plan.cost = cost
        plan.optimal = !isCut && closing.solution.bound == cost && closing.open.isEmpty
        plan.gap = plan.optimal || cost == 0 ? 0 : Self.share(Double(cost - closing.solution.bound) / Double(cost))
        guard !closing.open.isEmpty else { return }
        note(
            .init(
                what: "\(closing.open.count) ways that the plan was to close",
                why: "evaluating the patched account as a whole finds them open, which evaluating its parts did not"))
    }

    /// Fills in the plan that removes the most within a budget.
    private func spending(_ plan: inout Plan, _ effects: Effects) -> [Int] {
        let allowance: ExposureProgram.Allowance = request.maximumFixes.map { .count($0) } ?? .cost(request.budget ?? 0)
        allow()
        let spending = spend(allowance, proofNodes: 400)
        isCut = isSpent
        let costs = costs()
        plan.cost = spending.made.reduce(0) { $0 + costs[$1] }
        plan.optimal = !isCut && spending.left == spending.bound
        plan.gap = plan.optimal || spending.left == 0 ? 0 : Self.share(Double(spending.left - spending.bound) / Double(spending.left))
        plan.certificate = certificate(spending)
        let order = ordered(spending.made)
        plan.curve = curve(order, effects)
        if let last = plan.curve.indices.last, request.maximumFixes != nil {
            plan.curve[last].optimal = plan.optimal
            plan.curve[last].atMost = Double(effects.total - spending.bound) / 100
        }
        return order
    }

    static func share(_ value: Double) -> Double { (value * 10_000).rounded(.up) / 10_000 }

    // MARK: Order and curve

    /// The chosen changes in an order that lowers exposure early: always the change, or all changes that one target still needs, with the most
    /// exposure removed per cost. A target is as exposed as its strongest path, so of equally strong paths closing one alone removes nothing;
    /// that is why the changes of one target are looked at together too.
    func ordered(_ made: Set<Int>) -> [Int] {
        let program = exposures(.count(made.count))
        let costs = program.costs
        var open = made.sorted()
        var done: Set<Int> = []
        var order: [Int] = []
        if made.count > Self.compared {
            // Too many to compare again after each: by what each removes alone.
            let whole = program.exposure([])
            let gains = Dictionary(uniqueKeysWithValues: open.map { ($0, whole - program.exposure([$0])) })
            return open.sorted { a, b in
                let (left, right) = ((gains[a] ?? 0) * costs[b], (gains[b] ?? 0) * costs[a])
                return left != right ? left > right : (costs[a], a) < (costs[b], b)
            }
        }
        while !open.isEmpty {
            let now = program.exposure(done)
            let groups = Dictionary(grouping: program.rows, by: \.target).sorted { $0.key < $1.key }.map { _, rows in
                open.filter { change in rows.contains { $0.cover.hit.contains(change) } }
            }
            var best: (changes: [Int], gain: Int, cost: Int)?
            for changes in open.map({ [$0] }) + groups where !changes.isEmpty {
                let gain = now - program.exposure(done.union(changes))
                let cost = max(1, changes.reduce(0) { $0 + costs[$1] })
                if gain > 0, best.map({ gain * $0.cost > $0.gain * cost }) ?? true { best = (changes, gain, cost) }
            }
            let next = (best?.changes ?? open).sorted { (costs[$0], $0) < (costs[$1], $1) }
            order += next
            done.formUnion(next)
            open.removeAll(where: done.contains)
        }
        return order
    }

    /// The most changes of which each next one is compared with all that are left.
    private static let compared = 100

    /// The most exposure that k changes remove, from none to as many as were chosen.
    private func curve(_ order: [Int], _ effects: Effects) -> [Plan.CurvePoint] {
        let total = effects.total
        var points = [Plan.CurvePoint(fixes: 0, exposureRemoved: 0, optimal: true, atMost: 0)]
        var last: Set<Int> = []
        // Of many points only some are looked at; those in between have what the one before them has, at least.
        let isLarge = order.count > Self.compared
        let step = max(1, order.count / (isLarge ? 8 : 40))
        for count in order.indices.map({ $0 + 1 }) {
            let isLeftOut = isSpent || count > (isLarge ? 0 : request.limits.exactPoints) && count % step != 0
            if isLeftOut, count < order.count, let point = points.last {
                points.append(
                    .init(
                        fixes: count, exposureRemoved: point.exposureRemoved, optimal: false, atMost: Double(total) / 100,
                        chosen: point.chosen))
                continue
            }
            let isExact = count <= request.limits.exactPoints && !isLarge && !isCut && !isSpent
            let rest = order.filter { !last.contains($0) }
            var hints = [Set(order.prefix(count)), last] + rest.prefix(isExact ? 12 : isLarge ? 0 : 3).map { last.union([$0]) }
            if !isLarge, last.count < count - 1 { hints.append(last.union(rest.prefix(count - last.count))) }
            let spent = spend(.count(count), hints: hints, solves: isExact, learns: !isLarge, proofNodes: isExact ? 100 : 1)
            last = spent.made
            points.append(
                .init(
                    fixes: count, exposureRemoved: max(points.last?.exposureRemoved ?? 0, Double(total - spent.left) / 100),
                    optimal: spent.left == spent.bound, atMost: Double(total - spent.bound) / 100,
                    chosen: ordered(spent.made).map { trials.fixes[$0].id }))
        }
        return points
    }

    // MARK: Certificate

    private func certificate(_ closing: Closing) -> PlanCertificate {
        var used: Set<Int> = closing.made.union(changes(leftAfter: closing.made))
        let parts = closing.solution.parts.compactMap { part -> PlanCertificate.Part? in
            guard part.bound > 0 else { return nil }
            let tree = ProofTree(part.proof.root)
            let ways = tree.rows.map { rows[part.rows[$0]] }
            for row in ways { used.formUnion(known(to: row, exactly: maker.isExact)) }
            let paths = ways.map { row in path(row.way, row.hit, row.unless) }
            return tree.part(Double(part.bound), paths) { trials.fixes[$0].id }
        }
        return PlanCertificate(
            lowerBound: parts.reduce(0) { $0 + $1.bound }, candidates: candidates(used), excluded: request.excluded.sorted(), parts: parts)
    }

    private func certificate(_ spending: Spending) -> PlanCertificate {
        var used = spending.made
        var parts: [PlanCertificate.Part] = []
        if spending.bound > 0, let proof = spending.proof {
            let tree = ProofTree(proof.root)
            let paths = tree.rows.map { place -> PlanCertificate.Path in
                let row = spending.rows[place]
                used.formUnion(known(to: row, exactly: true))
                var path = path(row.way, row.hit, row.unless)
                path.level = Double(spending.program.rows[place].level) / 100
                return path
            }
            parts = [tree.part(Double(spending.bound) / 100, paths) { trials.fixes[$0].id }]
        }
        return PlanCertificate(
            lowerBound: parts.reduce(0) { $0 + $1.bound }, candidates: candidates(used), excluded: request.excluded.sorted(), parts: parts)
    }

    /// What a checker must know of a row: the changes that may matter to its way, and those of its steps.
    private func known(to row: RowMaker.Row, exactly: Bool) -> Set<Int> {
        trials.concerning(row.way, exactly: exactly).union(row.hit).union(row.unless).union(row.own)
    }

    private func path(_ way: OpenWay, _ hit: Set<Int>, _ unless: Set<Int>) -> PlanCertificate.Path {
        let names = { (changes: Set<Int>) in changes.map { self.trials.fixes[$0].id }.sorted() }
        return .init(nodes: way.nodes, fixes: names(hit), unless: unless.isEmpty ? nil : names(unless))
    }

    private func candidates(_ used: Set<Int>) -> [PlanCertificate.Candidate] {
        used.map { place in
            let fix = trials.fixes[place]
            return .init(
                id: fix.id, kind: fix.kind.rawValue, resource: fix.resource, cost: request.costs.cost(fix.kind, fix.blast),
                edits: fix.edits.map { FixEdit($0) })
        }.sorted { $0.id < $1.id }
    }
}

/// Puts what was chosen into words.
struct PlanReport {
    private let planner: Planner
    private let effects: Effects
    private let judged: Evaluation.Judged

    init(_ planner: Planner, _ effects: Effects, _ judged: Evaluation.Judged) {
        self.planner = planner
        self.effects = effects
        self.judged = judged
    }

    /// Changes of the plan of which is told what they do alone, whatever that takes; of others where there is work left to do.
    private static let told = 40

    func fill(_ plan: inout Plan, _ chosen: [Int]) {
        let trials = planner.trials
        let made = Set(chosen)
        // What is named by the curve must be there to be looked up.
        let named = Set(plan.curve.flatMap(\.chosen).compactMap { trials.place(of: $0) }).union(made)
        let ids = judged.paths.map(\.id)
        let total = effects.total
        planner.allow(8)
        // Those of the plan first, then what closes ways that had to be closed.
        var counts: [Int: Int] = [:]
        for row in planner.rows { for change in row.hit { counts[change, default: 0] += 1 } }
        let others = trials.fixes.indices.filter { !made.contains($0) }.sorted { a, b in
            (-(counts[a] ?? 0), a) < (-(counts[b] ?? 0), b)
        }
        var alone: [Int: (closes: [Int], removed: Int)] = [:]
        var told = 0
        for change in chosen + named.subtracting(made).sorted() + others.filter({ !named.contains($0) }) {
            let isSpent = planner.isSpent || effects.work > planner.allowance(8)
            if isSpent, told >= Self.told || !made.contains(change) { break }
            if !named.contains(change), told >= planner.request.limits.alternatives { break }
            told += 1
            let effect = effects.effect(of: [change])
            alone[change] = (effect.closes, max(0, total - effect.total))
        }
        if alone.count < trials.fixes.count {
            planner.note(
                .init(
                    what: "what each of \(trials.fixes.count - alone.count) more changes does alone",
                    why: "the search is bounded: \(alone.count) changes were looked at one by one"))
        }
        let loss = AccessLoss(planner.evaluation.snapshot, planner.source.index)
        let texts = FixTexts.sequence(chosen.map { trials.fixes[$0].edits }, planner.evaluation.snapshot, planner.source.index)
        plan.fixes = zip(chosen, texts).map { fix($0, $1, alone[$0], ids, loss) }
        let shown = others.filter { change in named.contains(change) || alone[change].map { !$0.closes.isEmpty || $0.removed > 0 } ?? false
        }
        .sorted { a, b in
            let (left, right) = (alone[a]?.removed ?? 0, alone[b]?.removed ?? 0)
            return left != right ? left > right : AttackPathFinder.precedes(trials.fixes[a].id, trials.fixes[b].id)
        }
        let parts = FixParts(planner.evaluation.snapshot, index: planner.source.index)
        plan.alternatives = shown.map { fix($0, FixTexts(parts.parts(trials.fixes[$0].edits)), alone[$0], ids, loss) }
        let all = Dictionary((plan.fixes + plan.alternatives).map { ($0.id, $0) }) { first, _ in first }
        var perPath: [[Fix]] = Array(repeating: [], count: judged.paths.count)
        for (change, effect) in alone {
            for place in effect.closes { if let fix = all[trials.fixes[change].id] { perPath[place].append(fix) } }
        }
        plan.perPath = zip(judged.paths, perPath).map { path, fixes in
            .init(
                path: path.id,
                fixes: fixes.sorted { a, b in
                    if a.cost != b.cost { return a.cost < b.cost }
                    if a.exposureRemoved != b.exposureRemoved { return a.exposureRemoved > b.exposureRemoved }
                    return AttackPathFinder.precedes(a.id, b.id)
                }.map(\.id))
        }
        let closed = Set(effects.effect(of: made).closes)
        plan.open = judged.paths.indices.filter { !closed.contains($0) }.map { ids[$0] }
    }

    private func fix(
        _ change: Int, _ texts: FixTexts, _ alone: (closes: [Int], removed: Int)?, _ ids: [String], _ loss: AccessLoss
    ) -> Fix {
        let candidate = planner.trials.fixes[change]
        let accesses = loss.accesses(candidate.edits)
        return Fix(
            id: candidate.id, kind: candidate.kind.rawValue, resource: candidate.resource, title: candidate.title,
            cost: planner.request.costs.cost(candidate.kind, candidate.blast), before: texts.before, after: texts.after,
            closes: (alone?.closes ?? []).map { ids[$0] }, exposureRemoved: Double(alone?.removed ?? 0) / 100, cli: texts.cli,
            terraform: texts.terraform, rollback: texts.rollback, accessLost: AccessLoss.counts(accesses),
            accesses: Array(accesses.prefix(AccessLoss.told)), edits: candidate.edits.map { FixEdit($0) })
    }

    /// The paths with the changes that cut each alone.
    func paths(_ plan: Plan) -> [AttackPath] {
        var paths = judged.paths
        for place in paths.indices { paths[place].fixes = plan.perPath[place].fixes }
        return paths
    }
}
