import CloudModel

/// Applies edits to the records that a snapshot was made of, as the services would show them after the change: what comes out can be
/// analysed again by anyone.
struct RecordPatch {
    /// What changes at one place of a payload, and below it. Places are those of the unchanged payload.
    private struct Change {
        var edit: ((JSONValue?) -> JSONValue?)?
        var below: [String: Change] = [:]

        mutating func add(_ tokens: ArraySlice<String>, _ edit: @escaping (JSONValue?) -> JSONValue?) {
            guard let token = tokens.first else {
                let first = self.edit
                self.edit = first.map { first in { edit(first($0)) } } ?? edit
                return
            }
            below[token, default: Change()].add(tokens.dropFirst(), edit)
        }

        func applied(to value: JSONValue?) -> JSONValue? {
            var value = value
            if !below.isEmpty {
                switch value {
                case .array(let elements)?:
                    value = .array(
                        elements.enumerated().compactMap { index, element in
                            below[String(index)].map { $0.applied(to: element) } ?? element
                        })
                case .object(var object)?:
                    for (name, change) in below { object[name] = change.applied(to: object[name]) }
                    value = .object(object)
                default: break
                }
            }
            return edit.map { $0(value) } ?? value
        }
    }

    private let snapshot: CloudSnapshot
    private var changes: [String: Change] = [:]
    /// Records of what is not there any more.
    private var removed: Set<String> = []
    /// Records that were not there: by identifier.
    private var added: [String: CollectedRecord] = [:]

    /// The collection after all edits; `snapshot` is what it was normalised to.
    static func apply(_ edits: [Edit], to collection: CloudCollection, _ snapshot: CloudSnapshot) -> CloudCollection {
        var patch = RecordPatch(snapshot: snapshot)
        var texts: [Edit.Place: [Edit]] = [:]
        for edit in edits { if let place = edit.place { texts[place, default: []].append(edit) } }
        for (place, edits) in texts { patch.change(place, edits) }
        for edit in Edit.ordered(edits) { patch.change(edit) }
        return patch.applied(to: collection)
    }

    private init(snapshot: CloudSnapshot) { self.snapshot = snapshot }

