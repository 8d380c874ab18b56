import CloudModel
import Crypto

/// Turns the graph's strongest ways into attack paths.
///
/// Starts: the internet, other accounts that are let in, every principal that is no administrator already, and what is assumed to be
/// compromised. A principal that reads data by its own rights is no path; getting there through another principal or a workload is. One
/// path for each start and target, the likeliest; to administrator rights also the surest, where that is another one. From one principal at
/// most ``dataPathsPerStart`` paths to data are told, the strongest; paths to administrator rights, and those from outside, are all told.
///
/// A path's score is the target's value times the likelihood of standing at the start times those of its steps. Severity by score: 40 critical, 15 high, 5 medium, 1 low.
struct AttackPathFinder {
    /// The most paths to data from one principal.
    static let dataPathsPerStart = 10
    /// The most other first steps that are told with a path.
    static let alternatives = 8

    let graph: SecurityGraph
    /// Starts that were cut off at ``dataPathsPerStart``.
    private(set) var truncated = 0
    /// How exposed each target is, by place, from all paths, told or not.
    private(set) var exposures: [Int: TargetExposure] = [:]

    /// The strongest path to each target that there is one to, by the target's place.
    private(set) var strongest: [Int: Found] = [:]

    init(_ graph: SecurityGraph) { self.graph = graph }

    /// A path, not yet put into words.
    struct Found {
        var source: Int
        var target: Int
        var edges: [GraphEdge]
        var likelihood: Double
        var confidence: Confidence
        var score: Double
        /// Other first steps towards the target.
        var others: [StrongestPaths.Other] = []
    }

    /// What reaches a target.
    struct TargetExposure {
        /// The highest score by kind of entry.
        var byEntry: [String: Double] = [:]
        /// How many starts reach it.
        var starts = 0
        var isReachedFromInternet = false
    }

    /// Every place an attack is taken to start from.
    func starts() -> [Int] { graph.nodes.indices.filter { graph.nodes[$0].start > 0 } }

