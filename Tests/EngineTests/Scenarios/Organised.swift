import CloudModel

@testable import Engine

/// An organisation around a ``World``: root, one unit, the world's account in it, as the AWS CLI's answers.
struct Organised {
    static let id = "o-a1b2c3d4e5"
    static let management = "999900001111"
    static let root = "r-ab12"
    static let unit = "ou-ab12-11111111"

    /// A policy and where it is attached; a text of `nil` was not collected, targets of `nil` neither.
    struct Policy {
        var id: String
        var type = "SERVICE_CONTROL_POLICY"
        var document: JSONValue?
        var targets: [String]?
    }
    var managementAccount = management
    var policies: [Policy] = []
    /// Where FullAWSAccess is attached.
    var fullAccess: [String]? = [root, unit, World.account]
    var enabled = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
    var hasHierarchy = true

    /// A service control policy.
    mutating func limit(_ statements: JSONValue..., at targets: [String] = [root]) {
        policies.append(
            Policy(id: "p-scp\(policies.count)", document: ["Version": "2012-10-17", "Statement": .array(statements)], targets: targets))
    }
    /// A resource control policy.
    mutating func guarding(_ statements: JSONValue..., at targets: [String] = [root]) {
        let statements = statements.map { statement -> JSONValue in
            guard var object = statement.object else { return statement }
            object["Principal"] = "*"
            return .object(object)
        }
        policies.append(
            Policy(
                id: "p-rcp\(policies.count)", type: "RESOURCE_CONTROL_POLICY",
                document: ["Version": "2012-10-17", "Statement": .array(statements)], targets: targets))
    }

    private static func arn(_ rest: String) -> JSONValue { .string("arn:aws:organizations::\(management):\(rest)") }

    /// Puts the answers into a world.
    func add(to world: inout World) {
        func record(_ operation: String, _ resource: String? = nil, _ payload: JSONValue) {
            world.record("organizations", operation, resource: resource, payload)
        }
        record(
            "describe-organization", nil,
            [
                "Organization": [
                    "Id": .string(Self.id), "Arn": Self.arn("organization/\(Self.id)"), "FeatureSet": "ALL",
                    "MasterAccountId": .string(managementAccount), "AvailablePolicyTypes": [],
                ]
            ])
        record(
            "list-roots", nil,
            [
                "Roots": [
                    [
                        "Id": .string(Self.root), "Arn": Self.arn("root/\(Self.id)/\(Self.root)"), "Name": "Root",
                        "PolicyTypes": .array(enabled.map { ["Type": .string($0), "Status": "ENABLED"] }),
                    ]
                ]
            ])
        let own: JSONValue = [
            "Id": .string(World.account), "Arn": Self.arn("account/\(Self.id)/\(World.account)"), "Name": "shop", "Status": "ACTIVE",
        ]
        record("list-accounts", nil, ["Accounts": [own]])
        if hasHierarchy {
            record(
                "list-organizational-units-for-parent", Self.root,
                [
                    "OrganizationalUnits": [
                        ["Id": .string(Self.unit), "Arn": Self.arn("ou/\(Self.id)/\(Self.unit)"), "Name": "Workloads"]
                    ]
                ])
            record("list-organizational-units-for-parent", Self.unit, ["OrganizationalUnits": []])
            record("list-accounts-for-parent", Self.root, ["Accounts": []])
            record("list-accounts-for-parent", Self.unit, ["Accounts": [own]])
        }
        let full = Policy(
            id: "p-FullAWSAccess",
            document: ["Version": "2012-10-17", "Statement": [["Effect": "Allow", "Action": "*", "Resource": "*"]]], targets: fullAccess)
        for type in enabled {
            let own = policies.filter { $0.type == type } + (type == "SERVICE_CONTROL_POLICY" ? [full] : [])
            record("list-policies", type, ["Policies": .array(own.map(summary))])
            for policy in own {
                if let document = policy.document {
                    record(
                        "describe-policy", policy.id,
                        ["Policy": ["PolicySummary": summary(policy), "Content": .string(document.canonicalText)]])
                }
                if let targets = policy.targets {
                    record(
                        "list-targets-for-policy", policy.id,
                        ["Targets": .array(targets.map { ["TargetId": .string($0), "Name": .string($0)] })])
                }
            }
        }
    }

    /// An account's answers with these in the place of what it says of its organisation.
    func around(_ collection: CloudCollection) -> CloudCollection {
        var world = World()
        add(to: &world)
        let isTold = { (service: String) in service == "organizations" }
        return CloudCollection(
            records: collection.records.filter { !isTold($0.service) } + world.collection.records.filter { isTold($0.service) },
            coverage: collection.coverage.filter { !isTold($0.service) })
    }

    private func summary(_ policy: Policy) -> JSONValue {
        let kind = policy.type.lowercased()
        let arn: JSONValue =
            policy.id == "p-FullAWSAccess"
            ? .string("arn:aws:organizations::aws:policy/\(kind)/\(policy.id)") : Self.arn("policy/\(Self.id)/\(kind)/\(policy.id)")
        return [
            "Id": .string(policy.id), "Arn": arn, "Name": .string(policy.id), "Type": .string(policy.type),
            "AwsManaged": .bool(policy.id == "p-FullAWSAccess"),
        ]
    }
}
