import CloudModel

/// Answers "is this way open once these changes are made?" by evaluating again what the way's steps rest on.
///
/// Steps are asked in parts: those of one principal, those into one role from outside, and so on. Each change concerns some parts, so a part
/// is evaluated once for each choice of the changes that concern it, whatever else is made.
final class Trials {
    let reevaluation: Reevaluation
    private var base: Evaluation { reevaluation.base }
    /// The changes that are known so far.
    private(set) var fixes: [CandidateFix] = []
    private var places: [String: Int] = [:]
    /// For each change the parts that may be others after it, and for each part its changes, in their order.
    private var concerns: [Set<StepPart>] = []
    private var changes: [StepPart: [Int]] = [:]
    let parts: StepParts
    /// How many parts were evaluated again.
    private(set) var count = 0
    /// How much was evaluated again, in questions about permissions; the same every time.
    private(set) var work = 0
    /// Counts work that was done elsewhere.
    func add(work more: Int) { work += more }
    /// How much the analysis itself took.
    let workOfAnalysis: Int
    private var known: [Question: Steps] = [:]
    /// The last graph of each part that was needed with its proofs.
    private var last: [StepPart: (made: [Int], found: GraphBuilder.PieceEdges)] = [:]

    private struct Question: Hashable {
        var part: StepPart
        /// Where only steps to one node are asked for.
        var to: Int?
        var made: [Int]
    }

    /// The steps of a part.
    struct Steps {
        /// Ordered by both ends.
        fileprivate(set) var list: [Step] = []
        /// Whether a principal surely is an administrator.
        fileprivate(set) var isAdministrator = false

        fileprivate init(_ found: GraphBuilder.PieceEdges) {
            list = found.edges.map {
                Step(
                    from: $0.edge.from, to: $0.edge.to, likelihood: $0.edge.likelihood, confidence: $0.edge.confidence,
                    isHypothetical: $0.edge.isHypothetical)
            }.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
            isAdministrator = found.administrator?.confidence == .proven
        }

        func step(_ from: Int, _ to: Int) -> Step? {
            var low = 0
            var high = list.count
            while low < high {
                let middle = (low + high) / 2
                if (Int(list[middle].from), Int(list[middle].to)) < (from, to) { low = middle + 1 } else { high = middle }
            }
            return low < list.count && list[low].from == from && list[low].to == to ? list[low] : nil
        }
    }
    /// An edge without why it is there.
    struct Step {
        var from: Int32
        var to: Int32
        var likelihood: Double
        var confidence: Confidence
        var isHypothetical: Bool
    }

    /// How a way stands.
    struct Standing: Hashable {
        /// Likelihood of standing at the start and taking every step; `nil` when a step is not there.
        var likelihood: Double?
        /// Whether its start and end make it one that counts.
        var counts: Bool
        /// Whether it is an open way.
        var isOpen: Bool { counts && likelihood != nil }
    }

    init(_ reevaluation: Reevaluation) {
        self.reevaluation = reevaluation
        parts = StepParts(reevaluation)
        let base = reevaluation.base
        workOfAnalysis = base.permissions.asked + base.graph.nodes.count + base.graph.edges.count
    }

    /// The place of a change, made when it is new.
    @discardableResult
    func place(of fix: CandidateFix) -> Int {
        if let place = places[fix.id] { return place }
        let place = fixes.count
        places[fix.id] = place
        fixes.append(fix)
        let concern = parts.concerned(by: reevaluation.touched(by: fix.edits))
        concerns.append(concern)
        for part in concern { changes[part, default: []].append(place) }
        return place
    }

    func place(of id: String) -> Int? { places[id] }

    func edits(_ made: Set<Int>) -> [Edit] { made.sorted().flatMap { fixes[$0].edits } }

    /// The parts that some changes concern, in order.
    func concerned(by made: Set<Int>) -> [StepPart] { made.reduce(into: Set()) { $0.formUnion(concerns[$1]) }.sorted() }

    /// The changes that may concern a way.
    func concerning(_ way: OpenWay) -> Set<Int> {
        guard !isIntertwined(way) else { return Set(fixes.indices) }
        var found: Set<Int> = []
        for (from, to) in zip(way.nodes, way.nodes.dropFirst()) {
            guard let from = base.graph.place(of: from), let to = base.graph.place(of: to), let part = parts.part(from, to) else {
                continue
            }
            found.formUnion(changes[part] ?? [])
        }
        return found
    }

