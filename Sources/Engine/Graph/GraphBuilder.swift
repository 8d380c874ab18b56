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
    /// The same as they are when principals are first asked about them.
    private(set) lazy var admittingRoles = AdmittingRoles(anyone: rolesForAnyone, accounts: rolesForAccount) { role in
        permissions.trust(of: role).map { permissions.library.entries[$0.place].isPersonal } ?? true
    }
    /// Roles that a subject can assume, by the subject's place.
    var assumable: [Int: [(role: Int, proof: Proof)]] = [:]
    /// Proofs that a subject is an administrator after a change, by what they depend on.
    var grants: [Grant: Proof?] = [:]
    struct Grant: Hashable {
        /// The holder's set of policies.
        var holder: Int
        var change: Permissions.Change
        /// The holder's place, and the set of policies of who lifts its boundary, where that counts.
        var own: Int?
        var remover: Int?
    }
    /// Users, groups and roles by account.
    var users: [String: [Int]] = [:]
    var groups: [String: [Int]] = [:]
    var roles: [String: [Int]] = [:]
    /// The region to name where any would do.
    let region: String
    /// Which principals are service-linked roles, by place.
    let serviceLinked: [Bool]
    /// Users with an access key that nobody uses, by place.
    let unusedKeys: Set<Int>
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
    static let changedForms = 3_000
    /// Managed policies by ARN.
    let managedPolicies: [String: ManagedPolicy]
    /// Resources that hold data, and of them those with a value.
    var stores: [Store] = []
    var jewels = StoreIndex()
    /// Of those the ones that can be destroyed, the most valuable first.
    var destructible = StoreIndex()
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
    var questions: (stores: StoreIndex, graph: SecurityGraph)?
    /// Where only steps to one node are asked for: its place.
    var only: Int?
    /// Whether principals with the same policies take steps together; see ``alike(_:_:_:_:_:)``.
    var sharesSteps = false
    /// Numbers of policies by where they were read, and those of the subject that was looked at last.
    var policyOrigins: [PolicyOrigin: Int] = [:]
    var policySources: (subject: Int, sources: [Int])?

    init(_ snapshot: CloudSnapshot, permissions: Permissions, exposures: [Exposure], premises: Premises = Premises()) {
        self.snapshot = snapshot
        self.premises = premises
        self.permissions = permissions
        self.exposures = exposures
        draft = GraphDraft()
        contexts = KnownContexts()
        bounded = []
        serviceLinked = snapshot.principals.map(\.isServiceLinked)
        let unused = UnusedKeys(snapshot)
        unusedKeys = Set(snapshot.principals.indices.filter { !unused.keys(of: snapshot.principals[$0]).isEmpty })
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
        unusedKeys = touched.keyless.isEmpty ? base.unusedKeys : base.unusedKeys.subtracting(touched.keyless)
        var policies = base.managedPolicies
        // Boundaries may be new.
        for arn in touched.policies.union(touched.bounded.compactMap { snapshot.principals[$0].boundary?.arn }) {
            policies[arn] = snapshot.policy(arn).found
        }
        managedPolicies = policies
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
        shared =
            touched.functions.isEmpty && touched.instances.isEmpty
            ? base.shared
            : SharedSteps(
                base.shared, functions: touched.functions, instances: touched.instances, snapshot, draft.places, permissions)
        for (id, item) in touched.stores(in: snapshot) {
            jewels.change(id, item, permissions)
            destructible.change(id, item, permissions)
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
    ///
    /// - Parameter sharing: whether steps of principals with the same policies are worked out together; the graph is the same.
    func build(knowing known: KnownEdges? = nil, sharing: Bool = true) -> SecurityGraph {
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
        sharesSteps = sharing && known == nil
        for index in snapshot.principals.indices {
            if let known, !known.asked.contains(index) {
                takeEdges(of: index, from: known)
            } else {
                addEdges(of: index)
            }
        }
        sharesSteps = false
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
        for place in draft.nodes.indices {
            let kind = draft.nodes[place].kind
            guard kind != .root, kind.isOutside || kind.isPrincipal, !anyones.contains(place) else { continue }
            let index = kind.isPrincipal ? permissions.principalIndex[draft.nodes[place].id] : nil
            if let index, administrators[index]?.confidence == .proven { continue }
            draft.start(place, Likelihood.start(kind, unusedKey: index.map(unusedKeys.contains) ?? false))
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

    private func noteGaps() {
        gaps.formUnion(permissions.organisation.gaps)
        if snapshot.principals.isEmpty {
            gaps.insert(.init(what: "principals and their permissions", why: "iam get-account-authorization-details was not collected"))
        }
    }
}
