import CloudModel

/// Answers "is this way open once these changes are made?" by evaluating again what the way's steps rest on.
final class Trials {
    let reevaluation: Reevaluation
    private var base: Evaluation { reevaluation.base }
    /// The changes that are known so far.
    private(set) var fixes: [CandidateFix] = []
    private var places: [String: Int] = [:]
    /// For each change the nodes whose steps may be others after it, by place in the base graph; `nil` for all.
    private var concerns: [Set<Int>] = []
    private let baseWays: OpenWays
    /// How many questions were answered, each once.
    private(set) var count = 0
    private var known: [Question: Standing] = [:]

    private struct Question: Hashable {
        var way: OpenWay
        var made: Set<Int>
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
        baseWays = OpenWays(reevaluation.base.graph)
    }

    /// The place of a change, made when it is new.
    @discardableResult
    func place(of fix: CandidateFix) -> Int {
        if let place = places[fix.id] { return place }
        places[fix.id] = fixes.count
        fixes.append(fix)
        concerns.append(concern(of: fix))
        return fixes.count - 1
    }

    func place(of id: String) -> Int? { places[id] }

    func edits(_ made: Set<Int>) -> [Edit] { made.sorted().flatMap { fixes[$0].edits } }

    private func concern(of fix: CandidateFix) -> Set<Int> {
        let touched = reevaluation.touched(by: fix.edits)
        var nodes = Set(touched.asked.compactMap { base.graph.place(of: base.snapshot.principals[$0].arn) })
        if touched.outside {
            for (place, node) in base.graph.nodes.enumerated() {
                if node.kind.isOutside || node.kind.isHost { nodes.insert(place) }
            }
        }
        return nodes
    }

    /// The changes that may concern a way.
    func concerning(_ way: OpenWay) -> Set<Int> {
        guard !isIntertwined(way) else { return Set(fixes.indices) }
        let nodes = Set(way.nodes.dropLast().compactMap { base.graph.place(of: $0) })
        return Set(fixes.indices.filter { !concerns[$0].isDisjoint(with: nodes) })
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
        let question = Question(way: way, made: made.intersection(concerning(way)))
        if let known = known[question] { return known }
        count += 1
        let answer = isIntertwined(way) ? whole(way, question.made) : local(way, question.made)
        known[question] = answer
        return answer
    }

    func isOpen(_ way: OpenWay, after made: Set<Int>) -> Bool { standing(of: way, after: made).isOpen }

    /// Everything evaluated again.
    private func whole(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = reevaluation.evaluation(after: edits(made)).graph
        let ways = OpenWays(graph)
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
        return Standing(likelihood: likelihood, counts: ways.counts(source, target))
    }

    /// Only the steps of those on the way evaluated again.
    private func local(_ way: OpenWay, _ made: Set<Int>) -> Standing {
        let graph = base.graph
        let places = way.nodes.compactMap { graph.place(of: $0) }
        guard places.count == way.nodes.count, let source = places.first, let target = places.last else {
            return Standing(likelihood: nil, counts: false)
        }
        let principals = places.dropLast().compactMap { base.permissions.principalIndex[graph.nodes[$0].id] }
        let steps = reevaluation.steps(
            of: Array(Set(principals)).sorted(), andOutside: principals.count < places.count - 1, after: edits(made))
        let node = graph.nodes[source]
        // Who is no administrator any more starts like anyone else.
        var start = node.start
        if start == 0, node.kind.isPrincipal, node.kind != .root, let index = base.permissions.principalIndex[way.source],
            steps.builder.administrators[index]?.confidence != .proven
        {
            start = Likelihood.start(node.kind)
        }
        var likelihood: Double? = start
        for (from, to) in zip(places, places.dropFirst()) {
            guard let edge = steps.edges[GraphDraft.key(Int32(from), Int32(to))], !edge.isHypothetical else {
                likelihood = nil
                break
            }
            likelihood = likelihood.map { $0 * edge.likelihood }
        }
        var counts = start > 0
        if graph.nodes[target].kind.isEverydayRight, AttackPathFinder.entry(node) == "principal" {
            let own =
                steps.edges[GraphDraft.key(Int32(source), Int32(target))].map { !$0.isHypothetical && $0.confidence != .unknown } ?? false
            counts = counts && !own && node.kind != .group
        }
        return Standing(likelihood: likelihood, counts: counts)
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
