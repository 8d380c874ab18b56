import CloudModel

/// Puts a plan together: the changes of least cost that close every path of a kind, or those within a budget that leave the least exposure.
///
/// Rows are made lazily. Whatever was chosen so far is made, everything is evaluated again, and each way that is still open becomes a row:
/// which changes would close it, whatever else is made. Then is chosen again. What is chosen when nothing is open any more is the best of
/// all, for it is the best for those rows alone, and every choice must satisfy them.
final class Planner {
    let evaluation: Evaluation
    let request: PlanRequest
    let trials: Trials
    let maker: RowMaker
    private let source: CandidateFixes
    private var asked: Set<String> = []
    private(set) var rows: [RowMaker.Row] = []
    /// Pairs that nothing known closes.
    private(set) var passing: Set<OpenWay.Pair> = []
    /// Whether the work was cut off.
    private(set) var isCut = false
    private(set) var notes: [CoverageReport.Gap] = []

    init(_ evaluation: Evaluation, _ request: PlanRequest) {
        self.evaluation = evaluation
        self.request = request
        let trials = Trials(Reevaluation(evaluation))
        self.trials = trials
        source = CandidateFixes(evaluation.snapshot, evaluation.graph)
        let target = request.target
        let graph = evaluation.graph
        maker = RowMaker(trials: trials, costs: request.costs) { way, standing in
            guard standing.isOpen, let likelihood = standing.likelihood else { return false }
            guard case .severity = target, let place = graph.place(of: way.target) else { return true }
            return target.counts(graph.nodes[place].kind, AttackPathFinder.rounded(graph.nodes[place].value * likelihood))
        }
    }

    func costs() -> [Int] { trials.fixes.map { request.costs.cost($0.kind, $0.blast) } }

    // MARK: Closing every path

    struct Closing {
        var made: Set<Int>
        var solution: Cover.Solution
        /// Ways that are open after all.
        var open: [OpenWay]
    }

    func close() -> Closing {
        var made: Set<Int> = []
        var solution = Cover.Solution(chosen: [], cost: 0, bound: 0, parts: [])
        var round = 0
        var isSolved = true
        while true {
            let graph = trials.reevaluation.evaluation(after: trials.edits(made)).graph
            let open = ways(graph)
            if open.isEmpty {
                // What cannot be closed is left; that is said only once every change of its steps was tried.
                let known = trials.fixes.count
                if !passing.isEmpty { discover(OpenWays(graph).left(request.target), graph) }
                if trials.fixes.count > known { isSolved = false }
                if isSolved { break }
            } else {
                round += 1
                if round > request.limits.rounds || trials.count > request.limits.trials {
                    isCut = true
                    made = finish(made, open, graph)
                    break
                }
                let known = trials.fixes.count
                discover(open, graph)
                var isNew = trials.fixes.count > known
                for (way, _) in open {
                    let row = maker.row(way, after: made)
                    if row.hit.isEmpty, row.unless.isEmpty {
                        passing.insert(way.pair)
                    } else {
                        rows.append(row)
                        isNew = true
                    }
                }
                if !isNew { continue }
            }
            guard let next = solve(proves: false) else { break }
            made = next.chosen
            solution = next
            isSolved = true
        }
        if let proven = solve(proves: true) { solution = proven }
        if isCut { solution.chosen = made }
        return Closing(made: made, solution: solution, open: verify(made))
    }

    private func ways(_ graph: SecurityGraph) -> [(way: OpenWay, edges: [GraphEdge])] {
        let ways = OpenWays(graph)
        if case .severity = request.target { return ways.paths(to: request.target, passing: passing) }
        return ways.shortest(to: request.target, passing: passing)
    }

    private func solve(proves: Bool) -> Cover.Solution? {
        let limits = Cover.Limits(
            program: .init(nodes: request.limits.nodes, seconds: request.limits.seconds), proofNodes: proves ? 400 : 0)
        return Cover(costs: costs(), rows: rows.map { Cover.Row(hit: $0.hit, unless: $0.unless) }).solve(limits)
    }

    /// Looks for changes of the steps of these ways; rows learn of those that are new.
    func discover(_ open: [(way: OpenWay, edges: [GraphEdge])], _ graph: SecurityGraph) {
        var news: Set<Int> = []
        for (way, edges) in open {
            var steps = edges.map { ($0, graph) }
            // A step may be another one after changes than it is today; both are what can be changed.
            for (from, to) in zip(way.nodes, way.nodes.dropFirst()) {
                guard let from = evaluation.graph.place(of: from), let to = evaluation.graph.place(of: to),
                    let edge = evaluation.graph.edge(from, to)
                else { continue }
                steps.append((edge, evaluation.graph))
            }
            for (edge, graph) in steps where trials.fixes.count < request.limits.candidates {
                let proof = graph.proof(of: edge)
                let key =
                    ([graph.nodes[Int(edge.from)].id, graph.nodes[Int(edge.to)].id, graph.technique(of: edge)] + proof.alternatives
                    + proof.via)
                    .joined(separator: "\n")
                guard asked.insert(key).inserted else { continue }
                for fix in source.fixes(for: edge, in: graph) where !request.excluded.contains(fix.id) {
                    let known = trials.fixes.count
                    let place = trials.place(of: fix)
                    if place == known { news.insert(place) }
                }
            }
        }
        guard !news.isEmpty else { return }
        rows = rows.map { maker.again($0, news) }
        // What nothing closed may be closed now.
        passing = []
    }

