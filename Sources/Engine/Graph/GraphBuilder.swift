import CloudModel
import IAMEvaluator

/// Builds the graph of a snapshot: one pass for each kind of edge.
///
/// Where permissions decide, principals with the same policies are asked once, and resources are looked up by what their policies name and
/// not pair by pair.
final class GraphBuilder {
    let snapshot: CloudSnapshot
    let permissions: Permissions
    let exposures: [Exposure]
    let draft: GraphDraft
    /// What could not be judged.
    var gaps: Set<CoverageReport.Gap> = []

    /// Accounts that were read.
    let accounts: Set<String>
    /// Proof that a subject is an administrator, by place; `nil` when it is none.
    var administrators: [Int: Proof] = [:]
    /// Roles that trust a service, by service.
    var trusting: [String: TrustingRoles] = [:]
    /// Roles that anyone's, an account's or a named principal's requests may assume as far as the trust policy's principals say.
    var rolesForAnyone: [Int] = []
    var rolesForAccount: [String: [Int]] = [:]
    var rolesForARN: [String: [Int]] = [:]
    /// Roles that a subject can assume, by the subject's place.
    var assumable: [Int: [(role: Int, proof: Proof)]] = [:]
    /// Proofs that a subject is an administrator after a change, by subject and change.
    var grants: [String: Proof?] = [:]
    /// Users, groups and roles by account.
    private(set) var users: [String: [Int]] = [:]
    private(set) var groups: [String: [Int]] = [:]
    private(set) var roles: [String: [Int]] = [:]
    /// The region to name where any would do.
    let region: String
    /// Which principals are service-linked roles, by place.
    let serviceLinked: [Bool]
    /// What a step found out that does not depend on the target, by step and region.
    var documents: [String: Proof?] = [:]
    /// Whether a role lets Systems Manager manage its instances, by place.
    var managedRoles: [Int: Bool] = [:]
    /// Whether Systems Manager reaches an instance, by place.
    var managedInstances: [Int: Proof?] = [:]
    /// Whether a role may do one of the actions that a technique needs of it, by role and those actions.
    var ableRoles: [AbleRole: Proof?] = [:]
    struct AbleRole: Hashable {
        var role: Int
        var actions: [String]
    }
    /// Whether one principal can make another an administrator, by both.
    var turned: [UInt64: Turned?] = [:]
    /// How many changed forms of principals were looked at, and the most.
    var changedForms = 0
    private static let changedForms = 3_000
    /// Managed policies by ARN.
    let managedPolicies: [String: ManagedPolicy]
    /// Resources that hold data, and of them those with a value.
    private(set) var stores: [Store] = []
    private var jewels = StoreIndex()
    /// Of those the ones that can be destroyed, the most valuable first.
    private(set) var destructible = StoreIndex()
    /// Where functions, instances and keys stand in the snapshot.
    let identifiers: Identifiers
    /// What a request about an instance or a function surely says of it.
    private(set) lazy var instanceContexts = knownContexts.instances
    private(set) lazy var functionContexts = knownContexts.functions
    /// What a request about a principal surely says of it.
    private(set) lazy var principalContexts: ResourceContexts = {
        var known = knownContexts.principals
        for place in bounded { known.replace(place, targetContext(snapshot.principals[place])) }
        return known
    }()
    /// What is known of things besides what may be changed: the same for all builders of one snapshot and of patched ones.
    private let contexts: KnownContexts
    /// Principals whose boundary is another one than when contexts were made.
    private let bounded: [Int]
    /// What steps of many principals have in common.
    private(set) lazy var shared = SharedSteps(snapshot, draft.places, permissions)
    /// What the internet and strangers reach, by target.
    private(set) lazy var exposuresByTarget = Dictionary(grouping: exposures, by: \.target)
    /// What runs with the rights of roles.
    let workloads: WorkloadIndex
    /// Whether some account has a role that Identity Center made.
    private(set) lazy var hasIdentityCenter = snapshot.principals.contains(where: Self.isOfIdentityCenter)
    /// What the owner says.
    let premises: Premises
    private(set) var weaknesses = Weaknesses()
    /// Who reaches whom inside the networks.
    private(set) lazy var lateral = LateralReach(snapshot)
    /// Calls whose answers are whole, by record.
    private(set) lazy var collected = wholeCalls()
    /// Nodes of issuers whose tokens anyone can have: who stands there stands on the internet as well.
    var anyones: Set<Int> = []
    /// Where only edges to data are asked for: to what, and the graph that has all others.
    private var questions: (stores: StoreIndex, graph: SecurityGraph)?
    /// Where only steps to one node are asked for: its place.
    var only: Int?

