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

    /// Whether it says more than another one between the same nodes: what exists, then what is surer, then what is likelier.
    func isBetter(than other: GraphEdge) -> Bool {
        (isHypothetical ? 1 : 0, confidence.rank, -likelihood) < (other.isHypothetical ? 1 : 0, other.confidence.rank, -other.likelihood)
    }
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

    /// Where nobody asks.
    static let untold = KeptProof(words: "", isOfStart: false, citations: [], conditions: [], via: [])

    /// All of it, for an edge that starts at a node.
    func told(by start: GraphNode, _ lists: [[String]]) -> EdgeProof {
        EdgeProof(
            why: isOfStart ? start.label + words : words, citations: citations, conditions: conditions,
            alternatives: lists[Int(alternatives)], via: via)
    }
}

/// Why edges exist, in a list that graphs after changes share with the one before: each has its own behind it.
struct KeptProofs: Sendable {
    private var shared: [KeptProof] = []
    private var own: [KeptProof] = []

    var count: Int { shared.count + own.count }

    subscript(place: Int) -> KeptProof {
        get { place < shared.count ? shared[place] : own[place - shared.count] }
        _modify {
            if place < shared.count { yield &shared[place] } else { yield &own[place - shared.count] }
        }
    }

    mutating func append(_ proof: KeptProof) { own.append(proof) }

    /// The same, all of it to be shared; where most is shared already, as it is.
    var settled: KeptProofs {
        guard shared.isEmpty else { return self }
        var all = KeptProofs()
        all.shared = own
        return all
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
    public internal(set) var edges: [GraphEdge] = [] { didSet { blocks = nil } }
    /// For each node the range of its edges: `starts[n]..<starts[n + 1]`.
    public internal(set) var starts: [Int32] = []
    /// Names of techniques and edge kinds.
    public internal(set) var techniques: [String] = []
    /// Why edges exist, as it is kept.
    var proofs = KeptProofs()
    /// Names of other techniques: the lists that edges share.
    var otherTechniques: [[String]] = [[]]
    /// Places of nodes by identifier.
    public internal(set) var places: [String: Int] = [:]
    /// What nodes have in common, as long as no edge is changed.
    var blocks: EdgeBlocks?

    /// An empty graph.
    public init() {}

    /// The edges that start at a node.
    public func edges(from node: Int) -> ArraySlice<GraphEdge> { edges[Int(starts[node])..<Int(starts[node + 1])] }
    /// The edge that leads from one node to another; `nil` when there is none. There is never more than one.
    func edge(from: Int, to: Int) -> GraphEdge? { edgeNumber(from: from, to: to).map { edges[$0] } }
    /// The place of that edge.
    func edgeNumber(from: Int, to: Int) -> Int? {
        var low = Int(starts[from])
        var high = Int(starts[from + 1])
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if Int(edges[middle].to) < to { low = middle + 1 } else { high = middle }
        }
        return low < end && Int(edges[low].to) == to ? low : nil
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
        // What runs somewhere is no step that principals share.
        let shared = blocks
        defer { blocks = shared }
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
    /// Edges that are ordered by both ends together with others.
    static func merged(_ edges: [GraphEdge], _ others: [GraphEdge]) -> [GraphEdge] {
        let others = others.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        var all: [GraphEdge] = []
        all.reserveCapacity(edges.count + others.count)
        var next = 0
        for edge in edges {
            while next < others.count, (others[next].from, others[next].to) < (edge.from, edge.to) {
                all.append(others[next])
                next += 1
            }
            all.append(edge)
        }
        return all + others[next...]
    }

    /// Takes these edges, ordered by both ends.
    mutating func order(_ edges: [GraphEdge]) {
        self.edges = edges.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        starts = [Int32](repeating: 0, count: nodes.count + 1)
        for edge in self.edges { starts[Int(edge.from) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
    }
}
