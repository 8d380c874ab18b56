import CloudModel

/// A change that might cut a path: not yet tried.
struct CandidateFix: Sendable {
    var kind: String
    var resource: String
    var title: String
    var cost: Int
    var before: String
    var after: String
    /// One change to one thing may be several edits of its text.
    var edits: [Edit]

    /// Stays the same across runs while the change is the same.
    var id: String { AttackPathFinder.digest("fix-", [kind, resource, before, after]) }
}

/// Real changes for the edges of a path.
///
/// | change | cost | because |
/// |---|---|---|
/// | stop sharing a snapshot, block public access to a bucket | 1 | a setting; nothing of one's own uses it |
/// | take an action out of a policy of one principal, or a principal out of a trust policy | 2 | one document; one holder may miss it |
/// | deny one action in a policy that allows it by a wildcard, leave a group | 2 | likewise |
/// | ask for signatures at a function's URL | 2 | callers must sign |
/// | change a managed policy or a group's | 3 | several holders may miss it |
/// | take a database's public address | 3 | clients outside lose it |
/// | detach a managed policy, take a whole statement out | 4 | what it was for must be replaced |
/// | take an instance's profile | 4 | the workload loses its rights |
/// | close a port to everyone | 4 | visitors lose it |
struct CandidateFixes {
    let snapshot: CloudSnapshot
    let graph: SecurityGraph
    private let principals: [String: Principal]
    private let functions: [String: Function]
    private let groups: [String: SecurityGroup]
    private let balancers: [String: LoadBalancer]
    /// Names of those that a managed policy is attached to.
    private let attached: [String: [String]]

    init(_ snapshot: CloudSnapshot, _ graph: SecurityGraph) {
        self.snapshot = snapshot
        self.graph = graph
        principals = Dictionary(snapshot.principals.map { ($0.arn, $0) }) { first, _ in first }
        functions = Dictionary(snapshot.functions.map { ($0.arn, $0) }) { first, _ in first }
        groups = Dictionary(snapshot.securityGroups.map { ($0.id, $0) }) { first, _ in first }
        balancers = Dictionary(snapshot.loadBalancers.map { ($0.arn, $0) }) { first, _ in first }
        var attached: [String: [String]] = [:]
        for principal in snapshot.principals {
            for policy in principal.policies {
                if let arn = policy.arn { attached[arn, default: []].append("\(principal.kind.rawValue) \(principal.name)") }
            }
        }
        self.attached = attached
    }

    /// Changes that might take this edge away.
    func fixes(for edge: GraphEdge) -> [CandidateFix] {
        let from = graph.nodes[Int(edge.from)]
        let to = graph.nodes[Int(edge.to)]
        let technique = graph.technique(of: edge)
        let proof = graph.proof(of: edge)
        switch technique {
        case "network-reach", "public-data": return exposureFixes(to, proof)
        case "oidc-trust", "guest-identity", "saml-trust", "certificate-trust": return trustFixes(from, to, proof)
        case "sts-001": return trustFixes(from, to, proof) + permissionFixes(from, ["sts:AssumeRole"], proof)
        case "instance-profile":
            return [
                CandidateFix(
                    kind: "remove-instance-profile", resource: from.id, title: "Take the instance profile from instance \(from.name)",
                    cost: 4,
                    before: "IamInstanceProfile: role \(to.name)", after: "IamInstanceProfile: none",
                    edits: [.removeInstanceProfile(from.id)])
            ]
        case "execution-role", "workload-role": return []
        case "administrator": return administratorFixes(from, proof)
        case "combined-rights":
            // The one that writes is the first; taking away what it writes with is the heart of it.
            guard let writer = proof.via.first, let place = graph.place(of: writer) else { return [] }
            return permissionFixes(graph.nodes[place], GraphBuilder.turning, proof)
        case "shed-policy", "lift-boundary", "set-default-policy-version":
            return permissionFixes(from, GraphBuilder.changing, proof)
        case "s3-read": return permissionFixes(from, ["s3:GetObject"], proof)
        case "secret-read": return permissionFixes(from, ["secretsmanager:GetSecretValue"], proof)
        case "rds-password": return permissionFixes(from, ["rds:ModifyDBInstance"], proof)
        case "snapshot-share": return permissionFixes(from, ["rds:ModifyDBSnapshotAttribute", "ec2:ModifySnapshotAttribute"], proof)
        default:
            return permissionFixes(from, EscalationCatalogue.byID[technique]?.requires.map(\.action) ?? [], proof)
                + together(from, [technique] + proof.alternatives)
        }
    }