    init(_ snapshot: CloudSnapshot, permissions: Permissions, exposures: [Exposure], premises: Premises = Premises()) {
        self.snapshot = snapshot
        self.premises = premises
        self.permissions = permissions
        self.exposures = exposures
        draft = GraphDraft()
        contexts = KnownContexts()
        bounded = []
        serviceLinked = snapshot.principals.map(\.isServiceLinked)
        managedPolicies = Dictionary(snapshot.policies.map { ($0.arn, $0) }) { first, _ in first }
        accounts = Set(snapshot.accounts.map(\.id))
        workloads = WorkloadIndex(snapshot)
        identifiers = Identifiers(snapshot)
        region =
            snapshot.instances.first?.region ?? snapshot.functions.first?.region ?? snapshot.workloads.first?.region
            ?? snapshot.securityGroups.first?.region ?? snapshot.subnets.first?.region ?? "us-east-1"
    }

    /// Ready to look again at some principals of a patched snapshot: nodes and what is known of trust come from the first look.
    init(
        _ base: GraphBuilder, _ graph: SecurityGraph, _ snapshot: CloudSnapshot, permissions: Permissions, exposures: [Exposure],
        touched: Touched, lateral: LateralReach? = nil
    ) {
        self.snapshot = snapshot
        self.permissions = permissions
        self.exposures = exposures
        premises = base.premises
        weaknesses = base.weaknesses
        serviceLinked = base.serviceLinked
        managedPolicies =
            touched.policies ? Dictionary(snapshot.policies.map { ($0.arn, $0) }) { first, _ in first } : base.managedPolicies
        administrators = base.administrators
        accounts = base.accounts
        workloads = base.workloads
        // No change adds or removes what they name.
        identifiers = base.identifiers
        contexts = base.contexts
        bounded = touched.bounded.sorted()
        region = base.region
        draft = GraphDraft(nodesOf: graph)
        users = base.users
        groups = base.groups
        roles = base.roles
        trusting = base.trusting
        rolesForAnyone = base.rolesForAnyone
        rolesForAccount = base.rolesForAccount
        rolesForARN = base.rolesForARN
        anyones = base.anyones
        for role in touched.trusts.sorted() { indexTrust(of: role, insteadOf: base.snapshot.principals[role]) }
        stores = base.stores
        jewels = base.jewels
        destructible = base.destructible
        collected = base.collected
        hasIdentityCenter = base.hasIdentityCenter
        // Changes of permissions leave the networks as they are.
        if let lateral { self.lateral = lateral } else if !touched.securityGroups { self.lateral = base.lateral }
        if !touched.network { exposuresByTarget = base.exposuresByTarget }
        // Where functions and instances may differ, their roles are looked up again.
        if touched.resources.isEmpty, touched.instances.isEmpty { shared = base.shared }
        guard !touched.resources.isEmpty else { return }
        for place in stores.indices where touched.resources.contains(stores[place].id) {
            stores[place].item = Self.again(stores[place].item, in: snapshot)
            stores[place].policy = permissions.resourcePolicy(stores[place].item.policy)
        }
        indexStores()
    }

    /// A store as it is in a patched snapshot.
    private static func again(_ item: Store.Item, in snapshot: CloudSnapshot) -> Store.Item {
        switch item {
        case .bucket(let old): snapshot.buckets.first { $0.arn == old.arn }.map { .bucket($0) } ?? item
        case .secret(let old): snapshot.secrets.first { $0.arn == old.arn }.map { .secret($0) } ?? item
        case .database(let old): snapshot.databases.first { $0.arn == old.arn }.map { .database($0) } ?? item
        case .snapshot(let old): snapshot.dataSnapshots.first { $0.arn == old.arn }.map { .snapshot($0) } ?? item
        case .parameter: item
        }
    }

    private var knownContexts: KnownContexts.Contexts { contexts.current(permissions.library.contextKeys.count) { makeContexts() } }

    private func makeContexts() -> KnownContexts.Contexts {
        let keys = permissions.library.contextKeys
        return .init(
            keys: keys.count,
            functions: ResourceContexts(
                snapshot.functions.map { function in
                    tagContext(function.tags, function.arn).merging(["aws:requestedregion": [function.region]]) { _, new in new }
                }),
            instances: ResourceContexts(
                snapshot.instances.map { instance in
                    var context = tagContext(instance.tags, instance.arn)
                    for (key, value) in instance.tags where keys.contains("ssm:resourcetag/" + key.lowercased()) {
                        context["ssm:resourcetag/" + key.lowercased()] = [value]
                    }
                    context["aws:requestedregion"] = [instance.region]
                    return context
                }), principals: ResourceContexts(snapshot.principals.map { targetContext($0) }))
    }

