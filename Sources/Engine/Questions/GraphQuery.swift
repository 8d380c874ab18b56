public import CloudModel
import SnapshotStore

/// Questions about who gets what in one collection.
///
/// Other than the list of paths of an analysis, an answer speaks of every resource, whatever it is worth, and counts a principal's own
/// rights and what administrator rights of an account open in it.
public final class GraphQuery {
    let evaluation: Evaluation
    private let names: NodeNames

    /// Evaluates a collection.
    ///
    /// - Throws: ``PremiseError`` when a premise names what is not in it.
    public init(_ collection: CloudCollection, premises: Premises = Premises()) throws(PremiseError) {
        evaluation = Evaluation(Normaliser.normalise(collection), premises: premises)
        try evaluation.checkPremises()
        names = NodeNames(evaluation.graph.nodes, others: ResourceIdentifiers.all(evaluation.snapshot))
    }

    /// Where a question's paths start.
    public enum Origin: Sendable, Hashable {
        /// Any user, group or role.
        case anyPrincipal
        /// `internet`, an ARN or a shorter name.
        case named(String)
    }
    /// Where they end.
    public enum Goal: Sendable, Hashable {
        /// Administrator rights of any account.
        case admin
        /// Everything with a value.
        case jewels
        /// An ARN, `admin:ACCOUNT`, or a shorter name.
        case named(String)
    }
    /// Paths, likeliest first, and what could not be judged about others.
    public struct Paths: Sendable {
        /// The paths.
        public var paths: [AttackPath]
        /// What would have to be known to tell whether there are more; empty when all is known.
        public var doubts: [String]
    }

    /// The strongest path for each start and end, in the form of `paths.json`.
    ///
    /// - Throws: ``PremiseError`` when a name is nothing, or several things, that the collection has.
    public func paths(from origin: Origin, to goal: Goal) throws(PremiseError) -> Paths {
        var graph = evaluation.graph
        let targets: [Int]
        switch goal {
        case .admin: targets = graph.nodes.indices.filter { graph.nodes[$0].kind == .admin }
        case .jewels: targets = graph.nodes.indices.filter { graph.nodes[$0].value > 0 }
        case .named(let name):
            let place = graph.place(of: try names.identifier(of: name))
            targets = place.map { [$0] } ?? []
            if let place { graph = complete(graph, place) }
        }
        var wanted = [Bool](repeating: false, count: graph.nodes.count)
        switch origin {
        case .anyPrincipal:
            for (place, node) in graph.nodes.enumerated() where node.kind.isPrincipal && node.kind != .root {
                if case .named = goal { wanted[place] = true } else { wanted[place] = node.start > 0 }
            }
        case .named(let name):
            if let place = graph.place(of: try names.identifier(of: name)) {
                wanted[place] = true
                // Whoever is asked about stands there.
                if graph.nodes[place].start == 0 { graph.nodes[place].start = 1 }
            }
        }
        // Administrators are no starts of the analysis; asked for, they stand where they are.
        for place in graph.nodes.indices where wanted[place] && graph.nodes[place].start == 0 { graph.nodes[place].start = 1 }
        let finder = AttackPathFinder(graph)
        var search = StrongestPaths(graph)
        let isList = origin == .anyPrincipal && goal == .jewels
        var found: [AttackPathFinder.Found] = []
        for target in targets {
            if isList {
                found += finder.paths(to: target, wanted, &search)
            } else {
                found += search.ways(
                    to: target, from: wanted, andSurest: graph.nodes[target].kind == .admin, others: AttackPathFinder.alternatives
                ).map { finder.found($0, target) }
            }
        }
        let isWorse = AttackPathFinder.isWorse(graph)
        found.sort { $0.score == $1.score && $0.likelihood != $1.likelihood ? $0.likelihood > $1.likelihood : isWorse($0, $1) }
        return Paths(paths: found.map { finder.path($0) }, doubts: Doubts(graph).texts(from: wanted, to: targets))
    }