    private func applied(to collection: CloudCollection) -> CloudCollection {
        var result = collection
        var there: Set<String> = []
        for index in result.records.indices {
            let id = result.records[index].id
            // Of two records of one name the first counts.
            guard there.insert(id).inserted, let change = changes[id] else { continue }
            result.records[index].payload = change.applied(to: result.records[index].payload) ?? result.records[index].payload
        }
        for (id, record) in added.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) where !there.contains(id) {
            result.records.append(record)
            result.coverage.removeAll {
                $0.account == record.account && $0.service == record.service && $0.operation == record.operation
                    && $0.region == record.region && $0.resource == record.resource
            }
        }
        for record in result.records where removed.contains(record.id) {
            result.coverage.append(
                CoverageEntry(
                    account: record.account, service: record.service, operation: record.operation, region: record.region,
                    resource: record.resource, outcome: .collected))
        }
        result.records.removeAll { removed.contains($0.id) }
        return result
    }

    // MARK: Places

    private mutating func change(_ evidence: Evidence, _ more: [String] = [], _ edit: @escaping (JSONValue?) -> JSONValue?) {
        changes[evidence.record, default: Change()].add((Self.tokens(evidence.pointer) + more)[...], edit)
    }

    /// RFC 6901.
    static func tokens(_ pointer: String?) -> [String] {
        guard let pointer, !pointer.isEmpty else { return [] }
        return pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { token in
            var text = ""
            var isEscape = false
            for scalar in token.unicodeScalars {
                if isEscape {
                    text.unicodeScalars.append(scalar == "1" ? "/" : "~")
                    isEscape = false
                } else if scalar == "~" {
                    isEscape = true
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
            return text
        }
    }

    private static func parent(_ evidence: Evidence, levels: Int = 1) -> Evidence {
        let parts = (evidence.pointer ?? "").split(separator: "/", omittingEmptySubsequences: false)
        return Evidence(record: evidence.record, pointer: parts.dropLast(levels).joined(separator: "/"))
    }

    /// A document in the form that the old one had: an object, or its text.
    private static func like(_ old: JSONValue?, _ new: JSONValue) -> JSONValue {
        if case .string? = old { return .string(new.canonicalText) }
        return new
    }

    private func principal(_ arn: String) -> Principal? { snapshot.principals.first { $0.arn == arn } }

    // MARK: Texts

    private mutating func change(_ place: Edit.Place, _ edits: [Edit]) {
        switch place {
        case .inline(let holder, let name):
            for source in principal(holder)?.policies ?? [] where source.kind == .inline && source.name == name {
                guard let document = source.document else { continue }
                if let new = Patch.document(document, edits) {
                    change(source.evidence) { Self.like($0, new) }
                } else {
                    change(Self.parent(source.evidence)) { _ in nil }
                }
            }
        case .managed(let arn):
            guard let policy = snapshot.policies.first(where: { $0.arn == arn }), let document = policy.source.document else { return }
            let new = Patch.document(document, edits) ?? Patch.nothing(.managed, arn)
            let version = JSONValue.string(Patch.nextVersion(policy))
            // The new version is the default one; the one before it is deleted.
            change(policy.source.evidence) { Self.like($0, new) }
            change(Self.parent(policy.source.evidence), ["VersionId"]) { _ in version }
            let whole = Self.parent(policy.source.evidence, levels: 3)
            change(whole, ["DefaultVersionId"]) { _ in version }
            if let evicted = Patch.evicted(policy) {
                change(whole, ["PolicyVersionList"]) { list in
                    list?.array.map { .array($0.filter { $0["VersionId"]?.string != evicted }) } ?? list
                }
            }
        case .trust(let role):
            guard let trust = principal(role)?.trust, let document = trust.document else { return }
            let new = Patch.document(document, edits) ?? Patch.nothing(.trust, role)
            change(trust.evidence) { Self.like($0, new) }
        case .resource(let arn):
            guard let source = resourcePolicy(arn), let document = source.document else { return }
            if let new = Patch.document(document, edits) {
                change(source.evidence) { Self.like($0, new) }
            } else if snapshot.secrets.contains(where: { $0.arn == arn }) {
                // A secret without a policy is answered without that member; others are not answered at all.
                change(source.evidence) { _ in nil }
            } else {
                removed.insert(source.evidence.record)
            }
        }
    }

    private func resourcePolicy(_ arn: String) -> PolicySource? {
        snapshot.buckets.first { $0.arn == arn }?.policy ?? snapshot.functions.first { $0.arn == arn }?.policy
            ?? snapshot.secrets.first { $0.arn == arn }?.policy ?? snapshot.keys.first { $0.arn == arn }?.policy
    }

    // MARK: Settings

    private mutating func change(_ edit: Edit) {
        switch edit {
        case .detach(let policy, let holder):
            guard let principal = principal(holder) else { return }
            change(principal.evidence, ["AttachedManagedPolicies"]) { list in
                list?.array.map { .array($0.filter { $0["PolicyArn"]?.string != policy }) } ?? list
            }
        case .leaveGroup(let user, let group):
            guard let principal = principal(user), let name = self.principal(group)?.name else { return }
            change(principal.evidence, ["GroupList"]) { list in list?.array.map { .array($0.filter { $0.string != name }) } ?? list }
        case .deleteUnusedKeys(let user): deleteUnusedKeys(of: user)
        case .setBoundary(let holder, let name, let actions):
            setBoundary(holder, name, actions)
        case .signFunctionURL(let arn):
            guard let evidence = snapshot.functions.first(where: { $0.arn == arn })?.facts["urls"] else { return }
            func signed(_ value: JSONValue) -> JSONValue {
                guard case .object(var object) = value, object["AuthType"] != nil else { return value }
                object["AuthType"] = "AWS_IAM"
                return .object(object)
            }
            change(evidence) { answer in
                guard case .object(var object)? = answer else { return answer }
                if let list = object["FunctionUrlConfigs"]?.array { object["FunctionUrlConfigs"] = .array(list.map(signed)) }
                return signed(.object(object))
            }
        case .closeRule(let id, let key, let cidrs, let others):
            for group in snapshot.securityGroups where group.id == id {
                change(group.evidence, ["IpPermissions"]) { RecordLists.closed($0, key, cidrs, others) }
            }
        case .requireIMDSv2(let arn):
            guard let instance = snapshot.instances.first(where: { $0.arn == arn }) else { return }
            change(instance.evidence, ["MetadataOptions"]) { options in
                var object = options?.object ?? JSONObject()
                object["HttpTokens"] = "required"
                return .object(object)
            }
        case .removeInstanceProfile(let arn):
            guard let instance = snapshot.instances.first(where: { $0.arn == arn }) else { return }
            change(instance.evidence, ["IamInstanceProfile"]) { _ in nil }
            for record in snapshot.records where record.id.contains("ec2.describe-iam-instance-profile-associations") {
                change(Evidence(record: record.id), ["IamInstanceProfileAssociations"]) { list in
                    list?.array.map { .array($0.filter { $0["InstanceId"]?.string != instance.id }) } ?? list
                }
            }
        case .blockPublicAccess(let arn):
            guard let bucket = snapshot.buckets.first(where: { $0.arn == arn }) else { return }
            let payload: JSONValue = [
                "PublicAccessBlockConfiguration": [
                    "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
                ]
            ]
            if let evidence = bucket.facts["publicAccessBlock"] {
                change(Evidence(record: evidence.record)) { _ in payload }
            } else {
                let record = CollectedRecord(
                    account: bucket.account == "unknown" ? nil : bucket.account, service: "s3", operation: "get-public-access-block",
                    region: nil, resource: bucket.name, time: nil, payload: payload)
                added[record.id] = record
            }
        case .unshare(let arn, let account):
            for image in snapshot.images where image.arn == arn { unshare(image, account) }
            guard let data = snapshot.dataSnapshots.first(where: { $0.arn == arn }), let evidence = data.sharingEvidence else { return }
            let list =
                switch data.kind {
                case "rds": ["DBSnapshotAttributesResult", "DBSnapshotAttributes"]
                case "rds-cluster": ["DBClusterSnapshotAttributesResult", "DBClusterSnapshotAttributes"]
                default: ["CreateVolumePermissions"]
                }
            change(evidence, list) { RecordLists.unshared($0, account) }
        case .unpublish(let arn):
            guard let database = snapshot.databases.first(where: { $0.arn == arn }) else { return }
            change(database.evidence, ["PubliclyAccessible"]) { _ in false }
        case .addServiceControlPolicy(let account, let name, let actions, let besides):
            let readers = NewControlPolicy.readers(snapshot)
            if let new = NewControlPolicy(snapshot, account, name, actions, besides, readers: readers) { add(new, at: account) }
        case .removeAction, .removeStatement, .denyAction, .narrow, .addCondition, .removePrincipal, .replacePrincipal: break
        }
    }

    private mutating func unshare(_ image: MachineImage, _ account: String) {
        if account == "all" { change(image.evidence, ["Public"]) { _ in false } }
        // Where the attribute was read, it tells of everyone again.
        guard let sharing = image.sharingEvidence, sharing != image.evidence else { return }
        change(sharing, ["LaunchPermissions"]) { RecordLists.unshared($0, account) }
    }

    private mutating func deleteUnusedKeys(of user: String) {
        guard let principal = principal(user) else { return }
        let unused = UnusedKeys(snapshot).keys(of: principal)
        for record in snapshot.records
        where record.id == "\(principal.account)/iam.get-credential-report" || record.id == "iam.get-credential-report" {
            change(Evidence(record: record.id)) { report in
                report?.string.map { .string(CredentialReport.without(unused, of: user, $0)) } ?? report
            }
        }
    }

    private mutating func setBoundary(_ holder: String, _ name: String, _ actions: [String]) {
        guard let principal = principal(holder), principal.boundary == nil else { return }
        let arn = Edit.policyARN(name, besides: holder)
        change(principal.evidence, ["PermissionsBoundary"]) { _ in
            ["PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": .string(arn)]
        }
        guard !snapshot.policies.contains(where: { $0.arn == arn }) else { return }
        let policy: JSONValue = [
            "PolicyName": .string(name), "Arn": .string(arn), "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 0,
            "PermissionsBoundaryUsageCount": 1, "IsAttachable": true,
            "PolicyVersionList": [["VersionId": "v1", "IsDefaultVersion": true, "Document": Edit.boundary(actions)]],
        ]
        change(Evidence(record: principal.evidence.record), ["Policies"]) { list in
            let known = list?.array ?? []
            return .array(known.contains { $0["Arn"]?.string == arn } ? known : known + [policy])
        }
    }

    private mutating func add(_ new: NewControlPolicy, at account: String) {
        let type = new.policy.type.rawValue
        let names = ["list-policies", "list-policies." + type, "list-policies-for-target." + account].map { "/organizations." + $0 }
        for record in snapshot.records where new.readers.contains(where: { reader in names.contains { reader + $0 == record.id } }) {
            change(Evidence(record: record.id), ["Policies"]) { list in
                guard let known = list?.array, record.id.hasSuffix(type) || known.contains(where: { $0["Type"]?.string == type }) else {
                    return list
                }
                return .array(known + [new.summary])
            }
        }
        func add(_ operation: String, _ payload: JSONValue) {
            let record = CollectedRecord(
                account: new.reader, service: "organizations", operation: operation, region: nil, resource: new.policy.id, time: nil,
                payload: payload)
            added[record.id] = record
        }
        let document = new.policy.source.document ?? .null
        add("describe-policy", ["Policy": ["PolicySummary": new.summary, "Content": .string(document.canonicalText)]])
        add("list-targets-for-policy", ["Targets": [["TargetId": .string(account), "Type": "ACCOUNT"]]])
    }
}
