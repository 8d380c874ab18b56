import CloudModel

/// Applies edits to policy texts and snapshots. Statement numbers are those of the unchanged text, so edits can be put together freely, and
/// their order does not matter.
enum Patch {
    /// The text after all edits of it; `nil` when no statement is left.
    static func document(_ document: JSONValue, _ edits: [Edit], _ keys: OrderKeys = OrderKeys()) -> JSONValue? {
        guard case .object(var object) = document else { return document }
        let edits = Edit.ordered(edits, keys)
        let isList = object["Statement"]?.array != nil
        let original = object["Statement"]?.array ?? object["Statement"].map { [$0] } ?? []
        var added: [JSONValue] = []
        var statements: [JSONValue?] = original.enumerated().map { index, statement in
            changed(statement, edits.filter { $0.statement == index }, &added)
        }
        for case .denyAction(_, let action, let resource) in unique(edits) {
            added.append(["Effect": "Deny", "Action": .string(action), "Resource": .string(resource)])
        }
        statements += added.reduce(into: [JSONValue]()) { if !$0.contains($1) { $0.append($1) } }
        let rest = statements.compactMap { $0 }
        // A text of denials alone is one that allows nothing; a text of nothing is none.
        guard !rest.isEmpty else { return nil }
        object["Statement"] = rest.count == 1 && !isList ? rest[0] : .array(rest)
        return .object(object)
    }