    /// Everything that an attacker gets to from one place, likeliest first.
    ///
    /// - Throws: ``PremiseError`` as ``paths(from:to:)``.
    public func blastRadius(of name: String) throws(PremiseError) -> [ReachedNode] {
        let base = evaluation.graph
        guard let origin = base.place(of: try names.identifier(of: name)) else { return [] }
        let opened = AdministratorRights.opened(base, evaluation)
        var first = ReachedNodes(opened, .forwards)
        let reached = [origin] + first.all(from: origin).map(\.node)
        let principals = reached.compactMap { evaluation.permissions.principalIndex[base.nodes[$0].id] }.sorted()
        let graph = answer(opened, from: principals) { base.nodes[$0.node].value == 0 }
        var search = ReachedNodes(graph, .forwards)
        return search.all(from: origin).map { one in node(one, graph, beside: one.edge.from) }
    }

    /// Every place from which an attacker gets to one thing, likeliest first.
    ///
    /// - Throws: ``PremiseError`` as ``paths(from:to:)``.
    public func reaching(_ name: String) throws(PremiseError) -> [ReachedNode] {
        let base = evaluation.graph
        guard let target = base.place(of: try names.identifier(of: name)) else { return [] }
        let graph = complete(base, target)
        var search = ReachedNodes(graph, .backwards)
        return search.all(from: target).map { one in node(one, graph, beside: one.edge.to) }
    }

    /// A path of the analysis by its identifier; `nil` when there is none.
    public func path(_ id: String) -> AttackPath? { evaluation.judged().paths.first { $0.id.utf8.elementsEqual(id.utf8) } }

    // MARK: The graph that an answer needs

    private func node(_ one: ReachedNodes.Reached, _ graph: SecurityGraph, beside: Int32) -> ReachedNode {
        let node = graph.nodes[one.node]
        return ReachedNode(
            id: node.id, kind: node.kind, name: node.name, account: node.account, value: node.value > 0 ? node.value : nil,
            likelihood: AttackPathFinder.significant(one.likelihood), hops: one.hops, confidence: one.confidence,
            technique: graph.technique(of: one.edge), beside: graph.nodes[Int(beside)].id)
    }

    /// The graph with every edge that may lead to a target.
    private func complete(_ graph: SecurityGraph, _ target: Int) -> SecurityGraph {
        let opened = AdministratorRights.opened(graph, evaluation, only: target)
        guard graph.nodes[target].value == 0, graph.nodes[target].kind.isData else { return opened }
        return answer(opened, from: Array(evaluation.snapshot.principals.indices)) { $0.node == target }
    }

    private func answer(
        _ graph: SecurityGraph, from principals: [Int], to isAsked: (Store) -> Bool
    ) -> SecurityGraph {
        let stores = evaluation.builder.stores.filter(isAsked)
        guard !stores.isEmpty, !principals.isEmpty else { return graph }
        let builder = GraphBuilder(
            evaluation.builder, graph, evaluation.snapshot, permissions: evaluation.permissions, exposures: evaluation.exposures,
            touched: Touched())
        return builder.answering(graph, from: principals, to: stores)
    }
}

/// What administrator rights of an account open: everything in it. The list of paths ends at the rights themselves; an answer goes on.
enum AdministratorRights {
    static func opened(_ graph: SecurityGraph, _ evaluation: Evaluation, only target: Int? = nil) -> SecurityGraph {
        let draft = GraphDraft(nodesOf: graph)
        var proofs: [String: Proof] = [:]
        for account in evaluation.snapshot.accounts {
            var proof = Proof()
            for evidence in account.evidence { proof.cite(evaluation.permissions.citation(evidence)) }
            proofs[account.id] = proof
        }
        for (place, node) in graph.nodes.enumerated() {
            if let target, place != target { continue }
            guard node.kind != .admin, node.kind != .root, !node.kind.isOutside, let account = node.account, let proof = proofs[account],
                let from = graph.place(of: "admin:\(account)")
            else { continue }
            draft.edge(
                from, place, EdgeKind.administratorAccess.rawValue, likelihood: Likelihood.certain, proof: proof,
                why: "Whoever has administrator rights of account \(account) has what is in it, or may change what stands against that.")
        }
        return draft.graph(adding: graph)
    }
}
