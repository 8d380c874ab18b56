public import CloudModel

/// An account before and after changes.
public struct WhatIf: Sendable, Hashable {
    /// An attack path, as far as it is told here.
    public struct Path: Sendable, Hashable {
        /// ``AttackPath/id``.
        public var id: String
        /// Its severity.
        public var severity: Severity
        /// Its score.
        public var score: Double
        /// Where it starts.
        public var source: String
        /// Where it leads.
        public var target: String
        /// It in a few words.
        public var title: String

        init(_ path: AttackPath) {
            (id, severity, score, source, target, title) = (path.id, path.severity, path.score, path.source, path.target, path.title)
        }
    }
    /// One of the two.
    public struct Side: Sendable, Hashable {
        /// The attack paths.
        public var paths: [Path]
        /// Material exposure.
        public var exposure: Double

        init(_ told: Told) {
            paths = told.paths
            exposure = Double(told.exposure) / 100
        }
    }
    /// A path that is left, and why.
    public struct Left: Sendable, Hashable {
        /// The path as it was before.
        public var path: Path
        /// What still makes it possible.
        public var why: String
    }
    /// A control whose verdict on a resource is another one.
    public struct Verdict: Sendable, Hashable {
        /// The control.
        public var control: String
        /// The resource.
        public var resource: String
        /// `fail`, `unknown`, or `pass` where there was no finding.
        public var before: String
        /// Likewise.
        public var after: String
    }
    /// As it is.
    public var before: Side
    /// As it would be.
    public var after: Side
    /// Paths of which nothing is left.
    public var closed: [Path]
    /// Paths between whose ends there still is a way.
    public var left: [Left]
    /// Paths that were not there, or did not count, before.
    public var new: [Path]
    /// Controls that change their verdict.
    public var verdicts: [Verdict]
    /// What else goes.
    public var accesses: [Fix.Access]

    /// What is told of a graph.
    struct Told {
        var graph: SecurityGraph
        /// Worst first.
        var paths: [Path]
        /// The whole path of a place among them.
        var whole: (Int) -> AttackPath
        /// In hundredths.
        var exposure: Int
    }

    /// - Parameter same: for each path after the changes the place of the one before that it is, step by step and for the same reasons.
    init(_ earlier: Told, _ later: Told, same: [Int?], _ verdicts: [Verdict], _ accesses: [Fix.Access]) {
        before = Side(earlier)
        after = Side(later)
        var stays = [Bool](repeating: false, count: earlier.paths.count)
        for place in same { if let place { stays[place] = true } }
        let lost = earlier.paths.indices.filter { !stays[$0] }.map { Self.ends(earlier.paths[$0]) }
        let open = Self.open(Set(lost), in: later)
        var now: [OpenWay.Pair: Int] = [:]
        for (place, path) in later.paths.enumerated() {
            let ends = Self.ends(path)
            if open.contains(ends), now[ends] == nil { now[ends] = place }
        }
        closed = []
        left = []
        for (place, path) in earlier.paths.enumerated() {
            let ends = Self.ends(path)
            if stays[place] {
                left.append(Left(path: path, why: Self.unconcerned))
            } else if open.contains(ends) {
                left.append(Left(path: path, why: Self.why(earlier.whole(place), now[ends].map(later.whole))))
            } else {
                closed.append(path)
            }
        }
        let others = later.paths.indices.filter { same[$0] == nil }.map { later.paths[$0] }
        let known = Self.open(Set(others.map(Self.ends)), in: earlier)
        new = others.filter { !known.contains(Self.ends($0)) }
        self.verdicts = verdicts
        self.accesses = accesses
    }

    private static func ends(_ path: Path) -> OpenWay.Pair { OpenWay.Pair(source: path.source, target: path.target) }

