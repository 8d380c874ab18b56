import CloudModel

/// What else stops working when edits are made: who loses which access, and whether it was used.
struct AccessLoss {
    private let snapshot: CloudSnapshot
    private let index: PatchIndex
    private let members: [String: [Principal]]
    private let attached: [String: [Principal]]
    private let rights: AccountRights
    /// The most accesses that are told for one change.
    static let told = 50

    init(_ snapshot: CloudSnapshot, _ index: PatchIndex? = nil) {
        self.snapshot = snapshot
        self.index = index ?? PatchIndex(snapshot)
        var members: [String: [Principal]] = [:]
        var attached: [String: [Principal]] = [:]
        for principal in snapshot.principals {
            for group in principal.groups { members[group, default: []].append(principal) }
            for policy in principal.policies { if let arn = policy.arn { attached[arn, default: []].append(principal) } }
        }
        self.members = members
        self.attached = attached
        rights = AccountRights(snapshot, self.index)
    }

    /// An action on a resource as a policy grants it.
    private struct Grant: Hashable {
        var action: String
        var resource: String
    }

    /// The accesses that edits take, ordered, each once.
    func accesses(_ edits: [Edit]) -> [Fix.Access] {
        var found: [Fix.Access] = []
        var seen: Set<Edit.Place> = []
        for edit in edits {
            if let place = edit.place {
                if seen.insert(place).inserted { found += taken(place, edits.filter { $0.place == place }) }
            } else {
                found += taken(edit)
            }
        }
        var unique: Set<Fix.Access> = []
        found = found.filter { unique.insert($0).inserted }
        found.sortByBytes { "\($0.principal) \($0.action) \($0.resource)" }
        return found
    }

    static func counts(_ accesses: [Fix.Access]) -> Fix.AccessLost {
        var counts = Fix.AccessLost()
        for access in accesses {
            switch access.use {
            case "used": counts.used += 1
            case "unused": counts.unused += 1
            default: counts.unknown += 1
            }
        }
        return counts
    }

    private func access(_ principal: String, _ grant: Grant) -> Fix.Access {
        Fix.Access(
            principal: principal, action: grant.action, resource: grant.resource,
            use: index.principal(principal).map { use($0, grant.action) } ?? "unknown")
    }

    /// Whether a principal used an action, as far as that is known.
    private func use(_ principal: Principal, _ action: String) -> String {
        guard let services = principal.servicesUsed else { return "unknown" }
        let service = action.split(separator: ":", maxSplits: 1).first.map { $0.lowercased() } ?? "*"
        if service.utf8.contains(UInt8(ascii: "*")) {
            return services.values.contains { $0.lastUsed != nil } ? "used" : "unused"
        }
        // A service that is not listed is one that the principal may not use at all.
        guard let known = services[service] else { return "unknown" }
        let name = action.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
        // Passing a role is no call, and IAM tracks it nowhere.
        if service == "iam", Wildcard.matches(name, "PassRole", ignoringCase: true),
            known.lastUsed == nil || !name.utf8.contains(UInt8(ascii: "*"))
        {
            return "unknown"
        }
        guard known.lastUsed != nil else { return "unused" }
        if let actions = known.actions, !name.utf8.contains(UInt8(ascii: "*")),
            let own = actions.first(where: { $0.key.lowercased() == name.lowercased() })
        {
            return own.value == nil ? "unused" : "used"
        }
        return "used"
    }

    // MARK: Policies

    private static func grants(_ document: JSONValue?) -> [Grant] {
        guard let document else { return [] }
        return Patch.statements(document).filter { $0["Effect"]?.string == "Allow" }.flatMap { statement -> [Grant] in
            let actions =
                statement["NotAction"] != nil
                ? ["all but \(Patch.texts(statement["NotAction"]).joined(separator: ", "))"] : Patch.texts(statement["Action"])
            let resources =
                statement["NotResource"] != nil
                ? ["all but \(Patch.texts(statement["NotResource"]).joined(separator: ", "))"] : Patch.texts(statement["Resource"])
            return actions.flatMap { action in (resources.isEmpty ? ["*"] : resources).map { Grant(action: action, resource: $0) } }
        }
    }

    private func holders(_ place: Edit.Place) -> [Principal] {
        switch place {
        case .inline(let arn, _): index.principal(arn).map(people) ?? []
        case .managed(let arn): (attached[arn] ?? []).flatMap(people)
        case .trust, .resource: []
        }
    }

    /// A group's members, or the principal itself.
    private func people(_ principal: Principal) -> [Principal] {
        guard principal.kind == .group else { return [principal] }
        return members[principal.arn] ?? []
    }

    /// What a principal has from its other policies.
    private func others(_ principal: Principal, but document: JSONValue) -> Set<Grant> {
        let sources = principal.policies + principal.groups.flatMap { index.principal($0)?.policies ?? [] }
        return Set(sources.filter { $0.document != document }.flatMap { Self.grants($0.document) })
    }