    private func wholeCalls() -> Set<String> {
        let broken = snapshot.coverage.filter { $0.outcome != .collected }.map { entry in
            "\(entry.account ?? "unknown")/\(entry.service).\(entry.operation)" + (entry.region.map { ".\($0)" } ?? "")
        }
        return Set(snapshot.records.map(\.id)).subtracting(broken)
    }

    /// Edges that are known from a snapshot before changes: those of every principal that the changes cannot concern.
    struct KnownEdges {
        var builder: GraphBuilder
        var graph: SecurityGraph
        /// Places of the principals whose edges are not known.
        var asked: Set<Int>
    }

    /// The graph.
    func build(knowing known: KnownEdges? = nil) -> SecurityGraph {
        // Changes of permissions leave the networks as they are.
        if let known, snapshot.securityGroups == known.builder.snapshot.securityGroups { lateral = known.builder.lateral }
        addNodes()
        if !premises.vulnerabilities.isEmpty { look(at: premises.vulnerabilities) }
        addWorkloads()
        addManagedWorkloads()
        addExposures()
        indexTrust()
        addOutsiders()
        addLateral()
        if let known { gaps.formUnion(known.builder.gaps) }
        for index in snapshot.principals.indices {
            if let known, !known.asked.contains(index) {
                takeEdges(of: index, from: known)
            } else {
                addEdges(of: index)
            }
        }
        addForeignRights()
        noteGaps()
        markStarts()
        var graph = draft.graph()
        if addCombined(graph) { graph = draft.graph() }
        draft.letGo()
        return graph
    }

    /// The graph with edges from these principals to these resources besides: what is worth nothing has none in the graph that paths are
    /// looked for in, but may be asked for.
    func answering(_ graph: SecurityGraph, from principals: [Int], to stores: [Store]) -> SecurityGraph {
        questions = (StoreIndex(stores, permissions), graph)
        for index in principals { addEdges(of: index) }
        questions = nil
        return draft.graph(adding: graph)
    }

    /// Where attackers are taken to start: anywhere outside, and as any principal that is no administrator already.
    func markStarts() {
        for (place, node) in draft.nodes.enumerated() where node.kind != .root {
            guard node.kind.isOutside || node.kind.isPrincipal, !anyones.contains(place) else { continue }
            let index = node.kind.isPrincipal ? permissions.principalIndex[node.id] : nil
            if let index, administrators[index]?.confidence == .proven { continue }
            draft.start(place, Likelihood.start(node.kind))
        }
    }

    private func look(at known: KnownVulnerabilities) {
        weaknesses = Weaknesses(known, NodeNames(draft.nodes))
        guard weaknesses.strangers > 0 else { return }
        gaps.insert(
            .init(
                what: "\(weaknesses.strangers) known vulnerabilities",
                why: "the resources that they are of are not in the collection, or their names are not unique"))
    }

    // MARK: Nodes

    private func addNodes() {
        for account in snapshot.accounts { addAdministrator(account.id) }
        for (index, principal) in snapshot.principals.enumerated() {
            let kind: NodeKind =
                switch principal.kind {
                case .user: .user
                case .group: .group
                case .role: .role
                case .root: .root
                }
            add(principal.arn, kind, principal.name, principal.account, principal.tags)
            switch principal.kind {
            case .user: users[principal.account, default: []].append(index)
            case .group: groups[principal.account, default: []].append(index)
            case .role: roles[principal.account, default: []].append(index)
            case .root: break
            }
            if draft.places["admin:\(principal.account)"] == nil { addAdministrator(principal.account) }
        }
        for function in snapshot.functions { add(function.arn, .function, function.name, function.account, function.tags) }
        for instance in snapshot.instances {
            add(instance.arn, .instance, instance.tags["Name"] ?? instance.id, instance.account, instance.tags)
        }
        for item in snapshot.workloads where item.kind.runsCode { add(item.arn, .workload, item.name, item.account, item.tags) }
        for item in snapshot.buckets {
            addData(item.arn, .bucket, item.name, item.account, item.tags ?? [:], .bucket(item))
        }
        for item in snapshot.secrets { addData(item.arn, .secret, item.name, item.account, item.tags, .secret(item)) }
        for item in snapshot.databases { addData(item.arn, .database, item.id, item.account, item.tags, .database(item)) }
        for item in snapshot.warehouses {
            add(
                item.arn, .database, item.id, item.account, item.tags,
                standard: Jewels.value(.database, name: item.id, tags: item.tags))
        }
        for item in snapshot.dataSnapshots {
            let signs = item.tags["Name"].map { "\(item.id) \($0)" } ?? "\(item.id) \(item.source ?? "")"
            addData(item.arn, .snapshot, item.id, item.account, item.tags, .snapshot(item), signs: signs)
        }
        for item in snapshot.workloads where item.kind == .parameter && item["type"] == "SecureString" {
            addData(item.arn, .secret, item.name, item.account, item.tags, .parameter(item))
        }
        for key in snapshot.keys { add(key.arn, .key, key.id, key.account, [:]) }
        indexStores()
        addDestruction()
    }

