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
    private lazy var search = StrongestPaths(base.graph)
    private let wanted: [Bool]
    /// The strongest path to each target.
    private let strongest: [Int: AttackPathFinder.Found]
    /// How much was asked so far.
    private(set) var work = 0

    /// What is left after changes.
    struct Effect {
        /// Places of the told paths of whose ends no way is left.
        var closes: [Int]
        /// Exposure that is left, in hundredths, by the target's place.
        var exposure: [Int: Int]
        var total: Int { exposure.values.reduce(0, +) }
    }

    /// - Parameters:
    ///   - found: the told paths.
    ///   - strongest: the strongest one to each target, where it is known.
    init(_ trials: Trials, _ found: [AttackPathFinder.Found], strongest: [Int: AttackPathFinder.Found]? = nil) {
        self.trials = trials
        self.found = found
        let graph = trials.reevaluation.base.graph
        wanted = AttackPathFinder(graph).wanted()
        self.strongest = strongest ?? Self.strongest(graph)
        before = self.strongest.mapValues { Self.hundredths($0.score) }
    }

    static func hundredths(_ score: Double) -> Int { Int((score * 100).rounded()) }

    /// Exposure before any change, in hundredths.
    var total: Int { before.values.reduce(0, +) }

    /// The strongest path to each target in a graph.
    static func strongest(_ graph: SecurityGraph) -> [Int: AttackPathFinder.Found] {
        var scanned = 0
        return strongest(graph, &scanned)
    }

    /// The same, with how many edges were looked at for it added to `scanned`.
    static func strongest(_ graph: SecurityGraph, _ scanned: inout Int) -> [Int: AttackPathFinder.Found] {
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var strongest: [Int: AttackPathFinder.Found] = [:]
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            strongest[target] = best(finder.strongest(to: target, wanted, &search))
        }
        scanned += search.scanned
        return strongest
    }

    func effect(of made: Set<Int>) -> Effect {
        guard !made.isEmpty else { return Effect(closes: [], exposure: before) }
        if let change = weakened(by: made) { return effect(of: change.edges, andOf: change.data) }
        let asked = trials.work
        defer { work += trials.work - asked }
        let graph = trials.graph(after: made)
        // With something compromised the graph is built anew, and its nodes may stand elsewhere.
        guard base.premises.compromised.isEmpty else { return whole(graph) }
        return effect(of: affected(graph), in: graph)
    }

    // MARK: Everything again

    private func whole(_ graph: SecurityGraph) -> Effect {
        work += graph.nodes.count / 16 + graph.edges.count / 16
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var levels: [Int: Int] = [:]
        var pairs: [Int: Set<String>] = [:]
        for target in graph.nodes.indices where graph.nodes[target].value > 0 {
            for one in finder.strongest(to: target, wanted, &search) {
                // What is worth something was there before.
                guard let place = base.graph.place(of: graph.nodes[target].id) else { continue }
                levels[place] = max(levels[place] ?? 0, Self.hundredths(one.score))
                pairs[place, default: []].insert(graph.nodes[one.source].id)
            }
        }
        let closes = found.indices.filter { place in
            let one = found[place]
            return pairs[one.target]?.contains(base.graph.nodes[one.source].id) != true
        }
        return Effect(closes: closes, exposure: levels)
    }

    // MARK: Only what changed

    /// The targets whose ways may be others in a graph after changes: those of a way that uses an edge which is gone or weaker, and all that are
    /// reached from where an edge is new or stronger, or from a new start.
    ///
    /// Nothing may be assumed to be compromised: nodes may stand elsewhere then.
    func affected(_ graph: SecurityGraph) -> Set<Int> {
        let (old, new) = (base.graph.edges, graph.edges)
        var targets: Set<Int> = []
        var heads: [Int] = []
        func lose(_ edge: GraphEdge) {
            let key = GraphDraft.key(edge.from, edge.to)
            targets.formUnion(using.targets[key] ?? [])
            for place in using.found[key] ?? [] { targets.insert(found[place].target) }
            let end = Int(edge.to)
            if base.graph.nodes[end].kind.isEverydayRight, base.graph.nodes[end].value > 0 { targets.insert(end) }
        }
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let isGone = j == new.count || i < old.count && (old[i].from, old[i].to) < (new[j].from, new[j].to)
            let isNew = !isGone && (i == old.count || (new[j].from, new[j].to) < (old[i].from, old[i].to))
            if isGone {
                lose(old[i])
                i += 1
                continue
            }
            if isNew {
                heads.append(Int(new[j].to))
                j += 1
                continue
            }
            let (a, b) = (old[i], new[j])
            if a.likelihood != b.likelihood || a.confidence != b.confidence || a.isHypothetical != b.isHypothetical {
                lose(a)
                heads.append(Int(b.to))
            }
            i += 1
            j += 1
        }
        for (place, node) in graph.nodes.enumerated() where place >= base.graph.nodes.count || node.start != base.graph.nodes[place].start {
            heads.append(place)
        }
        var isReached = [Bool](repeating: false, count: graph.nodes.count)
        while let node = heads.popLast() {
            if isReached[node] { continue }
            isReached[node] = true
            if graph.nodes[node].value > 0, node < base.graph.nodes.count { targets.insert(node) }
            for edge in graph.edges(from: node) where !isReached[Int(edge.to)] { heads.append(Int(edge.to)) }
        }
        work += isReached.count / 64
        return targets
    }

    /// The strongest path to each target in a graph after changes.
    func strongest(after graph: SecurityGraph) -> [Int: AttackPathFinder.Found] {
        var scanned = 0
        defer { trials.add(work: scanned / 16) }
        guard base.premises.compromised.isEmpty else { return Self.strongest(graph, &scanned) }
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var all = strongest
        for target in affected(graph) { all[target] = Self.best(finder.strongest(to: target, wanted, &search)) }
        scanned = search.scanned
        return all
    }

    private static func best(_ paths: [AttackPathFinder.Found]) -> AttackPathFinder.Found? {
        var best: AttackPathFinder.Found?
        for one in paths where one.score > best?.score ?? 0 { best = one }
        return best
    }

    /// What is left in a graph of which the ways to some targets alone are others.
    private func effect(of targets: Set<Int>, in graph: SecurityGraph) -> Effect {
        let finder = AttackPathFinder(graph)
        let wanted = finder.wanted()
        var search = StrongestPaths(graph)
        var levels = before
        var left: [Int: Set<Int>] = [:]
        for target in targets.sorted() {
            let paths = finder.strongest(to: target, wanted, &search)
            levels[target] = paths.map { Self.hundredths($0.score) }.max()
            left[target] = Set(paths.map(\.source))
        }
        work += search.scanned / 64
        let closes = found.indices.filter { left[found[$0].target].map { [source = found[$0].source] in !$0.contains(source) } ?? false }
        return Effect(closes: closes, exposure: levels)
    }

    /// The edges that changes take away or weaken; `nil` where they may do more than that.
    private func weakened(by made: Set<Int>) -> (edges: [Int: GraphEdge?], data: Set<Int>)? {
        let graph = base.graph
        // Where attackers start likewise decides on paths, and is no edge.
        guard base.premises.compromised.isEmpty, !made.contains(where: trials.movesStarts) else { return nil }
        let asked = trials.work
        defer { work += trials.work - asked }
        var changes: [Int: GraphEdge?] = [:]
        var data: Set<Int> = []
        let concerned = trials.concerned(by: made)
        for case .principal(let index) in concerned where combination.rests(on: graph.place(of: base.snapshot.principals[index].arn)) {
            return nil
        }
        trials.prepare(concerned, after: made)
        for part in concerned {
            // What several principals do together rests on rights that are no step of one of them.
            if case .principal(let index) = part, combination.rests(on: graph.place(of: base.snapshot.principals[index].arn)) { return nil }
            guard let steps = trials.steps(of: part, after: made) else { continue }
            var kept = 0
            for index in trials.parts.edges(of: part) {
                let old = graph.edges[index]
                let new = steps.step(Int(old.from), Int(old.to))
                if new != nil { kept += 1 }
                if let new, new.likelihood == old.likelihood, new.confidence == old.confidence, new.isHypothetical == old.isHypothetical {
                    continue
                }
                // Whoever is no administrator any more is one more to protect from, and accounts have rights of each other's administrators.
                let (from, to) = (graph.nodes[Int(old.from)], graph.nodes[Int(old.to)])
                if let new, new.likelihood > old.likelihood || old.isHypothetical && !new.isHypothetical { return nil }
                if graph.technique(of: old) == "administrator" || from.kind.isPrincipal && from.account != to.account { return nil }
                if combination.bears(on: Int(old.from), losing: to.kind == .admin) { return nil }
                // Who does not read something by itself any more may have other ways to it, which count now.
                if to.kind.isEverydayRight { data.insert(Int(old.to)) }
                changes[index] = .some(
                    new.map { step in
                        var edge = old
                        edge.likelihood = step.likelihood
                        edge.confidence = step.confidence
                        edge.isHypothetical = step.isHypothetical
                        return edge
                    })
            }
            // A step that was not there before.
            guard kept == steps.list.count else { return nil }
        }
        return (changes, data)
    }

    /// Told paths, and targets whose strongest path it is, by the steps that they use.
    private lazy var using: (found: [UInt64: [Int]], targets: [UInt64: [Int]]) = {
        var using: (found: [UInt64: [Int]], targets: [UInt64: [Int]]) = ([:], [:])
        for (place, one) in found.enumerated() {
            for edge in one.edges { using.found[GraphDraft.key(edge.from, edge.to), default: []].append(place) }
        }
        for (target, one) in strongest {
            for edge in one.edges { using.targets[GraphDraft.key(edge.from, edge.to), default: []].append(target) }
        }
        return using
    }()
    /// Who gets to steps of several principals together.
    private lazy var combination = Combination(trials.reevaluation)

    private func effect(of changes: [Int: GraphEdge?], andOf data: Set<Int>) -> Effect {
        guard !changes.isEmpty else { return Effect(closes: [], exposure: before) }
        var affected: Set<Int> = []
        var targets = data.filter { base.graph.nodes[$0].value > 0 }
        for place in changes.keys {
            let key = GraphDraft.key(base.graph.edges[place].from, base.graph.edges[place].to)
            affected.formUnion(using.found[key] ?? [])
            targets.formUnion(using.targets[key] ?? [])
        }
        targets.formUnion(affected.map { found[$0].target })
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
            closes: affected.sorted().filter { left[found[$0].target]?.contains(found[$0].source) != true }, exposure: levels)
    }
}

