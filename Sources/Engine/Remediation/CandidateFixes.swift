import CloudModel

/// Real changes for the steps of a path. Each is concrete; whether it cuts anything is found out by evaluating again.
final class CandidateFixes {
    let snapshot: CloudSnapshot
    let graph: SecurityGraph
    let index: PatchIndex
    let principals: [String: Principal]
    let functions: [String: Function]
    let groups: [String: SecurityGroup]
    let balancers: [String: LoadBalancer]
    let policies: [String: ManagedPolicy]
    /// Those that a managed policy is attached to.
    let attached: [String: [Principal]]
    /// Members by group.
    let members: [String: Int]
    /// Roles that workloads run as.
    let usedRoles: Set<String>

    /// Roles that workloads run as, by account, and the texts that narrowing a right to what is in use lists.
    private(set) lazy var usedRolesByAccount = Dictionary(grouping: usedRoles.sortedUnique.filter { principals[$0] != nil }) {
        principals[$0]?.account ?? ""
    }
    private(set) lazy var plainBuckets = plain(snapshot.buckets.map { ($0.account, $0.arn) })
    private(set) lazy var plainSecrets = plain(snapshot.secrets.map { ($0.account, $0.arn) })
    /// Users and roles that can assume a role today, by the role's node.
    private(set) lazy var assumers: [Int32: [GraphNode]] = {
        var assumers: [Int32: [GraphNode]] = [:]
        for edge in graph.edges where graph.technique(of: edge) == "sts-001" {
            let node = graph.nodes[Int(edge.from)]
            if node.kind == .user || node.kind == .role { assumers[edge.to, default: []].append(node) }
        }
        return assumers
    }()
    /// Accounts that were asked for a service control policy.
    var limitable: [String: LimitableAccount?] = [:]
    /// Roles by account.
    private(set) lazy var roles = Dictionary(grouping: snapshot.principals.filter { $0.kind == .role }, by: \.account)

    /// What is no jewel, by account.
    private func plain(_ list: [(account: String, arn: String)]) -> [String: [String]] {
        Dictionary(grouping: list.filter { one in graph.place(of: one.arn).map { graph.nodes[$0].value == 0 } ?? true }, by: \.account)
            .mapValues { $0.map(\.arn).sortedUnique }
    }

    init(_ snapshot: CloudSnapshot, _ graph: SecurityGraph) {
        self.snapshot = snapshot
        self.graph = graph
        index = PatchIndex(snapshot)
        principals = Dictionary(snapshot.principals.map { ($0.arn, $0) }) { first, _ in first }
        functions = Dictionary(snapshot.functions.map { ($0.arn, $0) }) { first, _ in first }
        groups = Dictionary(snapshot.securityGroups.map { ($0.id, $0) }) { first, _ in first }
        balancers = Dictionary(snapshot.loadBalancers.map { ($0.arn, $0) }) { first, _ in first }
        policies = Dictionary(snapshot.policies.map { ($0.arn, $0) }) { first, _ in first }
        var attached: [String: [Principal]] = [:]
        var members: [String: Int] = [:]
        for principal in snapshot.principals {
            for policy in principal.policies { if let arn = policy.arn { attached[arn, default: []].append(principal) } }
            for group in principal.groups { members[group, default: 0] += 1 }
        }
        self.attached = attached
        self.members = members
        usedRoles = Set(
            snapshot.functions.compactMap(\.role) + snapshot.instances.compactMap(\.role) + snapshot.workloads.flatMap(\.roles))
    }

    /// Changes that might take an edge away. It may be one of a graph after other changes; the changes are to this snapshot.
    func fixes(for edge: GraphEdge, in other: SecurityGraph) -> [CandidateFix] {
        let from = other.nodes[Int(edge.from)]
        let to = other.nodes[Int(edge.to)]
        let proof = other.proof(of: edge)
        let techniques = [other.technique(of: edge)] + proof.alternatives
        var fixes = techniques.flatMap { self.fixes(for: $0, from, to, proof) } + together(from, techniques) + boundary(from, techniques)
        fixes += techniques.flatMap { controlPolicyFixes(from, $0) } + keyFixes(from)
        fixes = fixes.filter(fits)
        var seen: Set<String> = []
        return fixes.filter { seen.insert($0.id).inserted }
    }

