import CloudModel
import Testing

@testable import Engine

/// A small account, written as the AWS CLI's answers.
struct World {
    static let account = "111122223333"
    static let administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    private var users: [JSONValue] = []
    private var groups: [JSONValue] = []
    private var roles: [JSONValue] = []
    private var policies: [JSONValue] = []
    private var extra: [CollectedRecord] = []
    private var coverage: [CoverageEntry] = []
    /// The credential report's lines; `nil` when it was not collected.
    private var report: [String]?

    static func arn(_ rest: String) -> String { "arn:aws:iam::\(account):\(rest)" }

    /// A policy document.
    static func document(_ statements: JSONValue...) -> JSONValue { ["Version": "2012-10-17", "Statement": .array(statements)] }
    static func allow(_ actions: [String], _ resources: [String] = ["*"], condition: JSONValue? = nil) -> JSONValue {
        statement("Allow", actions, resources, condition)
    }
    static func deny(_ actions: [String], _ resources: [String] = ["*"], condition: JSONValue? = nil) -> JSONValue {
        statement("Deny", actions, resources, condition)
    }
    private static func statement(_ effect: String, _ actions: [String], _ resources: [String], _ condition: JSONValue?) -> JSONValue {
        var object: JSONObject = [
            "Effect": .string(effect), "Action": .array(actions.map { .string($0) }), "Resource": .array(resources.map { .string($0) }),
        ]
        object["Condition"] = condition
        return .object(object)
    }
    static func trust(service: String, action: String = "sts:AssumeRole") -> JSONValue {
        trust(["Service": .string(service)], action: action)
    }
    static func trust(_ principal: JSONValue, condition: JSONValue? = nil, action: String = "sts:AssumeRole") -> JSONValue {
        var object: JSONObject = ["Effect": "Allow", "Principal": principal, "Action": .string(action)]
        object["Condition"] = condition
        return ["Version": "2012-10-17", "Statement": [.object(object)]]
    }

    private static func inline(_ documents: [JSONValue]) -> JSONValue {
        .array(documents.enumerated().map { ["PolicyName": .string("inline-\($0)"), "PolicyDocument": $1] })
    }
    private static func attached(_ arns: [String]) -> JSONValue {
        .array(arns.map { ["PolicyName": .string($0.split(separator: "/").last.map(String.init) ?? $0), "PolicyArn": .string($0)] })
    }
    private static func boundary(_ arn: String?) -> JSONValue? {
        arn.map { ["PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": .string($0)] }
    }

