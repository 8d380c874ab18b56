import CloudModel
import Testing

@testable import Engine

/// What else stops working, and whether it was used.
@Suite struct AccessLossTests {
    private static let document = World.document(
        World.allow(["iam:PutUserPolicy", "iam:CreateUser", "s3:GetObject", "sqs:SendMessage"]))
    private static let details: JSONValue = [
        "JobStatus": "COMPLETED", "IsTruncated": false,
        "ServicesLastAccessed": [
            [
                "ServiceName": "AWS Identity and Access Management", "ServiceNamespace": "iam", "LastAuthenticated": "2026-01-02T03:04:05Z",
                "TrackedActionsLastAccessed": [
                    ["ActionName": "PutUserPolicy", "LastAccessedTime": "2026-01-02T03:04:05Z"], ["ActionName": "CreateUser"],
                ],
            ], ["ServiceName": "Amazon S3", "ServiceNamespace": "s3"],
        ],
    ]

    private func counts(_ make: (inout World) -> Void) -> (counts: Fix.AccessLost, accesses: [Fix.Access]) {
        var world = World()
        make(&world)
        let place = Edit.Place.inline(principal: World.arn("user/dev"), name: "inline-0")
        let accesses = AccessLoss(Normaliser.normalise(world.collection)).accesses([.removeStatement(place, statement: 0)])
        return (AccessLoss.counts(accesses), accesses)
    }

    @Test func usedUnusedAndUnknownAreToldApart() {
        let found = counts {
            $0.user("dev", [Self.document])
            $0.record("iam", "get-service-last-accessed-details", resource: "dev", Self.details)
        }
        let uses = Dictionary(found.accesses.map { ($0.action, $0.use) }) { first, _ in first }
        #expect(uses == ["iam:PutUserPolicy": "used", "iam:CreateUser": "unused", "s3:GetObject": "unused", "sqs:SendMessage": "unknown"])
        #expect(found.counts == Fix.AccessLost(used: 1, unused: 2, unknown: 1))
    }

    @Test func whatWasNotCollectedOrIsNotItsOwnIsUnknown() {
        #expect(counts { $0.user("dev", [Self.document]) }.counts == Fix.AccessLost(unknown: 4))
        let unfinished = counts {
            $0.user("dev", [Self.document])
            $0.record(
                "iam", "get-service-last-accessed-details", resource: "dev", ["JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []])
        }
        #expect(unfinished.counts.unknown == 4)
        // A role of the same name: whose answer it is cannot be told.
        let shared = counts {
            $0.user("dev", [Self.document])
            $0.role("dev", trust: World.trust(service: "lambda.amazonaws.com"))
            $0.record("iam", "get-service-last-accessed-details", resource: "dev", Self.details)
        }
        #expect(shared.counts.unknown == 4)
    }

    /// IAM's report tells only of calls, and passing a role is none.
    @Test(arguments: [
        ("iam:PassRole", nil, "unknown"), ("iam:passrole", "2026-01-02T03:04:05Z", "unknown"), ("iam:Pass*", nil, "unknown"),
        ("iam:*", "2026-01-02T03:04:05Z", "used"), ("iam:*", nil, "unknown"), ("iam:Put*", nil, "unused"),
    ])
    func passingARoleIsNeverUnused(_ action: String, _ used: String?, _ expected: String) {
        var service: JSONObject = ["ServiceNamespace": "iam"]
        if let used { service["LastAuthenticated"] = .string(used) }
        let found = counts {
            $0.user("dev", [World.document(World.allow([action]))])
            $0.record(
                "iam", "get-service-last-accessed-details", resource: World.arn("user/dev"),
                ["JobStatus": "COMPLETED", "ServicesLastAccessed": .array([.object(service)])])
        }
        #expect(found.accesses.map(\.use) == [expected])
    }

    @Test func whatAnotherPolicyGrantsIsNotLost() {
        let found = counts {
            $0.user("dev", [Self.document, World.document(World.allow(["s3:GetObject", "iam:CreateUser"]))])
        }
        #expect(Set(found.accesses.map(\.action)) == ["iam:PutUserPolicy", "sqs:SendMessage"])
    }
}
