import CloudModel
import Dispatch
import Synchronization

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
    let source: CandidateFixes
    /// Places of the changes of each step that was looked at.
    private var changes: [String: [Int]] = [:]
    private(set) var rows: [RowMaker.Row] = []
    /// Pairs that nothing known closes.
    private(set) var passing: Set<OpenWay.Pair> = []
    /// Whether the work was cut off.
    var isCut = false
    /// How much work may have been done by the end of what is done now.
    private var allowed = 0
    /// Whether no more work may be done.
    var isSpent: Bool { trials.work > allowed }
    /// Changes that rows do not know of yet.
    private var unseen: Set<Int> = []
    private(set) var notes: [CoverageReport.Gap] = []

    /// Rows of exposure, and how much is exposed after changes that were looked at.
    var exposureRows: [(row: RowMaker.Row, target: Int, level: Int)] = []
    var measured: [Set<Int>: Int] = [:]
    /// What changes do to exposure, where the paths are known.
    var effects: Effects?

    convenience init(_ evaluation: Evaluation, _ request: PlanRequest) { self.init(Reevaluation(evaluation), request) }

    init(_ reevaluation: Reevaluation, _ request: PlanRequest) {
        evaluation = reevaluation.base
        self.request = request
        let trials = Trials(reevaluation)
        self.trials = trials
        source = CandidateFixes(evaluation.snapshot, evaluation.graph)
        let target = request.target
        let graph = evaluation.graph
        var isExact = false
        if case .severity = target { isExact = true }
        maker = RowMaker(trials: trials, costs: request.costs, isExact: isExact) { way, standing in
            guard standing.isOpen, let likelihood = standing.likelihood else { return false }
            guard isExact, let place = graph.place(of: way.target) else { return true }
            return target.counts(graph.nodes[place].kind, AttackPathFinder.rounded(graph.nodes[place].value * likelihood))
        }
    }

    /// How much work one part of so many may take.
    func allowance(_ share: Int = 1) -> Int {
        (request.limits.work + request.limits.workPerAnalysis * trials.workOfAnalysis) / share
    }

    /// Begins something that may take so much work, besides what was done already.
    func allow(_ share: Int = 1) { allowed = trials.work + allowance(share) }

    func costs() -> [Int] { trials.fixes.map { request.costs.cost($0.kind, $0.blast) } }

    // MARK: Closing every path

    struct Closing {
        var made: Set<Int>
        var solution: Cover.Solution
        fileprivate var verification: Verification
        /// Ways that are open after all; they are waited for.
        var open: [OpenWay] { verification.wait() }
    }

    func close() -> Closing {
        var made: Set<Int> = []
        var solution = Cover.Solution(chosen: [], cost: 0, bound: 0, parts: [])
        var round = 0
        var verification: Verification?
        allow()
        while true {
            let graph = trials.graph(after: made)
            let open = ways(graph)
            if open.isEmpty {
                // Most often this is what is chosen in the end.
                if verification?.isOf(made, passing) != true { verification = verify(made) }
                // What cannot be closed is left; that is said only once every change of its steps was tried.
                let known = trials.fixes.count
                if !passing.isEmpty { discover(OpenWays(graph).left(request.target), graph) }
                if trials.fixes.count == known, !refresh() || isCut { break }
            } else {
                round += 1
                let known = trials.fixes.count
                var samples = samples(open, graph, round)
                if !maker.isExact { samples += trials.others(like: samples, in: graph, after: made) }
                discover(samples, graph)
                var isNew = trials.fixes.count > known
                if round > request.limits.rounds { isCut = true }
                for (way, edges) in samples {
                    isCut = isCut || isSpent
                    if isCut { break }
                    // What cannot be told of a way by itself is not told at all: then nothing is proven.
                    guard let row = maker.row(way, after: made, own: own(way, edges, graph)) else {
                        isCut = true
                        break
                    }
                    if row.hit.isEmpty, row.unless.isEmpty {
                        passing.insert(way.pair)
                    } else {
                        rows.append(row)
                        isNew = true
                    }
                }
                if !isCut, !isNew { continue }
            }
            if isCut {
                made = finish(solve(proves: false)?.chosen ?? made)
                // What the rows prove depends on what they know.
                allow(4)
                _ = refresh()
                break
            }
            // What stays chosen needs not be evaluated again.
            guard let next = solve(proves: false, preferring: made) else { break }
            made = next.chosen
            solution = next
        }
        if let proven = solve(proves: true, preferring: made) { solution = proven }
        if isCut { solution.chosen = made }
        if let verification, verification.isOf(made, passing) { return Closing(made: made, solution: solution, verification: verification) }
        return Closing(made: made, solution: solution, verification: verify(made))
    }

    private func ways(_ graph: SecurityGraph) -> [[GraphEdge]] { OpenWays(graph).open(request.target, passing: passing) }

    /// The changes of a way's own steps, as they are in a graph after changes and as they were before.
    func own(_ way: OpenWay, _ edges: [GraphEdge], _ graph: SecurityGraph) -> Set<Int> {
        Set(steps(way, edges, graph).flatMap { changes[Self.key($0.edge, $0.graph)] ?? [] })
    }

    private func steps(_ way: OpenWay, _ edges: [GraphEdge], _ graph: SecurityGraph) -> [(edge: GraphEdge, graph: SecurityGraph)] {
        var steps = edges.map { (edge: $0, graph: graph) }
        // A step may be another one after changes than it is today; both are what can be changed.
        for step in way.steps {
            guard let from = evaluation.graph.place(of: step.from), let to = evaluation.graph.place(of: step.to),
                let edge = evaluation.graph.edge(from, to)
            else { continue }
            steps.append((edge, evaluation.graph))
        }
        return steps
    }

    private func solve(proves: Bool, preferring preferred: Set<Int> = []) -> Cover.Solution? {
        let limits = Cover.Limits(
            program: .init(nodes: request.limits.nodes, seconds: request.limits.seconds), proofNodes: proves ? 400 : 0)
        let rows = rows.map { Cover.Row(hit: $0.hit, unless: $0.unless) }
        return Cover(costs: costs(), rows: rows, preferred: preferred).solve(limits)
    }

    /// Looks for changes of the steps of these ways; rows learn of those that are new.
    func discover(_ open: [(way: OpenWay, edges: [GraphEdge])], _ graph: SecurityGraph) {
        var news: Set<Int> = []
        for (way, edges) in open {
            for (edge, graph) in steps(way, edges, graph) where trials.fixes.count < request.limits.candidates {
                let key = Self.key(edge, graph)
                guard changes[key] == nil else { continue }
                var places: [Int] = []
                for fix in source.fixes(for: edge, in: graph) where !request.excluded.contains(fix.id) {
                    let known = trials.fixes.count
                    let place = trials.place(of: fix)
                    if place == known { news.insert(place) }
                    places.append(place)
                }
                changes[key] = places
            }
        }
        guard !news.isEmpty else { return }
        unseen.formUnion(news)
        // What nothing closed may be closed now.
        passing = []
    }

    /// Has rows learn of the changes that they do not know of; answers whether one of them is another one then.
    private func refresh() -> Bool {
        guard !unseen.isEmpty else { return false }
        let news = unseen
        unseen = []
        var isChanged = false
        for place in rows.indices {
            isCut = isCut || isSpent
            let new = isSpent ? maker.doubting(rows[place], news) : maker.again(rows[place], news)
            isChanged = isChanged || new.hit != rows[place].hit
            rows[place] = new
        }
        return isChanged
    }

    /// The same for steps that the same changes are of.
    private static func key(_ edge: GraphEdge, _ graph: SecurityGraph) -> String {
        let proof = graph.proof(of: edge)
        let ends = [graph.nodes[Int(edge.from)].id, graph.nodes[Int(edge.to)].id, graph.technique(of: edge)]
        return (ends + proof.alternatives + proof.via).joined(separator: "\n")
    }

    /// Places of the changes of the steps that are left open after `made`.
    func changes(leftAfter made: Set<Int>) -> Set<Int> {
        guard !passing.isEmpty else { return [] }
        let graph = trials.graph(after: made)
        var places: Set<Int> = []
        for (_, edges) in OpenWays(graph).left(request.target) {
            for edge in edges { places.formUnion(source.fixes(for: edge, in: graph).compactMap { trials.place(of: $0.id) }) }
        }
        return places
    }

    /// Where the work is cut off: of the changes of each open way one more is made, those first that stand in most ways per cost, and
    /// everything is evaluated again, until nothing is open or nothing is known for what is.
    private func finish(_ start: Set<Int>) -> Set<Int> {
        var made = start
        for round in 1... {
            let graph = trials.graph(after: made)
            let open = samples(ways(graph), graph, round)
            if open.isEmpty { break }
            discover(open, graph)
            var rows: [Set<Int>] = []
            for (way, edges) in open {
                let options = Set(edges.flatMap { changes[Self.key($0, graph)] ?? [] }).subtracting(made)
                if options.isEmpty { passing.insert(way.pair) } else { rows.append(options) }
            }
            made.formUnion(Cover.greedily(rows, costs()).map(\.change))
        }
        return made
    }

    /// Evaluates the whole patched snapshot from scratch, on a thread of its own and with nothing that is known here but policies as they are
    /// compiled; gives what is open there.
    private func verify(_ made: Set<Int>) -> Verification {
        let snapshot = Patch.snapshot(evaluation.snapshot, trials.edits(made))
        let policies = evaluation.permissions.library.contents
        return Verification(made, passing) { [premises = evaluation.premises, target = request.target, passing] in
            let graph = Evaluation(snapshot, library: PolicyLibrary(policies), premises: premises).graph
            return OpenWays(graph).open(target, passing: passing).map { graph.way($0).way }
        }
    }

    func note(_ gap: CoverageReport.Gap) { notes.append(gap) }
}

/// Ways that are looked for while other work goes on.
private final class Verification: Sendable {
    private let found = Mutex<[OpenWay]>([])
    private let isDone = DispatchGroup()
    private let made: Set<Int>
    private let passing: Set<OpenWay.Pair>

    init(_ made: Set<Int>, _ passing: Set<OpenWay.Pair>, _ look: @escaping @Sendable () -> [OpenWay]) {
        self.made = made
        self.passing = passing
        DispatchQueue.global().async(group: isDone) {
            let ways = look()
            self.found.withLock { $0 = ways }
        }
    }

    /// Whether it is about these changes and what cannot be closed.
    func isOf(_ made: Set<Int>, _ passing: Set<OpenWay.Pair>) -> Bool { self.made == made && self.passing == passing }

    func wait() -> [OpenWay] {
        isDone.wait()
        return found.withLock { $0 }
    }
}
