import CloudModel
import SnapshotStore

/// One snapshot with its graph.
final class Evaluation {
    let snapshot: CloudSnapshot
    let permissions: Permissions
    let exposures: [Exposure]
    let premises: Premises
    private(set) var graph: SecurityGraph
    let gaps: Set<CoverageReport.Gap>
    let builder: GraphBuilder

    /// Evaluates a snapshot. A library may be handed on from another snapshot that shares texts.
    init(
        _ snapshot: CloudSnapshot, library: PolicyLibrary = PolicyLibrary(), exposures: [Exposure]? = nil, premises: Premises = Premises()
    ) {
        self.snapshot = snapshot
        self.premises = premises
        self.exposures = exposures ?? NetworkReachability(snapshot).exposures()
        permissions = Permissions(snapshot, library: library)
        builder = GraphBuilder(snapshot, permissions: permissions, exposures: self.exposures, premises: premises)
        graph = builder.build()
        gaps = builder.gaps
        graph.assumeCompromised(premises.compromised)
    }

    /// Looks for what is assumed to be compromised.
    ///
    /// - Throws: ``PremiseError`` that names the first that is nothing here, or more than one thing.
    func checkPremises() throws(PremiseError) {
        guard !premises.compromised.isEmpty else { return }
        let names = NodeNames(graph.nodes)
        for name in premises.compromised { _ = try names.identifier(of: name) }
    }

    /// The snapshot of what the same collection would be after changes, evaluated from scratch.
    func again(_ snapshot: CloudSnapshot) -> Evaluation { Evaluation(snapshot, library: permissions.library, premises: premises) }

    /// Evaluates a snapshot that differs from another one's by what was touched; what that cannot concern is taken over.
    init(
        _ snapshot: CloudSnapshot, like base: Evaluation, touched: Touched, organisation: OrganisationPolicies, exposures: [Exposure]
    ) {
        self.snapshot = snapshot
        self.exposures = exposures
        premises = base.premises
        permissions = Permissions(base.permissions, snapshot, changed: touched.principals, organisation: organisation)
        builder = GraphBuilder(snapshot, permissions: permissions, exposures: exposures, premises: premises)
        graph = builder.build(knowing: .init(builder: base.builder, graph: base.graph, asked: touched.asked))
        gaps = builder.gaps
        graph.assumeCompromised(premises.compromised)
    }

    /// What the graph says.
    struct Judged {
        var found: [AttackPathFinder.Found]
        /// The strongest path to each target, told or not.
        var strongest: [Int: AttackPathFinder.Found]
        var paths: [AttackPath]
        var principals: [PrincipalResult]
        var truncated: Int
        var exposures: Exposures
    }

    func judged() -> Judged {
        var finder = AttackPathFinder(graph)
        let found = finder.paths()
        let paths = found.map { finder.path($0) }
        return Judged(
            found: found, strongest: finder.strongest, paths: paths,
            principals: PrincipalAnalysis(graph: graph, snapshot: snapshot).results(paths),
            truncated: finder.truncated, exposures: Exposures(graph, finder.exposures))
    }

    /// The whole result.
    func result(
        digest: String, judged: Judged, paths: [AttackPath], plan: Plan, findings: [Finding], controls: [ControlResult],
        gaps others: [CoverageReport.Gap] = []
    ) -> AnalysisResult {
        let times = snapshot.records.compactMap(\.time).sorted()
        var severities = Dictionary(uniqueKeysWithValues: Severity.allCases.map { ($0.rawValue, 0) })
        for path in paths { severities[path.severity.rawValue, default: 0] += 1 }
        var failed = Dictionary(uniqueKeysWithValues: Severity.allCases.map { ($0.rawValue, 0) })
        for finding in findings where finding.verdict == .fail { failed[finding.severity.rawValue, default: 0] += 1 }
        var outcomes: [String: Int] = [:]
        let entries = everyCall()
        for entry in entries { outcomes[entry.outcome.rawValue, default: 0] += 1 }
        let exposure = judged.exposures
        return AnalysisResult(
            summary: AnalysisSummary(
                snapshot: digest, accounts: snapshot.accounts.map(\.id).sorted(), collectedFrom: times.first, collectedTo: times.last,
                counts: counts(), paths: severities, findings: failed, materialExposure: exposure.total, exposureByEntry: exposure.byEntry,
                jewels: exposure.jewels, controls: controls, coverage: outcomes),
            findings: findings, paths: paths, principals: judged.principals, plan: plan,
            coverage: CoverageReport(entries: entries, gaps: (allGaps(judged) + others).sorted()))
    }

    /// The snapshot's coverage, and an entry for each call that gave a record.
    private func everyCall() -> [CoverageEntry] {
        var entries = snapshot.coverage
        for record in snapshot.records {
            let parts = record.id.split(separator: "/", maxSplits: 1)
            guard let name = parts.last, let call = (try? CollectionFolder.parse(recordName: String(name))) ?? nil else { continue }
            entries.append(
                CoverageEntry(
                    account: parts.count == 2 ? String(parts[0]) : nil, service: call.operation.service,
                    operation: call.operation.operation,
                    region: call.region, resource: call.resource, outcome: .collected))
        }
        entries.sortByBytes(SnapshotDigest.line)
        return entries
    }

