import CloudModel
import Testing

@testable import Engine

@Suite struct AdministratorScenarios {
    private let everything = World.document(World.allow(["*"]))

    private func world(_ make: (inout World) -> Void) -> Judgement {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        make(&world)
        return world.judged()
    }

    @Test func administratorsByAnyRouteAreAdministrators() {
        let judgement = world {
            $0.group("chiefs", attached: [World.administrator])
            $0.user("managed", attached: [World.administrator])
            $0.user("inline", [everything])
            $0.user("member", groups: ["chiefs"])
            $0.user(
                "split",
                [
                    World.document(World.allow(["iam:*"])),
                    .object(["Version": "2012-10-17", "Statement": [["Effect": "Allow", "NotAction": "iam:*", "Resource": "*"]]]),
                ])
        }
        for name in ["user/managed", "user/inline", "user/member", "user/split", "group/chiefs"] {
            #expect(judgement.principal(name)?.admin == true, "\(name)")
            #expect(judgement.reach(name) == .yes)
        }
        #expect(judgement.judged.paths.isEmpty)
    }

    @Test func aDenyOrABoundaryTakesAdministrationAway() {
        let judgement = world {
            $0.policy("narrow", World.document(World.allow(["s3:*"])))
            $0.user("bounded", attached: [World.administrator], boundary: World.arn("policy/narrow"))
            $0.user("denied", [World.document(World.deny(["*"]))], attached: [World.administrator])
        }
        for name in ["user/bounded", "user/denied"] {
            #expect(judgement.principal(name)?.admin == false, "\(name)")
            #expect(judgement.reach(name) == .no, "\(name)")
        }
    }

    @Test func iamIsAskedInTheRegionThatItHas() {
        func put(in region: String) -> JSONValue {
            .object([
                "Version": "2012-10-17",
                "Statement": [
                    [
                        "Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*",
                        "Condition": ["StringEquals": ["aws:RequestedRegion": .string(region)]],
                    ]
                ],
            ])
        }
        let judgement = world {
            $0.user("virginia", [put(in: "us-east-1")])
            $0.user("ireland", [put(in: "eu-west-1")])
        }
        #expect(judgement.reach("user/virginia") == .yes)
        #expect(judgement.reach("user/ireland") == .no)
    }

