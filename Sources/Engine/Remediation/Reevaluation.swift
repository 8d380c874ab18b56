import CloudModel

/// What edits concern, and so what must be asked again.
struct Touched {
    /// Places of the principals whose own rights change.
    var principals: Set<Int> = []
    /// Places of the principals whose steps may change.
    var asked: Set<Int> = []
    /// Of them those of whom every step may; of others only steps to the nodes at `ends`.
    var whole: Set<Int> = []
    var ends: Set<Int> = []
    /// Roles whose trust policy changes, by place.
    var trusts: Set<Int> = []
    /// Instances that change, by place.
    var instances: Set<Int> = []
    /// Accounts whose exposure must be looked at again, and those whose inner networks must.
    var exposed: Set<String> = []
    var networks: Set<String> = []
    /// Whether the network must be looked at again.
    var network = false
    /// Whether security groups change.
    var securityGroups = false
    /// Managed policies that change.
    var policies: Set<String> = []
    /// Principals that get a boundary.
    var bounded: Set<Int> = []
    /// Accounts that get a service control policy.
    var limited: Set<String> = []
    /// Users who lose the keys that they do not use.
    var keyless: Set<Int> = []
    /// Functions and what holds data that change, by place.
    var functions: Set<Int> = []
    var buckets: Set<Int> = []
    var secrets: Set<Int> = []
    var dataSnapshots: Set<Int> = []
    var databases: Set<Int> = []
    /// Whether it is noted whose steps may change.
    var notesAsked = true

    /// What holds data and changes, as a patched snapshot has it.
    func stores(in snapshot: CloudSnapshot) -> [(id: String, item: Store.Item)] {
        buckets.map { (snapshot.buckets[$0].arn, .bucket(snapshot.buckets[$0])) }
            + secrets.map { (snapshot.secrets[$0].arn, .secret(snapshot.secrets[$0])) }
            + dataSnapshots.map { (snapshot.dataSnapshots[$0].arn, .snapshot(snapshot.dataSnapshots[$0])) }
            + databases.map { (snapshot.databases[$0].arn, .database(snapshot.databases[$0])) }
    }
}

/// Applies edits to the snapshot and evaluates again what depends on them.
///
/// What a principal can do to another one rests on both: so of principals that change, and of roles whose trust changes, everyone is asked
/// again who had a step to them. Whoever had none gets none by taking something away from others; the one case where it could be otherwise,
/// a group that is no administrators' group any more, is asked about as well. Everything else is built anew or taken over as it is, by the
/// code that builds a graph from scratch. A property test holds both equal.
final class Reevaluation {
    let base: Evaluation
    let index: PatchIndex
    /// The snapshot and the permissions that edits are made in, and undone again: so a trial costs what it changes.
    private var patched: CloudSnapshot
    private let permissions: Permissions
    private(set) lazy var networks = NetworkAreas(base)
    private lazy var limits = LimitedAccounts(base)
    /// Members by group.
    private let members: [String: [Int]]
    /// For each node the places of the edges that end there.
    private let incoming: [[Int32]]
    /// Principals that get to administrator rights of an account by way of what another principal is: its policies decide whether that is
    /// enough.
    private let dependents: [String: Set<Int>]
    /// Principals with a step for which a port of an instance must be open, by the instance.
    private let needingPorts: [String: Set<Int>]
    /// Principals with a step that rests on several principals.
    let combining: Set<Int>
    /// Users, and groups, that may join groups, by account.
    private lazy var joiners = allowed("iam:AddUserToGroup") { $0.kind != .role }
    /// Principals that may make access keys, by account.
    private lazy var keyMakers = allowed("iam:CreateAccessKey") { _ in true }
    /// Principals that may give instances roles, by account.
    private lazy var giving = allowed("ec2:AssociateIamInstanceProfile") { _ in true }

