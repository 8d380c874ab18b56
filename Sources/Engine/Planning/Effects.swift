import CloudModel

/// What changes do to the paths that are told and to the exposure: found by evaluating again.
///
/// Where changes only take steps away or make them less likely, the paths that use one of them are looked for again, and the others stand.
/// Where something new could be open, everything is looked for again.
final class Effects {
    private let trials: Trials
    private let found: [AttackPathFinder.Found]
    private var base: Evaluation { trials.reevaluation.base }
    private let before: [Int: Int]
    private var search: StrongestPaths
    private let wanted: [Bool]
    /// The strongest path to each target.
    private let strongest: [Int: AttackPathFinder.Found]
    /// How much was asked so far.
    private(set) var work = 0

    /// What is left after changes.
    struct Effect {
        /// Places of the told paths of whose ends no way is left.
        var closes: [Int]
        /// Exposure that is left, in hundredths, by target.
        var exposure: [String: Int]
        var total: Int { exposure.values.reduce(0, +) }
    }

    init(_ trials: Trials, _ found: [AttackPathFinder.Found]) {
        self.trials = trials
        self.found = found
        let graph = trials.reevaluation.base.graph
        search = StrongestPaths(graph)
        wanted = AttackPathFinder(graph).wanted()
        strongest = Self.strongest(graph)
        before = strongest.mapValues { Self.hundredths($0.score) }
    }

    static func hundredths(_ score: Double) -> Int { Int((score * 100).rounded()) }

    /// Exposure before any change, in hundredths.
    var total: Int { before.values.reduce(0, +) }

    /// The strongest path to each target in a graph.
    static func strongest(_ graph: SecurityGraph) -> [Int: AttackPathFinder.Found] {
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var strongest: [Int: AttackPathFinder.Found] = [:]
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            var best: AttackPathFinder.Found?
            for one in finder.strongest(to: target, wanted, &search) where one.score > best?.score ?? 0 { best = one }
            strongest[target] = best
        }
        return strongest
    }

    func effect(of edits: [Edit]) -> Effect {
        guard !edits.isEmpty else {
            return Effect(closes: [], exposure: exposure(before))
        }
        if let change = weakened(by: edits) { return effect(of: change.edges, andOf: change.data) }
        return whole(trials.reevaluation.evaluation(after: edits).graph)
    }

    private func exposure(_ levels: [Int: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: levels.map { (base.graph.nodes[$0.key].id, $0.value) })
    }

    // MARK: Everything again

    private func whole(_ graph: SecurityGraph) -> Effect {
        work += graph.nodes.count / 16 + graph.edges.count / 16
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var levels: [String: Int] = [:]
        var pairs: [String: Set<String>] = [:]
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            for one in finder.strongest(to: target, wanted, &search) {
                let id = graph.nodes[target].id
                levels[id] = max(levels[id] ?? 0, Self.hundredths(one.score))
                pairs[id, default: []].insert(graph.nodes[one.source].id)
            }
        }
        let closes = found.indices.filter { place in
            let one = found[place]
            return pairs[base.graph.nodes[one.target].id]?.contains(base.graph.nodes[one.source].id) != true
        }
        return Effect(closes: closes, exposure: levels)
    }

    // MARK: Only what changed

    /// The edges that the edits take away or weaken; `nil` where they may do more than that.
    private func weakened(by edits: [Edit]) -> (edges: [Int: GraphEdge?], data: Set<Int>)? {
        let graph = base.graph
        let touched = trials.reevaluation.touched(by: edits)
        guard !base.builder.mayCombine, base.premises.compromised.isEmpty else { return nil }
        let steps = trials.reevaluation.steps(of: touched.asked.sorted(), andOutside: touched.outside, after: edits)
        work += touched.asked.count * 8 + (touched.outside ? base.snapshot.instances.count : 0)
        var nodes = Set(touched.asked.compactMap { graph.place(of: base.snapshot.principals[$0].arn) })
        if touched.outside {
            for (place, node) in graph.nodes.enumerated()
            where node.kind.isOutside || node.kind.isHost { nodes.insert(place) }
        }
        var changes: [Int: GraphEdge?] = [:]
        var data: Set<Int> = []
        var kept = 0
        for node in nodes {
            for index in Int(graph.starts[node])..<Int(graph.starts[node + 1]) {
                let old = graph.edges[index]
                let new = steps.edges[GraphDraft.key(old.from, old.to)]
                if new != nil { kept += 1 }
                if let new, new.likelihood == old.likelihood, new.confidence == old.confidence, new.isHypothetical == old.isHypothetical {
                    continue
                }
                // Whoever is no administrator any more is one more to protect from, and accounts have rights of each other's administrators.
                let (from, to) = (graph.nodes[Int(old.from)], graph.nodes[Int(old.to)])
                if let new, new.likelihood > old.likelihood { return nil }
                if graph.technique(of: old) == "administrator" || from.kind.isPrincipal && from.account != to.account { return nil }
                // Who does not read something by itself any more may have other ways to it, which count now.
                if to.kind.isEverydayRight { data.insert(Int(old.to)) }
                changes[index] = .some(
                    new.map { edge in
                        var edge = edge
                        edge.proof = old.proof
                        return edge
                    })
            }
        }
        // A step that was not there before.
        guard kept == steps.edges.count else { return nil }
        return (changes, data)
    }

    private func effect(of changes: [Int: GraphEdge?], andOf data: Set<Int>) -> Effect {
        guard !changes.isEmpty else { return Effect(closes: [], exposure: exposure(before)) }
        let keys = Set(changes.keys.map { GraphDraft.key(base.graph.edges[$0].from, base.graph.edges[$0].to) })
        func uses(_ one: AttackPathFinder.Found) -> Bool { one.edges.contains { keys.contains(GraphDraft.key($0.from, $0.to)) } }
        let affected = found.indices.filter { uses(found[$0]) }
        let targets = Set(affected.map { found[$0].target }).union(strongest.filter { uses($0.value) }.keys).union(
            data.filter { base.graph.nodes[$0].value > 0 })
        var graph = base.graph
        for (index, edge) in changes {
            if let edge { graph.edges[index] = edge } else { graph.edges[index].isHypothetical = true }
        }
        let finder = AttackPathFinder(graph)
        search.changes = changes
        defer { search.changes = [:] }
        let scanned = search.scanned
        var levels = before
        var left: [Int: Set<Int>] = [:]
        for target in targets.sorted() {
            let paths = finder.strongest(to: target, wanted, &search)
            levels[target] = paths.map { Self.hundredths($0.score) }.max()
            left[target] = Set(paths.map(\.source))
        }
        work += (search.scanned - scanned) / 64
        return Effect(
            closes: affected.filter { left[found[$0].target]?.contains(found[$0].source) != true }, exposure: exposure(levels))
    }
}
