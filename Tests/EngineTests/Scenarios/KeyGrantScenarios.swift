import CloudModel
import Testing

@testable import Engine

@Suite struct KeyGrantScenarios {
    private let region = "eu-west-1"
    private var key: String { "arn:aws:kms:\(region):\(World.account):key/k1" }
    private var secret: String { "arn:aws:secretsmanager:\(region):\(World.account):secret:shop-AbCdEf" }

    /// A secret under a key that only grants open to readers.
    private func judge(grants: JSONValue?, denying: Bool = false, organised: Organised? = nil) -> Judgement {
        var world = World()
        var policy: [JSONValue] = [
            ["Effect": "Allow", "Principal": ["AWS": .string(World.arn("user/keeper"))], "Action": "kms:*", "Resource": "*"]
        ]
        if denying { policy.append(["Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"]) }
        world.record("kms", "list-keys", region: region, ["Keys": [["KeyId": "k1", "KeyArn": .string(key)]]])
        world.record("kms", "describe-key", region: region, resource: "k1", ["KeyMetadata": ["KeyManager": "CUSTOMER"]])
        world.record(
            "kms", "get-key-policy", region: region, resource: "k1",
            ["Policy": .string(JSONValue.object(["Version": "2012-10-17", "Statement": .array(policy)]).canonicalText)])
        if let grants { world.record("kms", "list-grants", region: region, resource: "k1", ["Grants": grants]) }
        world.record(
            "secretsmanager", "list-secrets", region: region,
            ["SecretList": [["ARN": .string(secret), "Name": "shop", "KmsKeyId": .string(key)]]])
        world.record("secretsmanager", "get-resource-policy", region: region, resource: secret, ["ARN": .string(secret), "Name": "shop"])
        world.role(
            "reader", trust: World.trust(service: "ec2.amazonaws.com"), [World.document(World.allow(["secretsmanager:GetSecretValue"]))])
        organised?.add(to: &world)
        return world.judged()
    }
    private func reads(_ judgement: Judgement) -> Confidence? {
        let graph = judgement.evaluation.graph
        return graph.edges.first {
            graph.nodes[Int($0.from)].id == World.arn("role/reader") && graph.nodes[Int($0.to)].id == secret
        }?.confidence
    }
    private func grant(_ grantee: String, _ operations: [String], _ constraints: JSONValue? = nil) -> JSONValue {
        var object: JSONObject = [
            "GrantId": "g1", "GranteePrincipal": .string(grantee), "Operations": .array(operations.map { .string($0) }),
        ]
        object["Constraints"] = constraints
        return .object(object)
    }

    @Test func aGrantOpensWhatPoliciesDoNot() {
        let reader = World.arn("role/reader")
        #expect(reads(judge(grants: [])) == nil)
        #expect(reads(judge(grants: [grant(reader, ["Decrypt", "DescribeKey"])])) == .proven)
        // To somebody else, for something else, or to somebody who is gone.
        #expect(reads(judge(grants: [grant(World.arn("role/other"), ["Decrypt"])])) == nil)
        #expect(reads(judge(grants: [grant(reader, ["Encrypt"])])) == nil)
        #expect(reads(judge(grants: [grant("AROAEXAMPLEEXAMPLE", ["Decrypt"])])) == nil)
        #expect(reads(judge(grants: [grant(reader, [])])) == nil)
    }

    @Test func itsConstraintsAreConditionsAndDenialsHold() {
        let reader = World.arn("role/reader")
        let constrained =
            [
                ["EncryptionContextSubset": ["purpose": "report"]], ["EncryptionContextEquals": ["purpose": "report"]],
            ] as [JSONValue]
        for constraints in constrained {
            #expect(reads(judge(grants: [grant(reader, ["Decrypt"], constraints)])) == .conditional)
        }
        #expect(reads(judge(grants: [grant(reader, ["Decrypt"])], denying: true)) == nil)
        var organised = Organised()
        organised.limit(World.deny(["kms:Decrypt"]))
        #expect(reads(judge(grants: [grant(reader, ["Decrypt"])], organised: organised)) == nil)
    }

    @Test func theGrantIsCited() {
        let judgement = judge(grants: [grant(World.arn("role/reader"), ["Decrypt"])])
        let graph = judgement.evaluation.graph
        let cited = graph.edges.flatMap { graph.proof(of: $0).citations }
        #expect(cited.contains { $0.record.hasSuffix("kms.list-grants.eu-west-1.k1") && $0.pointer == "/Grants/0" })
    }
}
