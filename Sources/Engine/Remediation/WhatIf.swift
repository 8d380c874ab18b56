import CloudModel

/// Applies edits to the snapshot and evaluates again what depends on them.
///
/// Edits only take away, so no new way can open: edges of principals that an edit does not touch stay as they are, and those of the ones it
/// touches are built anew from the patched snapshot by the same code.
final class WhatIf {
    private let base: Evaluation
    private let found: [AttackPathFinder.Found]
    private var search: StrongestPaths
    /// What was done so far, in questions asked or as much work: the search for fixes is limited by it, so that it ends alike everywhere.
    var work: Int { base.permissions.asked - start + search.scanned / 128 + overhead }
    private let start: Int
    private var overhead = 0
    private let byTarget: [Int: [Int]]
    /// Principals by managed policy, and members by group.
    private let holders: [String: [Int]]
    private let members: [String: [Int]]
    private let edgePlaces: [UInt64: Int]
    private let incoming: [Int: [Int]]
    /// Edges that rest on several principals together.
    private let combined: [Int]

    init(_ base: Evaluation, _ found: [AttackPathFinder.Found]) {
        self.base = base
        self.found = found
        search = StrongestPaths(base.graph)
        start = base.permissions.asked
        byTarget = Dictionary(grouping: found.indices) { found[$0].target }
        var holders: [String: [Int]] = [:]
        var members: [String: [Int]] = [:]
        for (index, principal) in base.snapshot.principals.enumerated() {
            for policy in principal.policies { if let arn = policy.arn { holders[arn, default: []].append(index) } }
            for group in principal.groups { members[group, default: []].append(index) }
        }
        self.holders = holders
        self.members = members
        var places: [UInt64: Int] = [:]
        var incoming: [Int: [Int]] = [:]
        for (index, edge) in base.graph.edges.enumerated() {
            places[GraphDraft.key(edge.from, edge.to)] = index
            incoming[Int(edge.to), default: []].append(index)
        }
        combined = base.graph.edges.indices.filter { base.graph.technique(of: base.graph.edges[$0]) == "combined-rights" }
        edgePlaces = places
        self.incoming = incoming
    }

    /// What is left after the edits: for each of the paths the strongest way that remains, `nil` where it is closed.
    func remaining(after edits: [Edit]) -> [AttackPathFinder.Found?] {
        let snapshot = Patch.snapshot(base.snapshot, edits)
        var changed: Set<Int> = []
        var asked: Set<Int> = []
        var trust = false
        var outside = false
        for edit in edits {
            switch edit.scope {
            case .principal(let arn):
                if let index = base.permissions.principalIndex[arn] { touch(index, &changed) }
            case .managed(let arn): for index in holders[arn] ?? [] { touch(index, &changed) }
            case .trust(let arn):
                trust = true
                outside = true
                if let place = base.graph.place(of: arn) { asked.formUnion(sources(into: place)) }
            case .exposure: outside = true
            case .resource(let arn):
                outside = true
                if let place = base.graph.place(of: arn) { asked.formUnion(sources(into: place)) }
            case .workload(let arn):
                outside = true
                // Those who could take the instance over stood before its role.
                if let role = base.snapshot.instances.first(where: { $0.arn == arn })?.role, let place = base.graph.place(of: role) {
                    asked.formUnion(sources(into: place))
                }
            }
        }
        // What a member of a group gets is asked again of those who may join it.
        for index in changed where base.snapshot.principals[index].kind == .group {
            if let place = base.graph.place(of: base.snapshot.principals[index].arn) { asked.formUnion(sources(into: place)) }
        }
        asked.formUnion(changed)
        overhead += base.snapshot.principals.count + (outside ? 4 * base.snapshot.instances.count : 0)
        let permissions = Permissions(base.permissions, snapshot, changed: changed)
        let exposures = outside ? NetworkReachability(snapshot).exposures() : base.exposures
        let builder = GraphBuilder(
            base.builder, base.graph, snapshot, permissions: permissions, exposures: exposures, trustChanged: trust)
        let edges = builder.edges(of: asked.sorted(), andOutside: outside)
        var touched = Set(asked.compactMap { base.graph.place(of: base.snapshot.principals[$0].arn) })
        if outside {
            for (place, node) in base.graph.nodes.enumerated() {
                switch node.kind {
                case .internet, .externalAccount, .externalPrincipal, .identityProvider, .instance, .function, .workload, .network:
                    touched.insert(place)
                default: break
                }
            }
        }
        var changes: [Int: GraphEdge?] = [:]
        for place in touched {
            for index in Int(base.graph.starts[place])..<Int(base.graph.starts[place + 1]) {
                let old = base.graph.edges[index]
                guard let new = edges[GraphDraft.key(old.from, old.to)] else {
                    changes[index] = .some(nil)
                    continue
                }
                if new.confidence != old.confidence || new.likelihood != old.likelihood || new.technique != old.technique
                    || new.isHypothetical != old.isHypothetical
                {
                    var kept = new
                    kept.proof = old.proof
                    changes[index] = .some(kept)
                }
            }
        }
        combine(builder, edges, &changes)
        guard !changes.isEmpty else { return found.map { $0 } }
        return again(changes)
    }

