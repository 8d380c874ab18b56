import CloudModel

/// Collects nodes and edges; of several edges between two nodes the surest and then the likeliest stays, the others are named beside it.
final class GraphDraft {
    private(set) var nodes: [GraphNode] = []
    private(set) var places: [String: Int] = [:]
    private var edges: [GraphEdge] = []
    private var proofs: [KeptProof] = []
    private var byEnds: [UInt64: Int] = [:]
    private var techniques: [String] = []
    private var techniquePlaces: [String: Int32] = [:]
    private var latest: (name: String, place: Int32) = ("", -1)
    /// Lists of other techniques, each once, and which one follows when a technique is added to one.
    private var lists: [[String]] = [[]]
    private var longer: [UInt64: Int32] = [:]

    /// Every technique and kind of edge, so that all graphs number them alike.
    private static let known: [String] =
        EscalationCatalogue.techniques.map(\.id) + EdgeKind.allCases.filter { $0 != .escalation }.map(\.rawValue)

    private static let knownPlaces = Dictionary(known.enumerated().map { ($1, Int32($0)) }) { first, _ in first }

    init() {
        techniques = Self.known
        techniquePlaces = Self.knownPlaces
        node("internet", .internet, name: "Internet", account: nil)
    }

    /// What the principal does first, with every step that is added now.
    struct Prelude {
        var technique: String
        var proof: Proof
        var text: String
    }
    var prelude: Prelude?

