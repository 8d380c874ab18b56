import CloudModel

/// What edits concern, and so what must be asked again.
struct Touched {
    /// Places of the principals whose own rights change.
    var principals: Set<Int> = []
    /// Places of the principals whose steps may change.
    var asked: Set<Int> = []
    /// Whether a trust policy changes.
    var trust = false
    /// Whether what is no principal must be looked at again: the internet, other accounts, workloads.
    var outside = false
    /// Whether the network must be looked at again.
    var network = false
    /// Whether a managed policy changes.
    var policies = false
    /// Resources that change.
    var resources: Set<String> = []
}

/// Applies edits to the snapshot and evaluates again what depends on them.
///
/// What a principal can do to another one rests on both: so of principals that change, and of roles whose trust changes, everyone is asked
/// again who had a step to them. Whoever had none gets none by taking something away from others; the one case where it could be otherwise,
/// a group that is no administrators' group any more, is asked about as well. Everything else is built anew or taken over as it is, by the
/// code that builds a graph from scratch. A property test holds both equal.
final class Reevaluation {
    let base: Evaluation
    /// Principals by managed policy, their boundary included, and members by group.
    private let holders: [String: [Int]]
    private let members: [String: [Int]]
    /// For each node the places of the edges that end there.
    private let incoming: [[Int32]]
    /// Principals that get to administrator rights by way of what another principal is: its policies decide whether that is enough.
    private let dependents: Set<Int>
    /// What is exposed after edits of networks and resources, so that it is worked out once.
    private var known: [Set<Edit>: [Exposure]] = [:]

    init(_ base: Evaluation) {
        self.base = base
        var holders: [String: [Int]] = [:]
        var members: [String: [Int]] = [:]
        for (index, principal) in base.snapshot.principals.enumerated() {
            for policy in principal.policies { if let arn = policy.arn { holders[arn, default: []].append(index) } }
            if let arn = principal.boundary?.arn { holders[arn, default: []].append(index) }
            for group in principal.groups { members[group, default: []].append(index) }
        }
        self.holders = holders
        self.members = members
        var incoming = [[Int32]](repeating: [], count: base.graph.nodes.count)
        for (index, edge) in base.graph.edges.enumerated() { incoming[Int(edge.to)].append(Int32(index)) }
        self.incoming = incoming
        var dependents: Set<Int> = []
        for edge in base.graph.edges where base.graph.nodes[Int(edge.to)].kind == .admin {
            guard ([base.graph.technique(of: edge)] + base.graph.alternatives(of: edge)).contains(where: Self.restsOnAnother),
                let index = base.permissions.principalIndex[base.graph.nodes[Int(edge.from)].id]
            else { continue }
            dependents.insert(index)
        }
        self.dependents = dependents
    }

    /// Whether a technique that leads to administrator rights gives them to, or takes them through, another principal.
    private static func restsOnAnother(_ technique: String) -> Bool {
        switch EscalationCatalogue.byID[technique]?.shape {
        case nil, .change, .ownPolicy: false
        default: true
        }
    }

    /// The snapshot after the edits, evaluated.
    func evaluation(after edits: [Edit]) -> Evaluation {
        guard !edits.isEmpty else { return base }
        let snapshot = Patch.snapshot(base.snapshot, edits)
        let touched = touched(by: edits)
        return Evaluation(snapshot, like: base, touched: touched, exposures: exposures(snapshot, touched, edits))
    }

    private func exposures(_ snapshot: CloudSnapshot, _ touched: Touched, _ edits: [Edit]) -> [Exposure] {
        guard touched.network else { return base.exposures }
        // Only these edits change what networks and resources' own policies let through.
        let key = Set(edits.filter(\.isOfNetwork))
        if let found = known[key] { return found }
        let found = NetworkReachability(snapshot).exposures()
        if known.count > 200 { known = [:] }
        known[key] = found
        return found
    }

    /// The steps of some principals alone, and of everything outside where asked, after the edits.
    func steps(of principals: [Int], andOutside: Bool, after edits: [Edit]) -> Steps {
        let snapshot = edits.isEmpty ? base.snapshot : Patch.snapshot(base.snapshot, edits)
        var touched = touched(by: edits)
        touched.asked = []
        let permissions = Permissions(base.permissions, snapshot, changed: touched.principals)
        let builder = GraphBuilder(
            base.builder, base.graph, snapshot, permissions: permissions,
            exposures: andOutside ? exposures(snapshot, touched, edits) : base.exposures, touched: touched)
        return Steps(edges: builder.edges(of: principals, andOutside: andOutside), builder: builder)
    }