    /// Whether a step of the way, or one like it, rests on more than who takes it and what is taken.
    private func isIntertwined(_ way: OpenWay) -> Bool {
        // What is taken as compromised weighs the steps from it differently.
        if !base.premises.compromised.isEmpty { return true }
        return zip(way.nodes, way.nodes.dropFirst()).contains { from, to in
            guard let from = base.graph.place(of: from), let to = base.graph.place(of: to) else { return true }
            if base.graph.nodes[from].kind == .admin { return true }
            guard let edge = base.graph.edge(from, to) else { return false }
            return ([base.graph.technique(of: edge)] + base.graph.alternatives(of: edge)).contains("combined-rights")
        }
    }

    /// How a way stands once some changes are made.
    func standing(of way: OpenWay, after made: Set<Int>) -> Standing {
        isIntertwined(way) ? whole(way, made) : local(way, made)
    }

    func isOpen(_ way: OpenWay, after made: Set<Int>) -> Bool { standing(of: way, after: made).isOpen }

    // MARK: Parts

    /// What each evaluation takes besides questions: making the edits, building what was found.
    private static let effort = 300

    /// The steps of a part after some changes; `nil` when they do not concern it.
    ///
    /// - Parameter to: the node that they are to lead to, where others do not matter.
    func steps(of part: StepPart, to node: Int? = nil, after made: Set<Int>) -> Steps? {
        guard let own = own(part, made) else { return nil }
        var question = Question(part: part, made: own)
        if let known = known[question] { return known }
        if let last = last[part], last.made == own {
            let steps = Steps(last.found)
            known[question] = steps
            return steps
        }
        var piece: GraphBuilder.Piece?
        if let node, case .principal(let index) = part {
            question.to = node
            if let known = known[question] { return known }
            piece = .step(index, to: node)
        }
        let steps = Steps(evaluate([part], as: piece, after: own)[0])
        known[question] = steps
        return steps
    }

    /// Which of the changes concern a part.
    private func own(_ part: StepPart, _ made: Set<Int>) -> [Int]? {
        guard let concerning = changes[part] else { return nil }
        let own =
            concerning.count > made.count * 8 ? made.sorted().filter { concerns[$0].contains(part) } : concerning.filter(made.contains)
        return own.isEmpty ? nil : own
    }

    private func evaluate(_ parts: [StepPart], as piece: GraphBuilder.Piece? = nil, after made: [Int]) -> [GraphBuilder.PieceEdges] {
        let asked = base.permissions.asked
        let edits = made.flatMap { fixes[$0].edits }
        count += parts.count
        defer { work += base.permissions.asked - asked + parts.count * Self.effort }
        if let part = parts.first, let account = part.network {
            work += reevaluation.networks.size(account)
            return [reevaluation.network(part.piece, of: account, after: edits)]
        }
        return reevaluation.edges(of: piece.map { [$0] } ?? parts.map(\.piece), after: edits)
    }

    // MARK: Ways

    private func step(_ from: Int, _ to: Int, _ made: Set<Int>) -> Step? {
        if let part = parts.part(from, to), let steps = steps(of: part, to: to, after: made) { return steps.step(from, to) }
        return base.graph.edge(from, to).map {
            Step(from: $0.from, to: $0.to, likelihood: $0.likelihood, confidence: $0.confidence, isHypothetical: $0.isHypothetical)
        }
    }

    /// Whether a principal gets at the target by itself: that is no attack. Who did not may only do so once a denial is gone.
    private func hasOwnWay(_ source: Int, _ target: Int, _ made: Set<Int>) -> Bool {
        func counts(_ isHypothetical: Bool, _ confidence: Confidence) -> Bool { !isHypothetical && confidence != .unknown }
        if let edge = base.graph.edge(source, target), counts(edge.isHypothetical, edge.confidence) {
            return step(source, target, made).map { counts($0.isHypothetical, $0.confidence) } ?? false
        }
        guard let part = parts.part(source, target), let own = own(part, made), own.contains(where: { fixes[$0].mayAllow }) else {
            return false
        }
        return step(source, target, made).map { counts($0.isHypothetical, $0.confidence) } ?? false
    }

