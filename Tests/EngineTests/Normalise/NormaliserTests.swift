import CloudModel
import Testing

@testable import Engine

@Suite struct NormaliserTests {
    @Test func readsPrincipalsWithPoliciesBoundariesGroupsAndCredentials() throws {
        let snapshot = try Answers.open().snapshot
        let ann = try #require(snapshot.principals.first { $0.name == "ann" })
        #expect(ann.groups == ["arn:aws:iam::111122223333:group/staff"])
        #expect(ann.policies.map(\.name) == ["own", "AdministratorAccess"])
        #expect(ann.policies.allSatisfy { $0.document != nil }, "the inline text is URL-encoded, the managed one comes from the table")
        #expect(ann.hasPassword == true && ann.hasMFA == false && ann.accessKeys?.count == 1)
        let web = try #require(snapshot.principals.first { $0.name == "web" })
        #expect(web.boundary?.document?["Statement"]?.array?.count == 1, "the default version counts")
        #expect(web.trust?.evidence.pointer == "/RoleDetailList/0/AssumeRolePolicyDocument")
        #expect(snapshot.principals.contains { $0.kind == .root && $0.hasMFA == true })
        #expect(snapshot.instances.first { $0.id == "i-front" }?.role == web.arn)
        #expect(snapshot.instances.first { $0.id == "i-back" }?.role == nil)
    }

    @Test func aPolicyWhoseTextIsNotThereStaysUnknown() throws {
        var answers = Answers()
        try answers.add(
            "iam.get-account-authorization-details",
            #"""
            {"UserDetailList":[{"UserName":"bob","Arn":"arn:aws:iam::111122223333:user/bob","GroupList":["lost"],"UserPolicyList":7,
             "AttachedManagedPolicies":[{"PolicyName":"x","PolicyArn":"arn:aws:iam::111122223333:policy/x"}],
             "PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/y"}}],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}
            """#)
        let snapshot = answers.snapshot
        let bob = try #require(snapshot.principals.first { $0.name == "bob" })
        #expect(bob.policies.count == 3 && bob.policies.allSatisfy { $0.document == nil })
        #expect(bob.boundary != nil && bob.boundary?.document == nil)
        #expect(snapshot.coverage.contains { $0.outcome == .unreadable && $0.code == "policyNotInAnswer" })
    }

    @Test func whatNobodyAskedIsCoverageAndNotNothing() throws {
        var answers = try Answers.open()
        answers.remove("ec2.describe-network-acls")
        answers.remove("s3.get-bucket-acl")
        let missing = answers.snapshot.coverage.filter { $0.outcome == .notCollected }
        #expect(missing.contains { $0.operation == "describe-network-acls" && $0.region == "eu-west-1" })
        #expect(missing.contains { $0.operation == "get-bucket-acl" && $0.resource == "shop-data" })
        let whole = try Answers.open()
        let asked = Set(whole.records.map { $0.service + "." + $0.operation })
        #expect(!whole.snapshot.coverage.contains { $0.outcome == .notCollected && asked.contains($0.service + "." + $0.operation) })
        #expect(answers.snapshot.buckets.first?.grants == nil)
    }

    @Test func anAnswerOfNotConfiguredIsAFact() throws {
        let bucket = try #require(try Answers.open().snapshot.buckets.first)
        #expect(bucket.publicAccessBlockKnown && bucket.publicAccessBlock == nil)
        #expect(bucket.encryptionKnown && bucket.encryption == nil)
    }

    @Test func theDigestIgnoresHowFarADatabaseCouldBeRestored() {
        func digest(_ restorable: String, encrypted: Bool) -> String {
            let database: JSONValue = [
                "DBInstanceIdentifier": "shop", "LatestRestorableTime": .string(restorable), "StorageEncrypted": .bool(encrypted),
            ]
            let record = CollectedRecord(
                account: "123456789012", service: "rds", operation: "describe-db-instances", region: "eu-west-1", resource: nil, time: nil,
                payload: ["DBInstances": [database]])
            return SnapshotDigest.of(Normaliser.normalise(CloudCollection(records: [record], coverage: [])))
        }
        #expect(digest("2026-01-01T00:00:00Z", encrypted: true) == digest("2026-01-01T00:05:00Z", encrypted: true))
        #expect(digest("2026-01-01T00:00:00Z", encrypted: true) != digest("2026-01-01T00:00:00Z", encrypted: false))
    }

    @Test func theDigestIgnoresOrderAndTimesAndNothingElse() throws {
        let first = try Answers.open()
        var second = first
        second.records.reverse()
        second.coverage.reverse()
        for index in second.records.indices { second.records[index].time = nil }
        let digest = SnapshotDigest.of(first.snapshot)
        #expect(digest.hasPrefix("sha256:") && digest == SnapshotDigest.of(second.snapshot))
        var third = first
        third.records[0].payload = ["Account": "111122223333"]
        #expect(digest != SnapshotDigest.of(third.snapshot))
        var fourth = first
        fourth.coverage.removeLast()
        #expect(digest != SnapshotDigest.of(fourth.snapshot))
    }

    /// Replaces random nodes of every answer by other values: nothing may trap, and what is read must stay ordered.
    @Test(arguments: 0..<60) func hostileContentNeverStopsIt(_ seed: Int) throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        var answers = try Answers.open()
        var world = World()
        var organised = Organised()
        organised.limit(World.deny(["s3:*"], condition: ["ArnLike": ["aws:PrincipalArn": "arn:aws:iam::*:role/*"]]))
        organised.guarding(World.deny(["kms:*"]))
        organised.add(to: &world)
        answers.records += world.collection.records.filter { $0.service == "organizations" }
        for index in answers.records.indices {
            answers.records[index].payload = mutate(answers.records[index].payload, &numbers, rate: 8)
        }
        let snapshot = answers.snapshot
        #expect(snapshot.principals.map(\.arn) == snapshot.principals.map(\.arn).sorted())
        _ = Evaluation(snapshot).judged()
        _ = SnapshotDigest.of(snapshot)
    }

    private func mutate(_ value: JSONValue, _ numbers: inout SeededNumbers, rate: Int) -> JSONValue {
        if Int.random(in: 0..<100, using: &numbers) < rate {
            let others: [JSONValue] = [
                .null, true, 7, .number("-1"), .number("99999999999999999999"), .number("1e400"), "", "\u{0}", "a\u{301}", "::/0",
                "0.0.0.0/0", "*",
                [], [[]], [1, "x", .null], [:], ["Statement": [1]], "arn:aws:iam::111122223333:role/x", "%7B%22", "{\"Statement\":5}",
            ]
            return others.randomElement(using: &numbers) ?? .null
        }
        switch value {
        case .array(let elements): return .array(elements.map { mutate($0, &numbers, rate: rate) })
        case .object(let object):
            return .object(JSONObject(object.members.map { .init($0.name, mutate($0.value, &numbers, rate: rate)) }))
        default: return value
        }
    }
}
