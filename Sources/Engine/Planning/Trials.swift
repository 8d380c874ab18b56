import CloudModel

/// Answers "is this way open once these changes are made?" by evaluating again what the way's steps rest on.
///
/// Steps are asked in parts: those of one principal, those into one role from outside, and so on. Each change concerns some parts, so a part
/// is evaluated once for each choice of the changes that concern it, whatever else is made.
final class Trials {
    let reevaluation: Reevaluation
    var base: Evaluation { reevaluation.base }
    /// The changes that are known so far.
    private(set) var fixes: [CandidateFix] = []
    private var places: [String: Int] = [:]
    /// For each change the parts that may be others after it, and for each part its changes, in their order.
    private var concerns: [Set<StepPart>] = []
    /// For each change the principals of whom every step may be another one, and the nodes to which the steps of others may.
    private var reaches: [(whole: Set<Int>, ends: Set<Int>)] = []
    /// For each change whether somebody may do more after it.
    var takesDenial: [Bool] = []
    var changes: [StepPart: [Int]] = [:]
    let parts: StepParts
    /// How many parts were evaluated again.
    private(set) var count = 0
    /// How much was evaluated again, in questions about permissions; the same every time.
    private(set) var work = 0
    /// Counts work that was done elsewhere.
    func add(work more: Int, evaluations: Int = 0) {
        work += more
        count += evaluations
    }
    /// How much the analysis itself took.
    let workOfAnalysis: Int
    private var known: [Question: Steps] = [:]
    /// Whether principals make others administrators after changes that concern them.
    var turned: [Turned: Bool] = [:]
    struct Turned: Hashable {
        var turning: OpenWay.Turning
        var made: [Int]
    }
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
        takesDenial.append(reevaluation.takesDenial(fix.edits))
        let touched = reevaluation.touched(by: fix.edits)
        let concern = parts.concerned(by: touched)
        concerns.append(concern)
        reaches.append((touched.whole, touched.ends))
        for part in concern { changes[part, default: []].append(place) }
        return place
    }

    func place(of id: String) -> Int? { places[id] }

    func edits(_ made: Set<Int>) -> [Edit] { made.sorted().flatMap { fixes[$0].edits } }

    /// The parts that some changes concern, in order.
    func concerned(by made: Set<Int>) -> [StepPart] { made.reduce(into: Set()) { $0.formUnion(concerns[$1]) }.sorted() }

    // MARK: Parts

    /// What each evaluation takes besides questions: making the edits, building what was found.
    static let effort = 300

    /// The steps of a part after some changes; `nil` when they do not concern it.
    ///
    /// - Parameter to: the node that they are to lead to, where others do not matter.
    func steps(of part: StepPart, to node: Int? = nil, after made: Set<Int>) -> Steps? {
        guard let own = own(part, to: node, made) else { return nil }
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
        let steps = Steps(evaluate([part], as: piece, after: own, telling: false)[0])
        known[question] = steps
        return steps
    }

    /// Evaluates parts after some changes, as far as they are not known, those that the same changes concern together.
    func prepare(_ parts: [StepPart], after made: Set<Int>) {
        var unknown: [[Int]: [StepPart]] = [:]
        for part in parts where part.network == nil {
            guard let own = own(part, made), known[Question(part: part, made: own)] == nil, last[part]?.made != own else { continue }
            unknown[own, default: []].append(part)
        }
        for (own, parts) in unknown.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            for (part, found) in zip(parts, evaluate(parts, after: own, telling: false)) {
                known[Question(part: part, made: own)] = Steps(found)
            }
        }
    }

    /// Which of the changes concern a part, or its steps to one node; `nil` where none does.
    func own(_ part: StepPart, to node: Int? = nil, _ made: Set<Int>) -> [Int]? {
        guard let concerning = changes[part] else { return nil }
        var own =
            concerning.count > made.count * 8 ? made.sorted().filter { concerns[$0].contains(part) } : concerning.filter(made.contains)
        if let node, case .principal(let index) = part { own = own.filter { concerns($0, index, node) } }
        return own.isEmpty ? nil : own
    }

    /// The changes that concern the steps of a part to a node.
    func changes(of part: StepPart, to node: Int) -> [Int] {
        let all = changes[part] ?? []
        guard case .principal(let index) = part else { return all }
        return all.filter { concerns($0, index, node) }
    }

    private func concerns(_ change: Int, _ principal: Int, _ node: Int) -> Bool {
        reaches[change].whole.contains(principal) || reaches[change].ends.contains(node)
    }

    private func evaluate(
        _ parts: [StepPart], as piece: GraphBuilder.Piece? = nil, after made: [Int], telling: Bool
    ) -> [GraphBuilder.PieceEdges] {
        evaluate(parts, as: piece, after: made.flatMap { fixes[$0].edits }, telling: telling)
    }

    /// - Parameter parts: one of networks, or several others.
    private func evaluate(
        _ parts: [StepPart], as piece: GraphBuilder.Piece? = nil, after edits: [Edit], telling: Bool
    ) -> [GraphBuilder.PieceEdges] {
        let asked = base.permissions.asked
        count += parts.count
        defer { work += base.permissions.asked - asked + parts.count * Self.effort }
        if let part = parts.first, let account = part.network {
            work += reevaluation.networks.size(account) / 3
            return [reevaluation.network(part.piece, of: account, after: edits, telling: telling)]
        }
        return reevaluation.edges(of: piece.map { [$0] } ?? parts.map(\.piece), after: edits, telling: telling)
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
        let concerned = withCombining(Set(concerned(by: made)))
        var unknown: [[Int]: [StepPart]] = [:]
        for part in concerned {
            let own = own(part, made) ?? []
            if last[part]?.made != own { unknown[own, default: []].append(part) }
        }
        for (own, parts) in unknown.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            for part in parts where part.network != nil { last[part] = (own, evaluate([part], after: own, telling: true)[0]) }
            let others = parts.filter { $0.network == nil }
            guard !others.isEmpty else { continue }
            for (part, found) in zip(others, evaluate(others, after: own, telling: true)) { last[part] = (own, found) }
        }
        return graph(after: edits(made), concerned.map { ($0, last[$0]?.found ?? .init()) })
    }

    /// The graph after edits that are no change which is known here; nothing may be assumed to be compromised.
    func graph(after edits: [Edit]) -> SecurityGraph {
        let concerned = withCombining(parts.concerned(by: reevaluation.touched(by: edits)))
        var found = concerned.filter { $0.network != nil }.map { ($0, evaluate([$0], after: edits, telling: true)[0]) }
        let others = concerned.filter { $0.network == nil }
        found += zip(others, evaluate(others, after: edits, telling: true))
        return graph(after: edits, found)
    }

    /// Parts, and those that rest on several.
    private func withCombining(_ parts: Set<StepPart>) -> [StepPart] {
        parts.union(reevaluation.combining.map { .principal($0) }).sorted()
    }

    private func graph(after edits: [Edit], _ found: [(part: StepPart, found: GraphBuilder.PieceEdges)]) -> SecurityGraph {
        let stays = parts.staying(Set(found.map(\.part)))
        return reevaluation.graph(after: edits, staying: { stays[$0] }, with: found.map { ($0.part.piece, $0.found) })
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