    /// Only the steps on the way evaluated again.
    private func local(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = base.graph
        let places = way.nodes.compactMap { graph.place(of: $0) }
        guard places.count == way.nodes.count, places.count > 1, let source = places.first, let target = places.last else {
            return Standing(likelihood: nil, counts: false)
        }
        let node = graph.nodes[source]
        // Who is no administrator any more starts like anyone else.
        var start = node.start
        if start == 0, node.kind.isPrincipal, node.kind != .root, let index = base.permissions.principalIndex[way.source],
            let steps = steps(of: .principal(index), to: places[1], after: made), !steps.isAdministrator
        {
            start = Likelihood.start(node.kind)
        }
        var likelihood: Double? = start
        for (from, to) in zip(places, places.dropFirst()) {
            guard let step = step(from, to, made), !step.isHypothetical else {
                likelihood = nil
                break
            }
            likelihood = likelihood.map { $0 * step.likelihood }
        }
        var counts = start > 0
        if counts, graph.nodes[target].kind.isEverydayRight, AttackPathFinder.entry(node) == "principal" {
            counts = node.kind != .group && !hasOwnWay(source, target, made)
        }
        return Standing(likelihood: likelihood, counts: counts)
    }

    /// Everything evaluated again.
    private func whole(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = graph(after: made)
        guard let source = graph.place(of: way.source), let target = graph.place(of: way.target) else {
            return Standing(likelihood: nil, counts: false)
        }
        var likelihood: Double? = graph.nodes[source].start
        for (from, to) in zip(way.nodes, way.nodes.dropFirst()) {
            guard let from = graph.place(of: from), let to = graph.place(of: to), let edge = graph.edge(from, to), !edge.isHypothetical
            else {
                likelihood = nil
                break
            }
            likelihood = likelihood.map { $0 * edge.likelihood }
        }
        return Standing(likelihood: likelihood, counts: graph.nodes[source].start > 0 && AttackPathFinder(graph).counts(source, target))
    }

    // MARK: The graph

    private var graphs: [Set<Int>: SecurityGraph] = [:]
    private static let graphsKept = 4

    /// The graph once some changes are made.
    func graph(after made: Set<Int>) -> SecurityGraph {
        if made.isEmpty { return base.graph }
        if let known = graphs[made] { return known }
        let asked = base.permissions.asked
        let graph: SecurityGraph
        if base.premises.compromised.isEmpty {
            graph = put(together: made)
            work += graph.edges.count / 4
        } else {
            graph = reevaluation.evaluation(after: edits(made)).graph
            work += graph.edges.count + graph.nodes.count
        }
        work += base.permissions.asked - asked
        if graphs.count >= Self.graphsKept { graphs = [:] }
        graphs[made] = graph
        return graph
    }

    /// The edges of every part that the changes concern, evaluated where it is not known, with those of all others as they are.
    private func put(together made: Set<Int>) -> SecurityGraph {
        let concerned = Set(concerned(by: made)).union(reevaluation.combining.map { .principal($0) }).sorted()
        var unknown: [[Int]: [StepPart]] = [:]
        for part in concerned {
            let own = own(part, made) ?? []
            if last[part]?.made != own { unknown[own, default: []].append(part) }
        }
        for (own, parts) in unknown.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            for part in parts where part.network != nil { last[part] = (own, evaluate([part], after: own)[0]) }
            let others = parts.filter { $0.network == nil }
            guard !others.isEmpty else { continue }
            for (part, found) in zip(others, evaluate(others, after: own)) { last[part] = (own, found) }
        }
        let stays = parts.staying(Set(concerned))
        return reevaluation.graph(
            after: edits(made), staying: { stays[$0] }, with: concerned.map { ($0.piece, last[$0]?.found ?? .init()) })
    }
}

extension NodeKind {
    /// Whether steps start there because of networks and workloads, and not of permissions.
    var isHost: Bool { self == .instance || self == .function || self == .workload || self == .network || self == .database }
}

extension SecurityGraph {
    /// The edge between two nodes.
    func edge(_ from: Int, _ to: Int) -> GraphEdge? {
        var low = Int(starts[from])
        var high = Int(starts[from + 1])
        while low < high {
            let middle = (low + high) / 2
            if Int(edges[middle].to) < to { low = middle + 1 } else { high = middle }
        }
        return low < Int(starts[from + 1]) && Int(edges[low].to) == to ? edges[low] : nil
    }
}
