import CloudModel
import Testing

@testable import Engine

@Suite struct OrganisationScenarios {
    private let everything = World.document(World.allow(["*"]))
    private let onlyIfHuman: JSONValue = ["Bool": ["aws:MultiFactorAuthPresent": "false"]]

    private func world(_ organised: Organised?, _ make: (inout World) -> Void) -> Judgement {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.user("chief", attached: [World.administrator])
        make(&world)
        organised?.add(to: &world)
        return world.judged()
    }
    private func organised(_ make: (inout Organised) -> Void) -> Organised {
        var organised = Organised()
        make(&organised)
        return organised
    }
    private func statement(_ effect: String, not actions: [String], condition: JSONValue? = nil) -> JSONValue {
        var object: JSONObject = ["Effect": .string(effect), "NotAction": .array(actions.map { .string($0) }), "Resource": "*"]
        object["Condition"] = condition
        return .object(object)
    }

    // MARK: Administrators

    @Test(arguments: [Organised.root, Organised.unit, World.account])
    func aDenyOfEverythingAtAnyLevelLeavesNoAdministrator(level: String) {
        let judgement = world(organised { $0.limit(World.deny(["*"]), at: [level]) }) { _ in }
        #expect(judgement.principal("user/chief")?.admin == false)
        #expect(judgement.reach("user/chief") == .no)
        #expect(judgement.principal("root")?.reachesAdmin == .no)
    }

    @Test func aDenyAtAnotherUnitIsNothingToTheAccount() {
        let judgement = world(organised { $0.limit(World.deny(["*"]), at: ["ou-ab12-22222222", "222233334444"]) }) { _ in }
        #expect(judgement.principal("user/chief")?.admin == true)
    }

    @Test func whatLeavesNoAdministratorInParts() {
        let cases: [(String, (inout Organised) -> Void)] = [
            ("all of IAM", { $0.limit(World.deny(["iam:*"])) }),
            ("all but IAM", { $0.limit(statement("Deny", not: ["iam:*"])) }),
            ("all but one service", { $0.limit(statement("Deny", not: ["s3:*"])) }),
            ("in several statements", { $0.limit(World.deny(["iam:*"]), statement("Deny", not: ["iam:*"])) }),
            (
                "in several policies",
                {
                    $0.limit(World.deny(["iam:Attach*", "iam:Put*"]))
                    $0.limit(World.deny(["iam:Create*", "iam:Set*"]), at: [World.account])
                }
            ),
        ]
        for (name, make) in cases {
            let judgement = world(organised(make)) { _ in }
            #expect(judgement.principal("user/chief")?.admin == false, "\(name)")
            #expect(judgement.principal("user/chief")?.reachesAdmin == .no, "\(name)")
        }
    }

    @Test func whatEveryOrganisationDeniesLeavesAdministrators() {
        let cases: [(String, (inout Organised) -> Void)] = [
            ("leaving", { $0.limit(World.deny(["organizations:LeaveOrganization"])) }),
            ("logs", { $0.limit(World.deny(["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"])) }),
            ("a service", { $0.limit(World.deny(["ec2:*"])) }),
            ("one role", { $0.limit(World.deny(["iam:*"], ["arn:aws:iam::*:role/OrganizationAccountAccessRole"])) }),
            (
                "regions",
                {
                    $0.limit(
                        statement(
                            "Deny", not: ["iam:*", "organizations:*", "sts:*", "support:*"],
                            condition: ["StringNotEquals": ["aws:RequestedRegion": ["eu-west-1", "eu-central-1"]]]))
                }
            ),
        ]
        for (name, make) in cases {
            let judgement = world(organised(make)) {
                $0.user("granter", [World.document(World.allow(["iam:AttachUserPolicy"]))])
            }
            #expect(judgement.principal("user/chief")?.admin == true, "\(name)")
            #expect(judgement.reach("user/granter") == .yes, "\(name)")
            #expect(judgement.principal("root")?.admin == true, "\(name)")
        }
    }