    private func fixes(for technique: String, _ from: GraphNode, _ to: GraphNode, _ proof: EdgeProof) -> [CandidateFix] {
        switch technique {
        case "network-reach", "public-data": return exposureFixes(to, proof)
        case "network-lateral": return lateralFixes(proof)
        case "oidc-trust", "guest-identity", "saml-trust", "certificate-trust": return trustFixes(from, to)
        case "sts-001": return trustFixes(from, to) + permissionFixes(from, ["sts:AssumeRole"], to)
        case "instance-profile": return instanceFixes(from, to)
        case "execution-role", "workload-role": return []
        case "administrator": return administratorFixes(from)
        case "combined-rights":
            // The one that writes is the first; taking away what it writes with is the heart of it.
            guard let writer = proof.via.first, let place = graph.place(of: writer) else { return [] }
            return permissionFixes(graph.nodes[place], GraphBuilder.turning, to)
        case "administrator-access":
            // Who administers an account acts as any of its principals; what that one may do elsewhere is what can be taken.
            guard let principal = proof.via.first.flatMap(graph.place), let target = graph.place(of: to.id),
                let own = graph.edge(principal, target)
            else { return [] }
            return self.fixes(for: own, in: graph)
        case "shed-policy", "lift-boundary", "set-default-policy-version": return permissionFixes(from, GraphBuilder.changing, to)
        case "create-administrator":
            return permissionFixes(
                from,
                [
                    "iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:CreateUser", "iam:CreateRole", "iam:PutUserPolicy",
                    "iam:PutRolePolicy", "iam:CreateGroup", "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
                ], to)
        case "s3-read": return permissionFixes(from, ["s3:GetObject"], to) + resourceFixes(from, to)
        case "secret-read": return permissionFixes(from, ["secretsmanager:GetSecretValue"], to) + resourceFixes(from, to)
        case "s3-destroy", "database-destroy":
            guard let store = proof.via.first.flatMap(graph.place).map({ graph.nodes[$0] }) else { return [] }
            return permissionFixes(from, Destruction.actions, store) + resourceFixes(from, store)
        case "parameter-read": return permissionFixes(from, ["ssm:GetParameter"], to)
        case "foreign-access": return resourceFixes(from, to) + exposureFixes(to, proof)
        default:
            let technique = EscalationCatalogue.byID[technique]
            return permissionFixes(from, technique?.requires.map(\.action) ?? [], to, technique)
        }
    }

    /// Whether every text stays, or becomes, one that its place takes.
    private func fits(_ fix: CandidateFix) -> Bool {
        for place in Set(fix.edits.compactMap(\.place)) {
            guard let (document, holder) = document(at: place) else { return false }
            guard let after = Patch.document(document, fix.edits.filter { $0.place == place }) else { continue }
            guard after != document else { return false }
            if let limit = PolicySizes.limit(place, holder) {
                let size = PolicySizes.size(after)
                if size > limit, size > PolicySizes.size(document) { return false }
            }
        }
        return true
    }

    /// The text at a place, and what kind of principal holds it.
    private func document(at place: Edit.Place) -> (document: JSONValue, holder: Principal.Kind?)? {
        guard let document = index.document(at: place) else { return nil }
        if case .inline(let arn, _) = place { return (document, principals[arn]?.kind) }
        return (document, nil)
    }

    /// A user's keys that nobody uses: taking them closes nothing, and makes it less likely that an attacker starts there.
    private func keyFixes(_ node: GraphNode) -> [CandidateFix] {
        guard let user = principals[node.id], case let keys = index.unusedKeys.keys(of: user), !keys.isEmpty else { return [] }
        let what = keys.count == 1 ? "the access key" : "the \(keys.count) access keys"
        return [fix(.deleteKey, user.arn, "Delete \(what) of user \(user.name) that nobody uses", [.deleteUnusedKeys(user: user.arn)])]
    }

    // MARK: Workloads and exposure

    private func instanceFixes(_ from: GraphNode, _ to: GraphNode) -> [CandidateFix] {
        var fixes = [
            fix(.removeInstanceProfile, from.id, "Take the instance profile from instance \(from.name)", [.removeInstanceProfile(from.id)])
        ]
        if let instance = index.instances[from.id]?.first.map({ snapshot.instances[$0] }), instance.requiresIMDSv2 == false {
            fixes.append(
                fix(.requireIMDSv2, from.id, "Require IMDSv2 of instance \(from.name)", [.requireIMDSv2(from.id)]))
        }
        return fixes
    }