    mutating func user(
        _ name: String, _ documents: [JSONValue] = [], attached: [String] = [], groups: [String] = [], boundary: String? = nil
    ) {
        var object: JSONObject = [
            "Path": "/", "UserName": .string(name), "UserId": .string("AIDA" + name), "Arn": .string(Self.arn("user/\(name)")),
            "CreateDate": "2024-01-02T03:04:05+00:00", "UserPolicyList": Self.inline(documents),
            "GroupList": .array(groups.map { .string($0) }),
            "AttachedManagedPolicies": Self.attached(attached), "Tags": [],
        ]
        object["PermissionsBoundary"] = Self.boundary(boundary)
        users.append(.object(object))
    }
    mutating func group(_ name: String, _ documents: [JSONValue] = [], attached: [String] = []) {
        groups.append([
            "Path": "/", "GroupName": .string(name), "GroupId": .string("AGPA" + name), "Arn": .string(Self.arn("group/\(name)")),
            "CreateDate": "2024-01-02T03:04:05+00:00", "GroupPolicyList": Self.inline(documents),
            "AttachedManagedPolicies": Self.attached(attached),
        ])
    }
    mutating func role(
        _ name: String, trust: JSONValue, _ documents: [JSONValue] = [], attached: [String] = [], boundary: String? = nil,
        profile: Bool = false,
        path: String = "/"
    ) {
        let arn = Self.arn("role\(path)\(name)")
        var object: JSONObject = [
            "Path": .string(path), "RoleName": .string(name), "RoleId": .string("AROA" + name), "Arn": .string(arn),
            "CreateDate": "2024-01-02T03:04:05+00:00", "AssumeRolePolicyDocument": trust, "RolePolicyList": Self.inline(documents),
            "AttachedManagedPolicies": Self.attached(attached), "Tags": [], "RoleLastUsed": [:],
            "InstanceProfileList": profile
                ? [
                    [
                        "Path": "/", "InstanceProfileName": .string(name), "InstanceProfileId": .string("AIPA" + name),
                        "Arn": .string(Self.arn("instance-profile/\(name)")), "CreateDate": "2024-01-02T03:04:05+00:00",
                        "Roles": [["RoleName": .string(name), "Arn": .string(arn)]],
                    ]
                ] : [],
        ]
        object["PermissionsBoundary"] = Self.boundary(boundary)
        roles.append(.object(object))
    }
    mutating func policy(_ name: String, _ document: JSONValue, versions: Int = 1) {
        managed(Self.arn("policy/\(name)"), name, document, versions: versions)
    }
    /// A policy whose versions differ; the first is the default. A version of `nil` was not collected.
    mutating func policy(_ name: String, versions documents: [JSONValue?]) {
        let versions = documents.enumerated().map { index, document -> JSONValue in
            var object: JSONObject = [
                "VersionId": .string("v\(index + 1)"), "IsDefaultVersion": .bool(index == 0), "CreateDate": "2024-01-02T03:04:05+00:00",
            ]
            object["Document"] = document
            return .object(object)
        }
        policies.append([
            "PolicyName": .string(name), "PolicyId": .string("ANPA" + name), "Arn": .string(Self.arn("policy/\(name)")), "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": true, "CreateDate": "2024-01-02T03:04:05+00:00",
            "UpdateDate": "2024-01-02T03:04:05+00:00", "PolicyVersionList": .array(versions),
        ])
    }
    mutating func managed(_ arn: String, _ name: String, _ document: JSONValue, versions: Int = 1) {
        policies.append([
            "PolicyName": .string(name), "PolicyId": .string("ANPA" + name), "Arn": .string(arn), "Path": "/", "DefaultVersionId": "v1",
            "AttachmentCount": 1, "IsAttachable": true, "CreateDate": "2024-01-02T03:04:05+00:00",
            "UpdateDate": "2024-01-02T03:04:05+00:00",
            "PolicyVersionList": .array(
                (1...versions).map {
                    [
                        "VersionId": .string("v\($0)"), "IsDefaultVersion": .bool($0 == 1), "CreateDate": "2024-01-02T03:04:05+00:00",
                        "Document": document,
                    ]
                }),
        ])
    }
    /// A user's line of the credential report.
    mutating func credentials(_ name: String, password: Bool, keys: Int, mfa: Bool = false) {
        let key = { (number: Int) in keys >= number ? "true,2024-01-02T03:04:05+00:00,N/A,N/A,N/A" : "false,N/A,N/A,N/A,N/A" }
        let line =
            "\(name),\(Self.arn("user/\(name)")),2024-01-02T03:04:05+00:00,\(password),no_information,2024-01-02T03:04:05+00:00,N/A,\(mfa),\(key(1)),\(key(2)),false,N/A,false,N/A"
        report = (report ?? []) + [line]
    }
    mutating func record(_ service: String, _ operation: String, region: String? = nil, resource: String? = nil, _ payload: JSONValue) {
        extra.append(
            CollectedRecord(
                account: Self.account, service: service, operation: operation, region: region, resource: resource,
                time: "2025-01-02T03:04:05Z", payload: payload))
    }
    mutating func missing(_ service: String, _ operation: String, region: String? = nil) {
        coverage.append(
            CoverageEntry(
                account: Self.account, service: service, operation: operation, region: region, outcome: .denied, code: "AccessDenied"))
    }
    /// A call that gave no record.
    mutating func outcome(
        _ service: String, _ operation: String, resource: String? = nil, _ outcome: CoverageEntry.Outcome, _ code: String
    ) {
        coverage.append(
            CoverageEntry(
                account: Self.account, service: service, operation: operation, resource: resource, outcome: outcome, code: code))
    }
    /// A function that runs as a role.
    mutating func function(_ name: String, role: String, url: String? = nil) {
        let arn = "arn:aws:lambda:eu-west-1:\(Self.account):function:\(name)"
        functions.append([
            "FunctionName": .string(name), "FunctionArn": .string(arn), "Role": .string(Self.arn("role/\(role)")), "Runtime": "python3.12",
        ])
        if let url {
            record(
                "lambda", "list-function-url-configs", region: "eu-west-1", resource: name,
                [
                    "FunctionUrlConfigs": [
                        ["FunctionUrl": "https://x.lambda-url.eu-west-1.on.aws/", "FunctionArn": .string(arn), "AuthType": .string(url)]
                    ]
                ])
            if url == "NONE" {
                let policy =
                    #"{"Version":"2012-10-17","Statement":[{"Sid":"public","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"\#(arn)","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}}]}"#
                record("lambda", "get-policy", region: "eu-west-1", resource: name, ["Policy": .string(policy), "RevisionId": "1"])
            }
        }
    }
    private var functions: [JSONValue] = []
    private var instances: [JSONValue] = []
    /// Instances as an answer has them.
    mutating func instances(_ list: [JSONValue]) { instances += list }
    /// An instance with the profile of a role.
    mutating func instance(_ id: String, profile: String?, state: String = "running", name: String? = nil) {
        var object: JSONObject = [
            "InstanceId": .string(id), "State": ["Code": 16, "Name": .string(state)], "InstanceType": "t3.small", "NetworkInterfaces": [],
            "Tags": [],
            "MetadataOptions": ["HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1],
        ]
        if let name { object["Tags"] = [["Key": "Name", "Value": .string(name)]] }
        object["IamInstanceProfile"] = profile.map { ["Arn": .string(Self.arn("instance-profile/\($0)")), "Id": "AIPA"] }
        instances.append(.object(object))
    }
    /// A bucket with everything about it collected; it keeps versions unless said otherwise.
    mutating func bucket(
        _ name: String, policy: JSONValue? = nil, versioning: JSONValue? = ["Status": "Enabled"],
        lock: JSONValue? = nil
    ) {
        if let versioning { record("s3", "get-bucket-versioning", resource: name, versioning) }
        if let lock {
            record("s3", "get-object-lock-configuration", resource: name, lock)
        } else {
            outcome("s3", "get-object-lock-configuration", resource: name, .collected, "ObjectLockConfigurationNotFoundError")
        }
        buckets.append(["Name": .string(name), "CreationDate": "2024-01-02T03:04:05+00:00"])
        if let policy {
            record("s3", "get-bucket-policy", resource: name, ["Policy": .string(policy.canonicalText)])
        } else {
            outcome("s3", "get-bucket-policy", resource: name, .collected, "NoSuchBucketPolicy")
        }
        record("s3", "get-bucket-acl", resource: name, ["Owner": ["ID": "own"], "Grants": []])
        record(
            "s3", "get-public-access-block", resource: name,
            [
                "PublicAccessBlockConfiguration": [
                    "BlockPublicAcls": .bool(policy == nil), "IgnorePublicAcls": .bool(policy == nil),
                    "BlockPublicPolicy": .bool(policy == nil),
                    "RestrictPublicBuckets": .bool(policy == nil),
                ]
            ])
        outcome("s3", "get-bucket-tagging", resource: name, .collected, "NoSuchTagSet")
    }
    private var buckets: [JSONValue] = []

    /// All of it as a collection.
    var collection: CloudCollection {
        var records = extra
        func add(_ service: String, _ operation: String, _ region: String?, _ payload: JSONValue) {
            records.append(
                CollectedRecord(
                    account: Self.account, service: service, operation: operation, region: region, resource: nil,
                    time: "2025-01-02T03:04:05Z",
                    payload: payload))
        }
        add(
            "iam", "get-account-authorization-details", nil,
            [
                "UserDetailList": .array(users), "GroupDetailList": .array(groups), "RoleDetailList": .array(roles),
                "Policies": .array(policies),
            ])
        if let report {
            let head =
                "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
            add("iam", "get-credential-report", nil, .string(([head] + report).joined(separator: "\n") + "\n"))
        }
        add("lambda", "list-functions", "eu-west-1", ["Functions": .array(functions)])
        add(
            "ec2", "describe-instances", "eu-west-1",
            [
                "Reservations": instances.isEmpty
                    ? [] : [["ReservationId": "r-1", "OwnerId": .string(Self.account), "Instances": .array(instances)]]
            ])
        add("s3", "list-buckets", nil, ["Buckets": .array(buckets), "Owner": ["ID": "own"]])
        return CloudCollection(records: records, coverage: coverage)
    }

    /// What the engine says of it, with every step of every path proven again.
    func judged() -> Judgement {
        let collection = collection
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let judged = evaluation.judged()
        for problem in Reproof(evaluation, collection).problems(judged.paths) { Issue.record("a step is not proven: \(problem)") }
        return Judgement(evaluation: evaluation, judged: judged)
    }
}

/// What the engine says of a ``World``.
struct Judgement {
    var evaluation: Evaluation
    var judged: Evaluation.Judged

    func principal(_ rest: String) -> PrincipalResult? { judged.principals.first { $0.arn == World.arn(rest) } }
    func reach(_ rest: String) -> Reach? { principal(rest)?.reachesAdmin }
    /// Techniques of the path from a principal to administrator rights.
    func techniques(_ rest: String) -> [String] {
        judged.paths.first { $0.source == World.arn(rest) && $0.target == "admin:\(World.account)" }?.steps.map(\.technique) ?? []
    }
}