/// Where taking steps away may change what attackers do who hold several principals, beyond the steps that are taken away.
private struct Combination {
    /// Nodes that have such a step, or are on a way from one.
    private var isBehind: [Bool] = []
    /// Nodes from which somebody is reached who may change the policies of others.
    private var isBefore: [Bool] = []

    init(_ reevaluation: Reevaluation) {
        let base = reevaluation.base
        let graph = base.graph
        let behind = reevaluation.combining.compactMap { graph.place(of: base.snapshot.principals[$0].arn) }
        if !behind.isEmpty { isBehind = Self.reached(behind, graph.nodes.count, graph.edges.map { ($0.from, $0.to) }) }
        let writers = base.builder.writers.compactMap { graph.place(of: base.snapshot.principals[$0].arn) }
        if !writers.isEmpty { isBefore = Self.reached(writers, graph.nodes.count, graph.edges.map { ($0.to, $0.from) }) }
    }

    private static func reached(_ starts: [Int], _ count: Int, _ steps: [(from: Int32, to: Int32)]) -> [Bool] {
        var next = [[Int32]](repeating: [], count: count)
        for step in steps { next[Int(step.from)].append(step.to) }
        var isReached = [Bool](repeating: false, count: count)
        for start in starts { isReached[start] = true }
        var queue = starts
        while let node = queue.popLast() {
            for other in next[node] where !isReached[Int(other)] {
                isReached[Int(other)] = true
                queue.append(Int(other))
            }
        }
        return isReached
    }

    /// Whether a step that is there rests on what a node may do.
    func rests(on node: Int?) -> Bool { node.map { !isBehind.isEmpty && isBehind[$0] } ?? false }

    /// Whether a step less from a node may matter; whoever loses the way to administrator rights may come to need others' help.
    func bears(on node: Int, losing isAdministrators: Bool) -> Bool {
        !isBehind.isEmpty && isBehind[node] || isAdministrators && !isBefore.isEmpty && isBefore[node]
    }
}
