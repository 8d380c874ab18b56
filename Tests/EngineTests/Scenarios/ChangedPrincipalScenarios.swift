import CloudModel
import Testing

@testable import Engine

/// Principals that get rights by taking away what holds them or others back, each open and closed.
@Suite struct ChangedPrincipalScenarios {
    private func world(_ make: (inout World) -> Void) -> Judgement {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        make(&world)
        return world.judged()
    }
    private let everything = World.document(World.allow(["*"]))

    @Test func anOlderVersionOfAPolicyCanBeTakenUp() {
        let present = World.document(World.allow(["iam:SetDefaultPolicyVersion", "s3:ListBucket"]))
        let blind = World.document(World.allow(["s3:ListBucket"]))
        let judgement = world {
            $0.policy("wide-before", versions: [present, everything])
            $0.policy("narrow-before", versions: [present, blind])
            $0.policy("unread-before", versions: [present, nil])
            $0.policy("not-allowed", versions: [blind, everything])
            $0.policy("steps", versions: [present, World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/steps")]))])
            for name in ["wide-before", "narrow-before", "unread-before", "not-allowed", "steps"] {
                $0.user(name, attached: [World.arn("policy/\(name)")])
            }
        }
        #expect(judgement.reach("user/wide-before") == .yes)
        #expect(judgement.techniques("user/wide-before") == ["set-default-policy-version"])
        #expect(judgement.principal("user/wide-before")?.admin == false)
        #expect(judgement.reach("user/steps") == .yes)
        #expect(judgement.reach("user/narrow-before") == .no)
        #expect(judgement.reach("user/not-allowed") == .no)
        #expect(judgement.reach("user/unread-before") == .unknown)
        #expect(judgement.principal("user/unread-before")?.why?.contains("not collected") == true)
    }

    @Test func aDenialThatItsHolderMayTakeAwayHoldsNothing() {
        let judgement = world {
            $0.user(
                "loose", [World.document(World.deny(["iam:Create*", "iam:Put*", "iam:Attach*", "iam:Update*", "iam:Pass*", "iam:Add*"]))],
                attached: [World.administrator])
            $0.user("tight", [World.document(World.deny(["s3:*", "iam:*", "sts:*", "organizations:*"]))], attached: [World.administrator])
            $0.policy(
                "no-iam", World.document(World.deny(["iam:Create*", "iam:Put*", "iam:Attach*", "iam:Update*", "iam:Pass*", "iam:Add*"])))
            $0.role(
                "detaching", trust: World.trust(service: "batch.amazonaws.com"),
                attached: [World.administrator, World.arn("policy/no-iam")])
            $0.group("limited", [World.document(World.deny(["iam:*"]))])
            $0.user("leaving", [World.document(World.allow(["iam:RemoveUserFromGroup"]))], groups: ["limited"])
        }
        #expect(judgement.reach("user/loose") == .yes)
        #expect(judgement.techniques("user/loose").first == "shed-policy")
        #expect(judgement.reach("user/tight") == .no)
        #expect(judgement.reach("role/detaching") == .yes)
        #expect(judgement.reach("user/leaving") == .no)
    }

    @Test func aLiftedBoundaryLetsOtherTechniquesThrough() {
        let judgement = world {
            $0.policy("lifting", World.document(World.allow(["iam:DeleteUserPermissionsBoundary"])))
            $0.policy("holding", World.document(World.allow(["s3:*"])))
            let own = World.document(World.allow(["iam:DeleteUserPermissionsBoundary", "iam:CreateAccessKey"]))
            $0.user("boss", attached: [World.administrator])
            $0.user("lifting", [own], boundary: World.arn("policy/lifting"))
            $0.user("held", [own], boundary: World.arn("policy/holding"))
        }
        #expect(judgement.reach("user/lifting") == .yes)
        #expect(judgement.techniques("user/lifting") == ["lift-boundary", "administrator"])
        #expect(judgement.reach("user/held") == .no)
    }

    @Test func whatOnePrincipalWritesAnotherUses() {
        let assume = World.document(World.allow(["sts:AssumeRole"], [World.arn("role/writer"), World.arn("role/plain")]))
        let root = World.trust(["AWS": .string(World.arn("root"))])
        let judgement = world {
            $0.role(
                "writer", trust: root,
                [
                    World.document(
                        World.allow(["iam:PutUserPolicy"], [World.arn("user/back")]),
                        World.allow(["iam:AttachRolePolicy"], [World.arn("role/plain")]))
                ])
            $0.role("plain", trust: root)
            $0.user("back", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/writer")]))])
            $0.user("both", [assume])
            $0.user("writerOnly", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/writer")]))])
            $0.user("plainOnly", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/plain")]))])
            $0.user("far", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/hop")]))])
            $0.role("hop", trust: root, [assume])
        }
        #expect(judgement.techniques("user/back") == ["combined-rights"])
        #expect(judgement.reach("user/both") == .yes)
        #expect(judgement.reach("user/writerOnly") == .no)
        #expect(judgement.reach("user/plainOnly") == .no)
        #expect(judgement.reach("role/writer") == .no)
        #expect(judgement.reach("user/far") == .yes)
    }

    @Test func aFixForCombinedRightsIsTriedAgainstTheSnapshot() {
        let root = World.trust(["AWS": .string(World.arn("root"))])
        let judgement = world {
            $0.role("writer", trust: root, [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/back")]))])
            $0.user("back", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/writer")]))])
        }
        let plan = Planner(judgement.evaluation, PlanRequest()).plan(judgement.judged).plan
        #expect(plan.open.isEmpty)
        #expect(plan.fixes.count == 1)
    }

    @Test func aForeignPrincipalThatATrustNamesIsAnEntry() {
        let foreign = "arn:aws:iam::999988887777:role/deploy"
        let judgement = world {
            $0.role("open", trust: World.trust(["AWS": .string(foreign)]), attached: [World.administrator])
            $0.role(
                "vendor",
                trust: World.trust(["AWS": "arn:aws:iam::999988886666:user/x"], condition: ["StringEquals": ["sts:ExternalId": "y"]]),
                attached: [World.administrator])
            $0.role("gone", trust: World.trust(["AWS": "AROAEXAMPLE"]), attached: [World.administrator])
        }
        #expect(judgement.judged.paths.map(\.source) == [foreign])
        #expect(judgement.judged.paths.first.map { $0.score < 15 } == true)
    }

    @Test func identityPoolsAndClustersMustBeBound() {
        let web = "sts:AssumeRoleWithWebIdentity"
        let cognito = "cognito-identity.amazonaws.com"
        let cluster = World.arn("oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC")
        let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
        let pool: JSONValue = [
            "StringEquals": [cognito + ":aud": "eu-west-1:1"], "ForAnyValue:StringLike": [cognito + ":amr": "authenticated"],
        ]
        let guests: JSONValue = [
            "StringEquals": [cognito + ":aud": "eu-west-1:1"], "ForAnyValue:StringLike": [cognito + ":amr": "unauthenticated"],
        ]
        func sources(_ principal: JSONValue, _ condition: JSONValue?) -> [String] {
            world { $0.role("r", trust: World.trust(principal, condition: condition, action: web), attached: [World.administrator]) }
                .judged.paths.map { "\($0.source) \($0.confidence.rawValue)" }
        }
        #expect(sources(["Federated": .string(cognito)], nil) == ["internet proven"])
        #expect(sources(["Federated": .string(cognito)], pool) == [])
        #expect(sources(["Federated": .string(cognito)], guests) == ["internet conditional"])
        #expect(
            sources(["Federated": .string(cluster)], ["StringEquals": [issuer + ":aud": "sts.amazonaws.com"]]) == ["oidc:\(issuer) proven"])
        #expect(sources(["Federated": .string(cluster)], ["StringEquals": [issuer + ":sub": "system:serviceaccount:a:b"]]) == [])
    }
}
