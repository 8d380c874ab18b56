import CloudModel

/// Users, groups, roles, policies: GetAccountAuthorizationDetails and the credential report.
extension Normaliser {
    mutating func readIdentities(_ account: String) {
        var library: [String: ManagedPolicy] = [:]
        var principals: [Principal] = []
        var groupARNs: [String: String] = [:]
        var usedPolicies: Set<String> = []
        let details = cursors(account, "iam", "get-account-authorization-details")

        for cursor in details {
            for item in cursor.list("Policies") {
                guard let policy = Self.managedPolicy(item) else { continue }
                if library[policy.arn] == nil { library[policy.arn] = policy }
            }
            for item in cursor.list("GroupDetailList") {
                guard let name = item.identifier("GroupName"), let arn = item.identifier("Arn") else { continue }
                groupARNs[name] = arn
            }
            for name in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] { _ = cursor.requiredList(name) }
        }

        func source(ofPolicy arn: String, name: String, kind: PolicySource.Kind, at place: Cursor) -> PolicySource {
            usedPolicies.insert(arn)
            if let policy = library[arn] {
                return PolicySource(
                    name: policy.name, arn: arn, kind: kind, document: policy.source.document, evidence: policy.source.evidence)
            }
            let known = KnownManagedPolicies.document(arn: arn)
            if known == nil { place.problem("policyNotInAnswer", "names a policy whose text is not in the answer") }
            return PolicySource(name: name, arn: arn, kind: kind, document: known, evidence: place.evidence)
        }
        func read(_ item: Cursor, _ kind: Principal.Kind, name nameMember: String, inline: String) -> Principal? {
            guard let arn = item.requiredIdentifier("Arn"), let name = item.requiredIdentifier(nameMember) else { return nil }
            guard Identifier.account(ofARN: arn) == account || account == "unknown" else {
                item.problem("wrongAccount", "is of another account")
                return nil
            }
            var principal = Principal(arn: arn, name: name, kind: kind, account: account, evidence: item.evidence)
            principal.created = item.string("CreateDate")
            principal.tags = item.tags("Tags")
            for policy in item.list(inline) {
                let policyName = policy.string("PolicyName") ?? "(unnamed)"
                if policy["PolicyDocument"] == nil { policy.missing("PolicyDocument") }
                principal.policies.append(
                    PolicySource(
                        name: policyName, kind: .inline, document: policy.document("PolicyDocument"),
                        evidence: policy["PolicyDocument"]?.evidence ?? policy.evidence))
            }
            for member in [inline, "AttachedManagedPolicies"] where item[member] != nil && item[member]?.value.array == nil {
                // What it grants cannot be read, so it stays unknown rather than nothing.
                principal.policies.append(PolicySource(name: member, kind: .inline, document: nil, evidence: item.evidence))
            }
            for attached in item.list("AttachedManagedPolicies") {
                guard let policyARN = attached.requiredIdentifier("PolicyArn") else {
                    principal.policies.append(
                        PolicySource(name: "(unreadable)", kind: .managed, document: nil, evidence: attached.evidence))
                    continue
                }
                principal.policies.append(
                    source(ofPolicy: policyARN, name: attached.string("PolicyName") ?? policyARN, kind: .managed, at: attached))
            }
            if let boundary = item["PermissionsBoundary"] {
                if let policyARN = boundary.requiredIdentifier("PermissionsBoundaryArn") {
                    principal.boundary = source(ofPolicy: policyARN, name: policyARN, kind: .boundary, at: boundary)
                } else {
                    principal.boundary = PolicySource(name: "(unreadable)", kind: .boundary, document: nil, evidence: boundary.evidence)
                }
            }
            return principal
        }

        for cursor in details {
            for item in cursor.list("UserDetailList") {
                guard var user = read(item, .user, name: "UserName", inline: "UserPolicyList") else { continue }
                for place in item.list("GroupList") {
                    guard let name = place.identifier else { continue }
                    if let arn = groupARNs[name] {
                        user.groups.append(arn)
                    } else {
                        place.problem("groupNotInAnswer", "names a group that is not in the answer")
                        user.policies.append(PolicySource(name: "group \(name)", kind: .inline, document: nil, evidence: place.evidence))
                    }
                }
                user.groups = user.groups.sortedUnique
                principals.append(user)
            }
            for item in cursor.list("GroupDetailList") {
                if let group = read(item, .group, name: "GroupName", inline: "GroupPolicyList") { principals.append(group) }
            }
            for item in cursor.list("RoleDetailList") {
                guard var role = read(item, .role, name: "RoleName", inline: "RolePolicyList") else { continue }
                if item["AssumeRolePolicyDocument"] == nil { item.missing("AssumeRolePolicyDocument") }
                role.trust = PolicySource(
                    name: role.name, arn: role.arn, kind: .trust, document: item.document("AssumeRolePolicyDocument"),
                    evidence: item["AssumeRolePolicyDocument"]?.evidence ?? item.evidence)
                role.instanceProfiles = item.list("InstanceProfileList").compactMap { $0.requiredIdentifier("Arn") }.sortedUnique
                role.lastUsed = item["RoleLastUsed"]?.string("LastUsedDate")
                principals.append(role)
            }
        }