    private func counts() -> [String: Int] {
        [
            "users": snapshot.principals.count { $0.kind == .user }, "groups": snapshot.principals.count { $0.kind == .group },
            "roles": snapshot.principals.count { $0.kind == .role }, "policies": snapshot.policies.count,
            "instances": snapshot.instances.count, "securityGroups": snapshot.securityGroups.count,
            "loadBalancers": snapshot.loadBalancers.count, "buckets": snapshot.buckets.count, "functions": snapshot.functions.count,
            "keys": snapshot.keys.count, "secrets": snapshot.secrets.count, "databases": snapshot.databases.count,
            "snapshots": snapshot.dataSnapshots.count, "records": snapshot.records.count,
        ]
    }

    private func allGaps(_ judged: Judged) -> [CoverageReport.Gap] {
        var all = gaps
        if judged.truncated > 0 {
            all.insert(
                .init(
                    what: "paths to data from \(judged.truncated) principals",
                    why: "only the \(AttackPathFinder.dataPathsPerStart) strongest from each principal are listed"))
        }
        for entry in snapshot.coverage {
            switch entry.outcome {
            case .collected, .unavailable, .unknownOperation: continue
            default: break
            }
            let place = [entry.account, entry.region, entry.resource].compactMap { $0 }.joined(separator: " ")
            all.insert(
                .init(
                    what: "\(entry.service) \(entry.operation)" + (place.isEmpty ? "" : " (\(place))"),
                    why: entry.outcome.rawValue + (entry.code.map { ": \($0)" } ?? "")))
        }
        return all.sorted()
    }
}

/// Exposure of each jewel: its value times the likelihood of the strongest path to it. Material exposure is the sum.
struct Exposures {
    var total: Double
    var byEntry: [String: Double]
    var jewels: [AnalysisSummary.Jewel]

    init(_ graph: SecurityGraph, _ found: [Int: AttackPathFinder.TargetExposure]) {
        var list: [AnalysisSummary.Jewel] = []
        // Both are always told; others where there are such entries.
        var entries = ["internet": 0.0, "principal": 0.0]
        for (place, node) in graph.nodes.enumerated() where node.value > 0 {
            let exposure = found[place] ?? AttackPathFinder.TargetExposure()
            for (entry, score) in exposure.byEntry { entries[entry, default: 0] += score }
            list.append(
                .init(
                    id: node.id, kind: node.kind.rawValue, value: node.value, why: node.valueReason,
                    exposure: exposure.byEntry.values.max() ?? 0, reachedFromInternet: exposure.isReachedFromInternet,
                    reachedFrom: exposure.starts))
        }
        jewels = list.sorted { $0.exposure != $1.exposure ? $0.exposure > $1.exposure : AttackPathFinder.precedes($0.id, $1.id) }
        total = AttackPathFinder.rounded(jewels.reduce(0) { $0 + $1.exposure })
        byEntry = entries.mapValues { AttackPathFinder.rounded($0) }
    }

    /// Material exposure of a set of scores by target.
    static func total(_ scores: [(target: String, score: Double)]) -> Double {
        var best: [String: Double] = [:]
        for (target, score) in scores { best[target] = max(best[target] ?? 0, score) }
        return AttackPathFinder.rounded(best.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value })
    }
}

extension Evaluation {
    /// Writes the snapshot's database, where nothing must be yet.
    func writeSnapshot(to path: String, digest: String) throws(SnapshotError) {
        let edges = EdgeRows(count: graph.edges.count) { [graph] number in
            let edge = graph.edges[number]
            let proof = graph.proof(of: edge)
            return EdgeRow(
                source: graph.nodes[Int(edge.from)].id, target: graph.nodes[Int(edge.to)].id, technique: graph.technique(of: edge),
                why: proof.why, confidence: edge.confidence, likelihood: edge.likelihood, conditions: proof.conditions,
                evidence: proof.citations)
        }
        let contents = SnapshotContents(
            snapshot: snapshot, digest: digest, edges: edges, exposures: exposures.rows, controlPolicies: permissions.organisation.rows)
        try SnapshotWriter.write(contents, to: path)
    }
}

extension [Exposure] {
    /// What the internet reaches, as a snapshot's database has it.
    var rows: [ExposureRow] {
        filter { $0.from == "internet" }.map {
            ExposureRow(
                target: $0.target, targetKind: $0.targetKind, kind: $0.kind.rawValue, via: $0.via, actions: $0.actions, ports: $0.ports,
                protocolName: $0.protocolName, why: $0.why, conditions: $0.conditions, confidence: $0.confidence, evidence: $0.evidence)
        }
    }
}