    struct Steps {
        var edges: [UInt64: GraphEdge]
        var builder: GraphBuilder
    }

    // MARK: What depends on what

    func touched(by edits: [Edit]) -> Touched {
        var touched = Touched()
        for edit in edits { note(edit, &touched) }
        touched.asked.formUnion(touched.principals)
        if !touched.principals.isEmpty || touched.trust { touched.asked.formUnion(dependents) }
        for index in touched.principals { noteSteps(to: base.snapshot.principals[index].arn, &touched) }
        for index in touched.principals where base.snapshot.principals[index].kind == .group {
            noteJoiners(of: base.snapshot.principals[index], &touched)
        }
        // Several principals together make one step; who takes it is asked without, and then again together.
        let combined = base.graph.techniques.firstIndex(of: "combined-rights").map(Int32.init)
        for edge in base.graph.edges where edge.technique == combined { noteSource(of: edge, &touched) }
        return touched
    }

    private func note(_ edit: Edit, _ touched: inout Touched) {
        switch edit.scope {
        case .principal(let arn):
            if let index = base.permissions.principalIndex[arn] { noteChange(of: index, &touched) }
            if case .setBoundary = edit { touched.policies = true }
        case .managed(let arn):
            touched.policies = true
            for index in holders[arn] ?? [] { noteChange(of: index, &touched) }
        case .trust(let arn):
            touched.trust = true
            touched.outside = true
            noteSteps(to: arn, &touched)
        case .exposure:
            touched.outside = true
            touched.network = true
            // A port that is closed may be what a step through an instance needed.
            for instance in base.snapshot.instances { if let role = instance.role { noteSteps(to: role, &touched) } }
        case .resource(let arn):
            touched.outside = true
            touched.network = true
            touched.resources.insert(arn)
            noteSteps(to: arn, &touched)
            if let account = base.graph.place(of: arn).flatMap({ base.graph.nodes[$0].account }) {
                noteSteps(to: Destruction.node(account), &touched)
            }
            if let role = base.snapshot.functions.first(where: { $0.arn == arn })?.role { noteSteps(to: role, &touched) }
            if let key = base.snapshot.keys.first(where: { $0.arn == arn }) {
                for secret in base.snapshot.secrets where secret.kmsKey == key.arn || secret.kmsKey == key.id {
                    noteSteps(to: secret.arn, &touched)
                }
                for item in base.snapshot.workloads where item.kind == .parameter && (item["key"] == key.arn || item["key"] == key.id) {
                    noteSteps(to: item.arn, &touched)
                }
            }
        case .workload(let arn):
            touched.outside = true
            touched.network = true
            // Those who could take the instance over stood before its role.
            if let role = base.snapshot.instances.first(where: { $0.arn == arn })?.role { noteSteps(to: role, &touched) }
        }
    }

    private func noteChange(of index: Int, _ touched: inout Touched) {
        touched.principals.insert(index)
        let principal = base.snapshot.principals[index]
        if principal.kind == .group { touched.principals.formUnion(members[principal.arn] ?? []) }
    }

    private func noteSteps(to arn: String, _ touched: inout Touched) {
        guard let place = base.graph.place(of: arn) else { return }
        for index in incoming[place] { noteSource(of: base.graph.edges[Int(index)], &touched) }
    }

    private func noteSource(of edge: GraphEdge, _ touched: inout Touched) {
        if let index = base.permissions.principalIndex[base.graph.nodes[Int(edge.from)].id] { touched.asked.insert(index) }
    }

    /// Users who may join a group but gained nothing by it, for a denial of their own: of a group that is less, they may gain that.
    private func noteJoiners(of group: Principal, _ touched: inout Touched) {
        for (index, subject) in base.permissions.subjects.enumerated() where subject?.account == group.account {
            if base.snapshot.principals[index].kind != .role, subject?.allows.contains("iam:AddUserToGroup") == true {
                touched.asked.insert(index)
            }
        }
    }
}