    init(_ base: Evaluation) {
        self.base = base
        index = PatchIndex(base.snapshot)
        patched = base.snapshot
        base.permissions.beginTrials()
        permissions = Permissions(base.permissions, base.snapshot, changed: [], organisation: base.permissions.organisation)
        var members: [String: [Int]] = [:]
        for (index, principal) in base.snapshot.principals.enumerated() {
            for group in principal.groups { members[group, default: []].append(index) }
        }
        self.members = members
        let graph = base.graph
        var incoming = [[Int32]](repeating: [], count: graph.nodes.count)
        var dependents: [String: Set<Int>] = [:]
        var needingPorts: [String: Set<Int>] = [:]
        var combining: Set<Int> = []
        for (place, edge) in graph.edges.enumerated() {
            incoming[Int(edge.to)].append(Int32(place))
            let (from, to) = (graph.nodes[Int(edge.from)], graph.nodes[Int(edge.to)])
            guard from.kind.isPrincipal, let index = base.permissions.principalIndex[from.id] else { continue }
            let techniques = [graph.technique(of: edge)] + graph.alternatives(of: edge)
            if to.kind == .admin, techniques.contains(where: Self.restsOnAnother) {
                dependents[to.account ?? "", default: []].insert(index)
            }
            if techniques.contains(where: Self.needsPort) { needingPorts[from.account ?? "", default: []].insert(index) }
            if techniques.contains("combined-rights") { combining.insert(index) }
        }
        self.incoming = incoming
        self.dependents = dependents
        self.needingPorts = needingPorts
        self.combining = combining
    }

    private(set) lazy var verdicts = ChangedVerdicts(base.snapshot, base.exposures)

    private func allowed(_ action: String, _ suits: (Principal) -> Bool) -> [String: Set<Int>] {
        var found: [String: Set<Int>] = [:]
        for (place, subject) in base.permissions.subjects.enumerated() {
            guard let subject, suits(base.snapshot.principals[place]), subject.allows.contains(action) else { continue }
            found[subject.account, default: []].insert(place)
        }
        return found
    }

    /// Whether a technique that leads to administrator rights gives them to, or takes them through, another principal.
    private static func restsOnAnother(_ technique: String) -> Bool {
        switch EscalationCatalogue.byID[technique]?.shape {
        case nil, .change, .ownPolicy: false
        default: true
        }
    }

    private static func needsPort(_ technique: String) -> Bool {
        if case .instance(.port)? = EscalationCatalogue.byID[technique]?.shape { true } else { false }
    }

    // MARK: Everything

    /// The snapshot after the edits, evaluated.
    func evaluation(after edits: [Edit]) -> Evaluation {
        guard !edits.isEmpty else { return base }
        var snapshot = base.snapshot
        Patch.apply(edits, to: &snapshot, index)
        let touched = touched(by: edits)
        return Evaluation(
            snapshot, like: base, touched: touched, organisation: limits.organisation(after: edits, snapshot, touched),
            exposures: exposures(after: edits, touched))
    }

    /// What is let in from outside after the edits.
    func exposures(after edits: [Edit], _ touched: Touched) -> [Exposure] {
        touched.network ? networks.exposures(after: edits, touched) : base.exposures
    }

    // MARK: Pieces

    /// What is found of some pieces after the edits, without looking at anything else.
    ///
    /// - Parameter telling: whether it is told why edges exist.
    func edges(of pieces: [GraphBuilder.Piece], after edits: [Edit], telling: Bool = true) -> [GraphBuilder.PieceEdges] {
        with(edits) { snapshot, permissions, touched in
            // Ports of instances decide on some steps of principals.
            let exposures =
                touched.securityGroups
                ? touched.exposed.sorted().flatMap { networks.exposures(of: $0, after: edits) } : base.exposures
            let builder = GraphBuilder(
                base.builder, base.graph, snapshot, permissions: permissions, exposures: exposures, touched: touched)
            builder.draft.tells = telling
            return pieces.map { builder.edges(of: $0, besides: base.graph.nodes.count) }
        }
    }

    /// How sure it is that a principal makes another one an administrator after the edits; `nil` where it does not.
    func turning(_ turning: OpenWay.Turning, after edits: [Edit]) -> Confidence? {
        guard let writer = base.permissions.principalIndex[turning.writer], let target = base.permissions.principalIndex[turning.target]
        else { return nil }
        return with(edits) { snapshot, permissions, touched in
            let builder = GraphBuilder(
                base.builder, base.graph, snapshot, permissions: permissions, exposures: base.exposures, touched: touched)
            return permissions.subjects[writer].flatMap { builder.turns($0, target) }?.proof.confidence
        }
    }