    @Test func everyLevelMustAllow() {
        // An allow list at the unit without IAM, and FullAWSAccess taken away there.
        let without = organised {
            $0.fullAccess = [Organised.root, World.account]
            $0.limit(World.allow(["s3:*", "ec2:*"]), at: [Organised.unit])
        }
        #expect(world(without) { _ in }.principal("user/chief")?.admin == false)
        // Beside FullAWSAccess the same list takes nothing away.
        let beside = organised { $0.limit(World.allow(["s3:*", "ec2:*"]), at: [Organised.unit]) }
        #expect(world(beside) { _ in }.principal("user/chief")?.admin == true)
        // A list of allowed services that keeps IAM leaves what anyone there can have.
        let with = organised {
            $0.fullAccess = [Organised.root, World.account]
            $0.limit(World.allow(["iam:*", "s3:*", "ec2:*"]), at: [Organised.unit])
        }
        #expect(world(with) { _ in }.principal("user/chief")?.admin == true)
        // Nothing at all is attached at the unit.
        let nothing = organised { $0.fullAccess = [Organised.root, World.account] }
        #expect(world(nothing) { _ in }.principal("user/chief")?.admin == false)
    }

    @Test func exceptionsByNameHoldForThoseNamed() {
        let organised = organised {
            $0.limit(
                World.deny(["*"], condition: ["ArnNotLike": ["aws:PrincipalARN": "arn:aws:iam::*:role/break-glass-*"]]))
        }
        let judgement = world(organised) {
            let trust = World.trust(["AWS": .string(World.arn("root"))])
            $0.role("break-glass-1", trust: trust, attached: [World.administrator])
            $0.role("other", trust: trust, attached: [World.administrator])
        }
        #expect(judgement.principal("role/break-glass-1")?.admin == true)
        #expect(judgement.principal("role/other")?.admin == false)
        #expect(judgement.principal("user/chief")?.admin == false)
        // Nobody else may do anything, so nobody can become it.
        #expect(judgement.reach("role/other") == .no)
    }

    @Test func aNewRoleMayHaveTheNameOfAnException() {
        let condition: JSONValue = ["ArnNotLike": ["aws:PrincipalARN": "arn:aws:iam::*:role/platform-*"]]
        let organised = organised { $0.limit(statement("Deny", not: ["iam:*", "sts:AssumeRole"], condition: condition)) }
        let judgement = world(organised) {
            let making = ["iam:CreateRole", "iam:AttachRolePolicy"]
            $0.user("maker", [World.document(World.allow(making))])
            $0.user("other", [World.document(World.allow(making, [World.arn("role/other-*")]))])
        }
        #expect(judgement.reach("user/maker") == .yes)
        #expect(judgement.reach("user/other") == .no)
    }

    @Test func aConditionThatCanBeMetStaysOne() {
        let judgement = world(organised { $0.limit(World.deny(["iam:*"], condition: onlyIfHuman)) }) { _ in }
        let chief = judgement.principal("user/chief")
        #expect(chief?.admin == false)
        #expect(chief?.reachesAdmin == .conditional)
        #expect(chief?.conditions?.contains { $0.contains("MultiFactorAuthPresent") } == true)
        let path = judgement.judged.paths.first { $0.source == World.arn("user/chief") }
        #expect(path?.steps.flatMap(\.evidence).contains { $0.policy?.hasSuffix("service_control_policy/p-scp0") == true } == true)
    }

    @Test func theRootUserIsLimitedToo() {
        let organised = organised {
            $0.limit(World.deny(["*"], condition: ["StringLike": ["aws:PrincipalArn": "arn:aws:iam::*:root"]]))
        }
        let judgement = world(organised) { _ in }
        #expect(judgement.principal("root")?.admin == false)
        #expect(judgement.principal("user/chief")?.admin == true)
    }

    // MARK: What does not apply

    @Test func theManagementAccountIsNotLimited() {
        let judgement = world(
            organised {
                $0.managementAccount = World.account
                $0.limit(World.deny(["*"]))
            }
        ) { _ in }
        #expect(judgement.principal("user/chief")?.admin == true)
    }

    @Test func aTypeThatIsNotEnabledDoesNotApply() {
        let judgement = world(
            organised {
                $0.enabled = []
                $0.limit(World.deny(["*"]))
            }
        ) { _ in }
        #expect(judgement.principal("user/chief")?.admin == true)
    }