    /// All paths, worst first.
    mutating func paths() -> [Found] {
        var search = StrongestPaths(graph, inBlocks: true)
        let wanted = wanted()
        let entries = Entries(graph)
        var all: [Found] = []
        var toData = [Strongest](repeating: Strongest(), count: graph.nodes.count)
        let isWorse = Self.isWorse(graph)
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            let isAdmin = graph.nodes[target].kind == .admin
            // Most ways of a principal to data are not among its strongest.
            var best = 0.0
            let found = paths(to: target, wanted, &search) { source, score, steps in
                if score > best, counts(source, target) {
                    best = score
                    return true
                }
                return isAdmin || !entries.isOwn(source) || toData[source].mayKeep(score, steps)
            }
            if let one = found.first(where: { $0.score == best && !$0.edges.isEmpty }) { strongest[target] = one }
            exposures[target] = Self.exposure(found, entries)
            for one in found {
                if isAdmin || !entries.isOwn(one.source) { all.append(one) } else { toData[one.source].add(one, isWorse) }
            }
        }
        for strongest in toData {
            if strongest.count > Self.dataPathsPerStart { truncated += 1 }
            all += strongest.kept
        }
        return all.sorted(by: isWorse)
    }

    /// The strongest paths from one principal to data.
    struct Strongest {
        /// The worst first, at most ``AttackPathFinder/dataPathsPerStart``.
        var kept: [Found] = []
        /// How many there were.
        var count = 0

        /// Whether a path with that score and so many steps may be among them.
        func mayKeep(_ score: Double, _ steps: Int) -> Bool {
            guard kept.count == dataPathsPerStart, let last = kept.last else { return true }
            return score > last.score || score == last.score && steps <= last.edges.count
        }

        /// Counts a path, and keeps it where it is told and worse than others.
        mutating func add(_ found: Found, _ isWorse: (Found, Found) -> Bool) {
            count += 1
            guard !found.edges.isEmpty else { return }
            if kept.count == dataPathsPerStart {
                guard let last = kept.last, isWorse(found, last) else { return }
                kept.removeLast()
            }
            kept.insert(found, at: kept.firstIndex { isWorse(found, $0) } ?? kept.endIndex)
        }
    }

    /// The kinds of entry that nodes are, by place.
    struct Entries {
        private var names: [String] = []
        private var places: [UInt8] = []
        private var own: [Bool] = []

        init(_ graph: SecurityGraph) {
            for node in graph.nodes {
                let name = AttackPathFinder.entry(node)
                let place = names.firstIndex(of: name) ?? names.count
                if place == names.count { names.append(name) }
                places.append(UInt8(place))
                own.append(name == "principal")
            }
        }

        var count: Int { names.count }
        /// Whether a node is one of the accounts' own principals and not assumed to be compromised.
        func isOwn(_ node: Int) -> Bool { own[node] }
        func place(_ node: Int) -> Int { Int(places[node]) }
        func name(_ place: Int) -> String { names[place] }
        var internet: Int? { names.firstIndex(of: NodeKind.internet.rawValue) }
    }

    /// What reaches a target by these paths, which are ordered by their sources.
    private static func exposure(_ found: [Found], _ entries: Entries) -> TargetExposure {
        var exposure = TargetExposure()
        var best = [Double?](repeating: nil, count: entries.count)
        var last = -1
        for one in found {
            let entry = entries.place(one.source)
            best[entry] = max(best[entry] ?? 0, one.score)
            if one.source != last { exposure.starts += 1 }
            last = one.source
        }
        for (entry, score) in best.enumerated() { if let score { exposure.byEntry[entries.name(entry)] = score } }
        exposure.isReachedFromInternet = entries.internet.map { best[$0] != nil } ?? false
        return exposure
    }

    /// The kind of entry that a start is: `principal` for the accounts' own users, groups and roles, `compromised` for what is assumed to be.
    static func entry(_ node: GraphNode) -> String {
        if node.kind.isOutside { return node.kind.rawValue }
        return node.kind.isPrincipal && node.start < 1 ? "principal" : "compromised"
    }

    /// Which nodes are starts.
    func wanted() -> [Bool] { graph.nodes.map { $0.start > 0 } }

    /// Whether a node is one of the accounts' own principals and not assumed to be compromised.
    private func isOwn(_ node: Int) -> Bool { graph.nodes[node].kind.isPrincipal && graph.nodes[node].start < 1 }

    /// The paths to one jewel.
    ///
    /// - Parameter tells: whether a path is told with its steps, by its source, its score and how many steps it has.
    func paths(
        to target: Int, _ wanted: [Bool], _ search: inout StrongestPaths, tells: (Int, Double, Int) -> Bool = { _, _, _ in true }
    ) -> [Found] {
        search.ways(
            to: target, from: wanted, andSurest: graph.nodes[target].kind == .admin, others: Self.alternatives,
            tells: { source, likelihood, steps in tells(source, score(source, target, likelihood), steps) }
        ).compactMap { way in counts(way.source, target) ? found(way, target) : nil }
    }

    /// A target's value times the likelihood of standing at the start and of getting from there to it.
    private func score(_ source: Int, _ target: Int, _ likelihood: Double) -> Double {
        Self.rounded(graph.nodes[target].value * (graph.nodes[source].start * likelihood))
    }

    /// The strongest way from each start to one jewel, and nothing besides.
    func strongest(to target: Int, _ wanted: [Bool], _ search: inout StrongestPaths) -> [Found] {
        search.ways(to: target, from: wanted).compactMap { way in counts(way.source, target) ? found(way, target) : nil }
    }

    /// Whether a way between them is an attack: what a principal may read by itself is none, and a group's members have the same paths as
    /// the group.
    func counts(_ source: Int, _ target: Int) -> Bool {
        guard graph.nodes[target].kind.isEverydayRight, isOwn(source) else { return true }
        return !hasOwnWay(source, target) && graph.nodes[source].kind != .group
    }

    /// A way with its score.
    func found(_ way: StrongestPaths.Way, _ target: Int) -> Found {
        let likelihood = graph.nodes[way.source].start * way.likelihood
        return Found(
            source: way.source, target: target, edges: way.edges, likelihood: likelihood, confidence: way.confidence,
            score: score(way.source, target, way.likelihood), others: way.others)
    }

    /// Whether one proven or conditional step leads from a principal to the data.
    private func hasOwnWay(_ source: Int, _ target: Int) -> Bool {
        graph.edge(from: source, to: target).map { !$0.isHypothetical && $0.confidence != .unknown } ?? false
    }

    static func isWorse(_ graph: SecurityGraph) -> (Found, Found) -> Bool {
        { a, b in
            if a.score != b.score { return a.score > b.score }
            if a.edges.count != b.edges.count { return a.edges.count < b.edges.count }
            if a.source != b.source { return precedes(graph.nodes[a.source].id, graph.nodes[b.source].id) }
            if a.target != b.target { return precedes(graph.nodes[a.target].id, graph.nodes[b.target].id) }
            return a.confidence.rank < b.confidence.rank
        }
    }

    static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    /// Two decimals, so that sums read the same everywhere.
    static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// The severity of a score.
    static func severity(_ score: Double) -> Severity {
        switch score {
        case 40...: .critical
        case 15...: .high
        case 5...: .medium
        case 1...: .low
        default: .informational
        }
    }

    /// The path as it is told.
    func path(_ found: Found) -> AttackPath {
        let steps = found.edges.map { edge in
            let proof = graph.proof(of: edge)
            return PathStep(
                from: graph.nodes[Int(edge.from)].id, to: graph.nodes[Int(edge.to)].id, technique: graph.technique(of: edge),
                why: proof.why, evidence: proof.citations, conditions: proof.conditions, confidence: edge.confidence)
        }
        let narrative = Narrative(graph: graph, found: found)
        return AttackPath(
            id: Self.identifier(steps), severity: Self.severity(found.score), score: found.score, source: graph.nodes[found.source].id,
            target: graph.nodes[found.target].id, title: narrative.title, narrative: narrative.text, confidence: found.confidence,
            steps: steps, fixes: [], likelihood: Self.significant(found.likelihood), alternatives: alternatives(found),
            group: group(found.source, steps))
    }

    /// Other techniques for the same first step, then other first steps.
    private func alternatives(_ found: Found) -> [PathAlternative]? {
        guard let first = found.edges.first else { return nil }
        var list = graph.alternatives(of: first).map { technique in
            PathAlternative(technique: technique, to: graph.nodes[Int(first.to)].id, likelihood: nil, confidence: nil)
        }
        list += found.others.map { other in
            PathAlternative(
                technique: graph.techniques[Int(other.technique)], to: graph.nodes[other.to].id,
                likelihood: Self.significant(graph.nodes[found.source].start * other.likelihood), confidence: other.confidence)
        }
        return list.isEmpty ? nil : list
    }

    /// The same for paths that differ in nothing but which user, group or role of an account they start at.
    private func group(_ source: Int, _ steps: [PathStep]) -> String {
        let node = graph.nodes[source]
        let start = Self.entry(node) == "principal" ? [node.kind.rawValue, node.account ?? ""] : [node.id]
        return Self.digest(
            "group-",
            start
                + steps.enumerated().flatMap { index, step in
                    (index == 0 ? [] : [step.from]) + [step.technique, step.confidence.rawValue, step.to]
                })
    }

    /// Four significant digits.
    static func significant(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var scale = 1.0
        while value * scale < 1000 && scale < 1e12 { scale *= 10 }
        return (value * scale).rounded() / scale
    }

    /// `path-` and the start of SHA-256 over ends and techniques of the steps.
    static func identifier(_ steps: [PathStep]) -> String {
        digest("path-", steps.flatMap { [$0.from, $0.technique, $0.to] })
    }

    /// `prefix` and 16 hexadecimal digits of SHA-256 over the parts.
    static func digest(_ prefix: String, _ parts: [String]) -> String {
        var hash = SHA256()
        for part in parts {
            hash.update(data: Array(part.utf8))
            hash.update(data: [0])
        }
        let digits = Array("0123456789abcdef")
        return prefix + hash.finalize().prefix(8).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
    }
}