    private func text(_ document: JSONValue) -> String {
        var bytes = document.prettyBytes
        if bytes.last == 0x0A { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Permissions

    /// Policies of a principal and its groups: holder and text.
    private func held(_ node: GraphNode) -> [(holder: Principal, source: PolicySource)] {
        guard let principal = principals[node.id] else { return [] }
        var list = principal.policies.map { (holder: principal, source: $0) }
        for group in principal.groups { if let holder = principals[group] { list += holder.policies.map { (holder: holder, source: $0) } } }
        return list
    }

    private func place(_ holder: Principal, _ source: PolicySource) -> Edit.Place {
        source.arn.map { .managed($0) } ?? .inline(principal: holder.arn, name: source.name)
    }

    /// A policy as a reader finds it: its name and whose it is.
    private func named(_ source: PolicySource, _ holder: Principal) -> String {
        guard let arn = source.arn else { return "policy \(source.name) of \(holder.kind.rawValue) \(holder.name)" }
        let holders = attached[arn] ?? []
        guard let first = holders.first else { return "policy \(source.name)" }
        let others = holders.count == 1 ? "" : holders.count == 2 ? " and 1 other" : " and \(holders.count - 1) others"
        return "policy \(source.name) (held by \(first)\(others))"
    }

    private func permissionFixes(_ node: GraphNode, _ actions: [String], _ proof: EdgeProof) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        for (holder, source) in held(node) {
            guard let document = source.document else { continue }
            let statements = document["Statement"]?.array ?? document["Statement"].map { [$0] } ?? []
            let isAWS = source.arn?.contains(":iam::aws:policy/") == true
            var isInvolved = false
            for (index, statement) in statements.enumerated() where statement["Effect"]?.string == "Allow" {
                let listed = Patch.texts(statement["Action"])
                for action in actions {
                    let isNamed = listed.contains { $0.lowercased() == action.lowercased() }
                    let isMatched =
                        statement["NotAction"] != nil
                        ? !Patch.texts(statement["NotAction"]).contains { Wildcard.matches($0, action, ignoringCase: true) }
                        : listed.contains { Wildcard.matches($0, action, ignoringCase: true) }
                    guard isMatched else { continue }
                    isInvolved = true
                    if isAWS { continue }
                    let place = place(holder, source)
                    let byWildcard = listed.contains {
                        $0.lowercased() != action.lowercased() && Wildcard.matches($0, action, ignoringCase: true)
                    }
                    let edit: Edit =
                        isNamed && !byWildcard
                        ? .removeAction(place, statement: index, action: action) : .denyAction(place, action: action)
                    let several = source.arn.map { (attached[$0]?.count ?? 1) > 1 } ?? false
                    let where_ = named(source, holder)
                    let title =
                        isNamed && !byWildcard
                        ? "Take \(action) out of \(where_)" : "Deny \(action) in \(where_), which allows it by a wildcard"
                    fixes.append(
                        CandidateFix(
                            kind: isNamed && !byWildcard ? "remove-action" : "deny-action", resource: source.arn ?? holder.arn,
                            title: title,
                            cost: several || holder.kind == .group ? 3 : 2, before: text(document),
                            after: text(Patch.document(document, [edit])), edits: [edit]))
                }
            }
            guard isInvolved else { continue }
            if isAWS, let arn = source.arn { fixes.append(detach(arn, source.name, holder)) }
            if holder.kind == .group, node.kind == .user { fixes.append(leave(node, holder)) }
        }
        return fixes
    }

    /// One change to one policy that takes an action of each of several techniques.
    private func together(_ node: GraphNode, _ techniques: [String]) -> [CandidateFix] {
        let needed = techniques.compactMap { EscalationCatalogue.byID[$0]?.requires.map(\.action) }
        guard needed.count > 1, needed.count == techniques.count else { return [] }
        // As few actions as a greedy choice gives; handing on a role first, for it is the heart of most.
        var open = needed
        var actions: [String] = []
        while !open.isEmpty {
            var counts: [String: Int] = [:]
            for list in open { for action in Set(list) { counts[action, default: 0] += action == "iam:PassRole" ? 2 : 1 } }
            guard let next = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else { return [] }
            actions.append(next)
            open.removeAll { $0.contains(next) }
        }
        guard actions.count > 1 else { return [] }
        var fixes: [CandidateFix] = []
        for (holder, source) in held(node) {
            guard let document = source.document, source.arn?.contains(":iam::aws:policy/") != true else { continue }
            let place = place(holder, source)
            var edits: [Edit] = []
            for action in actions {
                edits += permissionFixes(node, [action], EdgeProof(why: "", citations: [], conditions: [], alternatives: [], via: []))
                    .flatMap(\.edits).filter { $0.place == place }
            }
            guard !edits.isEmpty else { continue }
            let list = actions.sorted().joined(separator: ", ")
            fixes.append(
                CandidateFix(
                    kind: "narrow-policy", resource: source.arn ?? holder.arn,
                    title: "Take \(list) out of \(named(source, holder))",
                    cost: 3, before: text(document), after: text(Patch.document(document, edits)), edits: edits))
        }
        return fixes
    }

    private func detach(_ arn: String, _ name: String, _ holder: Principal) -> CandidateFix {
        CandidateFix(
            kind: "detach-policy", resource: holder.arn, title: "Detach policy \(name) from \(holder.kind.rawValue) \(holder.name)",
            cost: 4,
            before: "attached: \(arn)", after: "not attached: \(arn)", edits: [.detach(policy: arn, principal: holder.arn)])
    }

    private func leave(_ user: GraphNode, _ group: Principal) -> CandidateFix {
        CandidateFix(
            kind: "leave-group", resource: user.id, title: "Take user \(user.name) out of group \(group.name)", cost: 2,
            before: "member of \(group.arn)", after: "not a member of \(group.arn)", edits: [.leaveGroup(user: user.id, group: group.arn)])
    }

    private func administratorFixes(_ node: GraphNode, _ proof: EdgeProof) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        for (holder, source) in held(node) {
            guard let document = source.document else { continue }
            let statements = document["Statement"]?.array ?? document["Statement"].map { [$0] } ?? []
            for (index, statement) in statements.enumerated() where statement["Effect"]?.string == "Allow" {
                let isBroad = statement["NotAction"] != nil || Patch.texts(statement["Action"]).contains { $0 == "*" || $0.hasSuffix(":*") }
                guard isBroad else { continue }
                if let arn = source.arn {
                    if !fixes.contains(where: { $0.edits == [.detach(policy: arn, principal: holder.arn)] }) {
                        fixes.append(detach(arn, source.name, holder))
                    }
                } else {
                    let edit = Edit.removeStatement(place(holder, source), statement: index)
                    fixes.append(
                        CandidateFix(
                            kind: "remove-statement", resource: holder.arn,
                            title: "Remove statement \(index + 1) of policy \(source.name) of \(holder.kind.rawValue) \(holder.name)",
                            cost: 4,
                            before: text(document), after: text(Patch.document(document, [edit])), edits: [edit]))
                }
                if holder.kind == .group, node.kind == .user { fixes.append(leave(node, holder)) }
            }
        }
        return fixes
    }

