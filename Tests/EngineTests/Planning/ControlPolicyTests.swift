import CloudModel
import IAMEvaluator
import Testing

@testable import Engine

/// Service control policies as changes.
@Suite struct ControlPolicyTests {
    /// Candidates of a world in an organisation, of that kind.
    private func candidates(_ world: World, _ change: (inout Organised) -> Void = { _ in }) -> [CandidateFix] {
        var world = world
        var organised = Organised()
        change(&organised)
        organised.add(to: &world)
        return Self.candidates(world.collection)
    }

    private static func candidates(_ collection: CloudCollection) -> [CandidateFix] {
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let source = CandidateFixes(evaluation.snapshot, evaluation.graph)
        var seen: Set<String> = []
        return evaluation.graph.edges.flatMap { source.fixes(for: $0, in: evaluation.graph) }.filter {
            $0.kind == .addServiceControlPolicy && seen.insert($0.id).inserted
        }
    }

    private func rising(_ users: Int = 2, administrators: Int = 1) -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        for number in 0..<administrators { world.user("chief\(number)", attached: [World.administrator]) }
        for number in 0..<users { world.user("dev\(number)", [World.document(World.allow(["iam:PutUserPolicy"]))]) }
        return world
    }

    @Test func oneDenialIsCheaperThanFiveChanges() throws {
        let collection = PlanWorlds.limited.collection
        let (_, outcome, evaluation) = PlanTests.planned(collection)
        let fix = try #require(outcome.plan.fixes.first { $0.kind == "add-service-control-policy" })
        #expect(outcome.plan.optimal && outcome.plan.open.isEmpty && fix.cost == 5)
        #expect(outcome.plan.fixes.count { $0.kind == "add-service-control-policy" } == 1)
        #expect(fix.resource == "arn:aws:organizations::\(Organised.management):account/\(Organised.id)/\(World.account)")
        #expect(fix.before == "null")
        let document = try JSONValue(parsing: fix.after)
        #expect(PolicyLint.findings(document, kind: .scp).allSatisfy { $0.severity <= .info })
        let statement = document["Statement"]?.array?.first
        #expect(statement?["Action"] == ["iam:PutUserPolicy"])
        let besides = statement?["Condition"]?["ArnNotLike"]?["aws:PrincipalArn"]
        #expect(besides == [.string(World.arn("root")), .string(World.arn("user/chief"))])
        // Everyone who has the right, and nobody else, loses it.
        #expect(Set(fix.accesses.map(\.principal)) == Set((0..<4).map { World.arn("user/dev\($0)") } + [World.arn("user/both")]))
        #expect(fix.accesses.allSatisfy { $0.action == "iam:PutUserPolicy" } && fix.accessLost.unknown == 5)
        // The administrator stays what it was.
        let after = PlanTests.after(outcome.plan, collection)
        #expect(after.paths.isEmpty)
        #expect(after.principals.first { $0.arn == World.arn("user/chief") }?.admin == true)
        #expect(throws: Never.self) { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
    }

    /// Whatever the technique, one policy takes it from the whole account, and what is evaluated again for it is what would be from scratch.
    @Test(arguments: TechniqueFolder.identifiers)
    func everyTechniqueIsTakenFromAWholeAccount(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        let collection = Organised().around(try folder.collection(try #require(folder.variants("open").first)))
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let reevaluation = Reevaluation(evaluation)
        var closes = false
        for fix in Self.candidates(collection) {
            let records = RecordPatch.apply(fix.edits, to: collection, evaluation.snapshot)
            let scratch = evaluation.again(Normaliser.normalise(records))
            let again = reevaluation.evaluation(after: fix.edits).graph
            let words = ReevaluationTests.words(scratch.graph)
            #expect(ReevaluationTests.words(again) == words, "\(fix.title)")
            closes = closes || !scratch.judged().paths.contains { $0.source == folder.start && $0.target == folder.target }
        }
        #expect(closes)
    }

    @Test func commandsMakeAttachAndTakeItBack() throws {
        let (_, outcome, _) = PlanTests.planned(PlanWorlds.limited.collection)
        let fix = try #require(outcome.plan.fixes.first { $0.kind == "add-service-control-policy" })
        let lines = fix.cli.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("policy=$(aws organizations create-policy --name cloudryption-\(World.account) --description "))
        #expect(lines[0].contains(" --type SERVICE_CONTROL_POLICY --content '{"))
        #expect(lines[0].hasSuffix(" --query Policy.PolicySummary.Id --output text)"))
        #expect(lines[1] == "aws organizations attach-policy --policy-id \"$policy\" --target-id \(World.account)")
        let back = fix.rollback.split(separator: "\n")
        #expect(back.count == 3 && back[0].contains("list-policies-for-target"))
        #expect(back[1].contains("detach-policy") && back[2] == "aws organizations delete-policy --policy-id \"$policy\"")
        #expect(fix.terraform.contains("resource \"aws_organizations_policy\" \"cloudryption_\(World.account)\""))
        #expect(fix.terraform.contains("policy_id = aws_organizations_policy.cloudryption_\(World.account).id"))
    }

    /// An account has room for few policies, so a second denial is put into the first one's.
    @Test func aSecondDenialGoesIntoTheSamePolicy() throws {
        let snapshot = Normaliser.normalise(PlanWorlds.limited.collection)
        func deny(_ action: String) -> Edit {
            .addServiceControlPolicy(account: World.account, name: "it's", actions: [action], besides: [World.arn("root")])
        }
        let edits = [deny("iam:PutUserPolicy"), deny("iam:PassRole")]
        #expect(Edit.ordered(edits) == Edit.ordered(edits.reversed()) && Edit.ordered(edits).count == 1)
        let patched = Patch.snapshot(snapshot, edits)
        let added = try #require(patched.organisations.first?.policies.filter { $0.source.name == "it's" })
        #expect(added.count == 1)
        #expect(added.first?.source.document?["Statement"]?.array?.first?["Action"] == ["iam:PassRole", "iam:PutUserPolicy"])
        let texts = FixTexts.sequence(edits.map { [$0] }, snapshot, PatchIndex(snapshot))
        #expect(texts[1].before == texts[0].after)
        #expect(texts[1].cli.contains("update-policy") && !texts[1].cli.contains("create-policy"))
        #expect(texts[1].rollback.contains("update-policy") && !texts[1].terraform.contains("_attachment"))
        #expect(texts[1].cli.contains(#"'Policies[?Name=='\''it\'\''s'\''].Id'"#), "\(texts[1].cli)")
    }

    @Test func itIsTheSameForEveryoneWhoRisesByIt() {
        let found = candidates(rising(6))
        #expect(Set(found.map(\.title)).count == found.count)
        #expect(found.count { $0.title.hasPrefix("Deny iam:PutUserPolicy in account") } == 1)
    }

    @Test func thereIsNoneWhereItWouldNotHoldOrFit() {
        let world = rising()
        #expect(!candidates(world).isEmpty)
        // The management account is not limited, and a type that is disabled limits nobody.
        #expect(candidates(world) { $0.managementAccount = World.account }.isEmpty)
        #expect(candidates(world) { $0.enabled = [] }.isEmpty)
        // Without an organisation there are none, nor where what is attached was not read.
        #expect(Self.candidates(world.collection).isEmpty)
        #expect(
            candidates(world) {
                $0.limit(World.deny(["s3:*"]))
                $0.policies[0].targets = nil
            }.isEmpty)
        // Ten are attached with FullAWSAccess and nine others.
        for (others, isFull) in [(8, false), (9, true)] {
            let found = candidates(world) { for _ in 0..<others { $0.limit(World.deny(["sqs:DeleteQueue"]), at: [World.account]) } }
            #expect(found.isEmpty == isFull, "\(others)")
        }
        // A list of more administrators than anyone reads is none.
        #expect(!candidates(rising(administrators: 20)).isEmpty)
        #expect(candidates(rising(administrators: 21)).isEmpty)
        // A name that an operator would take for a pattern would leave out others as well.
        var odd = rising()
        odd.role("boss", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], path: "/a*/")
        #expect(candidates(odd).isEmpty)
    }

    /// A policy that an earlier change made keeps its name, and a new one gets another.
    @Test func aNameThatIsTakenIsNotUsedAgain() throws {
        let world = rising()
        var taken = world
        var organised = Organised()
        organised.policies.append(
            .init(id: "cloudryption-\(World.account)", document: World.document(World.deny(["sqs:*"])), targets: [World.account]))
        organised.add(to: &taken)
        let found = try #require(Self.candidates(taken.collection).first)
        guard case .addServiceControlPolicy(_, let name, _, _)? = found.edits.first else {
            Issue.record("no policy is added")
            return
        }
        #expect(name == "cloudryption-\(World.account)-2")
    }

    /// The management account's answers tell of the organisation, the member's of its principals.
    @Test func itIsMadeInTheRecordsOfTheManagementAccount() throws {
        var collection = PlanWorlds.limited.collection
        for place in collection.records.indices where collection.records[place].service == "organizations" {
            collection.records[place].account = Organised.management
        }
        let (_, outcome, evaluation) = PlanTests.planned(collection)
        #expect(outcome.plan.fixes.contains { $0.kind == "add-service-control-policy" })
        #expect(PlanTests.after(outcome.plan, collection).paths.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
        let edits = outcome.plan.fixes.flatMap { $0.edits.compactMap { Edit($0) } }
        let patched = RecordPatch.apply(edits, to: collection, evaluation.snapshot)
        let new = patched.records.filter { record in !collection.records.contains { $0.id == record.id } }
        #expect(Set(new.map(\.operation)) == ["describe-policy", "list-targets-for-policy"])
        #expect(new.allSatisfy { $0.account == Organised.management })
        func told(_ snapshot: CloudSnapshot) -> [String] {
            snapshot.organisations.flatMap(\.policies).map {
                "\($0.id) \($0.source.name) \($0.source.arn ?? "") \($0.source.evidence) \($0.targets) \($0.targetsKnown) "
                    + ($0.source.document?.canonicalText ?? "")
            }
        }
        #expect(told(Normaliser.normalise(patched)) == told(Patch.snapshot(evaluation.snapshot, edits)))
    }

    @Test func aPlanWhosePolicyIsAnotherIsRefused() throws {
        let collection = PlanWorlds.limited.collection
        let (_, outcome, evaluation) = PlanTests.planned(collection)
        let place = try #require(outcome.plan.fixes.firstIndex { $0.kind == "add-service-control-policy" })
        func refusal(_ change: (inout Fix) -> Void) -> String? {
            var plan = outcome.plan
            change(&plan.fixes[place])
            do throws(PlanVerifier.Refusal) {
                try PlanVerifier(collection, evaluation, FixCosts()).check(plan)
                return nil
            } catch { return error.reason }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.edits[0].by?.append(World.arn("user/dev0")) }?.contains("not the change") == true)
        #expect(refusal { $0.edits[0].actions = ["s3:ListAllMyBuckets"] } != nil)
        #expect(refusal { $0.edits[0].resource = Organised.management } != nil)
        #expect(refusal { $0.cost = 2 } != nil)
        #expect(refusal { $0.accessLost.unknown = 0 } != nil)
        #expect(refusal { $0.cli = $0.cli.replacing("attach-policy", with: "detach-policy") } != nil)
    }
}