    private func indexStores() {
        jewels = StoreIndex(stores.filter { draft.nodes[$0.node].value > 0 }, permissions)
        func value(_ store: Store) -> Double { draft.nodes[store.node].value }
        destructible = StoreIndex(
            jewels.stores.filter { value($0) >= Destruction.leastValue && Destruction.isPossible($0.item) }.sorted { a, b in
                value(a) == value(b) ? AttackPathFinder.precedes(a.id, b.id) : value(a) > value(b)
            }, permissions)
    }

    private func addDestruction() {
        var known: Set<String> = []
        for store in destructible.stores where known.insert(store.account).inserted {
            let most = draft.nodes[store.node]
            add(
                Destruction.node(store.account), .destruction, "ability to destroy data", store.account, [:],
                standard: (most.value, "\(most.kind.rawValue) \(most.name) can be deleted for good"))
        }
    }

    private func addAdministrator(_ account: String) {
        add(
            "admin:\(account)", .admin, "administrator rights", account, [:],
            standard: (Jewels.administrator, "administrator rights of account \(account)"))
    }

    /// Adds a node, worth what its owner says or else what its kind is by default.
    @discardableResult
    private func add(
        _ id: String, _ kind: NodeKind, _ name: String, _ account: String, _ tags: [String: String],
        standard: (value: Double, why: String)? = nil
    ) -> Int {
        let place = draft.node(id, kind, name: name, account: account)
        let said = premises.jewels.value(of: .init(arn: id, name: name, kind: kind, account: account, tags: tags))
        if let value = said ?? standard { draft.value(place, value.value, value.why) }
        return place
    }

    private func addData(
        _ arn: String, _ kind: NodeKind, _ name: String, _ account: String, _ tags: [String: String], _ item: Store.Item,
        signs: String? = nil
    ) {
        let place = add(arn, kind, name, account, tags, standard: Jewels.value(kind, name: signs ?? name, tags: tags))
        stores.append(Store(node: place, id: arn, account: account, item: item, policy: permissions.resourcePolicy(item.policy)))
    }

    // MARK: Principals

    /// Takes over what is known to start at one principal, but for what rests on several principals together.
    private func takeEdges(of index: Int, from known: KnownEdges) {
        administrators[index] = known.builder.administrators[index]
        guard let place = known.graph.place(of: snapshot.principals[index].arn) else { return }
        for edge in known.graph.edges(from: place) {
            guard let to = draft.places[known.graph.nodes[Int(edge.to)].id], let from = draft.places[snapshot.principals[index].arn] else {
                continue
            }
            draft.take(edge, of: known.graph, from, to, without: "combined-rights")
        }
    }

    /// Everything that starts at one principal.
    func addEdges(of index: Int) {
        let principal = snapshot.principals[index]
        guard let from = draft.places[principal.arn], let admin = draft.places["admin:\(principal.account)"] else { return }
        guard let subject = permissions.subjects[index] else {
            if let proof = permissions.administrator(root: principal) {
                draft.edge(
                    from, admin, "administrator", likelihood: 1, proof: proof, why: "The root user of an account may do everything.")
            }
            return
        }
        // Only this principal's own steps ask for them.
        defer { assumable[index] = nil }
        let isProven = addRightsAsAdministrator(subject, principal, from, admin)
        if isProven { return addStepsAbroad(subject, principal, from) }
        addSteps(subject, principal, from, admin)
        addChanges(subject, principal, from, admin)
    }

    /// Everything that a changed subject may do, from the place of the one that changed itself.
    private func addRights(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        if !addRightsAsAdministrator(subject, principal, from, admin) { addSteps(subject, principal, from, admin) }
    }

