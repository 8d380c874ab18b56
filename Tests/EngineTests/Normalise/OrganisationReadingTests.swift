import CloudModel
import Testing

@testable import Engine

@Suite struct OrganisationReadingTests {
    private let root = "r-ab12"
    private let id = "o-a1b2c3d4e5"

    @Test func answersOfSeveralAccountsAddUp() throws {
        var answers = Answers()
        // The member knows where it belongs, the management account knows the rest.
        try answers.add(
            "organizations.describe-organization",
            #"{"Organization":{"Id":"o-a1b2c3d4e5","FeatureSet":"ALL","MasterAccountId":"999900001111"}}"#)
        let management = "999900001111"
        try answers.add(
            "organizations.list-roots",
            #"{"Roots":[{"Id":"r-ab12","Arn":"arn:aws:organizations::999900001111:root/o-a1b2c3d4e5/r-ab12","PolicyTypes":[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"},{"Type":"TAG_POLICY","Status":"ENABLED"}]}]}"#,
            account: management)
        try answers.add(
            "organizations.list-organizational-units-for-parent.r-ab12", #"{"OrganizationalUnits":[{"Id":"ou-ab12-1","Name":"A"}]}"#,
            account: management)
        try answers.add(
            "organizations.list-organizational-units-for-parent.ou-ab12-1", #"{"OrganizationalUnits":[{"Id":"ou-ab12-2","Name":"B"}]}"#,
            account: management)
        try answers.add(
            "organizations.list-accounts-for-parent.ou-ab12-2", #"{"Accounts":[{"Id":"111122223333","Name":"shop"}]}"#,
            account: management)
        let snapshot = answers.snapshot
        #expect(snapshot.accounts.map(\.organisation) == [.member(id), .member(id)])
        #expect(snapshot.organisations.count == 1)
        let organisation = try #require(snapshot.organisations.first)
        #expect(organisation.managementAccount == management && organisation.hasAllFeatures == true)
        #expect(organisation.enabledTypes == [.serviceControl])
        #expect(
            organisation.path(of: "111122223333") == .init(nodes: [root, "ou-ab12-1", "ou-ab12-2", "111122223333"], isComplete: true))
        #expect(organisation.path(of: "444455556666") == .init(nodes: [root, "444455556666"], isComplete: false))
        // Nobody listed the policies, and the one type is enabled.
        let missing = snapshot.coverage.filter { $0.service == "organizations" && $0.outcome == .notCollected }
        #expect(
            Set(missing.map { "\($0.account ?? "") \($0.operation) \($0.resource ?? "")" }) == [
                "111122223333 list-policies SERVICE_CONTROL_POLICY", "999900001111 list-policies SERVICE_CONTROL_POLICY",
                "999900001111 describe-organization ",
            ])
    }

    @Test func pathsOfAccountsTellTheUnitsToo() throws {
        var answers = Answers()
        try answers.add(
            "organizations.list-accounts",
            #"{"Accounts":[{"Id":"111122223333","Arn":"arn:aws:organizations::999900001111:account/o-a1b2c3d4e5/111122223333","Paths":["o-a1b2c3d4e5/r-ab12/ou-ab12-1/111122223333/"]}]}"#
        )
        let organisation = try #require(answers.snapshot.organisations.first)
        #expect(organisation.id == id && organisation.managementAccount == "999900001111" && organisation.accountsListed)
        #expect(organisation.path(of: "111122223333") == .init(nodes: [root, "ou-ab12-1", "111122223333"], isComplete: true))
    }

    @Test func parentsThatGoInCirclesAreNoPath() throws {
        var answers = Answers()
        for (child, parent) in [("111122223333", "ou-ab12-1"), ("ou-ab12-1", "ou-ab12-2"), ("ou-ab12-2", "ou-ab12-1")] {
            try answers.add("organizations.list-parents.\(child)", #"{"Parents":[{"Id":"\#(parent)","Type":"ORGANIZATIONAL_UNIT"}]}"#)
        }
        try answers.add("organizations.describe-organization", #"{"Organization":{"Id":"o-a1b2c3d4e5"}}"#)
        let organisation = try #require(answers.snapshot.organisations.first)
        #expect(organisation.path(of: "111122223333").isComplete == false)
    }

    @Test func aListingThatWasCutOffIsNotAll() throws {
        var answers = Answers()
        try answers.add("organizations.describe-organization", #"{"Organization":{"Id":"o-a1b2c3d4e5"}}"#)
        let policies = #"{"Policies":[{"Id":"p-1","Name":"one","Type":"SERVICE_CONTROL_POLICY"}]}"#
        try answers.add("organizations.list-policies.SERVICE_CONTROL_POLICY", policies)
        try answers.add("organizations.list-targets-for-policy.p-1", #"{"Targets":[{"TargetId":"r-ab12"}]}"#)
        let whole = try #require(answers.snapshot.organisations.first)
        #expect(whole.listedTypes == [.serviceControl] && whole.policies.first?.targetsKnown == true)
        for (operation, resource) in [("list-policies", "SERVICE_CONTROL_POLICY"), ("list-targets-for-policy", "p-1")] {
            answers.coverage.append(
                CoverageEntry(
                    account: Answers.account, service: "organizations", operation: operation, resource: resource, outcome: .throttled))
        }
        let part = try #require(answers.snapshot.organisations.first)
        #expect(part.listedTypes.isEmpty && part.policies.first?.targetsKnown == false)
        #expect(part.policies.first?.targets == ["r-ab12"])
    }

    @Test func policiesByTargetTellTheirLevels() throws {
        var answers = Answers()
        try answers.add("organizations.describe-organization", #"{"Organization":{"Id":"o-a1b2c3d4e5"}}"#)
        try answers.add(
            "organizations.list-policies-for-target.111122223333",
            #"{"Policies":[{"Id":"p-FullAWSAccess","Name":"FullAWSAccess","Type":"SERVICE_CONTROL_POLICY"},{"Id":"p-1","Name":"one","Type":"SERVICE_CONTROL_POLICY"}]}"#
        )
        let organisation = try #require(answers.snapshot.organisations.first)
        #expect(organisation.listedAttachments == ["SERVICE_CONTROL_POLICY 111122223333"])
        #expect(organisation.policies.map(\.targets) == [["111122223333"], ["111122223333"]])
        #expect(organisation.policies.map { $0.source.document != nil } == [false, true], "AWS's own text is well known")
    }

    @Test func grantsAndEndpointsAreRead() throws {
        var answers = try Answers.open()
        let key = try #require(answers.snapshot.keys.first)
        #expect(key.grants?.map(\.operations) == [["Decrypt"]] && key.grants?.first?.contextSubset == ["a": "b"])
        try answers.add(
            "ec2.describe-vpc-endpoints.eu-west-1",
            #"{"VpcEndpoints":[{"VpcEndpointId":"vpce-1","VpcId":"vpc-1","ServiceName":"com.amazonaws.eu-west-1.s3","VpcEndpointType":"Gateway","PolicyDocument":"{\"Statement\":[]}"},{"VpcEndpointId":"vpce-2","PolicyDocument":"broken"}]}"#
        )
        let endpoints = answers.snapshot.vpcEndpoints
        #expect(endpoints.map(\.arn) == ["vpce-1", "vpce-2"].map { "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/\($0)" })
        #expect(endpoints.map { $0.policy?.document != nil } == [true, false])
        answers.remove("kms.list-grants")
        #expect(answers.snapshot.keys.first?.grants == nil)
        #expect(answers.snapshot.coverage.contains { $0.operation == "list-grants" && $0.outcome == .notCollected })
    }
}