    private func taken(_ place: Edit.Place, _ edits: [Edit]) -> [Fix.Access] {
        switch place {
        case .trust(let role): return edits.flatMap { taken($0, by: "sts:AssumeRole", on: role) }
        case .resource(let arn):
            let statements = index.document(at: place).map(Patch.statements) ?? []
            return edits.flatMap { edit -> [Fix.Access] in
                let statement = edit.statement.flatMap { statements.indices.contains($0) ? statements[$0] : nil }
                let actions = Patch.texts(statement?["Action"])
                return (actions.isEmpty ? ["*"] : actions).flatMap { taken(edit, by: $0, on: arn) }
            }
        case .inline, .managed: break
        }
        guard let document = index.document(at: place) else { return [] }
        let after = Set(Self.grants(Patch.document(document, edits)))
        var gone = Self.grants(document).filter { !after.contains($0) }
        for case .denyAction(_, let action, let resource) in edits { gone.append(Grant(action: action, resource: resource)) }
        return holders(place).flatMap { holder -> [Fix.Access] in
            let kept = others(holder, but: document)
            return gone.filter { !kept.contains($0) }.map { access(holder.arn, $0) }
        }
    }

    /// What an edit of a trust or resource policy takes from those whom its statement names.
    private func taken(_ edit: Edit, by action: String, on resource: String) -> [Fix.Access] {
        let grant = Grant(action: action, resource: resource)
        switch edit {
        case .removePrincipal(_, _, let principal), .replacePrincipal(_, _, let principal, _): return [access(principal, grant)]
        case .addCondition(_, let index, let condition):
            let statements = edit.place.flatMap { self.index.document(at: $0) }.map(Patch.statements) ?? []
            let principal = statements.indices.contains(index) ? statements[index]["Principal"] : nil
            let named = principal?.string.map { [$0] } ?? principal?.object?.members.flatMap { Patch.texts($0.value) } ?? []
            return named.map { access($0, Grant(action: "\(action) without \(condition.key)", resource: resource)) }
        default: return [Fix.Access(principal: "*", action: action, resource: resource, use: "unknown")]
        }
    }

    // MARK: Settings

    private func taken(_ edit: Edit) -> [Fix.Access] {
        func outside(_ action: String, _ resource: String) -> [Fix.Access] {
            [Fix.Access(principal: "internet", action: action, resource: resource, use: "unknown")]
        }
        switch edit {
        case .detach(let policy, let holder):
            guard let principal = index.principal(holder) else { return [] }
            let document = principal.policies.first { $0.arn == policy }?.document ?? .null
            let kept = others(principal, but: document)
            return people(principal).flatMap { person in
                Self.grants(document).filter { !kept.contains($0) }.map { access(person.arn, $0) }
            }
        case .leaveGroup(let user, let group):
            guard let principal = index.principal(user) else { return [] }
            let own = Set(
                (principal.policies + principal.groups.filter { $0 != group }.flatMap { index.principal($0)?.policies ?? [] })
                    .flatMap { Self.grants($0.document) })
            return (index.principal(group)?.policies ?? []).flatMap { Self.grants($0.document) }.filter { !own.contains($0) }.map {
                access(user, $0)
            }
        case .setBoundary(let holder, _, let actions): return actions.map { access(holder, Grant(action: $0, resource: "*")) }
        case .removeInstanceProfile(let arn):
            let role = index.instances[arn]?.first.flatMap { snapshot.instances[$0].role }
            return (role.flatMap(index.principal)?.policies ?? []).flatMap { Self.grants($0.document) }.map { grant in
                Fix.Access(
                    principal: arn, action: grant.action, resource: grant.resource,
                    use: role.flatMap(index.principal).map { use($0, grant.action) } ?? "unknown")
            }
        case .closeRule(let id, let rule, let cidrs, _):
            let ports = rule.fromPort.map { "\($0)-\(rule.toPort ?? $0)" } ?? "all ports"
            return cidrs.map { Fix.Access(principal: $0, action: "\(rule.ipProtocol) \(ports)", resource: id, use: "unknown") }
        case .signFunctionURL(let arn): return outside("lambda:InvokeFunctionUrl", arn)
        case .blockPublicAccess(let arn): return outside("s3:GetObject", arn)
        case .unshare(let arn, let account):
            return [Fix.Access(principal: account == "all" ? "internet" : account, action: "restore", resource: arn, use: "unknown")]
        case .unpublish(let arn): return outside("connect", arn)
        case .requireIMDSv2(let arn): return [Fix.Access(principal: arn, action: "IMDSv1", resource: arn, use: "unknown")]
        case .addServiceControlPolicy(let account, _, let actions, let besides):
            return rights.granted(actions, in: account).filter { !besides.contains($0.principal.arn) }.map {
                access($0.principal.arn, Grant(action: $0.action, resource: $0.resource))
            }
        default: return []
        }
    }
}
