import CloudModel

/// Collects nodes and edges; of several edges between two nodes the surest and then the likeliest stays, the others are named beside it.
final class GraphDraft {
    private(set) var nodes: [GraphNode] = []
    private(set) var places: [String: Int] = [:]
    var edges: [GraphEdge] = []
    var proofs = KeptProofs()
    /// Whether it is kept why edges exist.
    var tells = true
    var byEnds: [UInt64: Int] = [:]
    var techniques: [String] = []
    private var techniquePlaces: [String: Int32] = [:]
    private var latest: (name: String, place: Int32) = ("", -1)
    /// Lists of other techniques, each once, and which one follows when a technique is added to one.
    var lists: [[String]] = [[]]
    var longer: [UInt64: Int32] = [:]
    /// Steps that nodes share, the offers of one that is being worked out, and where nodes have edges of their own.
    var rows = StepRows()
    var recorded: [StepRows.Offer]?
    var targets: [Int32: [Int32]] = [:]
    /// What rows that are taken together come to.
    var merged: [[Int32]: Int] = [:]
    var mergedRows: [[GraphEdge]] = []

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
    func start(_ place: Int, _ likelihood: Double) {
        // Nodes are shared with other graphs as long as they are the same.
        if nodes[place].start != likelihood { nodes[place].start = likelihood }
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
        guard from != to || recorded != nil else { return }
        func kept() -> KeptProof {
            guard tells else { return .untold }
            return KeptProof(words: why(), isOfStart: isOfStart, citations: proof.citations, conditions: proof.reservations, via: via)
        }
        let edge = GraphEdge(
            from: Int32(from), to: Int32(to), technique: techniquePlace(technique), proof: -1, likelihood: likelihood * proof.factor,
            confidence: proof.confidence, isHypothetical: hypothetical)
        if recorded != nil {
            recorded?.append(StepRows.Offer(edge, kept()))
        } else {
            part(edge.from, from: edge.to)
            put(edge, kept)
        }
    }

    /// Adds an edge, or takes what it says into the one that is there.
    func put(_ edge: GraphEdge, _ kept: () -> KeptProof) {
        let key = Self.key(edge.from, edge.to)
        guard let place = byEnds[key] else {
            byEnds[key] = edges.count
            edges.append(edge)
            edges[edges.count - 1].proof = Int32(proofs.count)
            proofs.append(kept())
            targets[edge.from, default: []].append(edge.to)
            return
        }
        take(edge, into: &edges[place], kept)
    }

    /// Of two steps between the same nodes the better one stays, and the other's technique is named beside it.
    func take(_ edge: GraphEdge, into old: inout GraphEdge, _ kept: () -> KeptProof) {
        let place = Int(old.proof)
        if edge.isBetter(than: old) {
            // What is there is no other way where the old one was only a possibility.
            let isFirst = old.isHypothetical && !edge.isHypothetical
            var alternatives = isFirst ? 0 : proofs[place].alternatives
            if !isFirst, old.technique != edge.technique { alternatives = list(alternatives, with: old.technique) }
            old = edge
            old.proof = Int32(place)
            proofs[place] = kept()
            proofs[place].alternatives = alternatives
        } else if old.isHypothetical || !edge.isHypothetical, old.technique != edge.technique {
            proofs[place].alternatives = list(proofs[place].alternatives, with: edge.technique)
        }
    }

    /// The list that holds a technique besides those of another one.
    func list(_ place: Int32, with number: Int32) -> Int32 {
        let key = UInt64(UInt32(place)) << 32 | UInt64(UInt32(number))
        if let known = longer[key] { return known }
        let technique = techniques[Int(number)]
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

    /// Why an edge exists.
    func proof(of edge: GraphEdge) -> EdgeProof { proofs[Int(edge.proof)].told(by: nodes[Int(edge.from)], lists) }

    /// Whether a proven step leads from one node to another.
    func isProven(_ from: Int, _ to: Int) -> Bool {
        if let place = byEnds[Self.key(Int32(from), Int32(to))] { return edges[place].confidence == .proven }
        return rows.offers(from: Int32(from), to: Int32(to)).contains { $0.edge.confidence == .proven }
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
        let rowOf = rows.takers.mapValues(merge)
        graph.proofs = proofs.settled
        graph.otherTechniques = lists
        if rowOf.isEmpty { graph.order(edges) } else { graph.order(edges, sharing: mergedRows, rowOf) }
        return graph
    }

    /// Forgets the edges, which the graph has.
    func letGo() {
        edges = []
        proofs = KeptProofs()
        byEnds = [:]
        targets = [:]
        rows = StepRows()
        merged = [:]
        mergedRows = []
    }
}