    @Test func aBoundaryHoldsSelfEscalationBackUnlessItCanBeLifted() {
        let put = World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/*")]))
        let lift = World.document(World.allow(["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"], [World.arn("user/*")]))
        let judgement = world {
            $0.policy("narrow", World.document(World.allow(["s3:*", "iam:PutUserPolicy"])))
            $0.policy("wide", World.document(World.allow(["*"])))
            $0.policy("lifting", World.document(World.allow(["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"])))
            $0.user("held", [put], boundary: World.arn("policy/narrow"))
            $0.user("free", [put], boundary: World.arn("policy/wide"))
            $0.user("lifter", [lift], boundary: World.arn("policy/lifting"))
        }
        #expect(judgement.reach("user/held") == .no)
        #expect(judgement.reach("user/free") == .yes)
        #expect(judgement.reach("user/lifter") == .yes)
    }

    @Test func aSecondFactorMakesItConditional() {
        let judgement = world {
            $0.role(
                "admin",
                trust: World.trust(["AWS": .string(World.arn("root"))], condition: ["Bool": ["aws:MultiFactorAuthPresent": "true"]]),
                attached: [World.administrator])
            $0.user("alice", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/admin")]))])
        }
        let alice = judgement.principal("user/alice")
        #expect(alice?.reachesAdmin == .conditional)
        #expect(alice?.conditions?.contains { $0.contains("MultiFactorAuthPresent") } == true)
        #expect(alice?.via.count == 1)
    }

    @Test func aTrustThatNamesThePrincipalNeedsNoPermission() {
        let judgement = world {
            $0.role("admin", trust: World.trust(["AWS": .string(World.arn("user/alice"))]), attached: [World.administrator])
            $0.user("alice")
            $0.user("bob", [World.document(World.allow(["sts:AssumeRole"]))])
        }
        #expect(judgement.reach("user/alice") == .yes)
        #expect(judgement.reach("user/bob") == .no)
    }

    @Test func accountsOutsideAreLetInByTrustWithoutAnExternalIdentifier() {
        let stranger = "arn:aws:iam::999988887777:root"
        let judgement = world {
            $0.role("open", trust: World.trust(["AWS": .string(stranger)]), attached: [World.administrator])
            $0.role("anyone", trust: World.trust(["AWS": "*"]), attached: [World.administrator])
            $0.role(
                "vendor",
                trust: World.trust(["AWS": "arn:aws:iam::999988886666:root"], condition: ["StringEquals": ["sts:ExternalId": "x"]]),
                attached: [World.administrator])
            $0.role(
                "organisation", trust: World.trust(["AWS": "*"], condition: ["StringEquals": ["aws:PrincipalOrgID": "o-1234567890"]]),
                attached: [World.administrator])
        }
        let sources = Set(judgement.judged.paths.filter { !$0.source.hasPrefix("arn:aws:iam::111122223333:") }.map(\.source))
        #expect(sources == ["internet", stranger])
        let internet = judgement.judged.paths.first { $0.source == "internet" }
        #expect(internet?.steps.first?.to == World.arn("role/anyone"))
    }

    @Test func federationThatBindsNoSubjectLetsTheInternetIn() {
        let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        let issuer = "token.actions.githubusercontent.com"
        let judgement = world {
            $0.role(
                "loose",
                trust: World.trust(
                    ["Federated": .string(provider)], condition: ["StringEquals": [issuer + ":aud": "sts.amazonaws.com"]],
                    action: "sts:AssumeRoleWithWebIdentity"), attached: [World.administrator])
        }
        #expect(judgement.judged.paths.first?.steps.map(\.technique) == ["oidc-trust", "administrator"])
        let bound = world {
            $0.role(
                "bound",
                trust: World.trust(
                    ["Federated": .string(provider)],
                    condition: [
                        "StringEquals": [issuer + ":aud": "sts.amazonaws.com"], "StringLike": [issuer + ":sub": "repo:larkspur/site:*"],
                    ],
                    action: "sts:AssumeRoleWithWebIdentity"), attached: [World.administrator])
        }
        #expect(bound.judged.paths.isEmpty)
    }

    @Test func rightsChainOverSeveralPrincipalsAndGroups() {
        let judgement = world {
            $0.role("last", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            $0.role(
                "middle", trust: World.trust(["AWS": .string(World.arn("root"))]),
                [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))])
            $0.group("crew", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/middle")]))])
            $0.user("dev", groups: ["crew"])
        }
        #expect(judgement.techniques("user/dev") == ["sts-001", "lambda-001", "administrator"])
        #expect(judgement.reach("group/crew") == .yes)
    }

    @Test func passedToServiceIsRespected() {
        let judgement = world {
            $0.role("lambda-admin", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            let actions = World.allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
            func pass(_ service: String) -> JSONValue {
                World.document(
                    actions, World.allow(["iam:PassRole"], condition: ["StringEquals": ["iam:PassedToService": .string(service)]]))
            }
            $0.user("right", [pass("lambda.amazonaws.com")])
            $0.user("other", [pass("ec2.amazonaws.com")])
        }
        #expect(judgement.reach("user/right") == .yes)
        #expect(judgement.reach("user/other") == .no)
    }

    @Test func aNewThingMayBeNamedAsThePolicyAsks() {
        let judgement = world {
            $0.role("job", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            $0.user(
                "dev",
                [
                    World.document(
                        World.allow(["iam:PassRole"], [World.arn("role/job")]),
                        World.allow(
                            ["lambda:CreateFunction", "lambda:InvokeFunction"], ["arn:aws:lambda:*:\(World.account):function:dev-*"]))
                ])
            $0.user(
                "apart",
                [
                    World.document(
                        World.allow(["iam:PassRole"], [World.arn("role/job")]),
                        World.allow(["lambda:CreateFunction"], ["arn:aws:lambda:*:\(World.account):function:a-*"]),
                        World.allow(["lambda:InvokeFunction"], ["arn:aws:lambda:*:\(World.account):function:b-*"]))
                ])
        }
        #expect(judgement.reach("user/dev") == .yes)
        #expect(judgement.reach("user/apart") == .no)
    }

    @Test func policyTextThatWasNotCollectedIsUnknownAndNeverSafe() {
        let judgement = world { $0.user("dev", attached: [World.arn("policy/gone")]) }
        #expect(judgement.reach("user/dev") == .unknown)
        #expect(judgement.principal("user/dev")?.why?.isEmpty == false)
    }

    @Test func functionsThatWereNotCollectedAreUnknown() {
        let judgement = world {
            $0.role("job", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            $0.user("dev", [World.document(World.allow(["lambda:UpdateFunctionCode"]))])
            $0.missing("lambda", "list-functions", region: "us-east-1")
        }
        #expect(judgement.reach("user/dev") == .unknown)
    }

    @Test func aRightAccountHasNoPath() {
        let judgement = world {
            $0.policy("read", World.document(World.allow(["s3:GetObject"], ["arn:aws:s3:::shop-customer-data/*"])))
            $0.role("web", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.arn("policy/read")], profile: true)
            $0.role("job", trust: World.trust(service: "lambda.amazonaws.com"), [World.document(World.allow(["logs:*"]))])
            $0.user("analyst", attached: [World.arn("policy/read")])
            $0.user("operator", [World.document(World.allow(["ec2:Describe*", "cloudwatch:*"]))])
            $0.function("job", role: "job", url: "AWS_IAM")
            $0.instance("i-0aaaaaaaaaaaaaaaa", profile: "web")
            $0.bucket("shop-customer-data")
        }
        #expect(judgement.judged.paths.isEmpty)
        #expect(judgement.judged.principals.filter { $0.kind != "root" }.allSatisfy { $0.reachesAdmin == .no })
    }
}

@Suite struct CombinationScenarios {
    private func world(_ make: (inout World) -> Void) -> Judgement {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        make(&world)
        return world.judged()
    }

    @Test func rightsAreGivenToARoleThatCanOnlyBePassed() {
        let judgement = world {
            $0.role("job", trust: World.trust(service: "lambda.amazonaws.com"), [World.document(World.allow(["logs:*"]))])
            let pass = World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
            $0.user("both", [World.document(pass, World.allow(["iam:AttachRolePolicy"], [World.arn("role/job")]))])
            $0.user("pass", [World.document(pass)])
            $0.user("attach", [World.document(World.allow(["iam:AttachRolePolicy"], [World.arn("role/job")]))])
            $0.user(
                "readonly",
                [
                    World.document(
                        pass,
                        World.allow(
                            ["iam:AttachRolePolicy"], [World.arn("role/job")],
                            condition: ["ArnEquals": ["iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"]]))
                ])
        }
        #expect(judgement.reach("user/both") == .yes)
        #expect(judgement.reach("user/pass") == .no)
        #expect(judgement.reach("user/attach") == .no)
        #expect(judgement.reach("user/readonly") == .no)
    }

    @Test func aSmallDenialDoesNotMakeAnAdministratorHarmless() {
        let judgement = world {
            $0.user("almost", [World.document(World.deny(["s3:DeleteBucket"]))], attached: [World.administrator])
            $0.user("noIAM", [World.document(World.deny(["iam:*", "sts:*", "organizations:*"]))], attached: [World.administrator])
        }
        #expect(judgement.principal("user/almost")?.admin == false)
        #expect(judgement.reach("user/almost") == .yes)
        #expect(judgement.reach("user/noIAM") == .no)
    }

    @Test func aBoundaryThatCanBeShedIsNone() {
        let judgement = world {
            $0.policy("loose", World.document(World.allow(["s3:*", "iam:DeleteUserPermissionsBoundary"])))
            $0.policy("tight", World.document(World.allow(["s3:*"])))
            $0.user("shedding", attached: [World.administrator], boundary: World.arn("policy/loose"))
            $0.user("held", attached: [World.administrator], boundary: World.arn("policy/tight"))
        }
        #expect(judgement.principal("user/shedding")?.admin == false)
        #expect(judgement.reach("user/shedding") == .yes)
        #expect(judgement.reach("user/held") == .no)
    }

    @Test func policyVersionsAreCountedAndAWSPoliciesCannotBeRewritten() {
        let judgement = world {
            $0.policy("full", World.document(World.allow(["iam:CreatePolicyVersion"])), versions: 5)
            $0.policy("cleaning", World.document(World.allow(["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"])), versions: 5)
            $0.managed("arn:aws:iam::aws:policy/Given", "Given", World.document(World.allow(["iam:CreatePolicyVersion"])))
            $0.user("full", attached: [World.arn("policy/full")])
            $0.user("cleaning", attached: [World.arn("policy/cleaning")])
            $0.user("given", attached: ["arn:aws:iam::aws:policy/Given"])
        }
        #expect(judgement.reach("user/full") == .no)
        #expect(judgement.reach("user/cleaning") == .yes)
        #expect(judgement.reach("user/given") == .no)
    }

    @Test func aRoleWithoutAnInstanceProfileNeedsOneMade() {
        let launch = ["iam:PassRole", "ec2:RunInstances"]
        let judgement = world {
            $0.role("machine", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator])
            $0.user("launcher", [World.document(World.allow(launch))])
            $0.user("maker", [World.document(World.allow(launch + ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]))])
        }
        #expect(judgement.reach("user/launcher") == .no)
        #expect(judgement.reach("user/maker") == .yes)
    }

    @Test func requiredActionsMayComeFromDifferentPolicies() {
        let judgement = world {
            $0.role("job", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            $0.group("passers", [World.document(World.allow(["iam:PassRole"], [World.arn("role/job")]))])
            $0.policy("make", World.document(World.allow(["lambda:CreateFunction"])))
            $0.user(
                "dev", [World.document(World.allow(["lambda:InvokeFunction"]))], attached: [World.arn("policy/make")], groups: ["passers"])
        }
        #expect(judgement.techniques("user/dev") == ["lambda-001", "administrator"])
    }

    @Test func serviceLinkedRolesAreNoTargets() {
        let judgement = world {
            $0.role(
                "AWSServiceRoleForLambda", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator],
                path: "/aws-service-role/lambda.amazonaws.com/")
            $0.user(
                "dev",
                [
                    World.document(
                        World.allow([
                            "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "iam:UpdateAssumeRolePolicy",
                            "iam:AttachRolePolicy",
                        ]))
                ]
            )
        }
        #expect(judgement.reach("user/dev") == .no)
    }

    @Test func dataIsReachedOverAnotherPrincipalOnly() {
        let judgement = world {
            $0.bucket("shop-customer-data")
            $0.role("reader", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:GetObject"]))])
            $0.role("blind", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:PutObject"]))])
            $0.user("dev", [World.document(World.allow(["sts:AssumeRole"]))])
            $0.user("analyst", [World.document(World.allow(["s3:GetObject"]))])
        }
        let paths = judgement.judged.paths
        #expect(paths.map(\.source) == [World.arn("user/dev")])
        #expect(paths.first?.steps.map(\.technique) == ["sts-001", "s3-read"])
    }
}