    /// Looks again at what several principals together could do, for that rests on edges of others.
    private func combine(_ builder: GraphBuilder, _ edges: [UInt64: GraphEdge], _ changes: inout [Int: GraphEdge?]) {
        guard !combined.isEmpty else { return }
        let isCombined = Set(combined)
        let overlay = changes
        let again = builder.combined(combined.map { Int(base.graph.edges[$0].from) }, proof: base.graph.proof) { [base] node in
            (Int(base.graph.starts[node])..<Int(base.graph.starts[node + 1])).compactMap { index in
                if isCombined.contains(index) { return nil }
                if let change = overlay[index] { return change }
                return base.graph.edges[index]
            }
        }
        for index in combined {
            var edge = base.graph.edges[index]
            let key = GraphDraft.key(edge.from, edge.to)
            if let left = again.first(where: { $0.from == Int(edge.from) && $0.to == Int(edge.to) }) {
                edge.confidence = left.proof.confidence
                edge.likelihood = left.likelihood * left.proof.factor
                edge.isHypothetical = left.isHypothetical
                let old = base.graph.edges[index]
                let isSame =
                    edge.confidence == old.confidence && edge.likelihood == old.likelihood && edge.isHypothetical == old.isHypothetical
                changes[index] = isSame ? nil : .some(edge)
            } else if edges[key] == nil {
                changes[index] = .some(nil)
            }
        }
    }

    private func touch(_ index: Int, _ changed: inout Set<Int>) {
        changed.insert(index)
        let principal = base.snapshot.principals[index]
        if principal.kind == .group { changed.formUnion(members[principal.arn] ?? []) }
    }

    /// Principals with an edge into a node.
    private func sources(into place: Int) -> [Int] {
        (incoming[place] ?? []).compactMap { base.permissions.principalIndex[base.graph.nodes[Int(base.graph.edges[$0].from)].id] }
    }

    private func again(_ changes: [Int: GraphEdge?]) -> [AttackPathFinder.Found?] {
        let keys = Set(changes.keys.map { GraphDraft.key(base.graph.edges[$0].from, base.graph.edges[$0].to) })
        var result: [AttackPathFinder.Found?] = found.map { $0 }
        search.changes = changes
        for (target, indices) in byTarget.sorted(by: { $0.key < $1.key }) {
            let affected = indices.filter { found[$0].edges.contains { keys.contains(GraphDraft.key($0.from, $0.to)) } }
            guard !affected.isEmpty else { continue }
            var wanted = [Bool](repeating: false, count: base.graph.nodes.count)
            for index in affected { wanted[found[index].source] = true }
            var ways: [Int: StrongestPaths.Way] = [:]
            for way in search.ways(to: target, from: wanted) { ways[way.source] = way }
            for index in affected {
                result[index] = ways[found[index].source].map { way in
                    let likelihood = base.graph.nodes[way.source].start * way.likelihood
                    return AttackPathFinder.Found(
                        source: way.source, target: target, edges: way.edges, likelihood: likelihood, confidence: way.confidence,
                        score: AttackPathFinder.rounded(base.graph.nodes[target].value * likelihood))
                }
            }
        }
        search.changes = [:]
        return result
    }
}