    /// What is let in from outside, or moves inside, where the networks of an account are and those that they are joined to, after the edits.
    func network(
        _ piece: GraphBuilder.Piece, of account: String, after edits: [Edit], telling: Bool = true
    ) -> GraphBuilder.PieceEdges {
        let builder = GraphBuilder(
            base.builder, base.graph, base.snapshot, permissions: base.permissions,
            exposures: piece == .exposures ? networks.exposures(of: account, after: edits) : base.exposures, touched: Touched(),
            lateral: piece == .lateral ? networks.lateral(of: account, after: edits) : nil)
        builder.draft.tells = telling
        return builder.edges(of: piece, besides: base.graph.nodes.count)
    }

    /// The graph after the edits, of which pieces are known.
    func graph(
        after edits: [Edit], staying stays: (Int) -> Bool, with pieces: [(piece: GraphBuilder.Piece, found: GraphBuilder.PieceEdges)]
    ) -> SecurityGraph {
        with(edits) { snapshot, permissions, touched in
            GraphBuilder(
                base.builder, base.graph, snapshot, permissions: permissions, exposures: base.exposures, touched: touched
            ).graph(base.graph, staying: stays, with: pieces)
        }
    }

    /// Makes edits, and undoes them after `body`, which must not keep what it is given.
    func with<Result>(_ edits: [Edit], _ body: (CloudSnapshot, Permissions, Touched) throws -> Result) rethrows -> Result {
        let touched = touched(by: edits, notesAsked: false)
        Patch.apply(edits, to: &patched, index)
        permissions.take(
            patched, changed: touched.principals, trusts: touched.trusts, organisation: limits.organisation(after: edits, patched, touched))
        defer {
            permissions.take(backTo: base.permissions, trusts: touched.trusts)
            Patch.revert(edits, in: &patched, to: base.snapshot, index)
        }
        return try body(patched, permissions, touched)
    }

    /// Whether a denial goes with what edits take, so that somebody may do more than before.
    func takesDenial(_ edits: [Edit]) -> Bool {
        func denies(_ statements: [JSONValue]) -> Bool { statements.contains { $0["Effect"]?.string != "Allow" } }
        func denies(_ sources: [PolicySource]) -> Bool { sources.contains { denies($0.document.map(Patch.statements) ?? []) } }
        return edits.contains { edit in
            switch edit {
            case .detach(let policy, let holder): denies((index.principal(holder)?.policies ?? []).filter { $0.arn == policy })
            case .leaveGroup(_, let group): denies(index.principal(group)?.policies ?? [])
            case .removeStatement(let place, let number):
                denies(index.document(at: place).map { Array(Patch.statements($0).dropFirst(number).prefix(1)) } ?? [])
            case .removePrincipal, .replacePrincipal: true
            default: false
            }
        }
    }

    // MARK: What depends on what

    /// - Parameter notesAsked: whether it is told whose steps may change.
    func touched(by edits: [Edit], notesAsked: Bool = true) -> Touched {
        var touched = Touched()
        touched.notesAsked = notesAsked
        for edit in edits { note(edit, &touched) }
        guard notesAsked else { return touched }
        touched.whole.formUnion(touched.principals)
        for account in Set((touched.principals.union(touched.trusts)).map({ base.snapshot.principals[$0].account })) {
            touched.whole.formUnion(dependents[account] ?? [])
        }
        for index in touched.principals { noteSteps(to: base.snapshot.principals[index].arn, &touched) }
        for index in touched.principals where base.snapshot.principals[index].kind == .group {
            // Users who may join a group but gained nothing by it, for a denial of their own: of a group that is less, they may gain that.
            touched.whole.formUnion(joiners[base.snapshot.principals[index].account] ?? [])
        }
        touched.asked.formUnion(touched.whole)
        return touched
    }

