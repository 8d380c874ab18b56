import CloudModel
import Crypto

/// Turns the graph's strongest ways into attack paths.
///
/// Starts: the internet, other accounts that are let in, and every principal that is no administrator already. A principal that reads a
/// jewel by its own rights is no path; getting there through another principal or a workload is. From one principal at most
/// ``dataPathsPerStart`` paths to data are told, the strongest; paths to administrator rights, and those from outside, are all told.
///
/// A path's score is the target's value times the likelihood of standing at the start times those of its steps. Severity by score: 40 critical, 15 high, 5 medium, 1 low.
struct AttackPathFinder {
    /// The most paths to data from one principal.
    static let dataPathsPerStart = 10

    let graph: SecurityGraph
    /// Starts that were cut off at ``dataPathsPerStart``.
    private(set) var truncated = 0

    init(_ graph: SecurityGraph) { self.graph = graph }

    /// A path, not yet put into words.
    struct Found {
        var source: Int
        var target: Int
        var edges: [GraphEdge]
        var likelihood: Double
        var confidence: Confidence
        var score: Double
    }

    /// Every place an attack is taken to start from.
    func starts() -> [Int] {
        graph.nodes.indices.filter { node in
            switch graph.nodes[node].kind {
            case let kind where kind.isOutside: true
            case .user, .group, .role: !isAdministrator(node)
            default: false
            }
        }
    }

    /// Whether the node is, proven, an administrator itself.
    func isAdministrator(_ node: Int) -> Bool {
        graph.edges(from: node).contains { graph.technique(of: $0) == "administrator" && $0.confidence == .proven }
    }

    /// All paths, worst first.
    mutating func paths() -> [Found] {
        var search = StrongestPaths(graph)
        let wanted = wanted()
        var all: [Found] = []
        var toData: [Int: [Found]] = [:]
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            for found in paths(to: target, wanted, &search) {
                if graph.nodes[target].kind == .admin || isOutside(found.source) {
                    all.append(found)
                } else {
                    toData[found.source, default: []].append(found)
                }
            }
        }
        let isWorse = Self.isWorse(graph)
        for found in toData.values {
            if found.count > Self.dataPathsPerStart {
                truncated += 1
                all += found.sorted(by: isWorse).prefix(Self.dataPathsPerStart)
            } else {
                all += found
            }
        }
        return all.sorted(by: isWorse)
    }

    /// Which nodes are starts.
    func wanted() -> [Bool] {
        var wanted = [Bool](repeating: false, count: graph.nodes.count)
        for start in starts() { wanted[start] = true }
        return wanted
    }

    private func isOutside(_ node: Int) -> Bool {
        graph.nodes[node].kind.isOutside
    }

    /// The paths to one jewel.
    func paths(to target: Int, _ wanted: [Bool], _ search: inout StrongestPaths) -> [Found] {
        let isAdmin = graph.nodes[target].kind == .admin
        return search.ways(to: target, from: wanted).compactMap { way in
            let kind = graph.nodes[way.source].kind
            // What a principal may read by itself is no attack; a group's members have the same paths as the group.
            if !isAdmin, !isOutside(way.source), hasOwnWay(way.source, target) || kind == .group { return nil }
            let likelihood = Likelihood.start(kind) * way.likelihood
            return Found(
                source: way.source, target: target, edges: way.edges, likelihood: likelihood, confidence: way.confidence,
                score: Self.rounded(graph.nodes[target].value * likelihood))
        }
    }

    /// Whether one proven or conditional step leads from a principal to the data.
    private func hasOwnWay(_ source: Int, _ target: Int) -> Bool {
        graph.edges(from: source).contains { Int($0.to) == target && !$0.isHypothetical && $0.confidence != .unknown }
    }

    static func isWorse(_ graph: SecurityGraph) -> (Found, Found) -> Bool {
        { a, b in
            if a.score != b.score { return a.score > b.score }
            if a.edges.count != b.edges.count { return a.edges.count < b.edges.count }
            if a.source != b.source { return precedes(graph.nodes[a.source].id, graph.nodes[b.source].id) }
            return precedes(graph.nodes[a.target].id, graph.nodes[b.target].id)
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
            steps: steps, fixes: [])
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
