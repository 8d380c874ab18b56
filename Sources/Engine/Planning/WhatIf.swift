public import CloudModel
import SnapshotStore

/// An account before and after changes.
public struct WhatIf: Sendable {
    /// One of the two.
    public struct Side: Sendable, Hashable {
        /// The attack paths.
        public var paths: [AttackPath]
        /// Material exposure.
        public var exposure: Double
    }
    /// A path that is left, and why.
    public struct Left: Sendable, Hashable {
        /// The path as it was before.
        public var path: AttackPath
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
    public var closed: [AttackPath]
    /// Paths between whose ends there still is a way.
    public var left: [Left]
    /// Paths that were not there, or did not count, before.
    public var new: [AttackPath]
    /// Controls that change their verdict.
    public var verdicts: [Verdict]
    /// What else goes.
    public var accesses: [Fix.Access]

    init(
        _ base: Evaluation, _ judged: Evaluation.Judged, _ changed: Evaluation, _ accesses: [Fix.Access], scratch: String
    ) throws {
        let later = changed.judged()
        func exposure(_ judged: Evaluation.Judged) -> Double {
            Double(judged.strongest.values.reduce(0) { $0 + Effects.hundredths($1.score) }) / 100
        }
        before = Side(paths: judged.paths, exposure: exposure(judged))
        after = Side(paths: later.paths, exposure: exposure(later))
        let ends = { (path: AttackPath) in OpenWay.Pair(source: path.source, target: path.target) }
        let open = Self.open(judged.paths.map(ends), in: changed.graph, telling: later.paths.map(ends))
        let earlier = Self.open(later.paths.map(ends), in: base.graph, telling: judged.paths.map(ends))
        closed = judged.paths.filter { !open.contains(ends($0)) }
        let still = Dictionary(later.paths.map { (ends($0), $0) }) { first, _ in first }
        left = judged.paths.filter { open.contains(ends($0)) }.map { Left(path: $0, why: Self.why($0, still[ends($0)])) }
        new = later.paths.filter { !earlier.contains(ends($0)) }
        verdicts = try Self.verdicts(base, changed, scratch)
        self.accesses = accesses
    }

    /// Which of some pairs are open in a graph: those of the paths that are told of it, and of others, for the list of paths to data is cut off,
    /// those that there is a way between.
    private static func open(
        _ pairs: [OpenWay.Pair], in graph: SecurityGraph, telling told: [OpenWay.Pair]
    ) -> Set<OpenWay.Pair> {
        var open = Set(told)
        let targets = Set(pairs.filter { !open.contains($0) }.compactMap { graph.place(of: $0.target) })
        guard !targets.isEmpty else { return open }
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        for place in targets.sorted() where graph.nodes[place].value > 0 {
            for found in finder.strongest(to: place, wanted, &search) {
                open.insert(.init(source: graph.nodes[found.source].id, target: graph.nodes[place].id))
            }
        }
        return open
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
        let isWeaker = now.score < path.score
        return isWeaker
            ? "It is less likely, but still possible: \(now.steps.last?.why ?? "")"
            : "The changes do not concern its steps, or what they take is granted elsewhere too."
    }

    private static func verdicts(_ base: Evaluation, _ changed: Evaluation, _ scratch: String) throws -> [Verdict] {
        func findings(_ evaluation: Evaluation, _ name: String) throws -> [String: String] {
            try evaluation.writeSnapshot(to: scratch + "/" + name, digest: SnapshotDigest.of(evaluation.snapshot))
            let controls = try ControlRunner.run(try SnapshotDatabase(path: scratch + "/" + name))
            return Dictionary(controls.findings.map { ($0.control + "\n" + $0.resource, $0.verdict.rawValue) }) { first, _ in first }
        }
        let before = try findings(base, "before.sqlite")
        let after = try findings(changed, "after.sqlite")
        var verdicts: [Verdict] = []
        for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
            let parts = key.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            verdicts.append(
                Verdict(
                    control: parts[0], resource: parts.count > 1 ? parts[1] : "", before: before[key] ?? "pass", after: after[key] ?? "pass"
                ))
        }
        return verdicts
    }

    /// As JSON: `before`, `after`, `closed`, `left`, `new`, `controls`, `accessLost`, `accesses`.
    public var json: JSONValue {
        func real(_ value: Double) -> JSONValue { .number(value == value.rounded() ? String(Int(value)) : String(value)) }
        func side(_ side: Side) -> JSONValue {
            ["paths": .array(side.paths.map(short)), "materialExposure": real(side.exposure)]
        }
        func short(_ path: AttackPath) -> JSONValue {
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