        let report = readCredentialReport(account)
        if details.isEmpty {
            // Only the report speaks of these users: what they may do is unknown.
            for row in report.users {
                var user = Principal(arn: row.arn, name: row.name, kind: .user, account: account, evidence: row.evidence)
                user.policies = [PolicySource(name: "(not collected)", kind: .inline, document: nil, evidence: row.evidence)]
                principals.append(user)
            }
        }
        let rows = Dictionary(report.users.map { ($0.arn, $0) }, uniquingKeysWith: { first, _ in first })
        for position in principals.indices where principals[position].kind == .user {
            guard let row = rows[principals[position].arn] else { continue }
            principals[position].hasPassword = row.hasPassword
            principals[position].hasMFA = row.hasMFA
            principals[position].accessKeys = row.accessKeys
            principals[position].lastUsed = row.passwordLastUsed
        }
        let named = Dictionary(grouping: principals, by: \.name).filter { $0.value.count == 1 }
        for position in principals.indices {
            let principal = principals[position]
            principals[position].servicesUsed = servicesUsed(account, principal, isAlone: named[principal.name] != nil)
        }
        readRoot(account, report.root, details.first?.evidence, into: &principals)
        snapshot.principals += principals
        // AWS's own policies are kept where they are attached; an answer may list all of them.
        snapshot.policies += library.values.filter { usedPolicies.contains($0.arn) || Identifier.account(ofARN: $0.arn) != nil }
    }

    /// The service last accessed details of a principal; `nil` when they were not collected or are not complete.
    ///
    /// - Parameter isAlone: whether no other principal has its name, so that answers under its name are its own.
    private func servicesUsed(_ account: String, _ principal: Principal, isAlone: Bool) -> [String: Principal.ServiceUse]? {
        let answer = index.answer(
            account, "iam", "get-service-last-accessed-details", region: nil,
            resources: [principal.arn] + (isAlone ? [principal.name] : []))
        guard case .record(let record) = answer else { return nil }
        let cursor = Cursor(record, problems)
        guard cursor.string("JobStatus") == "COMPLETED", cursor.bool("IsTruncated") != true,
            let list = cursor.requiredList("ServicesLastAccessed")
        else { return nil }
        var services: [String: Principal.ServiceUse] = [:]
        for item in list {
            guard let name = item.requiredIdentifier("ServiceNamespace") else { continue }
            var actions: [String: String?]?
            if item["TrackedActionsLastAccessed"] != nil {
                actions = [:]
                for action in item.list("TrackedActionsLastAccessed") {
                    if let name = action.identifier("ActionName") { actions?[name] = .some(action.string("LastAccessedTime")) }
                }
            }
            services[name] = Principal.ServiceUse(lastUsed: item.string("LastAuthenticated"), actions: actions)
        }
        return services
    }

    private mutating func readRoot(
        _ account: String, _ row: CredentialReport.Row?, _ fallback: Evidence?, into principals: inout [Principal]
    ) {
        guard let evidence = row?.evidence ?? fallback ?? snapshot.accounts.last?.evidence.first else { return }
        var root = Principal(
            arn: "arn:\(partition(account)):iam::\(account):root", name: "root", kind: .root, account: account, evidence: evidence)
        root.hasMFA = row?.hasMFA
        root.hasPassword = row?.hasPassword
        root.accessKeys = row?.accessKeys
        root.lastUsed = row?.passwordLastUsed
        if let row, let last = snapshot.accounts.indices.last {
            snapshot.accounts[last].facts["credentialReport"] = row.evidence
            if snapshot.accounts[last].rootHasMFA == nil { snapshot.accounts[last].rootHasMFA = row.hasMFA }
            if snapshot.accounts[last].rootHasAccessKeys == nil {
                snapshot.accounts[last].rootHasAccessKeys = row.accessKeys.map { $0.contains(where: \.active) }
            }
        }
        if root.hasMFA == nil { root.hasMFA = snapshot.accounts.last?.rootHasMFA }
        principals.append(root)
    }

    private static func managedPolicy(_ item: Cursor) -> ManagedPolicy? {
        guard let arn = item.requiredIdentifier("Arn") else { return nil }
        let name = item.identifier("PolicyName") ?? arn
        let version = item.string("DefaultVersionId")
        let versions = item.list("PolicyVersionList")
        let isDefault = { (entry: Cursor) in entry.bool("IsDefaultVersion") == true }
        let chosen =
            versions.first { isDefault($0) } ?? versions.first { version != nil && $0.string("VersionId") == version }
        if chosen == nil { item.problem("noDefaultVersion", "has no readable default version") }
        let others = versions.filter { !isDefault($0) && $0.string("VersionId") != (version ?? chosen?.string("VersionId")) }.map { entry in
            let id = entry.string("VersionId") ?? "of unknown number"
            return ManagedPolicy.Version(
                id: id,
                source: PolicySource(
                    name: "\(name) \(id)", arn: arn, kind: .managed,
                    document: entry["Document"] == nil ? nil : entry.document("Document"),
                    evidence: entry["Document"]?.evidence ?? entry.evidence))
        }
        return ManagedPolicy(
            arn: arn, name: name, defaultVersion: version ?? chosen?.string("VersionId"),
            versionCount: item["PolicyVersionList"] == nil ? nil : versions.count,
            source: PolicySource(
                name: name, arn: arn, kind: .managed, document: chosen?.document("Document"),
                evidence: chosen?["Document"]?.evidence ?? item.evidence),
            otherVersions: others)
    }

    // MARK: Credential report

    private func readCredentialReport(_ account: String) -> CredentialReport {
        var report = CredentialReport()
        for cursor in cursors(account, "iam", "get-credential-report") {
            guard let text = cursor.value.string else {
                cursor.wrongType("the report's text")
                continue
            }
            report.read(text, at: cursor, account: account)
        }
        return report
    }
}