    private func exposureFixes(_ target: GraphNode, _ proof: EdgeProof) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        switch target.kind {
        case .function:
            guard let function = functions[target.id] else { break }
            if function.urls?.contains(where: { $0.authType == "NONE" }) == true {
                fixes.append(
                    fix(
                        .signFunctionURL, target.id, "Ask for a signature at the URL of function \(target.name)",
                        [.signFunctionURL(target.id)]))
            }
            fixes += everyoneFixes(target)
        case .bucket:
            fixes.append(
                fix(.makePrivate, target.id, "Block public access to bucket \(target.name)", [.blockPublicAccess(target.id)]))
            fixes += everyoneFixes(target)
        case .snapshot:
            for shared in index.dataSnapshots[target.id]?.first.flatMap({ snapshot.dataSnapshots[$0].sharedWith }) ?? [] {
                let whom = shared == "all" ? "everyone" : "account \(shared)"
                fixes.append(
                    fix(
                        .makePrivate, target.id, "Stop sharing snapshot \(target.name) with \(whom)",
                        [.unshare(target.id, with: shared)]))
            }
            // Whoever may start an image gets what is on its disks.
            fixes += ([target.id] + proof.via).flatMap(imageFixes)
        case .database:
            fixes.append(
                fix(.unpublishDatabase, target.id, "Take the public address of database \(target.name)", [.unpublish(target.id)]))
        case .secret, .key: fixes += everyoneFixes(target)
        default: break
        }
        return fixes + ingressFixes(proof)
    }

    private func imageFixes(_ arn: String) -> [CandidateFix] {
        (index.images[arn]?.first.map { snapshot.images[$0] }).map { image in
            (image.sharedWith ?? []).filter { $0 == "all" || $0.utf8.count == 12 && $0 != image.account }.map { shared in
                fix(
                    .makePrivate, arn, "Stop sharing image \(image.id) with \(shared == "all" ? "everyone" : "account \(shared)")",
                    [.unshare(arn, with: shared)])
            }
        } ?? []
    }

    private func ingressFixes(_ proof: EdgeProof) -> [CandidateFix] {
        var ids = proof.via
        for via in proof.via { if let balancer = balancers[via] { ids += balancer.securityGroups } }
        var fixes: [CandidateFix] = []
        var seen: Set<String> = []
        for id in ids where seen.insert(id).inserted {
            guard let group = groups[id] else { continue }
            let open = group.ingress.filter { $0.cidrs.contains(where: Self.isEveryone) }
            let own = snapshot.vpcs.first { $0.id == group.vpc && $0.account == group.account }?.cidrs ?? []
            var all: [Edit] = []
            var narrowed: [Edit] = []
            for rule in open {
                let everyone = rule.cidrs.filter(Self.isEveryone)
                let key = Edit.RuleKey(rule)
                all.append(.closeRule(securityGroup: id, rule: key, cidrs: everyone, by: []))
                narrowed.append(.closeRule(securityGroup: id, rule: key, cidrs: everyone, by: own))
                guard open.count > 1 else { continue }
                fixes.append(
                    fix(
                        .closeIngress, group.arn, "Close \(Self.ports(rule)) of security group \(group.name) (\(id)) to everyone",
                        [.closeRule(securityGroup: id, rule: key, cidrs: everyone, by: [])]))
            }
            guard !all.isEmpty else { continue }
            fixes.append(
                fix(.closeIngress, group.arn, "Close security group \(group.name) (\(id)) to everyone", all))
            guard !own.isEmpty else { continue }
            fixes.append(
                fix(
                    .narrowIngress, group.arn,
                    "Open security group \(group.name) (\(id)) to its own network (\(own.joined(separator: ", "))) and not to everyone",
                    narrowed))
        }
        return fixes
    }

    /// Changes after which the hosts of a network are no longer let in by one another.
    private func lateralFixes(_ proof: EdgeProof) -> [CandidateFix] {
        proof.via.compactMap { groups[$0] }.flatMap { group in
            group.ingress.flatMap { rule -> [CandidateFix] in
                let sources = rule.cidrs + rule.groups
                let choices = (sources.count > 1 && sources.count <= 4 ? sources.map { [$0] } : []) + [sources]
                return choices.filter { !$0.isEmpty }.map { sources in
                    fix(
                        .closeIngress, group.arn,
                        "Close \(Self.ports(rule)) of security group \(group.name) (\(group.id)) to \(sources.joined(separator: ", "))",
                        [.closeRule(securityGroup: group.id, rule: Edit.RuleKey(rule), cidrs: sources, by: [])])
                }
            }
        }
    }

    private static func isEveryone(_ cidr: String) -> Bool { cidr == "0.0.0.0/0" || cidr == "::/0" }

    private static func ports(_ rule: SecurityGroupRule) -> String {
        guard let from = rule.fromPort, let to = rule.toPort else { return "all ports" }
        return "\(from == to ? "port \(from)" : "ports \(from) to \(to)") (\(rule.ipProtocol))"
    }
}