    /// Places of the changes of the steps that are left open after `made`.
    func changes(leftAfter made: Set<Int>) -> Set<Int> {
        guard !passing.isEmpty else { return [] }
        let graph = trials.reevaluation.evaluation(after: trials.edits(made)).graph
        var places: Set<Int> = []
        for (_, edges) in OpenWays(graph).left(request.target) {
            for edge in edges { places.formUnion(source.fixes(for: edge, in: graph).compactMap { trials.place(of: $0.id) }) }
        }
        return places
    }

    /// Where the work is cut off: closes what is open with the cheapest change of each way, again and again.
    private func finish(_ start: Set<Int>, _ first: [(way: OpenWay, edges: [GraphEdge])], _ graph: SecurityGraph) -> Set<Int> {
        var made = start
        var open = first
        var graph = graph
        for _ in 0..<max(20, request.limits.rounds) {
            discover(open, graph)
            let costs = costs()
            var isNew = false
            for (way, _) in open where maker.isOpen(way, trials.standing(of: way, after: made)) {
                let options = trials.concerning(way).subtracting(made)
                guard
                    let best = options.sorted(by: { (costs[$0], $0) < (costs[$1], $1) }).first(where: { change in
                        !maker.isOpen(way, trials.standing(of: way, after: made.union([change])))
                    })
                else {
                    passing.insert(way.pair)
                    continue
                }
                made.insert(best)
                isNew = true
            }
            guard isNew else { break }
            graph = trials.reevaluation.evaluation(after: trials.edits(made)).graph
            open = ways(graph)
        }
        return made
    }

    /// Evaluates the whole patched snapshot from scratch; gives what is open there.
    private func verify(_ made: Set<Int>) -> [OpenWay] {
        ways(evaluation.again(Patch.snapshot(evaluation.snapshot, trials.edits(made))).graph).map(\.way)
    }

    // MARK: Within a budget

    struct Spending {
        var made: Set<Int>
        /// Hundredths of exposure that stay.
        var left: Int
        /// Hundredths that stay whatever is chosen.
        var bound: Int
        var program: ExposureProgram
        var proof: ExposureProof?
        /// The ways of the program's rows.
        var ways: [OpenWay]
    }

    private var exposureRows: [(row: RowMaker.Row, target: Int, level: Int)] = []
    private var measured: [Set<Int>: Int] = [:]

    /// The exposure after changes, and rows for what is exposed more than the rows so far say.
    private func measure(_ made: Set<Int>) -> Int {
        if let known = measured[made] { return known }
        let graph = trials.reevaluation.evaluation(after: trials.edits(made)).graph
        var total = 0
        var open: [(way: OpenWay, edges: [GraphEdge])] = []
        var levels: [Int] = []
        for (target, found) in Effects.strongest(graph).sorted(by: { $0.key < $1.key }) {
            let level = Effects.hundredths(found.score)
            total += level
            guard level > 0 else { continue }
            let way = OpenWay(nodes: [graph.nodes[found.source].id] + found.edges.map { graph.nodes[Int($0.to)].id })
            open.append((way, found.edges))
            levels.append(level)
            _ = target
        }
        measured[made] = total
        discoverForExposure(open, graph)
        for ((way, _), level) in zip(open, levels) {
            guard let target = evaluation.graph.place(of: way.target) else { continue }
            let known = exposureRows.contains { one in
                one.target == target && one.level >= level && !Cover.Row(hit: one.row.hit, unless: one.row.unless).holds(made)
            }
            if known { continue }
            exposureRows.append((exposureMaker(target, level).row(way, after: made), target, level))
        }
        return total
    }

    private func exposureMaker(_ target: Int, _ level: Int) -> RowMaker {
        let value = evaluation.graph.nodes[target].value
        return RowMaker(trials: trials, costs: request.costs) { _, standing in
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
    ///   - proofNodes: how many nodes the proof may have.
    func spend(_ allowance: ExposureProgram.Allowance, hints: [Set<Int>] = [], solves: Bool = true, proofNodes: Int) -> Spending {
        var best: (made: Set<Int>, left: Int) = ([], measure([]))
        func offer(_ made: Set<Int>) {
            let left = measure(made)
            if (left, made.count) < (best.left, best.made.count) { best = (made, left) }
        }
        for hint in hints where exposures(allowance).isAllowed(hint) { offer(hint) }
        var seen: Set<Set<Int>> = []
        for _ in 0..<(solves ? request.limits.rounds : 0) {
            if trials.count > request.limits.trials {
                isCut = true
                break
            }
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
        return Spending(made: best.made, left: best.left, bound: bound, program: program, proof: proof, ways: exposureRows.map(\.row.way))
    }

    /// What is known about exposure as a program.
    func exposures(_ allowance: ExposureProgram.Allowance) -> ExposureProgram {
        ExposureProgram(
            costs: costs(),
            rows: exposureRows.map { .init(target: $0.target, level: $0.level, cover: .init(hit: $0.row.hit, unless: $0.row.unless)) },
            allowance: allowance)
    }

    func note(_ gap: CoverageReport.Gap) { notes.append(gap) }
}