    /// The nodes of a graph, without edges.
    init(nodesOf graph: SecurityGraph) {
        nodes = graph.nodes
        places = graph.places
        techniques = graph.techniques
        techniquePlaces =
            techniques == Self.known
            ? Self.knownPlaces : Dictionary(techniques.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    }

    /// The edges so far, by both ends.
    var edgesByEnds: [UInt64: GraphEdge] { byEnds.mapValues { edges[$0] } }

    /// Both ends as one key.
    static func key(_ from: Int32, _ to: Int32) -> UInt64 { UInt64(from) << 32 | UInt64(to) }

    /// The place of a node, made when it is new.
    @discardableResult
    func node(_ id: String, _ kind: NodeKind, name: String, account: String?) -> Int {
        if let place = places[id] { return place }
        places[id] = nodes.count
        nodes.append(GraphNode(id: id, kind: kind, name: name, account: account, value: 0, valueReason: ""))
        return nodes.count - 1
    }

    /// Marks a node as a crown jewel.
    func value(_ place: Int, _ value: Double, _ reason: String) {
        nodes[place].value = value
        nodes[place].valueReason = reason
    }

    /// Says how likely an attacker stands at a node at the start.
    func start(_ place: Int, _ likelihood: Double) { nodes[place].start = likelihood }

    /// Certain edges from principals of one of these accounts to nodes of another one.
    func crossings(among accounts: Set<String>) -> [(edge: GraphEdge, proof: EdgeProof)] {
        edges.compactMap { edge in
            let (from, to) = (Int(edge.from), Int(edge.to))
            guard nodes[from].account != nodes[to].account, nodes[from].kind.isPrincipal, !edge.isHypothetical,
                let home = nodes[from].account, let abroad = nodes[to].account, accounts.contains(home), accounts.contains(abroad)
            else { return nil }
            return (edge, proof(of: edge))
        }
    }

    /// Adds an edge like another one from another place, as one more step of the same attacker.
    func `repeat`(_ edge: GraphEdge, from: Int, _ technique: String, via: [String], why: String) {
        let old = proofs[Int(edge.proof)]
        let isConditional = edge.confidence == .conditional
        let proof = Proof(
            confidence: edge.confidence, conditions: isConditional ? old.conditions : [], unknowns: isConditional ? [] : old.conditions,
            citations: old.citations)
        add(
            from, Int(edge.to), technique, likelihood: edge.likelihood / proof.factor * Likelihood.certain, proof: proof, via: via,
            hypothetical: false, why: why)
    }

    /// Adds a step. `why` is only made when the edge is kept.
    func edge(
        _ from: Int, _ to: Int, _ technique: String, likelihood: Double, proof: Proof, via: [String] = [], hypothetical: Bool = false,
        why: @autoclosure () -> String
    ) {
        if let prelude {
            add(prelude, from, to, likelihood, proof, via, hypothetical, why())
        } else {
            add(from, to, technique, likelihood: likelihood, proof: proof, via: via, hypothetical: hypothetical, why: why())
        }
    }

    /// Adds a step of which everything but who takes it is told of others as well.
    func edge(
        _ from: Int, _ to: Int, _ technique: String, likelihood: Double, proof: Proof, hypothetical: Bool = false, telling: Telling
    ) {
        if let prelude {
            add(prelude, from, to, likelihood, proof, telling.via, hypothetical, nodes[from].label + telling.words)
        } else {
            add(
                from, to, technique, likelihood: likelihood, proof: proof, via: telling.via, hypothetical: hypothetical, isOfStart: true,
                why: telling.words)
        }
    }

    private func add(
        _ prelude: Prelude, _ from: Int, _ to: Int, _ likelihood: Double, _ proof: Proof, _ via: [String], _ hypothetical: Bool,
        _ why: @autoclosure () -> String
    ) {
        var whole = prelude.proof
        whole.add(proof)
        add(
            from, to, prelude.technique, likelihood: likelihood * Likelihood.certain, proof: whole, via: via,
            hypothetical: hypothetical || prelude.proof.confidence == .unknown, why: prelude.text + why())
    }

    private func add(
        _ from: Int, _ to: Int, _ technique: String, likelihood: Double, proof: Proof, via: [String], hypothetical: Bool,
        isOfStart: Bool = false, why: @autoclosure () -> String
    ) {
        guard from != to else { return }
        let weighted = likelihood * proof.factor
        func edge(_ place: Int32) -> GraphEdge {
            GraphEdge(
                from: Int32(from), to: Int32(to), technique: techniquePlace(technique), proof: place, likelihood: weighted,
                confidence: proof.confidence, isHypothetical: hypothetical)
        }
        func kept(_ alternatives: Int32) -> KeptProof {
            KeptProof(
                words: why(), isOfStart: isOfStart, alternatives: alternatives, citations: proof.citations, conditions: proof.reservations,
                via: via)
        }
        let key = UInt64(from) << 32 | UInt64(to)
        guard let place = byEnds[key] else {
            byEnds[key] = edges.count
            edges.append(edge(Int32(proofs.count)))
            proofs.append(kept(0))
            return
        }
        let old = edges[place]
        let isBetter =
            (hypothetical ? 1 : 0, proof.confidence.rank, -weighted) < (
                old.isHypothetical ? 1 : 0, old.confidence.rank, -old.likelihood
            )
        if isBetter {
            // What is there is no other way where the old one was only a possibility.
            let isFirst = old.isHypothetical && !hypothetical
            var alternatives = isFirst ? 0 : proofs[Int(old.proof)].alternatives
            let name = techniques[Int(old.technique)]
            if !isFirst, name != technique { alternatives = list(alternatives, with: name) }
            edges[place] = edge(old.proof)
            proofs[Int(old.proof)] = kept(alternatives)
        } else if old.isHypothetical || !hypothetical, techniques[Int(old.technique)] != technique {
            proofs[Int(old.proof)].alternatives = list(proofs[Int(old.proof)].alternatives, with: technique)
        }
    }

    /// The list that holds a technique besides those of another one.
    private func list(_ place: Int32, with technique: String) -> Int32 {
        let key = UInt64(UInt32(place)) << 32 | UInt64(UInt32(techniquePlace(technique)))
        if let known = longer[key] { return known }
        let found: Int32
        if lists[Int(place)].contains(technique) {
            found = place
        } else {
            found = Int32(lists.count)
            lists.append(lists[Int(place)] + [technique])
        }
        longer[key] = found
        return found
    }

    /// Takes an edge of another graph over as it is; there must be none between these nodes.
    func take(_ edge: GraphEdge, of graph: SecurityGraph, _ from: Int, _ to: Int, without technique: String) {
        var kept = graph.proofs[Int(edge.proof)]
        kept.alternatives = graph.alternatives(of: edge).filter { $0 != technique }.reduce(0) { list($0, with: $1) }
        var edge = edge
        edge.from = Int32(from)
        edge.to = Int32(to)
        edge.technique = techniquePlace(graph.technique(of: edge))
        edge.proof = Int32(proofs.count)
        byEnds[Self.key(edge.from, edge.to)] = edges.count
        edges.append(edge)
        proofs.append(kept)
    }

    /// An edge with why it exists.
    struct Found {
        var edge: GraphEdge
        fileprivate var proof: KeptProof
        fileprivate var alternatives: [String]
    }
    /// How many edges there are.
    var count: Int { edges.count }
    /// The edges that were added since there were so many.
    func found(from count: Int) -> [Found] {
        edges[count...].map { edge in
            let proof = proofs[Int(edge.proof)]
            return Found(edge: edge, proof: proof, alternatives: lists[Int(proof.alternatives)])
        }
    }

    /// Takes over edges of the graph whose nodes these are, ordered by both ends, and others besides. More are added only from places that
    /// none of them starts at, unless ends are indexed first.
    func fill(_ kept: [GraphEdge], of graph: SecurityGraph, with others: [Found]) {
        proofs = graph.proofs
        lists = graph.otherTechniques
        longer = [:]
        var known: [[String]: Int32] = [[]: 0]
        var new: [GraphEdge] = []
        for one in others {
            var proof = one.proof
            if let place = known[one.alternatives] {
                proof.alternatives = place
            } else {
                proof.alternatives = Int32(lists.count)
                known[one.alternatives] = proof.alternatives
                lists.append(one.alternatives)
            }
            var edge = one.edge
            edge.proof = Int32(proofs.count)
            proofs.append(proof)
            new.append(edge)
        }
        edges = SecurityGraph.merged(kept, new)
    }

    /// Makes edges that were filled in known by their ends, so that others may be added between the same.
    func indexEnds() {
        guard byEnds.count < edges.count else { return }
        byEnds.reserveCapacity(edges.count)
        for (place, edge) in edges.enumerated() { byEnds[Self.key(edge.from, edge.to)] = place }
    }

    /// Why an edge exists.
    func proof(of edge: GraphEdge) -> EdgeProof { proofs[Int(edge.proof)].told(by: nodes[Int(edge.from)], lists) }

    /// Whether a proven step leads from one node to another.
    func isProven(_ from: Int, _ to: Int) -> Bool {
        byEnds[UInt64(from) << 32 | UInt64(to)].map { edges[$0].confidence == .proven } ?? false
    }

    /// The place of a technique's or kind's name, which most often is the one asked for last.
    func techniquePlace(_ name: String) -> Int32 {
        if name == latest.name { return latest.place }
        let place = techniquePlaces[name] ?? Int32(techniques.count)
        if Int(place) == techniques.count {
            techniques.append(name)
            techniquePlaces[name] = place
        }
        latest = (name, place)
        return place
    }

    /// The graph, edges ordered by both ends.
    func graph() -> SecurityGraph {
        var graph = SecurityGraph()
        graph.nodes = nodes
        graph.places = places
        graph.techniques = techniques
        graph.proofs = proofs
        graph.otherTechniques = lists
        graph.order(edges)
        return graph
    }

    /// Forgets the edges, which the graph has.
    func letGo() {
        edges = []
        proofs = []
        byEnds = [:]
    }

    /// A graph whose nodes these are, with the edges that it does not have yet.
    func graph(adding base: SecurityGraph) -> SecurityGraph {
        var graph = base
        graph.techniques = techniques
        graph.proofs += proofs.map { proof in
            var proof = proof
            proof.alternatives += Int32(base.otherTechniques.count)
            return proof
        }
        graph.otherTechniques += lists
        let known = Set(base.edges.map { Self.key($0.from, $0.to) })
        let more = edges.filter { !known.contains(Self.key($0.from, $0.to)) }.map { edge in
            var edge = edge
            edge.proof += Int32(base.proofs.count)
            return edge
        }
        graph.order(base.edges + more)
        return graph
    }
}