    /// The edges of one who may do everything, or may for all that is known; answers whether that is proven.
    private func addRightsAsAdministrator(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) -> Bool {
        if var proof = permissions.administrator(subject) {
            if proof.citations.isEmpty { proof.cite(permissions.citation(principal.evidence)) }
            if draft.prelude == nil { administrators[subject.index] = proof }
            draft.edge(
                from, admin, "administrator", likelihood: 1, proof: proof,
                // A policy whose text is not known is no step that anything shows.
                hypothetical: proof.confidence == .unknown,
                why: "\(label(principal)) may do everything in account \(principal.account).")
            if proof.confidence == .proven { return true }
        }
        if !subject.unknownPolicies.isEmpty {
            var proof = Proof()
            proof.doubt("the text of \(subject.unknownPolicies.joined(separator: ", ")) was not collected")
            proof.cite(permissions.citation(principal.evidence))
            draft.edge(
                from, admin, "unknown-policy", likelihood: 1, proof: proof, hypothetical: true,
                why: "\(label(principal)) has a policy whose text was not collected.")
        }
        return false
    }

    private func addSteps(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        if let questions { return addData(subject, principal, from, to: questions.stores) }
        // Who may change policies gets to most things by way of administrator rights, so everything counts.
        if let only, Self.turning.contains(where: { subject.allows.contains($0) }) {
            self.only = nil
            defer { self.only = only }
            return addSteps(subject, principal, from, admin)
        }
        let kind = only.map { draft.nodes[$0].kind }
        if kind?.isEverydayRight != true {
            addAssumptions(subject, principal, from)
            addEscalations(subject, principal, from, admin)
        }
        if kind?.isEverydayRight != false {
            addData(subject, principal, from, to: jewels)
            addDestruction(subject, principal, from)
        }
    }

    /// What an administrator of one account may do in others: at home nothing adds to its rights.
    private func addStepsAbroad(_ subject: Subject, _ principal: Principal, _ from: Int) {
        if questions == nil { addAssumptions(subject, principal, from, onlyAbroad: true) }
        addData(subject, principal, from, to: questions?.stores ?? jewels, onlyAbroad: true)
        if questions == nil { addDestruction(subject, principal, from, onlyAbroad: true) }
    }

    /// Who administers an account acts as any of its principals, and so has what those may do in other accounts.
    func addForeignRights() {
        for (edge, proof) in draft.crossings(among: accounts) {
            let principal = draft.nodes[Int(edge.from)]
            guard let account = principal.account, let from = draft.places["admin:\(account)"] else { continue }
            draft.repeat(
                edge, from: from, EdgeKind.administratorAccess.rawValue, via: [principal.id],
                why: "Administrator rights of account \(account) let one act as \(principal.kind.rawValue) \(principal.name). \(proof.why)")
        }
    }

    /// What a principal can do once it has changed what holds it back.
    private func addChanges(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        guard !draft.isProven(from, admin), questions?.graph.isProven(from, admin) != true else { return }
        var (found, isCut) = changes(of: subject, by: nil)
        if changedForms + found.count > Self.changedForms {
            found = []
            isCut = true
        }
        changedForms += found.count
        for changed in found where !draft.isProven(from, admin) {
            draft.prelude = .init(
                technique: changed.technique, proof: changed.proof,
                text: "\(label(principal)) may first \(changed.deeds.joined(separator: ", then ")). ")
            addRights(changed.subject, principal, from, admin)
        }
        draft.prelude = nil
        if isCut, !draft.isProven(from, admin) {
            var proof = Proof()
            proof.doubt("more changes to its own policies are possible than were tried")
            draft.edge(
                from, admin, "shed-policy", likelihood: 1, proof: proof, hypothetical: true,
                why: "\(label(principal)) may change its own policies in many ways.")
            gaps.insert(.init(what: "what \(principal.arn) can make of itself", why: "not every change that it may make was tried"))
        }
    }

    /// `role NAME` and the like.
    func label(_ principal: Principal) -> String {
        let kind = principal.kind == .user ? "User" : principal.kind == .group ? "A member of group" : "Role"
        return "\(kind) \(principal.name)"
    }

    private func noteGaps() {
        gaps.formUnion(permissions.organisation.gaps)
        if snapshot.principals.isEmpty {
            gaps.insert(.init(what: "principals and their permissions", why: "iam get-account-authorization-details was not collected"))
        }
    }
}
