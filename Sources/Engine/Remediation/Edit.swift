import CloudModel

/// One change to one thing of a snapshot. Edits take something away or add a denial or a condition, so they never open anything.
enum Edit: Hashable, Sendable {
    /// Where a policy's text stands.
    enum Place: Hashable, Sendable {
        /// Inline in the principal of that ARN.
        case inline(principal: String, name: String)
        /// A managed policy, wherever it is attached.
        case managed(String)
        /// The trust policy of the role of that ARN.
        case trust(String)
        /// The policy of the bucket, function, secret or key of that ARN.
        case resource(String)
    }
    /// Takes one action out of a statement; the statement goes when it was the last one.
    case removeAction(Place, statement: Int, action: String)
    /// Takes a whole statement out.
    case removeStatement(Place, statement: Int)
    /// Adds a statement that denies one action.
    case denyAction(Place, action: String)
    /// Takes one principal out of a statement; the statement goes when it was the last one.
    case removePrincipal(Place, statement: Int, principal: String)
    /// Replaces everyone in a statement by the account itself.
    case onlyOwnAccount(Place, statement: Int, account: String)
    /// Detaches a managed policy from one principal.
    case detach(policy: String, principal: String)
    /// Takes a user out of a group.
    case leaveGroup(user: String, group: String)
    /// Asks for a signature at a function's URLs.
    case signFunctionURL(String)
    /// Takes the ranges that mean everyone out of a security group's inbound rules.
    case closeToEveryone(securityGroup: String)
    /// Switches all four settings of a bucket's public-access block on.
    case blockPublicAccess(String)
    /// Stops sharing a snapshot with everyone.
    case unshare(String)
    /// Takes a database's public address.
    case unpublish(String)
    /// Takes the instance profile from an instance.
    case removeInstanceProfile(String)

    /// What must be looked at again after the edit.
    enum Scope: Hashable, Sendable {
        /// Principals with this ARN; a group's members too.
        case principal(String)
        /// Principals with this managed policy.
        case managed(String)
        /// The trust of this role.
        case trust(String)
        /// What the internet reaches.
        case exposure
        /// What reads this resource.
        case resource(String)
        /// The role behind this instance.
        case workload(String)
    }

    var scope: Scope {
        switch self {
        case .removeAction(let place, _, _), .removeStatement(let place, _), .denyAction(let place, _), .removePrincipal(let place, _, _),
            .onlyOwnAccount(let place, _, _):
            switch place {
            case .inline(let principal, _): .principal(principal)
            case .managed(let arn): .managed(arn)
            case .trust(let role): .trust(role)
            case .resource(let arn): .resource(arn)
            }
        case .detach(_, let principal): .principal(principal)
        case .leaveGroup(let user, _): .principal(user)
        case .signFunctionURL, .closeToEveryone, .blockPublicAccess, .unshare, .unpublish: .exposure
        case .removeInstanceProfile(let arn): .workload(arn)
        }
    }

    /// The text that the edit changes; `nil` when it changes a setting.
    var place: Place? {
        switch self {
        case .removeAction(let place, _, _), .removeStatement(let place, _), .denyAction(let place, _), .removePrincipal(let place, _, _),
            .onlyOwnAccount(let place, _, _):
            place
        default: nil
        }
    }
}

/// Applies edits to policy texts and snapshots. Statement numbers are those of the unchanged text, so edits can be put together freely.
enum Patch {
    /// The text after all edits of it.
    static func document(_ document: JSONValue, _ edits: [Edit]) -> JSONValue {
        guard case .object(var object) = document else { return document }
        let isList = object["Statement"]?.array != nil
        var statements: [JSONValue?] = object["Statement"]?.array ?? object["Statement"].map { [$0] } ?? []
        for edit in edits {
            switch edit {
            case .removeAction(_, let index, let action):
                guard statements.indices.contains(index), case .object(var statement)? = statements[index] else { continue }
                let rest = texts(statement["Action"]).filter { !isSame($0, action) }
                statement["Action"] = rest.count == 1 ? .string(rest[0]) : .array(rest.map { .string($0) })
                statements[index] = rest.isEmpty ? nil : .object(statement)
            case .removeStatement(_, let index):
                if statements.indices.contains(index) { statements[index] = nil }
            case .denyAction(_, let action):
                statements.append(["Effect": "Deny", "Action": .string(action), "Resource": "*"])
            case .removePrincipal(_, let index, let principal):
                guard statements.indices.contains(index), case .object(var statement)? = statements[index] else { continue }
                statement["Principal"] = without(statement["Principal"], principal)
                statements[index] = statement["Principal"] == nil ? nil : .object(statement)
            case .onlyOwnAccount(_, let index, let account):
                guard statements.indices.contains(index), case .object(var statement)? = statements[index] else { continue }
                statement["Principal"] = ["AWS": .string("arn:aws:iam::\(account):root")]
                statements[index] = .object(statement)
            default: continue
            }
        }
        let rest = statements.compactMap { $0 }
        object["Statement"] = rest.count == 1 && !isList ? rest[0] : .array(rest)
        return .object(object)
    }

    static func texts(_ value: JSONValue?) -> [String] {
        value?.array?.compactMap(\.string) ?? value?.string.map { [$0] } ?? []
    }

    private static func isSame(_ a: String, _ b: String) -> Bool { a.lowercased().utf8.elementsEqual(b.lowercased().utf8) }

