import CloudModel
import Testing

@testable import Engine

/// Who can delete what matters for good, and what stands against it.
@Suite struct DestructionScenarios {
    private static let bucket = "shop-customer-data"
    private static let database = "arn:aws:rds:eu-west-1:\(World.account):db:orders"
    private static let target = "destroy:\(World.account)"
    private static func lock(_ mode: String) -> JSONValue {
        [
            "ObjectLockConfiguration": [
                "ObjectLockEnabled": "Enabled", "Rule": ["DefaultRetention": ["Mode": .string(mode), "Days": 30]],
            ]
        ]
    }

    /// A user who may become a role with some rights on a bucket.
    private func judge(
        _ actions: [String], denied: [String] = [], versioning: JSONValue? = [:], lock: JSONValue? = nil, policy: JSONValue? = nil
    ) -> Judgement {
        var world = World()
        world.outcome("s3control", "get-public-access-block", .collected, "NoSuchPublicAccessBlockConfiguration")
        world.bucket(Self.bucket, policy: policy, versioning: versioning, lock: lock)
        addPeople(&world, actions, denied)
        return world.judged()
    }
    private func judge(_ actions: [String], database: JSONValue) -> Judgement {
        var world = World()
        var object: JSONObject = ["DBInstanceIdentifier": "orders", "DBInstanceArn": .string(Self.database), "TagList": []]
        for member in database.object?.members ?? [] { object[member.name] = member.value }
        world.record("rds", "describe-db-instances", region: "eu-west-1", ["DBInstances": [.object(object)]])
        addPeople(&world, actions, [])
        return world.judged()
    }
    private func addPeople(_ world: inout World, _ actions: [String], _ denied: [String]) {
        world.role(
            "cleaner", trust: World.trust(["AWS": .string(World.arn("root"))]),
            [World.document(World.allow(actions))] + (denied.isEmpty ? [] : [World.document(World.deny(denied))]))
        world.user("ann", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/cleaner")]))])
    }
    private func paths(_ judgement: Judgement) -> [AttackPath] { judgement.judged.paths.filter { $0.target == Self.target } }

    @Test func objectsOfABucketWithoutVersionsAreGoneOnceDeleted() throws {
        let judgement = judge(["s3:DeleteObject"])
        let path = try #require(paths(judgement).first)
        #expect(paths(judgement).count == 1)
        #expect(path.source == World.arn("user/ann"))
        #expect(path.steps.map(\.technique) == ["sts-001", "s3-destroy"])
        #expect(path.confidence == .proven)
        #expect(path.title == "User ann reaches the ability to destroy data of account \(World.account) through role cleaner")
        #expect(paths(judge(["s3:DeleteObject"], denied: ["s3:Delete*"])).isEmpty)
        #expect(paths(judge(["s3:PutObject", "s3:GetObject"])).isEmpty)
    }

    @Test func whoeverHasTheRightItselfIsNoPathButIsFound() throws {
        let judgement = judge(["s3:DeleteObject"])
        #expect(!paths(judgement).contains { $0.source == World.arn("role/cleaner") })
        let graph = judgement.evaluation.graph
        let role = try #require(graph.place(of: World.arn("role/cleaner")))
        let target = try #require(graph.place(of: Self.target))
        #expect(graph.edge(role, target)?.confidence == .proven)
        #expect(graph.nodes[target].value == 60)
    }

    @Test func olderVersionsMustBeDeletedWhereTheyAreKept() {
        let versions: JSONValue = ["Status": "Enabled"]
        #expect(paths(judge(["s3:DeleteObject"], versioning: versions)).isEmpty)
        #expect(paths(judge(["s3:DeleteObjectVersion"], versioning: versions)).count == 1)
        #expect(paths(judge(["s3:DeleteObject"], versioning: ["Status": "Suspended"])).count == 1)
        #expect(paths(judge(["s3:Delete*"], versioning: ["Status": "Enabled", "MFADelete": "Enabled"])).isEmpty)
    }

    @Test func aLockKeepsVersions() {
        let versions: JSONValue = ["Status": "Enabled"]
        #expect(paths(judge(["s3:*"], versioning: versions, lock: Self.lock("COMPLIANCE"))).isEmpty)
        #expect(paths(judge(["s3:DeleteObjectVersion"], versioning: versions, lock: Self.lock("GOVERNANCE"))).isEmpty)
        #expect(
            paths(judge(["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], versioning: versions, lock: Self.lock("GOVERNANCE")))
                .count == 1)
        let perObject = paths(
            judge(["s3:DeleteObjectVersion"], versioning: versions, lock: ["ObjectLockConfiguration": ["ObjectLockEnabled": "Enabled"]]))
        #expect(perObject.map(\.confidence) == [.conditional])
    }

    @Test func whatWasNotCollectedIsUnknownAndNamed() {
        let judgement = judge(["s3:DeleteObject"], versioning: nil)
        #expect(paths(judgement).isEmpty)
        #expect(judgement.evaluation.gaps.contains { $0.what.contains(Self.bucket) && $0.why.contains("versioning") })
        #expect(!judge(["s3:GetObject"], versioning: nil).evaluation.gaps.contains { $0.why.contains("versioning") })
    }

    @Test func whatOutsidersMayDeleteIsGone() {
        let statement: JSONValue = [
            "Effect": "Allow", "Principal": "*", "Action": "s3:DeleteObject", "Resource": .string("arn:aws:s3:::\(Self.bucket)/*"),
        ]
        let policy: JSONValue = ["Version": "2012-10-17", "Statement": [statement]]
        #expect(paths(judge([], policy: policy)).map(\.source).contains("internet"))
        #expect(!paths(judge([], versioning: ["Status": "Enabled"], policy: policy)).map(\.source).contains("internet"))
    }

    @Test func aDatabaseGoesUnlessItIsProtected() {
        #expect(paths(judge(["rds:DeleteDBInstance"], database: ["Engine": "mysql", "DeletionProtection": false])).count == 1)
        #expect(paths(judge(["rds:DeleteDBInstance"], database: ["Engine": "mysql", "DeletionProtection": true])).isEmpty)
        #expect(
            paths(judge(["rds:DeleteDBInstance", "rds:ModifyDBInstance"], database: ["Engine": "mysql", "DeletionProtection": true])).count
                == 1)
        #expect(paths(judge(["rds:DeleteDBInstance"], database: ["Engine": "mysql"])).map(\.confidence) == [.conditional])
        #expect(paths(judge(["rds:*"], database: ["Engine": "aurora-mysql", "DeletionProtection": false])).isEmpty)
    }

    @Test func aPlanTakesTheAbilityAwayAndNothingIsLeftFromScratch() throws {
        let judgement = judge(["s3:DeleteObject", "s3:GetObject"])
        let plan = Planner(judgement.evaluation, PlanRequest()).plan(judgement.judged).plan
        #expect(plan.open.isEmpty)
        #expect(plan.optimal)
    }
}