    @Test func withoutAnOrganisationNothingIsMissing() {
        let alone = world(nil) {
            $0.outcome("organizations", "describe-organization", .collected, "AWSOrganizationsNotInUseException")
        }
        #expect(alone.principal("user/chief")?.admin == true)
        #expect(!alone.evaluation.gaps.contains { $0.what.contains("control policies") })
        let denied = world(nil) { $0.outcome("organizations", "describe-organization", .denied, "AccessDeniedException") }
        #expect(denied.principal("user/chief")?.admin == true)
        #expect(denied.evaluation.gaps.contains { $0.what.contains("control policies") && $0.why.contains("could not be read") })
        let unasked = world(nil) { _ in }
        #expect(unasked.principal("user/chief")?.admin == true)
        #expect(unasked.evaluation.gaps.contains { $0.what.contains("control policies") })
    }

    // MARK: What is not known

    @Test func aMemberThatMayNotReadThemSaysSo() {
        let judgement = world(nil) {
            $0.record(
                "organizations", "describe-organization",
                ["Organization": ["Id": .string(Organised.id), "FeatureSet": "ALL", "MasterAccountId": .string(Organised.management)]])
            for type in ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] {
                $0.outcome("organizations", "list-policies", resource: type, .denied, "AccessDeniedException")
            }
        }
        #expect(judgement.principal("user/chief")?.admin == true)
        for name in ["service", "resource"] {
            #expect(
                judgement.evaluation.gaps.contains {
                    $0.what == "\(name) control policies of account \(World.account)" && $0.why.contains("may be denied")
                })
        }
    }

    @Test func aTextThatWasNotReadMakesAnswersUnknown() {
        let organised = organised {
            $0.policies.append(.init(id: "p-secret", document: nil, targets: [Organised.unit]))
        }
        let judgement = world(organised) { _ in }
        let chief = judgement.principal("user/chief")
        #expect(chief?.admin == false)
        #expect(chief?.reachesAdmin == .unknown)
        // Attached elsewhere it says nothing of this account.
        let elsewhere = self.organised { $0.policies.append(.init(id: "p-secret", document: nil, targets: ["ou-ab12-22222222"])) }
        #expect(world(elsewhere) { _ in }.principal("user/chief")?.admin == true)
    }

    @Test func whatIsAttachedWhereNobodyKnowsTakesNothingAway() {
        let unknownTargets = organised {
            $0.limit(World.deny(["*"]))
            $0.policies[0].targets = nil
        }
        let judgement = world(unknownTargets) { _ in }
        #expect(judgement.principal("user/chief")?.admin == true)
        #expect(judgement.evaluation.gaps.contains { $0.why.contains("p-scp0") })

        let unknownUnits = organised {
            $0.hasHierarchy = false
            $0.limit(World.deny(["*"]), at: [Organised.unit])
        }
        let other = world(unknownUnits) { _ in }
        #expect(other.principal("user/chief")?.admin == true)
        #expect(other.evaluation.gaps.contains { $0.why.contains("p-scp0") })

        // What hangs at the root bears on every account, whatever lies between.
        let atRoot = organised {
            $0.hasHierarchy = false
            $0.limit(World.deny(["*"]))
        }
        #expect(world(atRoot) { _ in }.principal("user/chief")?.admin == false)
    }

    // MARK: Steps

    @Test func stepsRespectThem() {
        func judge(_ organised: Organised?) -> Judgement {
            world(organised) {
                $0.role("runner", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
                $0.role("admin", trust: World.trust(["AWS": .string(World.arn("user/named"))]), attached: [World.administrator])
                $0.user("passer", [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))])
                $0.user("named")
            }
        }
        #expect(judge(nil).reach("user/passer") == .yes)
        #expect(judge(nil).reach("user/named") == .yes)
        let noPass = judge(organised { $0.limit(World.deny(["iam:PassRole"])) })
        #expect(noPass.reach("user/passer") == .no)
        #expect(noPass.reach("user/named") == .yes)
        // A grant of a trust policy is no way around either.
        let noAssume = judge(organised { $0.limit(World.deny(["sts:AssumeRole"])) })
        #expect(noAssume.reach("user/passer") == .yes)
        #expect(noAssume.reach("user/named") == .no)
    }

    @Test func serviceLinkedRolesAreNotLimited() {
        let organised = organised { $0.limit(World.deny(["*"])) }
        let judgement = world(organised) {
            $0.role(
                "AWSServiceRoleForSupport", trust: World.trust(service: "support.amazonaws.com"), [everything],
                path: "/aws-service-role/support.amazonaws.com/")
        }
        #expect(judgement.principal("role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport")?.admin == true)
        #expect(judgement.principal("user/chief")?.admin == false)
    }

    // MARK: Resources

    private let outsideOrganisation: JSONValue = [
        "StringNotEqualsIfExists": ["aws:PrincipalOrgID": .string(Organised.id)],
        "BoolIfExists": ["aws:PrincipalIsAWSService": "false"],
    ]

    @Test func resourceControlPoliciesKeepStrangersFromRoles() {
        func judge(_ organised: Organised?) -> Judgement {
            world(organised) {
                $0.role("open", trust: World.trust(["AWS": "*"]), attached: [World.administrator])
                $0.role("vendor", trust: World.trust(["AWS": "arn:aws:iam::999988887777:root"]), attached: [World.administrator])
                $0.role("runner", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
                $0.user("named", [World.document(World.allow(["sts:AssumeRole"]))])
                $0.user("passer", [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))])
            }
        }
        func outside(_ judgement: Judgement) -> [String] {
            judgement.judged.paths.map(\.source).filter { $0 == "internet" || $0.contains("999988887777") }
        }
        #expect(Set(outside(judge(nil))) == ["internet", "arn:aws:iam::999988887777:root"])
        let guarded = judge(organised { $0.guarding(World.deny(["sts:AssumeRole"], condition: outsideOrganisation)) })
        #expect(outside(guarded).isEmpty)
        // Those of the organisation, and the services that run things for it, go on.
        #expect(guarded.reach("user/named") == .yes)
        #expect(guarded.reach("user/passer") == .yes)
    }

    @Test func resourceControlPoliciesKeepBucketsFromEverybody() {
        let open = World.document([
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::customer-data/*",
        ])
        func targets(_ organised: Organised?) -> [String] {
            world(organised) { $0.bucket("customer-data", policy: open) }.evaluation.exposures.map(\.target)
        }
        #expect(targets(nil) == ["arn:aws:s3:::customer-data"])
        #expect(targets(organised { $0.guarding(World.deny(["s3:*"], condition: outsideOrganisation)) }).isEmpty)
        // Of another service, or at another unit, it says nothing of the bucket.
        #expect(!targets(organised { $0.guarding(World.deny(["sqs:*"], condition: outsideOrganisation)) }).isEmpty)
        #expect(!targets(organised { $0.guarding(World.deny(["s3:*"]), at: ["ou-ab12-22222222"]) }).isEmpty)
    }

    @Test func resourceControlPoliciesBearOnPrincipalsOfTheAccountToo() {
        func judge(_ organised: Organised?) -> Judgement {
            world(organised) {
                $0.bucket("customer-data")
                $0.user("reader", [World.document(World.allow(["s3:GetObject"]))])
            }
        }
        func reads(_ judgement: Judgement) -> Bool {
            let graph = judgement.evaluation.graph
            return graph.edges.contains {
                graph.nodes[Int($0.from)].id == World.arn("user/reader") && graph.nodes[Int($0.to)].id == "arn:aws:s3:::customer-data"
            }
        }
        #expect(reads(judge(nil)))
        #expect(!reads(judge(organised { $0.guarding(World.deny(["s3:GetObject"])) })))
        // Lambda has no such policies.
        #expect(reads(judge(organised { $0.guarding(World.deny(["lambda:*"])) })))
    }

    @Test func whoIsOfTheOrganisationIsKnown() {
        let judgement = world(Organised()) {
            $0.role(
                "shared", trust: World.trust(["AWS": "*"], condition: ["StringEquals": ["aws:PrincipalOrgID": .string(Organised.id)]]),
                attached: [World.administrator])
            $0.role(
                "foreign", trust: World.trust(["AWS": "*"], condition: ["StringEquals": ["aws:PrincipalOrgID": "o-zzzzzzzzzz"]]),
                [World.document(World.allow(["iam:CreateAccessKey"]))])
            $0.user("member", [World.document(World.allow(["sts:AssumeRole"]))])
        }
        #expect(judgement.reach("user/member") == .yes)
        let edges = judgement.evaluation.graph.edges
        let graph = judgement.evaluation.graph
        #expect(!edges.contains { graph.nodes[Int($0.to)].id == World.arn("role/foreign") && $0.confidence == .proven })
    }
}