    // MARK: Trust

    private func trustFixes(_ from: GraphNode, _ to: GraphNode, _ proof: EdgeProof) -> [CandidateFix] {
        guard let role = principals[to.id], let document = role.trust?.document else { return [] }
        let statements = document["Statement"]?.array ?? document["Statement"].map { [$0] } ?? []
        var fixes: [CandidateFix] = []
        let place = Edit.Place.trust(role.arn)
        func add(_ edit: Edit, _ title: String) {
            fixes.append(
                CandidateFix(
                    kind: "tighten-trust", resource: role.arn, title: title, cost: 2, before: text(document),
                    after: text(Patch.document(document, [edit])), edits: [edit]))
        }
        for (index, statement) in statements.enumerated() where statement["Effect"]?.string == "Allow" {
            guard let principal = statement["Principal"] else { continue }
            let named = principal.string.map { [$0] } ?? (principal.object?.members.flatMap { Patch.texts($0.value) } ?? [])
            for name in named {
                if name == "*" {
                    add(
                        .onlyOwnAccount(place, statement: index, account: role.account),
                        "Let only account \(role.account) assume role \(role.name), not everyone")
                    if from.account != role.account { continue }
                }
                let account = ARNParts(name).map { String($0.account) } ?? name
                let isAboutSource =
                    name == from.id || name.utf8.elementsEqual((from.account ?? "").utf8)
                    || name.hasSuffix(":root") && account == from.account
                    || (from.kind == .internet || from.kind == .identityProvider) && name != "*"
                        && principal["Federated"] != nil
                guard isAboutSource else { continue }
                add(
                    .removePrincipal(place, statement: index, principal: name),
                    "No longer let \(trusted(name)) assume role \(role.name)")
            }
        }
        return fixes
    }

