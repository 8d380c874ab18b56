import CloudModel

/// AWS's own service and resource control policy, which stand at every level of an organisation unless somebody took them away.
///
/// Source: "AWS managed policies for AWS Organizations" and "RCP syntax", AWS Organizations User Guide. An answer that holds the text wins.
enum KnownControlPolicies {
    struct Policy {
        var id: String
        var name: String
        var arn: String
        var document: JSONValue
    }

    /// The policy that allows everything.
    static func fullAccess(_ type: Organisation.PolicyType) -> Policy {
        switch type {
        case .serviceControl:
            Policy(
                id: "p-FullAWSAccess", name: "FullAWSAccess",
                arn: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
                document: ["Version": "2012-10-17", "Statement": [["Effect": "Allow", "Action": "*", "Resource": "*"]]])
        case .resourceControl:
            Policy(
                id: "p-RCPFullAWSAccess", name: "RCPFullAWSAccess",
                arn: "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
                document: [
                    "Version": "2012-10-17",
                    "Statement": [["Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"]],
                ])
        }
    }

    /// The text of the policy of that identifier.
    static func document(id: String) -> JSONValue? {
        Organisation.PolicyType.allCases.map(fullAccess).first { $0.id == id }?.document
    }
}
