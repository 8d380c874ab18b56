import CloudModel

@testable import Engine

/// Accounts with resources that have policies of their own, written as collected answers.
struct Estate {
    static let account = "111122223333"
    static let other = "444455556666"
    static let region = "eu-west-1"

    /// What was collected of a resource's policy.
    enum Policy {
        case none
        case document(JSONValue)
        case denied
        case notAsked
    }
    private struct Identities {
        var users: [JSONValue] = []
        var groups: [JSONValue] = []
        var roles: [JSONValue] = []
        var policies: [JSONValue] = []
    }
    private var identities: [String: Identities] = [:]
    private var buckets: [String: [JSONValue]] = [:]
    private var functions: [JSONValue] = []
    private var keys: [JSONValue] = []
    private var secrets: [JSONValue] = []
    private var records: [CollectedRecord] = []
    private var coverage: [CoverageEntry] = []
    /// Listings that nobody asked for.
    var unlisted: Set<String> = []

    static func arn(_ rest: String, _ account: String = Estate.account) -> String { "arn:aws:iam::\(account):\(rest)" }
    /// A statement of a resource's policy.
    static func grant(
        _ principal: JSONValue, _ actions: [String], on resources: [String] = ["*"], effect: String = "Allow", condition: JSONValue? = nil
    ) -> JSONValue {
        var object: JSONObject = [
            "Effect": .string(effect), "Principal": principal, "Action": .array(actions.map { .string($0) }),
            "Resource": .array(resources.map { .string($0) }),
        ]
        object["Condition"] = condition
        return .object(object)
    }

    /// The statement by which a key's policy leaves it to the account.
    static let delegated = grant(["AWS": .string(arn("root"))], ["kms:*"])

