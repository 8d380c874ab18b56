import CloudModel

/// Organisations: what their management account or a delegated administrator could read, and what every account knows of its own.
///
/// The answers of several accounts add up: a member's own folder says which organisation it is in, the management account's what is
/// attached where.
extension Normaliser {
    mutating func readOrganisations() {
        var found: [String: OrganisationReader] = [:]
        for account in index.accounts {
            guard let id = organisation(readBy: account) else { continue }
            var reader = found[id.id] ?? OrganisationReader(Organisation(id: id.id, evidence: id.evidence))
            read(&reader, account)
            found[id.id] = reader
        }
        snapshot.organisations = found.keys.sortedUnique.compactMap { found[$0]?.result }
    }

    /// What an account's own answers say of its organisation.
    func membership(_ account: String) -> OrganisationMembership {
        if let id = organisation(readBy: account) { return .member(id.id) }
        switch index.answer(account, "organizations", "describe-organization") {
        case .none: return .none
        case .record: return .unreadable
        case .unknown:
            return index.isMentioned(account, "organizations", "describe-organization", region: nil, resource: nil)
                ? .unreadable : .notCollected
        }
    }

    /// The organisation of the answers that an account gave: by name, or by the ARNs in them.
    private func organisation(readBy account: String) -> (id: String, evidence: Evidence)? {
        for cursor in cursors(account, "organizations", "describe-organization") {
            if let organisation = cursor["Organization"], let id = organisation.identifier("Id") { return (id, organisation.evidence) }
        }
        for (operation, list) in [
            ("list-roots", "Roots"), ("list-accounts", "Accounts"), ("list-accounts-for-parent", "Accounts"),
            ("list-organizational-units-for-parent", "OrganizationalUnits"), ("list-policies", "Policies"),
        ] {
            for cursor in cursors(account, "organizations", operation) {
                for item in cursor.list(list) {
                    if let owner = item.identifier("Arn").flatMap(Self.owner) { return (owner.organisation, cursor.evidence) }
                }
            }
        }
        for cursor in cursors(account, "organizations", "describe-policy") {
            if let owner = cursor["Policy"]?["PolicySummary"]?.identifier("Arn").flatMap(Self.owner) {
                return (owner.organisation, cursor.evidence)
            }
        }
        for operation in ["list-roots", "list-policies", "list-targets-for-policy", "describe-policy", "list-accounts-for-parent"] {
            if let cursor = cursors(account, "organizations", operation).first { return (Organisation.unnamed, cursor.evidence) }
        }
        return nil
    }

    /// `arn:aws:organizations::MANAGEMENT:KIND/ORGANISATION/…` ("Resource types defined by AWS Organizations", Service Authorization Reference).
    private static func owner(_ arn: String) -> (account: String, organisation: String)? {
        guard let parts = ARNParts(arn), parts.service == "organizations", parts.account.utf8.count == 12 else { return nil }
        let rest = parts.resource.split(separator: "/", omittingEmptySubsequences: false)
        guard rest.count >= 2, rest[1].hasPrefix("o-") else { return nil }
        return (String(parts.account), String(rest[1]))
    }

