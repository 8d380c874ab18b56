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
        let (plan, _, gaps) = FixFinder(judgement.evaluation, judgement.judged, maximumCandidates: 100).search()
        #expect(plan.open.isEmpty)
        #expect(gaps.isEmpty)
        let curve = plan.curve.map(\.exposureRemoved)
        #expect(curve == curve.sorted())
        #expect(curve.last ?? 0 > 0)
        #expect(Set(plan.fixes.map(\.id)).count == plan.fixes.count)
    }

    @Test func aSearchThatWasCutSaysSo() {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        for name in ["a", "b", "c"] {
            world.user(name, [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/\(name)")]))])
        }
        let judgement = world.judged()
        let (_, _, gaps) = FixFinder(judgement.evaluation, judgement.judged, maximumCandidates: 1).search()
        #expect(gaps.count == 1)
        #expect(gaps.first?.why.contains("bounded") == true)
    }
}