    private static func without(_ value: JSONValue?, _ principal: String) -> JSONValue? {
        guard case .object(let object)? = value else { return value?.string == principal ? nil : value }
        var result = JSONObject()
        for member in object.members {
            let rest = texts(member.value).filter { !$0.utf8.elementsEqual(principal.utf8) }
            if rest.isEmpty { continue }
            result[member.name] = rest.count == 1 ? .string(rest[0]) : .array(rest.map { .string($0) })
        }
        return result.isEmpty ? nil : .object(result)
    }

    /// The snapshot after all edits.
    static func snapshot(_ original: CloudSnapshot, _ edits: [Edit]) -> CloudSnapshot {
        var snapshot = original
        var texts: [Edit.Place: [Edit]] = [:]
        for edit in edits { if let place = edit.place { texts[place, default: []].append(edit) } }
        for (place, edits) in texts { apply(&snapshot, place, edits) }
        for edit in edits { apply(&snapshot, edit) }
        return snapshot
    }

    private static func rewrite(_ source: inout PolicySource, _ edits: [Edit]) {
        source.document = source.document.map { document($0, edits) }
    }

    private static func apply(_ snapshot: inout CloudSnapshot, _ place: Edit.Place, _ edits: [Edit]) {
        switch place {
        case .inline(let principal, let name):
            for index in snapshot.principals.indices where snapshot.principals[index].arn == principal {
                for policy in snapshot.principals[index].policies.indices
                where snapshot.principals[index].policies[policy].kind == .inline
                    && snapshot.principals[index].policies[policy].name == name
                {
                    rewrite(&snapshot.principals[index].policies[policy], edits)
                }
            }
        case .managed(let arn):
            for index in snapshot.policies.indices where snapshot.policies[index].arn == arn {
                rewrite(&snapshot.policies[index].source, edits)
            }
            for index in snapshot.principals.indices {
                for policy in snapshot.principals[index].policies.indices where snapshot.principals[index].policies[policy].arn == arn {
                    rewrite(&snapshot.principals[index].policies[policy], edits)
                }
            }
        case .trust(let role):
            for index in snapshot.principals.indices where snapshot.principals[index].arn == role {
                if var trust = snapshot.principals[index].trust {
                    rewrite(&trust, edits)
                    snapshot.principals[index].trust = trust
                }
            }
        case .resource(let arn):
            func change(_ source: inout PolicySource?) {
                guard var policy = source else { return }
                rewrite(&policy, edits)
                source = policy
            }
            for index in snapshot.buckets.indices where snapshot.buckets[index].arn == arn { change(&snapshot.buckets[index].policy) }
            for index in snapshot.functions.indices where snapshot.functions[index].arn == arn { change(&snapshot.functions[index].policy) }
            for index in snapshot.secrets.indices where snapshot.secrets[index].arn == arn { change(&snapshot.secrets[index].policy) }
            for index in snapshot.keys.indices where snapshot.keys[index].arn == arn { change(&snapshot.keys[index].policy) }
        }
    }

    private static let everyone: Set<String> = ["0.0.0.0/0", "::/0"]

    private static func apply(_ snapshot: inout CloudSnapshot, _ edit: Edit) {
        switch edit {
        case .detach(let policy, let principal):
            for index in snapshot.principals.indices where snapshot.principals[index].arn == principal {
                snapshot.principals[index].policies.removeAll { $0.arn == policy }
            }
        case .leaveGroup(let user, let group):
            for index in snapshot.principals.indices where snapshot.principals[index].arn == user {
                snapshot.principals[index].groups.removeAll { $0 == group }
            }
        case .signFunctionURL(let arn):
            for index in snapshot.functions.indices where snapshot.functions[index].arn == arn {
                snapshot.functions[index].urls = snapshot.functions[index].urls.map {
                    $0.map { .init(url: $0.url, authType: "AWS_IAM", qualifier: $0.qualifier) }
                }
            }
        case .closeToEveryone(let id):
            for index in snapshot.securityGroups.indices where snapshot.securityGroups[index].id == id {
                var rules = snapshot.securityGroups[index].ingress
                for rule in rules.indices { rules[rule].cidrs.removeAll { everyone.contains($0) } }
                rules.removeAll { $0.cidrs.isEmpty && $0.groups.isEmpty && $0.prefixLists.isEmpty }
                snapshot.securityGroups[index].ingress = rules
            }
        case .blockPublicAccess(let arn):
            for index in snapshot.buckets.indices where snapshot.buckets[index].arn == arn {
                snapshot.buckets[index].publicAccessBlock = PublicAccessBlock(
                    blockPublicACLs: true, ignorePublicACLs: true, blockPublicPolicy: true, restrictPublicBuckets: true)
                snapshot.buckets[index].publicAccessBlockKnown = true
            }
        case .unshare(let arn):
            for index in snapshot.dataSnapshots.indices where snapshot.dataSnapshots[index].arn == arn {
                snapshot.dataSnapshots[index].sharedWith = snapshot.dataSnapshots[index].sharedWith?.filter { $0 != "all" }
            }
        case .unpublish(let arn):
            for index in snapshot.databases.indices where snapshot.databases[index].arn == arn {
                snapshot.databases[index].publiclyAccessible = false
            }
        case .removeInstanceProfile(let arn):
            for index in snapshot.instances.indices where snapshot.instances[index].arn == arn {
                snapshot.instances[index].instanceProfile = nil
                snapshot.instances[index].role = nil
            }
        default: break
        }
    }
}