    private func read(_ reader: inout OrganisationReader, _ account: String) {
        for cursor in cursors(account, "organizations", "describe-organization") {
            guard let item = cursor["Organization"] else {
                cursor.missing("Organization")
                continue
            }
            if let management = item.identifier("MasterAccountId") { reader.organisation.managementAccount = management }
            if let features = item.string("FeatureSet") { reader.organisation.hasAllFeatures = features == "ALL" }
        }
        func owned(_ item: Cursor) {
            guard reader.organisation.managementAccount == nil, let arn = item.identifier("Arn") else { return }
            reader.organisation.managementAccount = Self.owner(arn)?.account
        }
        for cursor in cursors(account, "organizations", "list-roots") {
            for item in cursor.requiredList("Roots") ?? [] {
                guard let id = item.requiredIdentifier("Id") else { continue }
                owned(item)
                reader.add(.init(id: id, kind: .root, name: item.string("Name"), parent: nil, evidence: item.evidence))
                guard let types = item.requiredList("PolicyTypes") else { continue }
                let enabled = types.filter { $0.string("Status") == "ENABLED" }.compactMap { $0.string("Type") }
                reader.organisation.enabledTypes = Set(enabled.compactMap(Organisation.PolicyType.init(rawValue:)))
            }
        }
        for cursor in cursors(account, "organizations", "list-organizational-units-for-parent") {
            for item in cursor.requiredList("OrganizationalUnits") ?? [] {
                guard let id = item.requiredIdentifier("Id") else { continue }
                owned(item)
                reader.add(.init(id: id, kind: .unit, name: item.string("Name"), parent: cursor.record.resource, evidence: item.evidence))
            }
        }
        for operation in ["list-accounts-for-parent", "list-accounts"] {
            for cursor in cursors(account, "organizations", operation) {
                guard let list = cursor.requiredList("Accounts") else { continue }
                if operation == "list-accounts", index.isWhole(cursor.record) { reader.organisation.accountsListed = true }
                for item in list {
                    guard let id = item.requiredIdentifier("Id") else { continue }
                    owned(item)
                    let parent = operation == "list-accounts" ? nil : cursor.record.resource
                    reader.add(.init(id: id, kind: .account, name: item.string("Name"), parent: parent, evidence: item.evidence))
                    for path in item.list("Paths") { reader.add(path: path, to: id) }
                }
            }
        }
        for cursor in cursors(account, "organizations", "list-parents") {
            guard let child = cursor.record.resource, Identifier.isPlain(child),
                let parent = cursor.requiredList("Parents")?.first?.requiredIdentifier("Id")
            else { continue }
            let kind: Organisation.Node.Kind = child.hasPrefix("ou-") ? .unit : .account
            reader.add(.init(id: child, kind: kind, name: nil, parent: parent, evidence: cursor.evidence))
            if parent.hasPrefix("r-") { reader.add(.init(id: parent, kind: .root, name: nil, parent: nil, evidence: cursor.evidence)) }
        }
        readPolicies(&reader, account)
        for policy in reader.policies.values where reader.organisation.managementAccount == nil {
            reader.organisation.managementAccount = policy.source.arn.flatMap(Self.owner)?.account
        }
    }

    private func readPolicies(_ reader: inout OrganisationReader, _ account: String) {
        for cursor in cursors(account, "organizations", "list-policies") {
            guard let list = cursor.requiredList("Policies") else { continue }
            // A listing is of one type, which a file's name need not say.
            let type = cursor.record.resource ?? list.first?.string("Type")
            if index.isWhole(cursor.record), let type = type.flatMap(Organisation.PolicyType.init(rawValue:)) {
                reader.organisation.listedTypes.insert(type)
            }
            for item in list { _ = reader.add(policy: item) }
        }
        for cursor in cursors(account, "organizations", "list-policies-for-target") {
            guard let target = cursor.record.resource else { continue }
            for item in cursor.requiredList("Policies") ?? [] {
                guard let id = reader.add(policy: item), let type = reader.policies[id]?.type else { continue }
                reader.policies[id]?.targets.append(target)
                // The call is made for one type, and at least one policy of each enabled type is attached everywhere.
                if index.isWhole(cursor.record) { reader.organisation.listedAttachments.insert(Organisation.attachment(type, target)) }
            }
        }
        for cursor in cursors(account, "organizations", "describe-policy") {
            guard let policy = cursor["Policy"] else {
                cursor.missing("Policy")
                continue
            }
            guard let summary = policy["PolicySummary"], let id = reader.add(policy: summary) else { continue }
            if policy["Content"] == nil { policy.missing("Content") }
            reader.policies[id]?.source.document = policy.document("Content")
            reader.policies[id]?.source.evidence = policy["Content"]?.evidence ?? policy.evidence
        }
        for cursor in cursors(account, "organizations", "list-targets-for-policy") {
            guard let id = cursor.record.resource, let targets = cursor.requiredList("Targets") else { continue }
            // A policy that no other answer speaks of has no type that could be told.
            guard reader.policies[id] != nil || reader.add(known: id, cursor.evidence) else {
                cursor.problem("policyNotInAnswer", "is about a policy that no other answer names")
                continue
            }
            for item in targets {
                guard let target = item.requiredIdentifier("TargetId") else { continue }
                reader.policies[id]?.targets.append(target)
                if target.hasPrefix("r-") { reader.add(.init(id: target, kind: .root, name: nil, parent: nil, evidence: item.evidence)) }
            }
            if index.isWhole(cursor.record) { reader.policies[id]?.targetsKnown = true }
        }
    }