    private static func inline(_ documents: [JSONValue]) -> JSONValue {
        .array(documents.enumerated().map { ["PolicyName": .string("own-\($0)"), "PolicyDocument": $1] })
    }
    private static func attached(_ arns: [String]) -> JSONValue {
        .array(arns.map { ["PolicyName": .string($0.split(separator: "/").last.map(String.init) ?? $0), "PolicyArn": .string($0)] })
    }
    private static func tags(_ tags: [String: String]) -> JSONValue {
        .array(tags.sorted { $0.key < $1.key }.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    mutating func user(
        _ name: String, _ documents: JSONValue..., attached: [String] = [], groups: [String] = [], boundary: String? = nil,
        tags: [String: String] = [:], account: String = Estate.account
    ) {
        var object: JSONObject = [
            "UserName": .string(name), "UserId": .string("AIDA\(name)"), "Arn": .string(Self.arn("user/\(name)", account)),
            "UserPolicyList": Self.inline(documents), "AttachedManagedPolicies": Self.attached(attached),
            "GroupList": .array(groups.map { .string($0) }), "Tags": Self.tags(tags),
        ]
        object["PermissionsBoundary"] = boundary.map { ["PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": .string($0)] }
        identities[account, default: Identities()].users.append(.object(object))
    }
    mutating func group(_ name: String, _ documents: JSONValue..., account: String = Estate.account) {
        identities[account, default: Identities()].groups.append([
            "GroupName": .string(name), "GroupId": .string("AGPA\(name)"), "Arn": .string(Self.arn("group/\(name)", account)),
            "GroupPolicyList": Self.inline(documents), "AttachedManagedPolicies": [],
        ])
    }
    mutating func role(
        _ name: String, trust: JSONValue, _ documents: JSONValue..., path: String = "/", tags: [String: String] = [:],
        account: String = Estate.account
    ) {
        identities[account, default: Identities()].roles.append([
            "RoleName": .string(name), "RoleId": .string("AROA\(name)"), "Arn": .string(Self.arn("role\(path)\(name)", account)),
            "AssumeRolePolicyDocument": trust, "RolePolicyList": Self.inline(documents), "AttachedManagedPolicies": [],
            "Tags": Self.tags(tags),
            "InstanceProfileList": [],
        ])
    }
    mutating func policy(_ name: String, _ document: JSONValue) {
        identities[Self.account, default: Identities()].policies.append([
            "PolicyName": .string(name), "Arn": .string(Self.arn("policy/\(name)")), "DefaultVersionId": "v1",
            "PolicyVersionList": [["VersionId": "v1", "IsDefaultVersion": true, "Document": document]],
        ])
    }

    private mutating func add(
        _ account: String, _ service: String, _ operation: String, _ region: String?, _ resource: String?, _ payload: JSONValue
    ) {
        records.append(
            CollectedRecord(
                account: account, service: service, operation: operation, region: region, resource: resource, time: nil, payload: payload))
    }
    private mutating func note(
        _ account: String, _ service: String, _ operation: String, _ region: String?, _ resource: String?, _ outcome: CoverageEntry.Outcome,
        _ code: String
    ) {
        coverage.append(
            CoverageEntry(
                account: account, service: service, operation: operation, region: region, resource: resource, outcome: outcome, code: code))
    }
    private mutating func add(
        _ policy: Policy, member: String = "Policy", none: String, _ account: String, _ service: String, _ operation: String,
        _ region: String?,
        _ resource: String
    ) {
        switch policy {
        case .none: note(account, service, operation, region, resource, .collected, none)
        case .document(let text): add(account, service, operation, region, resource, [member: .string(text.canonicalText)])
        case .denied: note(account, service, operation, region, resource, .denied, "AccessDenied")
        case .notAsked: break
        }
    }

    /// A bucket; `block` are IgnorePublicAcls and RestrictPublicBuckets, `nil` for not collected, `[]` for none.
    mutating func bucket(
        _ name: String, _ policy: Policy = .none, block: [Bool]? = [true, true], grants: [(grantee: String, permission: String)]? = [],
        ownership: String? = nil, account: String = Estate.account
    ) {
        buckets[account, default: []].append(["Name": .string(name)])
        add(policy, none: "NoSuchBucketPolicy", account, "s3", "get-bucket-policy", nil, name)
        if let block, block.count == 2 {
            add(
                account, "s3", "get-public-access-block", nil, name,
                [
                    "PublicAccessBlockConfiguration": [
                        "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": .bool(block[0]),
                        "RestrictPublicBuckets": .bool(block[1]),
                    ]
                ])
        } else if block != nil {
            note(account, "s3", "get-public-access-block", nil, name, .collected, "NoSuchPublicAccessBlockConfiguration")
        }
        if let ownership {
            add(
                account, "s3", "get-bucket-ownership-controls", nil, name,
                ["OwnershipControls": ["Rules": [["ObjectOwnership": .string(ownership)]]]])
        }
        if let grants {
            let list = grants.map { grant -> JSONValue in
                let grantee: JSONValue =
                    grant.grantee.hasPrefix("http")
                    ? ["Type": "Group", "URI": .string(grant.grantee)] : ["Type": "CanonicalUser", "ID": .string(grant.grantee)]
                return ["Grantee": grantee, "Permission": .string(grant.permission)]
            }
            add(
                account, "s3", "get-bucket-acl", nil, name,
                ["Owner": ["ID": "owner"], "Grants": .array([["Grantee": ["ID": "owner"], "Permission": "FULL_CONTROL"]] + list)])
        }
    }
    /// A key; without grants these were not collected.
    mutating func key(_ id: String, _ policy: Policy, grants: [(grantee: String, operations: [String], context: [String: String])]? = nil) {
        keys.append(["KeyId": .string(id), "KeyArn": .string(Self.key(id))])
        if let grants {
            let list = grants.enumerated().map { index, grant -> JSONValue in
                var object: JSONObject = [
                    "GrantId": .string("grant\(index)"), "GranteePrincipal": .string(grant.grantee),
                    "Operations": .array(grant.operations.map { .string($0) }),
                ]
                if !grant.context.isEmpty {
                    object["Constraints"] = [
                        "EncryptionContextSubset": .object(JSONObject(grant.context.map { .init($0.key, .string($0.value)) }))
                    ]
                }
                return .object(object)
            }
            add(Self.account, "kms", "list-grants", Self.region, id, ["Grants": .array(list)])
        }
        add(policy, none: "", Self.account, "kms", "get-key-policy", Self.region, id)
    }
    static func key(_ id: String) -> String { "arn:aws:kms:\(region):\(account):key/\(id)" }
    mutating func function(_ name: String, _ policy: Policy) {
        functions.append(["FunctionName": .string(name), "FunctionArn": .string(Self.function(name))])
        add(policy, none: "ResourceNotFoundException", Self.account, "lambda", "get-policy", Self.region, name)
    }
    static func function(_ name: String) -> String { "arn:aws:lambda:\(region):\(account):function:\(name)" }
    mutating func secret(_ name: String, _ policy: Policy, tags: [String: String] = [:]) {
        secrets.append(["ARN": .string(Self.secret(name)), "Name": .string(name), "Tags": Self.tags(tags)])
        if case .none = policy {
            add(Self.account, "secretsmanager", "get-resource-policy", Self.region, Self.secret(name), ["Name": .string(name)])
        } else {
            add(
                policy, member: "ResourcePolicy", none: "", Self.account, "secretsmanager", "get-resource-policy", Self.region,
                Self.secret(name))
        }
    }
    mutating func queue(_ name: String, _ policy: Policy) {
        queues.append(.string("https://sqs.\(Self.region).amazonaws.com/\(Self.account)/\(name)"))
        let url = "https://sqs.\(Self.region).amazonaws.com/\(Self.account)/\(name)"
        var attributes: JSONObject = ["QueueArn": .string(Self.queue(name))]
        switch policy {
        case .none: break
        case .document(let text): attributes["Policy"] = .string(text.canonicalText)
        case .denied: return note(Self.account, "sqs", "get-queue-attributes", Self.region, url, .denied, "AccessDenied")
        case .notAsked: return
        }
        add(Self.account, "sqs", "get-queue-attributes", Self.region, url, ["Attributes": .object(attributes)])
    }
    static func queue(_ name: String) -> String { "arn:aws:sqs:\(region):\(account):\(name)" }
    mutating func topic(_ name: String, _ policy: JSONValue) {
        topics.append(["TopicArn": .string(Self.topic(name))])
        add(
            Self.account, "sns", "get-topic-attributes", Self.region, Self.topic(name),
            ["Attributes": ["TopicArn": .string(Self.topic(name)), "Policy": .string(policy.canonicalText)]])
    }
    static func topic(_ name: String) -> String { "arn:aws:sns:\(region):\(account):\(name)" }
    mutating func repository(_ name: String, _ policy: Policy) {
        repositories.append(["repositoryName": .string(name), "repositoryArn": .string(Self.repository(name))])
        add(
            policy, member: "policyText", none: "RepositoryPolicyNotFoundException", Self.account, "ecr", "get-repository-policy",
            Self.region,
            name)
    }
    static func repository(_ name: String) -> String { "arn:aws:ecr:\(region):\(account):repository/\(name)" }
    private var queues: [JSONValue] = []
    private var topics: [JSONValue] = []
    private var repositories: [JSONValue] = []
    static func secret(_ name: String) -> String { "arn:aws:secretsmanager:\(region):\(account):secret:\(name)-AbCdEf" }

    var collection: CloudCollection {
        var estate = self
        func list(_ name: String, _ account: String, _ service: String, _ operation: String, _ region: String?, _ payload: JSONValue) {
            if !unlisted.contains(name) { estate.add(account, service, operation, region, nil, payload) }
        }
        for account in Set(identities.keys).union(buckets.keys).union([Self.account]).sorted() {
            let own = identities[account] ?? Identities()
            list(
                "iam", account, "iam", "get-account-authorization-details", nil,
                [
                    "UserDetailList": .array(own.users), "GroupDetailList": .array(own.groups), "RoleDetailList": .array(own.roles),
                    "Policies": .array(own.policies),
                ])
            list("s3", account, "s3", "list-buckets", nil, ["Buckets": .array(buckets[account] ?? [])])
        }
        list("lambda", Self.account, "lambda", "list-functions", Self.region, ["Functions": .array(functions)])
        list("kms", Self.account, "kms", "list-keys", Self.region, ["Keys": .array(keys)])
        list("secretsmanager", Self.account, "secretsmanager", "list-secrets", Self.region, ["SecretList": .array(secrets)])
        list("sqs", Self.account, "sqs", "list-queues", Self.region, ["QueueUrls": .array(queues)])
        list("sns", Self.account, "sns", "list-topics", Self.region, ["Topics": .array(topics)])
        list("ecr", Self.account, "ecr", "describe-repositories", Self.region, ["repositories": .array(repositories)])
        return CloudCollection(
            records: estate.records, coverage: estate.coverage,
            files: Dictionary(uniqueKeysWithValues: estate.records.map { ($0.id, "in/\($0.id).json") }))
    }
    var query: AccessQuery { AccessQuery(Normaliser.normalise(collection), files: collection.files) }

    /// The decision in short: `allowed`, `denied resource`, `DENIED identity` for an explicit one, `conditional: …`, `unknown (allowed)`.
    func can(_ principal: String, _ action: String, _ resource: String, _ options: AccessQuery.Options = .init()) throws -> String {
        Self.short(try query.can(principal, action, on: resource, options).answer)
    }
    static func short(_ answer: AccessAnswer) -> String {
        switch answer.decision {
        case .allowed: "allowed"
        case .denied: "\(answer.isExplicit == true ? "DENIED" : "denied") \(answer.blockedBy.joined(separator: " "))"
        case .conditional: "conditional: \(answer.text ?? "")"
        case .unknown: "unknown (\(answer.known?.rawValue ?? "-"))"
        }
    }
}
