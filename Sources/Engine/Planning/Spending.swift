import CloudModel

/// What few changes, or changes of so much cost, leave exposed at least.
extension Planner {
    struct Spending {
        var made: Set<Int>
        /// Hundredths of exposure that stay.
        var left: Int
        /// Hundredths that stay whatever is chosen.
        var bound: Int
        var program: ExposureProgram
        var proof: ExposureProof?
        /// What the program's rows are of.
        var rows: [RowMaker.Row]
    }

    /// The exposure after changes, and rows for what is exposed more than the rows so far say.
    ///
    /// - Parameter learns: whether rows are made.
    @discardableResult func measure(_ made: Set<Int>, learns: Bool = true) -> Int {
        if let known = measured[made] { return known }
        let graph = trials.graph(after: made)
        var total = 0
        var open: [(way: OpenWay, edges: [GraphEdge], level: Int)] = []
        var scanned = 0
        let strongest = effects?.strongest(after: graph) ?? Effects.strongest(graph, &scanned)
        for (_, found) in strongest.sorted(by: { $0.key < $1.key }) {
            let level = Effects.hundredths(found.score)
            total += level
            guard level > 0, learns else { continue }
            let (way, edges) = graph.way(found.edges)
            open.append((way, edges, level))
        }
        measured[made] = total
        trials.add(work: scanned / 16)
        if isSpent { return total }
        if open.count > request.limits.ways {
            // The worst of those that rest on the same.
            var seen: Set<String> = []
            let order = open.enumerated().sorted { ($1.element.level, $0.offset) < ($0.element.level, $1.offset) }.map(\.element)
            open = Array(order.filter { seen.insert(basis($0.edges, graph)).inserted }.prefix(request.limits.ways))
        }
        discoverForExposure(open.map { ($0.way, $0.edges) }, graph)
        for (way, edges, level) in open {
            guard !isSpent, let target = evaluation.graph.place(of: way.target) else { continue }
            let known = exposureRows.contains { one in
                one.target == target && one.level >= level && !Cover.Row(hit: one.row.hit, unless: one.row.unless).holds(made)
            }
            if known { continue }
            if let row = exposureMaker(target, level).row(way, after: made, own: own(way, edges, graph)) {
                exposureRows.append((row, target, level))
            }
        }
        return total
    }

    private func exposureMaker(_ target: Int, _ level: Int) -> RowMaker {
        let value = evaluation.graph.nodes[target].value
        return RowMaker(trials: trials, costs: request.costs, isExact: true) { _, standing in
            guard standing.isOpen, let likelihood = standing.likelihood else { return false }
            return Effects.hundredths(AttackPathFinder.rounded(value * likelihood)) >= level
        }
    }

    private func discoverForExposure(_ open: [(way: OpenWay, edges: [GraphEdge])], _ graph: SecurityGraph) {
        let known = trials.fixes.count
        discover(open, graph)
        guard trials.fixes.count > known else { return }
        let news = Set(known..<trials.fixes.count)
        for place in exposureRows.indices {
            let (row, target, level) = exposureRows[place]
            exposureRows[place].row = exposureMaker(target, level).again(row, news)
        }
    }

    /// The best choice that is allowed.
    ///
    /// - Parameters:
    ///   - hints: choices that may be good, to start from.
    ///   - solves: whether more is looked for than the best of the hints.
    ///   - learns: whether rows are made of what is still exposed; without them less is proven.
    ///   - proofNodes: how many nodes the proof may have.
    func spend(
        _ allowance: ExposureProgram.Allowance, hints: [Set<Int>] = [], solves: Bool = true, learns: Bool = true, proofNodes: Int
    ) -> Spending {
        var best: (made: Set<Int>, left: Int) = ([], measure([]))
        func offer(_ made: Set<Int>) {
            let left = measure(made, learns: learns)
            if (left, made.count) < (best.left, best.made.count) { best = (made, left) }
        }
        for hint in hints where exposures(allowance).isAllowed(hint) { offer(hint) }
        var seen: Set<Set<Int>> = []
        for _ in 0..<(solves ? request.limits.rounds : 0) {
            if isSpent { break }
            let program = exposures(allowance)
            let solution = program.solve(.init(nodes: request.limits.nodes, seconds: request.limits.seconds))
            let rows = exposureRows.count
            offer(solution.chosen)
            // What the rows say of the choice is what it is: so nothing is better.
            if measure(solution.chosen) <= program.exposure(solution.chosen) || !seen.insert(solution.chosen).inserted,
                rows == exposureRows.count
            {
                break
            }
        }
        let program = exposures(allowance)
        let proof = ExposureProof.build(program, atLeast: best.left, nodes: max(1, proofNodes))
        let bound = min(best.left, proof.bound(program) ?? 0)
        return Spending(made: best.made, left: best.left, bound: bound, program: program, proof: proof, rows: exposureRows.map(\.row))
    }

    /// What is known about exposure as a program.
    func exposures(_ allowance: ExposureProgram.Allowance) -> ExposureProgram {
        ExposureProgram(
            costs: costs(),
            rows: exposureRows.map { .init(target: $0.target, level: $0.level, cover: .init(hit: $0.row.hit, unless: $0.row.unless)) },
            allowance: allowance)
    }
}