    private func note(_ edit: Edit, _ touched: inout Touched) {
        switch edit.scope {
        case .principal(let arn):
            if let index = index.principals[arn] { noteChange(of: index, &touched) }
            if case .setBoundary = edit {
                if let index = index.principals[arn] { touched.bounded.insert(index) }
            }
            if case .deleteUnusedKeys = edit, let index = index.principals[arn] {
                touched.keyless.insert(index)
                // A user with two keys can be given no other one; with one less it can.
                if touched.notesAsked { touched.whole.formUnion(keyMakers[base.snapshot.principals[index].account] ?? []) }
            }
        case .managed(let arn):
            touched.policies.insert(arn)
            for index in index.holders[arn] ?? [] { noteChange(of: index, &touched) }
        case .trust(let arn):
            if let index = index.principals[arn] { touched.trusts.insert(index) }
            noteSteps(to: arn, &touched)
        case .exposure(let group):
            touched.network = true
            touched.securityGroups = true
            for place in index.securityGroups[group] ?? [] { touched.exposed.insert(base.snapshot.securityGroups[place].account) }
            touched.networks = touched.exposed
            // A port that is closed may be what a step through an instance needed.
            for account in touched.networks where touched.notesAsked {
                for other in networks.accounts(with: account) { touched.whole.formUnion(needingPorts[other] ?? []) }
            }
        case .resource(let arn):
            touched.network = true
            noteSteps(to: arn, &touched)
            if let account = base.graph.place(of: arn).flatMap({ base.graph.nodes[$0].account }) {
                noteSteps(to: Destruction.node(account), &touched)
            }
            touched.functions.formUnion(index.functions[arn] ?? [])
            touched.buckets.formUnion(index.buckets[arn] ?? [])
            touched.secrets.formUnion(index.secrets[arn] ?? [])
            touched.dataSnapshots.formUnion(index.dataSnapshots[arn] ?? [])
            touched.databases.formUnion(index.databases[arn] ?? [])
            for place in index.functions[arn] ?? [] {
                touched.exposed.insert(base.snapshot.functions[place].account)
                if let role = base.snapshot.functions[place].role { noteSteps(to: role, &touched) }
            }
            for place in index.buckets[arn] ?? [] { touched.exposed.insert(base.snapshot.buckets[place].account) }
            for place in index.secrets[arn] ?? [] { touched.exposed.insert(base.snapshot.secrets[place].account) }
            for place in index.dataSnapshots[arn] ?? [] { touched.exposed.insert(base.snapshot.dataSnapshots[place].account) }
            for place in index.databases[arn] ?? [] { touched.exposed.insert(base.snapshot.databases[place].account) }
            for place in index.images[arn] ?? [] { touched.exposed.insert(base.snapshot.images[place].account) }
            for place in index.keys[arn] ?? [] { noteReaders(with: base.snapshot.keys[place], &touched) }
        case .workload(let arn):
            // Those who could take the instance over stood before its role.
            for place in index.instances[arn] ?? [] {
                touched.instances.insert(place)
                // An instance without a role can be given one.
                if case .removeInstanceProfile = edit { touched.whole.formUnion(giving[base.snapshot.instances[place].account] ?? []) }
                if let role = base.snapshot.instances[place].role { noteSteps(to: role, &touched) }
            }
        case .account(let account):
            touched.limited.insert(account)
            if case .addServiceControlPolicy(_, _, let actions, _) = edit {
                touched.principals.formUnion(limits.concerned(account, actions))
            }
        }
    }

    private func noteChange(of index: Int, _ touched: inout Touched) {
        touched.principals.insert(index)
        let principal = base.snapshot.principals[index]
        if principal.kind == .group { touched.principals.formUnion(members[principal.arn] ?? []) }
    }

    /// Whoever reads what is encrypted with a key.
    private func noteReaders(with key: EncryptionKey, _ touched: inout Touched) {
        touched.exposed.insert(key.account)
        for secret in base.snapshot.secrets where secret.kmsKey == key.arn || secret.kmsKey == key.id {
            noteSteps(to: secret.arn, &touched)
        }
        for item in base.snapshot.workloads where item.kind == .parameter && (item["key"] == key.arn || item["key"] == key.id) {
            noteSteps(to: item.arn, &touched)
        }
    }

    private func noteSteps(to arn: String, _ touched: inout Touched) {
        guard touched.notesAsked, let place = base.graph.place(of: arn) else { return }
        touched.ends.insert(place)
        for index in incoming[place] {
            let from = base.graph.nodes[Int(base.graph.edges[Int(index)].from)]
            if from.kind.isPrincipal, let asked = base.permissions.principalIndex[from.id] { touched.asked.insert(asked) }
        }
    }
}