    private static func unique(_ edits: [Edit]) -> [Edit] {
        edits.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// One statement after its edits; `nil` when it goes. What must be allowed again beside it is appended to `added`.
    private static func changed(_ statement: JSONValue, _ edits: [Edit], _ added: inout [JSONValue]) -> JSONValue? {
        guard !edits.isEmpty, case .object(var object) = statement else { return statement }
        if edits.contains(where: { if case .removeStatement = $0 { true } else { false } }) { return nil }
        for case .addCondition(_, _, let condition) in unique(edits) { add(condition, to: &object) }
        for case .removePrincipal(_, _, let principal) in edits {
            object["Principal"] = replaced(object["Principal"], principal, by: [])
            if object["Principal"] == nil { return nil }
        }
        var replacements: [String: [String]] = [:]
        for case .replacePrincipal(_, _, let principal, let others) in edits {
            // Of two lists both hold.
            replacements[principal] = replacements[principal].map { $0.filter(others.contains) } ?? others
        }
        for (principal, others) in replacements.sorted(by: { AttackPathFinder.precedes($0.key, $1.key) }) {
            object["Principal"] = replaced(object["Principal"], principal, by: others)
            if object["Principal"] == nil { return nil }
        }
        let actions = texts(object["Action"])
        let named = { (action: String) in actions.contains { isSame($0, action) } }
        // Of two narrowings of one action both hold; of one that goes nothing is left.
        let gone = edits.compactMap { edit -> String? in if case .removeAction(_, _, let action) = edit { action } else { nil } }
        var narrowed: [(action: String, to: Edit.Narrowing)] = []
        for case .narrow(_, _, let action, let narrowing) in unique(edits)
        where named(action) && !gone.contains(where: { isSame($0, action) }) {
            guard let place = narrowed.firstIndex(where: { isSame($0.action, action) }) else {
                narrowed.append((action, narrowing))
                continue
            }
            let known = narrowed[place].to.resources
            if known.isEmpty {
                narrowed[place].to.resources = narrowing.resources
            } else if !narrowing.resources.isEmpty {
                let both = known.filter(narrowing.resources.contains)
                // Nothing is on both lists: so nothing may be done.
                narrowed[place].to.resources = both.isEmpty ? [nowhere] : both
            }
            narrowed[place].to.conditions += narrowing.conditions
        }
        for (action, narrowing) in narrowed where narrowing.resources != [nowhere] {
            var other = object
            other["Sid"] = nil
            other["Action"] = .string(action)
            if !narrowing.resources.isEmpty { other["Resource"] = list(narrowing.resources) }
            for condition in narrowing.conditions { add(condition, to: &other) }
            added.append(.object(other))
        }
        let rest = actions.filter { action in !(gone + narrowed.map(\.action)).contains { isSame($0, action) } }
        if rest.count != actions.count {
            guard !rest.isEmpty else { return nil }
            object["Action"] = list(rest)
        }
        return .object(object)
    }

    private static let nowhere = ""

    private static func list(_ names: [String]) -> JSONValue { names.count == 1 ? .string(names[0]) : .array(names.map { .string($0) }) }

    /// Adds a test; where the statement has one of that key already, both must hold, so the values that are in both stay.
    private static func add(_ condition: Edit.Condition, to statement: inout JSONObject) {
        var conditions = statement["Condition"]?.object ?? JSONObject()
        var tests = conditions[condition.test]?.object ?? JSONObject()
        let key = tests.members.first { isSame($0.name, condition.key) }?.name ?? condition.key
        let known = tests[key].map { value in value.bool.map { [$0 ? "true" : "false"] } ?? texts(value) }
        let isPattern = condition.test == "StringLike"
        let values =
            known.map { known in
                condition.values.filter { value in known.contains { isSame($0, value) || isPattern && Wildcard.matches($0, value) } }
            } ?? condition.values
        // What both ask for cannot be met: the stricter, older one stays.
        tests[key] = values.isEmpty ? tests[key] : list(values)
        conditions[condition.test] = .object(tests)
        statement["Condition"] = .object(conditions)
    }

    static func texts(_ value: JSONValue?) -> [String] {
        value?.array?.compactMap(\.string) ?? value?.string.map { [$0] } ?? []
    }

    static func statements(_ document: JSONValue) -> [JSONValue] {
        document["Statement"]?.array ?? document["Statement"].map { [$0] } ?? []
    }

    private static func isSame(_ a: String, _ b: String) -> Bool { a.lowercased().utf8.elementsEqual(b.lowercased().utf8) }

    /// A `Principal` without one name, others in its place; `nil` when nobody is left.
    private static func replaced(_ value: JSONValue?, _ principal: String, by others: [String]) -> JSONValue? {
        guard case .object(let object)? = value else {
            guard value?.string == principal else { return value }
            return others.isEmpty ? nil : ["AWS": list(others)]
        }
        var result = JSONObject()
        for member in object.members {
            let names = texts(member.value)
            var rest = names.filter { !$0.utf8.elementsEqual(principal.utf8) }
            if rest.count < names.count { rest += others.filter { !rest.contains($0) } }
            if rest.isEmpty { continue }
            result[member.name] = list(rest)
        }
        return result.isEmpty ? nil : .object(result)
    }

    // MARK: Snapshots

    /// The snapshot after all edits.
    static func snapshot(_ original: CloudSnapshot, _ edits: [Edit]) -> CloudSnapshot {
        var snapshot = original
        apply(edits, to: &snapshot, PatchIndex(original))
        return snapshot
    }

    /// Makes all edits.
    ///
    /// - Parameter index: of the snapshot before any edit.
    static func apply(_ edits: [Edit], to snapshot: inout CloudSnapshot, _ index: PatchIndex) {
        let edits = Edit.ordered(edits, index.orderKeys)
        var texts: [Edit.Place: [Edit]] = [:]
        for edit in edits { if let place = edit.place { texts[place, default: []].append(edit) } }
        for (place, edits) in texts { apply(&snapshot, place, edits, index) }
        for edit in edits { apply(&snapshot, edit, index) }
    }

    /// What takes a policy's place that must be there but allows nothing any more: a role always has a trust policy, and a managed policy
    /// that is attached always has a text. No bucket has a name of two letters, so this one denies nothing that is there.
    static func nothing(_ kind: PolicySource.Kind, _ arn: String) -> JSONValue {
        let partition = ARNParts(arn)?.partition ?? "aws"
        return kind == .trust
            ? ["Version": "2012-10-17", "Statement": [["Effect": "Deny", "Principal": ["AWS": "*"], "Action": "sts:AssumeRole"]]]
            : [
                "Version": "2012-10-17",
                "Statement": [["Effect": "Deny", "Action": "s3:GetObject", "Resource": .string("arn:\(partition):s3:::no/bucket")]],
            ]
    }

    private static func apply(_ snapshot: inout CloudSnapshot, _ place: Edit.Place, _ edits: [Edit], _ index: PatchIndex) {
        let keys = index.orderKeys
        switch place {
        case .inline(let principal, let name):
            guard let index = index.principals[principal] else { return }
            for (policy, source) in snapshot.principals[index].policies.enumerated().reversed()
            where source.kind == .inline && source.name == name {
                guard let document = source.document else { continue }
                if let changed = Self.document(document, edits, keys) {
                    snapshot.principals[index].policies[policy].document = changed
                } else {
                    snapshot.principals[index].policies.remove(at: policy)
                }
            }
        case .managed(let arn):
            for index in index.policies[arn] ?? [] {
                guard let document = snapshot.policies[index].source.document else { return }
                snapshot.policies[index].source.document = Self.document(document, edits, keys) ?? nothing(.managed, arn)
                let policy = snapshot.policies[index]
                snapshot.policies[index].defaultVersion = nextVersion(policy)
                if let evicted = evicted(policy) {
                    snapshot.policies[index].otherVersions.removeAll { $0.id == evicted }
                    snapshot.policies[index].versionCount = policy.versionCount.map { $0 - 1 }
                }
            }
            // Whoever holds it has the same text.
            var last: (document: JSONValue, changed: JSONValue)?
            func changed(_ document: JSONValue) -> JSONValue {
                if let last, last.document == document { return last.changed }
                let changed = Self.document(document, edits, keys) ?? nothing(.managed, arn)
                last = (document, changed)
                return changed
            }
            for index in index.holders[arn] ?? [] {
                for policy in snapshot.principals[index].policies.indices where snapshot.principals[index].policies[policy].arn == arn {
                    guard let document = snapshot.principals[index].policies[policy].document else { continue }
                    snapshot.principals[index].policies[policy].document = changed(document)
                }
                if let boundary = snapshot.principals[index].boundary, boundary.arn == arn, let document = boundary.document {
                    snapshot.principals[index].boundary?.document = changed(document)
                }
            }
        case .trust(let role):
            guard let index = index.principals[role], let document = snapshot.principals[index].trust?.document else { return }
            snapshot.principals[index].trust?.document = Self.document(document, edits, keys) ?? nothing(.trust, role)
        case .resource(let arn):
            func change(_ source: inout PolicySource?) {
                guard let document = source?.document else { return }
                if let changed = Self.document(document, edits, keys) { source?.document = changed } else { source = nil }
            }
            for place in index.buckets[arn] ?? [] { change(&snapshot.buckets[place].policy) }
            for place in index.functions[arn] ?? [] { change(&snapshot.functions[place].policy) }
            for place in index.secrets[arn] ?? [] { change(&snapshot.secrets[place].policy) }
            for place in index.keys[arn] ?? [] { change(&snapshot.keys[place].policy) }
        }
    }

    /// The identifier of the version that a change makes: one more than the highest, after so many changes.
    static func nextVersion(_ policy: ManagedPolicy, after changes: Int = 0) -> String {
        let numbers = ([policy.defaultVersion].compactMap { $0 } + policy.otherVersions.map(\.id)).compactMap { Int($0.dropFirst()) }
        return "v\((numbers.max() ?? 1) + 1 + changes)"
    }

    /// The version that has to go before a new one fits: the lowest that is not the default, where there are five (IAM quotas).
    static func evicted(_ policy: ManagedPolicy) -> String? {
        guard let count = policy.versionCount, count >= 5 else { return nil }
        return policy.otherVersions.map(\.id).min { (Int($0.dropFirst()) ?? 0, $0) < (Int($1.dropFirst()) ?? 0, $1) }
    }

    private static func apply(_ snapshot: inout CloudSnapshot, _ edit: Edit, _ index: PatchIndex) {
        switch edit {
        case .detach(let policy, let principal):
            guard let index = index.principals[principal] else { return }
            snapshot.principals[index].policies.removeAll { $0.arn == policy }
        case .leaveGroup(let user, let group):
            guard let index = index.principals[user] else { return }
            snapshot.principals[index].groups.removeAll { $0 == group }
        case .deleteUnusedKeys(let user):
            guard let place = index.principals[user] else { return }
            snapshot.principals[place].accessKeys?.removeAll(where: index.unusedKeys.contains)
        case .setBoundary(let principal, let name, let actions):
            guard let index = index.principals[principal], snapshot.principals[index].boundary == nil else { return }
            let arn = Edit.policyARN(name, besides: principal)
            let evidence = snapshot.principals[index].evidence
            let source = { (kind: PolicySource.Kind) in
                PolicySource(name: name, arn: arn, kind: kind, document: Edit.boundary(actions), evidence: evidence)
            }
            snapshot.principals[index].boundary = source(.boundary)
            let (place, known) = snapshot.policy(arn)
            if known == nil {
                snapshot.policies.insert(
                    ManagedPolicy(arn: arn, name: name, defaultVersion: "v1", versionCount: 1, source: source(.managed)), at: place)
            }
        case .signFunctionURL(let arn):
            for index in index.functions[arn] ?? [] {
                snapshot.functions[index].urls = snapshot.functions[index].urls.map {
                    $0.map { .init(url: $0.url, authType: "AWS_IAM", qualifier: $0.qualifier) }
                }
            }
        case .closeRule(let id, let key, let cidrs, let others):
            for index in index.securityGroups[id] ?? [] {
                var rules = snapshot.securityGroups[index].ingress
                for place in rules.indices
                where RuleKey(rules[place]) == key && (rules[place].cidrs + rules[place].groups).contains(where: cidrs.contains) {
                    rules[place].cidrs = (rules[place].cidrs.filter { !cidrs.contains($0) } + others).sortedUnique
                    rules[place].groups.removeAll(where: cidrs.contains)
                }
                rules.removeAll { $0.cidrs.isEmpty && $0.groups.isEmpty && $0.prefixLists.isEmpty }
                snapshot.securityGroups[index].ingress = rules
            }
        case .requireIMDSv2(let arn):
            for index in index.instances[arn] ?? [] {
                snapshot.instances[index].requiresIMDSv2 = true
            }
        case .blockPublicAccess(let arn):
            for index in index.buckets[arn] ?? [] {
                snapshot.buckets[index].publicAccessBlock = PublicAccessBlock(
                    blockPublicACLs: true, ignorePublicACLs: true, blockPublicPolicy: true, restrictPublicBuckets: true)
                snapshot.buckets[index].publicAccessBlockKnown = true
            }
        case .unshare(let arn, let account):
            for index in index.dataSnapshots[arn] ?? [] {
                snapshot.dataSnapshots[index].sharedWith = snapshot.dataSnapshots[index].sharedWith?.filter { $0 != account }
            }
            for index in index.images[arn] ?? [] {
                let image = snapshot.images[index]
                // The list of images says that everyone may start one, and nothing of anyone else.
                snapshot.images[index].sharedWith =
                    image.sharingEvidence == image.evidence ? nil : image.sharedWith?.filter { $0 != account }
            }
        case .unpublish(let arn):
            for index in index.databases[arn] ?? [] {
                snapshot.databases[index].publiclyAccessible = false
            }
        case .removeInstanceProfile(let arn):
            for index in index.instances[arn] ?? [] {
                snapshot.instances[index].instanceProfile = nil
                snapshot.instances[index].role = nil
            }
        case .addServiceControlPolicy(let account, let name, let actions, let besides):
            add(NewControlPolicy(snapshot, account, name, actions, besides, readers: index.policyReaders), to: &snapshot)
        default: break
        }
    }

    private typealias RuleKey = Edit.RuleKey
}

extension Edit.RuleKey {
    init(_ rule: SecurityGroupRule) { self.init(ipProtocol: rule.ipProtocol, fromPort: rule.fromPort, toPort: rule.toPort) }
}

extension Edit {
    /// The statement that the edit changes; `nil` when it changes none.
    var statement: Int? {
        switch self {
        case .removeAction(_, let index, _), .removeStatement(_, let index), .narrow(_, let index, _, _),
            .addCondition(_, let index, _), .removePrincipal(_, let index, _), .replacePrincipal(_, let index, _, _):
            index
        default: nil
        }
    }
}
