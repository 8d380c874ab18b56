import CloudModel
import Testing

@testable import Engine

@Suite struct PlanScenarios {
    @Test func changesForOneJewelStandTogetherAndTheWorstComesFirst() {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.bucket("shop-customer-data")
        world.role("boss", trust: World.trust(["AWS": .string(World.arn("root"))]), attached: [World.administrator])
        world.role("reader", trust: World.trust(service: "lambda.amazonaws.com"), [World.document(World.allow(["s3:GetObject"]))])
        world.user("a", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/boss")]))])
        world.user("b", [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/b")]))])
        world.user("c", [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], ["*"]))])
        let judgement = world.judged()
        let outcome = Planner(judgement.evaluation, PlanRequest()).plan(judgement.judged)
        let (plan, gaps) = (outcome.plan, outcome.gaps)
        #expect(plan.open.isEmpty)
        #expect(gaps.isEmpty)
        let curve = plan.curve.map(\.exposureRemoved)
        #expect(curve == curve.sorted())
        #expect(curve.last ?? 0 > 0)
        #expect(Set(plan.fixes.map(\.id)).count == plan.fixes.count)
    }
}
