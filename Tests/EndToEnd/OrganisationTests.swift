import Foundation
import Testing

/// `cloudryption analyze` as a real process on a member's answers with its organisation's beside them, as the AWS CLI prints them.
@Suite("An organisation's policies", .timeLimit(.minutes(5)))
struct OrganisationTests {
    private static let account = "111122223333"

    private func analysed(denying action: String?, readable: Bool = true) async throws -> (admin: Bool?, passer: String?, coverage: String)
    {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        try folder.save(
            "iam.get-account-authorization-details.json",
            """
            {"UserDetailList": [
              {"UserName": "chief", "Arn": "arn:aws:iam::\(Self.account):user/chief", "UserPolicyList": [], "GroupList": [],
               "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]},
              {"UserName": "granter", "Arn": "arn:aws:iam::\(Self.account):user/granter", "GroupList": [], "AttachedManagedPolicies": [],
               "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                 {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"}]}}]}],
             "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
            """)
        try folder.save(
            "organizations.describe-organization.json",
            """
            {"Organization": {"Id": "o-a1b2c3d4e5", "Arn": "arn:aws:organizations::999900001111:organization/o-a1b2c3d4e5",
             "FeatureSet": "ALL", "MasterAccountId": "999900001111", "MasterAccountEmail": "x@example.com"}}
            """)
        if readable {
            let policy =
                #"{"Id": "p-1", "Arn": "arn:aws:organizations::999900001111:policy/o-a1b2c3d4e5/service_control_policy/p-1", "Name": "limits", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false}"#
            try folder.save(
                "organizations.list-roots.json",
                #"{"Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]}"#)
            try folder.save(
                "organizations.list-accounts-for-parent.r-ab12.json", #"{"Accounts": [{"Id": "111122223333", "Name": "shop"}]}"#)
            try folder.save("organizations.list-policies.SERVICE_CONTROL_POLICY.json", "{\"Policies\": [\(policy)]}")
            let content =
                #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"ACTION\",\"Resource\":\"*\"}]}"#
                .replacing("ACTION", with: action ?? "organizations:LeaveOrganization")
            try folder.save(
                "organizations.describe-policy.p-1.json", "{\"Policy\": {\"PolicySummary\": \(policy), \"Content\": \"\(content)\"}}")
            try folder.save(
                "organizations.list-targets-for-policy.p-1.json",
                #"{"Targets": [{"TargetId": "111122223333", "Name": "shop", "Type": "ACCOUNT"}]}"#)
        }
        let run = try await folder.analyze()
        #expect(run.status == 0, "\(run.errors)")
        let found = try folder.principals()
        let coverage = try folder.text("coverage.json")
        return (
            found["arn:aws:iam::\(Self.account):user/chief"]?.admin,
            found["arn:aws:iam::\(Self.account):user/granter"]?.reachesAdmin, coverage
        )
    }

    @Test("deny what makes an administrator, or leave it")
    func limits() async throws {
        let small = try await analysed(denying: "organizations:LeaveOrganization")
        #expect(small.admin == true && small.passer == "yes")
        #expect(!small.coverage.contains("service control policies of account"))
        let everything = try await analysed(denying: "*")
        #expect(everything.admin == false && everything.passer == "no")
        let rights = try await analysed(denying: "iam:*")
        #expect(rights.admin == false && rights.passer == "no")
    }

    @Test("that could not be read take nothing away, and are a gap")
    func gaps() async throws {
        let unread = try await analysed(denying: nil, readable: false)
        #expect(unread.admin == true && unread.passer == "yes")
        #expect(unread.coverage.contains("service control policies of account \(Self.account)"))
    }
}