/// The rows of IAM's credential report.
struct CredentialReport {
    struct Row {
        var arn: String
        var name: String
        var hasPassword: Bool?
        var hasMFA: Bool?
        var accessKeys: [Principal.AccessKey]?
        var passwordLastUsed: String?
        var evidence: Evidence
    }
    var users: [Row] = []
    var root: Row?

    mutating func read(_ text: String, at cursor: Cursor, account: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let header = lines.first.map(Self.fields), let nameColumn = header.firstIndex(of: "user"),
            let arnColumn = header.firstIndex(of: "arn")
        else {
            cursor.problem("badReport", "has no columns user and arn")
            return
        }
        for (number, line) in lines.enumerated().dropFirst() {
            let fields = Self.fields(line)
            func field(_ name: String) -> String? {
                guard let column = header.firstIndex(of: name), fields.indices.contains(column) else { return nil }
                let value = fields[column]
                return Self.missing.contains(value) ? nil : value
            }
            func flag(_ name: String) -> Bool? {
                switch field(name)?.lowercased() {
                case "true": true
                case "false": false
                default: nil
                }
            }
            guard fields.count == header.count, Identifier.isPlain(fields[nameColumn]), Identifier.isPlain(fields[arnColumn]) else {
                cursor.problem("badReport", "cannot be read at line \(number + 1)")
                continue
            }
            var keys: [Principal.AccessKey]?
            for slot in ["access_key_1", "access_key_2"] {
                guard let active = flag(slot + "_active") else { continue }
                keys = keys ?? []
                let created = field(slot + "_last_rotated")
                // The report says "false" for a slot without a key too; only a key has a date.
                guard active || created != nil else { continue }
                keys?.append(.init(id: nil, active: active, created: created, lastUsed: field(slot + "_last_used_date")))
            }
            let row = Row(
                arn: fields[arnColumn], name: fields[nameColumn], hasPassword: flag("password_enabled"), hasMFA: flag("mfa_active"),
                accessKeys: keys, passwordLastUsed: field("password_last_used"), evidence: cursor.evidence)
            if row.name == "<root_account>" { root = row } else { users.append(row) }
        }
    }

    /// The text of a report once some of a user's keys are deleted, one for each that is given.
    static func without(_ keys: [Principal.AccessKey], of user: String, _ text: String) -> String {
        guard let header = text.split(whereSeparator: \.isNewline).first.map(fields), let arn = header.firstIndex(of: "arn") else {
            return text
        }
        func changed(_ line: Substring) -> String {
            var parts = fields(line, keepingQuotes: true)
            guard parts.count == header.count, fields(line)[arn] == user else { return String(line) }
            var keys = keys
            for slot in ["access_key_1", "access_key_2"] {
                func field(_ name: String) -> Int? { header.firstIndex(of: slot + name) }
                guard let active = field("_active"), let created = field("_last_rotated"), let used = field("_last_used_date"),
                    parts[active].lowercased() == "true",
                    let key = keys.firstIndex(where: { value($0.created, parts[created]) && value($0.lastUsed, parts[used]) })
                else { continue }
                keys.remove(at: key)
                for place in header.indices where header[place].hasPrefix(slot) { parts[place] = place == active ? "false" : "N/A" }
            }
            return parts.joined(separator: ",")
        }
        func value(_ known: String?, _ field: String) -> Bool { known.map { $0 == field } ?? missing.contains(field) }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(changed).joined(separator: "\n")
    }

    /// What stands where there is nothing to tell.
    private static let missing: Set<String> = ["N/A", "no_information", "not_supported", ""]

    /// Fields of one line; RFC 4180 quotes are understood.
    static func fields(_ line: Substring) -> [String] { fields(line, keepingQuotes: false) }

    private static func fields(_ line: Substring, keepingQuotes: Bool) -> [String] {
        var fields: [String] = []
        var current = String.UnicodeScalarView()
        var quoted = false
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\"":
                quoted.toggle()
                if keepingQuotes { current.append(scalar) }
            case "," where !quoted:
                fields.append(String(current))
                current = .init()
            default: current.append(scalar)
            }
        }
        fields.append(String(current))
        return fields
    }
}
