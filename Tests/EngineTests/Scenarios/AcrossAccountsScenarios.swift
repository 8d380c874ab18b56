import CloudModel
import Testing

@testable import Engine

/// Two accounts of one organisation, each with its own units: what bears on who asks and what on what is asked for.
@Suite struct AcrossAccountsScenarios {
    private let first = "111122223333"
    private let second = "222233334444"
    private let management = "999900001111"

    /// A user of the first account may assume an administrator's role of the second.
    private func reaches(limits: [(type: String, statement: JSONValue, target: String)]) throws -> Bool {
        var answers = Answers()
        func add(_ name: String, _ payload: JSONValue, _ account: String) throws {
            try answers.add(name, payload.canonicalText, account: account)
        }
        let assume = World.document(World.allow(["sts:AssumeRole"]))
        try add(
            "iam.get-account-authorization-details",
            [
                "UserDetailList": [
                    [
                        "UserName": "alice", "Arn": .string("arn:aws:iam::\(first):user/alice"),
                        "UserPolicyList": [["PolicyName": "own", "PolicyDocument": assume]], "GroupList": [], "AttachedManagedPolicies": [],
                    ]
                ], "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
            ], first)
        try add(
            "iam.get-account-authorization-details",
            [
                "UserDetailList": [], "GroupDetailList": [], "Policies": [],
                "RoleDetailList": [
                    [
                        "RoleName": "admin", "Arn": .string("arn:aws:iam::\(second):role/admin"),
                        "AssumeRolePolicyDocument": World.trust(["AWS": .string("arn:aws:iam::\(first):root")]),
                        "RolePolicyList": [["PolicyName": "all", "PolicyDocument": World.document(World.allow(["*"]))]],
                        "AttachedManagedPolicies": [], "InstanceProfileList": [],
                    ]
                ],
            ], second)
        try add(
            "organizations.describe-organization",
            ["Organization": ["Id": "o-a1b2c3d4e5", "FeatureSet": "ALL", "MasterAccountId": .string(management)]], management)
        try add(
            "organizations.list-roots",
            [
                "Roots": [
                    [
                        "Id": "r-ab12",
                        "PolicyTypes": .array(
                            Organisation.PolicyType.allCases.map { ["Type": .string($0.rawValue), "Status": "ENABLED"] }),
                    ]
                ]
            ], management)
        try add(
            "organizations.list-organizational-units-for-parent.r-ab12", ["OrganizationalUnits": [["Id": "ou-1"], ["Id": "ou-2"]]],
            management)
        try add("organizations.list-accounts-for-parent.ou-1", ["Accounts": [["Id": .string(first)]]], management)
        try add("organizations.list-accounts-for-parent.ou-2", ["Accounts": [["Id": .string(second)]]], management)
        for type in Organisation.PolicyType.allCases {
            let own = limits.enumerated().filter { $1.type == type.rawValue }
            let summaries = own.map { number, _ -> JSONValue in
                ["Id": .string("p-\(number)"), "Name": .string("p-\(number)"), "Type": .string(type.rawValue)]
            }
            try add("organizations.list-policies.\(type.rawValue)", ["Policies": .array(summaries)], management)
            for (summary, (number, limit)) in zip(summaries, own) {
                let document: JSONValue = ["Version": "2012-10-17", "Statement": [limit.statement]]
                try add(
                    "organizations.describe-policy.p-\(number)",
                    ["Policy": ["PolicySummary": summary, "Content": .string(document.canonicalText)]], management)
                try add(
                    "organizations.list-targets-for-policy.p-\(number)", ["Targets": [["TargetId": .string(limit.target)]]], management)
            }
        }
        let evaluation = Evaluation(answers.snapshot)
        return evaluation.judged().principals.first { $0.arn == "arn:aws:iam::\(first):user/alice" }?.reachesAdmin == .yes
    }

    private let scp = "SERVICE_CONTROL_POLICY"
    private let rcp = "RESOURCE_CONTROL_POLICY"
    private let deny = World.deny(["sts:AssumeRole"])
    private var denyEverybody: JSONValue {
        ["Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"]
    }
    private func denyOthers(_ organisation: String) -> JSONValue {
        [
            "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
            "Condition": ["StringNotEquals": ["aws:PrincipalOrgID": .string(organisation)]],
        ]
    }

    @Test func serviceControlPoliciesAreThoseOfTheAccountThatAsks() throws {
        #expect(try reaches(limits: []))
        #expect(try !reaches(limits: [(scp, deny, "ou-1")]))
        #expect(try reaches(limits: [(scp, deny, "ou-2")]))
        #expect(try !reaches(limits: [(scp, deny, "r-ab12")]))
    }

    @Test func resourceControlPoliciesAreThoseOfTheAccountThatIsAsked() throws {
        #expect(try reaches(limits: [(rcp, denyEverybody, "ou-1")]))
        #expect(try !reaches(limits: [(rcp, denyEverybody, "ou-2")]))
        #expect(try reaches(limits: [(rcp, denyOthers("o-a1b2c3d4e5"), "ou-2")]))
        #expect(try !reaches(limits: [(rcp, denyOthers("o-zzzzzzzzzz"), "ou-2")]))
    }

    @Test func whatIsOfTheResourcesOrganisationIsKnownToo() throws {
        func only(_ organisation: String) -> JSONValue {
            World.deny(["*"], condition: ["StringNotEqualsIfExists": ["aws:ResourceOrgID": .string(organisation)]])
        }
        #expect(try reaches(limits: [(scp, only("o-a1b2c3d4e5"), "ou-1")]))
        #expect(try !reaches(limits: [(scp, only("o-zzzzzzzzzz"), "ou-1")]))
    }
}
