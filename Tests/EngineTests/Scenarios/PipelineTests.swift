import CloudModel
import Testing

@testable import Engine

@Suite struct PipelineTests {
    private var world: World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("webhook", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.function("webhook", role: "webhook", url: "NONE")
        world.role("reader", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:GetObject"]))])
        world.bucket("shop-customer-data")
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]))])
        world.group("support", attached: [World.arn("policy/tooling")])
        world.policy("tooling", World.document(World.allow(["logs:*", "iam:CreatePolicyVersion"])))
        world.user("erin", groups: ["support"])
        world.user(
            "ci",
            [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]), World.allow(["s3:List*"]))])
        return world
    }

    private func result(_ collection: CloudCollection) throws -> AnalysisResult {
        let folder = try TemporaryFolder()
        return try Pipeline.run(collection, snapshotPath: folder.path + "/snapshot.sqlite")
    }

    @Test func theOpenFunctionOfAnAdministratorComesFirst() throws {
        let result = try result(world.collection)
        let first = try #require(result.paths.first)
        #expect(first.source == "internet")
        #expect(first.target == "admin:\(World.account)")
        #expect(first.steps.map(\.technique) == ["network-reach", "execution-role", "administrator"])
        #expect(first.severity == .critical)
        #expect(result.paths.contains { $0.source == World.arn("user/dev") && $0.target == "arn:aws:s3:::shop-customer-data" })
        // The role reads the bucket by its own right: no attack.
        #expect(!result.paths.contains { $0.source == World.arn("role/reader") })
    }

    @Test func theSameInputGivesTheSameBytes() throws {
        let collection = world.collection
        let shuffled = CloudCollection(records: collection.records.reversed(), coverage: collection.coverage)
        let a = try ResultEncoding.documents(of: result(collection)).map(\.bytes)
        let b = try ResultEncoding.documents(of: result(shuffled)).map(\.bytes)
        #expect(a == b)
    }

    @Test func everyPathHasAFixAndThePlanClosesAll() throws {
        let result = try result(world.collection)
        #expect(result.paths.allSatisfy { !$0.fixes.isEmpty }, "\(result.plan.perPath)")
        #expect(result.plan.open.isEmpty)
        #expect(result.plan.optimal)
        let last = try #require(result.plan.curve.last)
        #expect(abs(last.exposureRemoved - result.summary.materialExposure) < 0.02)
        #expect(
            result.plan.fixes.contains { ["sign-function-url", "make-private"].contains($0.kind) }
                || result.plan.fixes.contains { $0.kind == "detach-policy" })
    }

    /// Applying a fix and analysing from scratch shows what the plan says of it.
    @Test func fixesHoldWhenEverythingIsEvaluatedFromScratch() throws {
        let snapshot = Normaliser.normalise(world.collection)
        let evaluation = Evaluation(snapshot)
        let judged = evaluation.judged()
        let plan = Planner(evaluation, PlanRequest()).plan(judged).plan
        for fix in plan.fixes + plan.alternatives {
            let after = Evaluation(Patch.snapshot(snapshot, fix.edits.compactMap { Edit($0) })).judged()
            for path in judged.paths {
                let isOpen = after.paths.contains { $0.source == path.source && $0.target == path.target }
                #expect(isOpen != fix.closes.contains(path.id), "\(fix.title) and \(path.title)")
            }
        }
        let all = Evaluation(Patch.snapshot(snapshot, plan.fixes.flatMap { $0.edits.compactMap { Edit($0) } })).judged()
        #expect(all.paths.isEmpty)
    }
}