    private func trusted(_ name: String) -> String {
        guard let parts = ARNParts(name) else { return name.utf8.count == 12 ? "every principal of account \(name)" : name }
        if parts.resource == "root" { return "every principal of account \(parts.account)" }
        return principals[name].map { "\($0.kind.rawValue) \($0.name)" } ?? name
    }

    // MARK: Exposure

    private func exposureFixes(_ target: GraphNode, _ proof: EdgeProof) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        switch target.kind {
        case .function:
            if let function = functions[target.id] {
                if function.urls?.contains(where: { $0.authType == "NONE" }) == true {
                    fixes.append(
                        CandidateFix(
                            kind: "sign-function-url", resource: target.id,
                            title: "Ask for a signature at the URL of function \(target.name)",
                            cost: 2, before: "AuthType: NONE", after: "AuthType: AWS_IAM", edits: [.signFunctionURL(target.id)]))
                }
                if let document = function.policy?.document { fixes += everyoneFixes(document, target, "function") }
            }
        case .bucket:
            fixes.append(
                CandidateFix(
                    kind: "make-private", resource: target.id, title: "Block public access to bucket \(target.name)", cost: 1,
                    before: "public access block: incomplete",
                    after: "BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets: true",
                    edits: [.blockPublicAccess(target.id)]))
        case .snapshot:
            fixes.append(
                CandidateFix(
                    kind: "make-private", resource: target.id, title: "Stop sharing snapshot \(target.name) with everyone", cost: 1,
                    before: "restore: all", after: "restore: only accounts that are named", edits: [.unshare(target.id)]))
        case .database:
            fixes.append(
                CandidateFix(
                    kind: "make-private", resource: target.id, title: "Take the public address of database \(target.name)", cost: 3,
                    before: "PubliclyAccessible: true", after: "PubliclyAccessible: false", edits: [.unpublish(target.id)]))
        case .secret:
            if let document = snapshot.secrets.first(where: { $0.arn == target.id })?.policy?.document {
                fixes += everyoneFixes(document, target, "secret")
            }
        default: break
        }
        var ids = proof.via
        for via in proof.via { if let balancer = balancers[via] { ids += balancer.securityGroups } }
        for id in ids {
            guard let group = groups[id] else { continue }
            let open = group.ingress.filter { !$0.cidrs.allSatisfy { $0 != "0.0.0.0/0" && $0 != "::/0" } }
            guard !open.isEmpty, !fixes.contains(where: { $0.edits == [.closeToEveryone(securityGroup: id)] }) else { continue }
            let ports = open.map { rule in
                let range = rule.fromPort.map { from in rule.toPort.map { $0 == from ? "\(from)" : "\(from)-\($0)" } ?? "\(from)" } ?? "all"
                return "\(rule.ipProtocol) \(range) from \(rule.cidrs.joined(separator: ", "))"
            }
            fixes.append(
                CandidateFix(
                    kind: "close-ingress", resource: group.arn, title: "Close security group \(group.name) (\(id)) to everyone", cost: 4,
                    before: ports.joined(separator: "\n"), after: "no rule for 0.0.0.0/0 or ::/0",
                    edits: [.closeToEveryone(securityGroup: id)]
                ))
        }
        return fixes
    }

    private func everyoneFixes(_ document: JSONValue, _ target: GraphNode, _ kind: String) -> [CandidateFix] {
        let statements = document["Statement"]?.array ?? document["Statement"].map { [$0] } ?? []
        var fixes: [CandidateFix] = []
        for (index, statement) in statements.enumerated() where statement["Effect"]?.string == "Allow" {
            let principal = statement["Principal"]
            guard principal?.string == "*" || Patch.texts(principal?["AWS"]).contains("*") else { continue }
            let edit = Edit.removeStatement(.resource(target.id), statement: index)
            fixes.append(
                CandidateFix(
                    kind: "make-private", resource: target.id,
                    title: "Remove statement \(index + 1), which admits everyone, from the policy of \(kind) \(target.name)", cost: 2,
                    before: text(document), after: text(Patch.document(document, [edit])), edits: [edit]))
        }
        return fixes
    }
}
