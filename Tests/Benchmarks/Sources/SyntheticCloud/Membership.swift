public import CloudModel

extension SyntheticCloud {
    /// The answers of a management account whose organisation all accounts are members of, with no service control policy but AWS's own.
    public func organisation() -> [CollectedRecord] {
        let (management, id, root) = ("100000000000", "o-a1b2c3d4e5", "r-ab12")
        func arn(_ rest: String) -> JSONValue { .string("arn:aws:organizations::\(management):\(rest)") }
        func record(_ operation: String, _ resource: String? = nil, _ payload: JSONValue) -> CollectedRecord {
            CollectedRecord(
                account: management, service: "organizations", operation: operation, region: nil, resource: resource,
                time: "2026-03-01T10:00:00Z", payload: payload)
        }
        let type = Organisation.PolicyType.serviceControl.rawValue
        let members: JSONValue = .array(
            accounts.map { ["Id": .string($0), "Arn": arn("account/\(id)/\($0)"), "Name": .string("member-\($0)"), "Status": "ACTIVE"] })
        let full: JSONValue = [
            "Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
            "Name": "FullAWSAccess", "Type": .string(type), "AwsManaged": true,
        ]
        return [
            record(
                "describe-organization", nil,
                [
                    "Organization": [
                        "Id": .string(id), "Arn": arn("organization/\(id)"), "FeatureSet": "ALL", "MasterAccountId": .string(management),
                    ]
                ]),
            record(
                "list-roots", nil,
                [
                    "Roots": [
                        [
                            "Id": .string(root), "Arn": arn("root/\(id)/\(root)"), "Name": "Root",
                            "PolicyTypes": [["Type": .string(type), "Status": "ENABLED"]],
                        ]
                    ]
                ]),
            record("list-accounts", nil, ["Accounts": members]),
            record("list-organizational-units-for-parent", root, ["OrganizationalUnits": []]),
            record("list-accounts-for-parent", root, ["Accounts": members]),
            record("list-policies", type, ["Policies": [full]]),
            record(
                "list-targets-for-policy", "p-FullAWSAccess",
                ["Targets": .array(([root] + accounts).map { ["TargetId": .string($0)] })]),
        ]
    }
}
