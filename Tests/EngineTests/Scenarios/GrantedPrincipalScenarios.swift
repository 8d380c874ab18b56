import CloudModel
import Testing

@testable import Engine

/// Who may give itself, or something new, everything: what it is denied holds only as long as it cannot take the denial away with that.
@Suite struct GrantedPrincipalScenarios {
    private func judged(_ make: (inout World) -> Void) -> Judgement {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        make(&world)
        return world.judged()
    }
    private let attaching = ["iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy"]

    @Test func aDenialInAPolicyThatItsHolderOverwritesHoldsNothing() {
        // Everything else that could make an administrator is denied by a policy that cannot be taken away.
        let others = World.deny(["iam:Create*", "iam:Attach*", "iam:Add*", "iam:Update*", "iam:Delete*", "iam:Detach*", "iam:Put*Boundary"])
        let judgement = judged {
            $0.policy("fixed", World.document(World.deny(["iam:DeletePolicyVersion"])))
            $0.user("overwriting", [World.document(World.allow(["iam:PutUserPolicy"]), others)])
            $0.user("elsewhere", [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/nobody")]), others)])
            $0.policy("holding", World.document(others))
            $0.user("held", [World.document(World.allow(["iam:PutUserPolicy"]))], attached: [World.arn("policy/holding")])
        }
        #expect(judgement.reach("user/overwriting") == .yes)
        #expect(judgement.reach("user/elsewhere") == .no)
        #expect(judgement.reach("user/held") == .no)
    }

    @Test func firstGivenEverythingAndThenFreed() {
        let denied = World.deny(["s3:*", "sts:*", "organizations:*", "iam:Create*"])
        let judgement = judged {
            $0.policy("guard", World.document(denied))
            $0.user("freed", [World.document(World.allow(["iam:AttachUserPolicy"]))], attached: [World.arn("policy/guard")])
            $0.policy("guarded", World.document(denied, World.deny(["iam:Detach*", "iam:Delete*", "iam:Set*", "iam:Put*"])))
            $0.user("guarded", [World.document(World.allow(["iam:AttachUserPolicy"]))], attached: [World.arn("policy/guarded")])
        }
        #expect(judgement.reach("user/freed") == .yes)
        #expect(judgement.techniques("user/freed").first == "iam-008")
        #expect(judgement.reach("user/guarded") == .no)
    }

    @Test func aNewUserOrRoleIsGivenEverythingInWritingToo() {
        let judgement = judged {
            $0.user(
                "writes-user",
                [
                    World.document(
                        World.allow(
                            ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"],
                            [World.arn("user/new*"), World.arn("user/example")]))
                ])
            $0.user(
                "writes-group",
                [
                    World.document(
                        World.allow([
                            "iam:CreateUser", "iam:CreateGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy", "iam:CreateLoginProfile",
                        ]))
                ])
            $0.user("writes-role", [World.document(World.allow(["iam:CreateRole", "iam:PutRolePolicy"]))])
            $0.user(
                "no-key", [World.document(World.allow(["iam:CreateUser", "iam:CreateGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy"]))])
            $0.user(
                "no-grant",
                [
                    World.document(
                        World.allow(
                            ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateRole"], [World.arn("user/new*"), World.arn("role/new*")]))
                ])
        }
        #expect(judgement.reach("user/writes-user") == .yes)
        #expect(judgement.techniques("user/writes-user") == ["create-administrator"])
        #expect(judgement.reach("user/writes-group") == .yes)
        #expect(judgement.reach("user/writes-role") == .yes)
        #expect(judgement.reach("user/no-key") == .no)
        #expect(judgement.reach("user/no-grant") == .no)
    }
}
