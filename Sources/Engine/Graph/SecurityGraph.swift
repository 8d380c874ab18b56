public import CloudModel

/// A node: where an attacker can stand, or what an attacker can get.
public struct GraphNode: Sendable {
    /// Native identifier: an ARN, `internet`, or `admin:ACCOUNT`.
    public var id: String
    /// What it is.
    public var kind: NodeKind
    /// Its name as people call it.
    public var name: String
    /// Its account; `nil` for the internet.
    public var account: String?
    /// Its value as a crown jewel, 1 to 100; 0 when it is none.
    public var value: Double
    /// Why it counts as a crown jewel.
    public var valueReason: String
    /// How likely an attacker stands here at the start; 0 where none is taken to.
    public var start: Double = 0
}

/// An edge: one step that an attacker can take.
public struct GraphEdge: Sendable {
    /// Place of the node it starts at.
    public var from: Int32
    /// Place of the node it ends at.
    public var to: Int32
    /// The technique's identifier or the edge's kind, as a place in ``SecurityGraph/techniques``.
    public var technique: Int32
    /// Place in ``SecurityGraph/proofs``.
    public var proof: Int32
    /// How likely it is taken, confidence included.
    public var likelihood: Double
    /// How sure it is.
    public var confidence: Confidence
    /// Whether it is only a possibility: it stands for something that was not collected and may not exist. It counts when asking what is
    /// not known, and never appears in a path.
    public var isHypothetical: Bool
}

/// Why an edge exists.
public struct EdgeProof: Sendable {
    /// One sentence with the facts.
    public var why: String
    /// The facts.
    public var citations: [Citation]
    /// What must hold besides; empty when nothing.
    public var conditions: [String]
    /// Identifiers of other techniques that lead from the same node to the same one.
    public var alternatives: [String]
    /// Resources in the middle that a change could be made to: a function, an instance, a security group.
    public var via: [String]
}

/// What is told of many steps of the same kind, whoever takes them: made once.
struct Telling: Sendable {
    /// What follows the name of the one who takes the step.
    var words: String
    /// Resources in the middle.
    var via: [String] = []
    /// Where the resource in the middle, or at the end, was read.
    var fact: Citation?
}

/// Why an edge exists, as a graph of millions keeps it: what edges have in common is shared.
struct KeptProof: Sendable {
    /// The sentence, or where it begins with who takes the step what follows.
    var words: String
    var isOfStart: Bool
    /// Place in ``SecurityGraph/otherTechniques``.
    var alternatives: Int32 = 0
    var citations: [Citation]
    var conditions: [String]
    var via: [String]

    /// All of it, for an edge that starts at a node.
    func told(by start: GraphNode, _ lists: [[String]]) -> EdgeProof {
        EdgeProof(
            why: isOfStart ? start.label + words : words, citations: citations, conditions: conditions,
            alternatives: lists[Int(alternatives)], via: via)
    }
}

extension GraphNode {
    /// `Role NAME` and the like, of a principal.
    var label: String { "\(kind == .user ? "User" : kind == .group ? "A member of group" : "Role") \(name)" }
}

/// Who can get what from where, in compact arrays.
public struct SecurityGraph: Sendable {
    /// The nodes; the internet is the first.
    public internal(set) var nodes: [GraphNode] = []
    /// The edges, grouped by where they start.
    public internal(set) var edges: [GraphEdge] = []
    /// For each node the range of its edges: `starts[n]..<starts[n + 1]`.
    public internal(set) var starts: [Int32] = []
    /// Names of techniques and edge kinds.
    public internal(set) var techniques: [String] = []
    /// Why edges exist, as it is kept.
    var proofs: [KeptProof] = []
    /// Names of other techniques: the lists that edges share.
    var otherTechniques: [[String]] = [[]]
    /// Places of nodes by identifier.
    public internal(set) var places: [String: Int] = [:]

    /// An empty graph.
    public init() {}

    /// The edges that start at a node.
    public func edges(from node: Int) -> ArraySlice<GraphEdge> { edges[Int(starts[node])..<Int(starts[node + 1])] }
    /// The edge that leads from one node to another; `nil` when there is none. There is never more than one.
    func edge(from: Int, to: Int) -> GraphEdge? {
        var low = Int(starts[from])
        var high = Int(starts[from + 1])
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if Int(edges[middle].to) < to { low = middle + 1 } else { high = middle }
        }
        return low < end && Int(edges[low].to) == to ? edges[low] : nil
    }
    /// Why an edge exists.
    public func proof(of edge: GraphEdge) -> EdgeProof {
        proofs[Int(edge.proof)].told(by: nodes[Int(edge.from)], otherTechniques)
    }
    /// Identifiers of other techniques that lead from where an edge starts to where it ends.
    func alternatives(of edge: GraphEdge) -> [String] { otherTechniques[Int(proofs[Int(edge.proof)].alternatives)] }
    /// An edge's technique or kind.
    public func technique(of edge: GraphEdge) -> String { techniques[Int(edge.technique)] }
    /// The node's place; `nil` when the graph does not have it.
    public func place(of id: String) -> Int? { places[id] }

    /// Whether a proven step leads from one node to another.
    func isProven(_ from: Int, _ to: Int) -> Bool { edge(from: from, to: to)?.confidence == .proven }

    /// Takes it that an attacker stands at a node already; what runs there is taken over then.
    mutating func assumeCompromised(_ names: [String]) {
        guard !names.isEmpty else { return }
        let known = NodeNames(nodes)
        for name in names { if case .found(let id) = known.look(up: name), let place = place(of: id) { assumeCompromised(place) } }
    }

    /// Takes one node as compromised.
    mutating func assumeCompromised(_ place: Int) {
        nodes[place].start = 1
        for index in Int(starts[place])..<Int(starts[place + 1]) {
            switch EdgeKind(technique: technique(of: edges[index])) {
            case .executionRole, .instanceProfile, .workloadRole:
                edges[index].likelihood = Likelihood.certain * edges[index].confidence.factor
            case .networkSegment where nodes[Int(edges[index].to)].kind == .network:
                edges[index].likelihood = edges[index].confidence.factor
            case .networkLateral where nodes[place].kind != .network:
                let login = nodes[Int(edges[index].to)].kind == .database ? Likelihood.databaseLogin : 1
                edges[index].likelihood = Likelihood.lateral * login * edges[index].confidence.factor
            default: break
            }
        }
    }
}

extension SecurityGraph {
    /// Takes these edges, ordered by both ends.
    mutating func order(_ edges: [GraphEdge]) {
        self.edges = edges.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        starts = [Int32](repeating: 0, count: nodes.count + 1)
        for edge in self.edges { starts[Int(edge.from) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
    }
}

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

    init() {
        techniques = Self.known
        techniquePlaces = Dictionary(techniques.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
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
        techniquePlaces = Dictionary(graph.techniques.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
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
            let (from, to) = (nodes[Int(edge.from)], nodes[Int(edge.to)])
            guard from.kind.isPrincipal, !edge.isHypothetical, let home = from.account, let abroad = to.account, home != abroad,
                accounts.contains(home), accounts.contains(abroad)
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