    /// What an organisation that was begun to be read still lacks.
    mutating func noteMissingOfOrganisation(_ account: String) {
        guard case .member(let id)? = snapshot.accounts.first(where: { $0.id == account })?.organisation,
            let organisation = snapshot.organisations.first(where: { $0.id == id }), organisation.hasAllFeatures != false
        else { return }
        func note(_ operation: String, _ resource: String?) {
            guard let known = KnownOperation.named(service: "organizations", operation: operation),
                !index.isMentioned(account, "organizations", operation, region: nil, resource: resource)
            else { return }
            gaps.append(Self.gap(account, known, region: nil, resource: resource))
        }
        for type in Organisation.PolicyType.allCases where organisation.enabledTypes?.contains(type) ?? true {
            if !organisation.listedTypes.contains(type) { note("list-policies", type.rawValue) }
        }
        if organisation.enabledTypes == nil { note("list-roots", nil) }
        guard organisation.managementAccount == account || !index.records(account, "organizations", "list-policies").isEmpty else { return }
        for policy in organisation.policies {
            if policy.source.document == nil { note("describe-policy", policy.id) }
            if !policy.targetsKnown { note("list-targets-for-policy", policy.id) }
        }
    }
}

/// An organisation while its answers are read.
private struct OrganisationReader {
    var organisation: Organisation
    var policies: [String: Organisation.Policy] = [:]
    private var nodes: [String: Organisation.Node] = [:]

    init(_ organisation: Organisation) { self.organisation = organisation }

    /// Everything that was read, in order.
    var result: Organisation {
        var result = organisation
        result.nodes = nodes.keys.sortedUnique.compactMap { nodes[$0] }
        result.policies = policies.keys.sortedUnique.compactMap { policies[$0] }
        for index in result.policies.indices { result.policies[index].targets = result.policies[index].targets.sortedUnique }
        return result
    }

    /// Adds a node, or what was not yet known of one.
    mutating func add(_ node: Organisation.Node) {
        guard var known = nodes[node.id] else {
            nodes[node.id] = node
            return
        }
        known.name = known.name ?? node.name
        known.parent = known.parent ?? node.parent
        nodes[node.id] = known
    }

    /// Adds what a path says, `o-…/r-…/ou-…/123456789012/` (Account, AWS Organizations API Reference).
    mutating func add(path place: Cursor, to account: String) {
        guard let path = place.identifier else { return }
        let way = path.split(separator: "/").map(String.init).drop { !$0.hasPrefix("r-") }
        guard way.last == account else { return }
        for (above, id) in zip([nil] + way.map(Optional.some), way) {
            let kind: Organisation.Node.Kind = id.hasPrefix("r-") ? .root : id.hasPrefix("ou-") ? .unit : .account
            add(.init(id: id, kind: kind, name: nil, parent: above, evidence: place.evidence))
        }
    }

    /// Adds a policy by its summary; `nil` for policies of other types, and where it cannot be told.
    mutating func add(policy item: Cursor) -> String? {
        guard let id = item.requiredIdentifier("Id"), let type = item.string("Type").flatMap(Organisation.PolicyType.init(rawValue:)) else {
            return nil
        }
        if policies[id] == nil {
            add(
                id, type, name: item.string("Name") ?? id, arn: item.identifier("Arn"), document: KnownControlPolicies.document(id: id),
                item.evidence)
        }
        return id
    }

    /// Adds one of AWS's own, whose summary is well known; answers whether it is one.
    mutating func add(known id: String, _ evidence: Evidence) -> Bool {
        for type in Organisation.PolicyType.allCases {
            let policy = KnownControlPolicies.fullAccess(type)
            guard policy.id == id else { continue }
            add(id, type, name: policy.name, arn: policy.arn, document: policy.document, evidence)
            return true
        }
        return false
    }

    private mutating func add(
        _ id: String, _ type: Organisation.PolicyType, name: String, arn: String?, document: JSONValue?, _ evidence: Evidence
    ) {
        policies[id] = Organisation.Policy(
            id: id, type: type,
            source: PolicySource(
                name: name, arn: arn, kind: type == .serviceControl ? .serviceControl : .resourceControl, document: document,
                evidence: evidence), targets: [], targetsKnown: false)
    }
}