    /// Which of some pairs there is a way between: those of the paths that are told of a graph, and of others, for the list of paths to data
    /// is cut off, those that a way is found for.
    private static func open(_ pairs: Set<OpenWay.Pair>, in told: Told) -> Set<OpenWay.Pair> {
        guard !pairs.isEmpty else { return [] }
        var open = Set(told.paths.lazy.map(ends).filter(pairs.contains))
        let graph = told.graph
        let targets = Set(pairs.subtracting(open).compactMap { graph.place(of: $0.target) }.filter { graph.nodes[$0].value > 0 })
        guard !targets.isEmpty else { return open }
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        for place in targets.sorted() {
            for found in finder.strongest(to: place, wanted, &search) {
                open.insert(.init(source: graph.nodes[found.source].id, target: graph.nodes[place].id))
            }
        }
        return open.intersection(pairs)
    }

    /// The first step that is another one than before, or the least likely of those that are the same.
    private static func why(_ path: AttackPath, _ now: AttackPath?) -> String {
        guard let now else { return "There still is a way, weaker than those that are told." }
        for (index, step) in now.steps.enumerated() {
            guard path.steps.indices.contains(index) else { return "Another way is left: \(step.why)" }
            let old = path.steps[index]
            if old.to != step.to || old.technique != step.technique { return "Another way is left: \(step.why)" }
            if old.why != step.why || old.evidence.map(\.policy) != step.evidence.map(\.policy) { return "It is still so: \(step.why)" }
        }
        return now.score < path.score ? "It is less likely, but still possible: \(now.steps.last?.why ?? "")" : unconcerned
    }

    private static let unconcerned = "The changes do not concern its steps, or what they take is granted elsewhere too."

    /// Where controls found something before and another thing after, ordered by control and resource.
    static func verdicts(_ before: [Finding], _ after: [Finding]) -> [Verdict] {
        func worst(_ findings: [Finding]) -> [String: Finding] {
            Dictionary(findings.map { ($0.control + "\n" + $0.resource, $0) }) { first, _ in first }
        }
        let (old, new) = (worst(before), worst(after))
        return Set(old.keys).union(new.keys).sorted().compactMap { key in
            let (before, after) = (old[key]?.verdict, new[key]?.verdict)
            guard before != after, let finding = old[key] ?? new[key] else { return nil }
            return Verdict(
                control: finding.control, resource: finding.resource, before: (before ?? .pass).rawValue, after: (after ?? .pass).rawValue)
        }
    }

    /// As JSON: `before`, `after`, `closed`, `left`, `new`, `controls`, `accessLost`, `accesses`.
    public var json: JSONValue {
        func real(_ value: Double) -> JSONValue { .number(value == value.rounded() ? String(Int(value)) : String(value)) }
        func side(_ side: Side) -> JSONValue {
            ["paths": .array(side.paths.map(short)), "materialExposure": real(side.exposure)]
        }
        func short(_ path: Path) -> JSONValue {
            [
                "id": .string(path.id), "severity": .string(path.severity.rawValue), "score": real(path.score),
                "source": .string(path.source),
                "target": .string(path.target), "title": .string(path.title),
            ]
        }
        let counts = AccessLoss.counts(accesses)
        func number(_ value: Int) -> JSONValue { .number(String(value)) }
        return [
            "before": side(before), "after": side(after), "closed": .array(closed.map(short)),
            "left": .array(
                left.map { one in
                    var object = short(one.path).object ?? JSONObject()
                    object["why"] = .string(one.why)
                    return .object(object)
                }), "new": .array(new.map(short)),
            "controls": .array(
                verdicts.map {
                    [
                        "control": .string($0.control), "resource": .string($0.resource), "before": .string($0.before),
                        "after": .string($0.after),
                    ]
                }), "accessLost": ["used": number(counts.used), "unused": number(counts.unused), "unknown": number(counts.unknown)],
            "accesses": .array(
                accesses.map {
                    [
                        "principal": .string($0.principal), "action": .string($0.action), "resource": .string($0.resource),
                        "use": .string($0.use),
                    ]
                }),
        ]
    }
}
