import CloudModel
import Testing

@testable import Engine

/// Steps that are worked out once for many principals are those that each would be found to have by itself.
@Suite struct AlikeStepsTests {
    /// Every edge with its whole proof, as text.
    private static func edges(_ graph: SecurityGraph) -> [String] {
        graph.edges.map { edge in
            let proof = graph.proof(of: edge)
            return "\(graph.nodes[Int(edge.from)].id) > \(graph.nodes[Int(edge.to)].id) \(graph.technique(of: edge)) \(edge.likelihood) "
                + "\(edge.confidence) \(edge.isHypothetical) \(proof)"
        }.sorted()
    }

    /// Three teams with a policy each, and what sets some of their roles apart.
    private static func crowd() -> CloudCollection {
        var world = World()
        let account: JSONValue = ["AWS": .string("arn:aws:iam::\(World.account):root")]
        let lambda = World.trust(service: "lambda.amazonaws.com")
        let both: JSONValue = [
            "Version": "2012-10-17",
            "Statement": .array((lambda["Statement"]?.array ?? []) + (World.trust(account)["Statement"]?.array ?? [])),
        ]
        let named = World.trust(["AWS": .string(World.arn("role/a-2"))])
        let tagged = World.trust(account, condition: ["StringEquals": ["aws:PrincipalTag/team": "a"]])
        world.policy("a", World.document(World.allow(["sts:AssumeRole", "lambda:*", "ssm:*"])))
        world.policy("b", World.document(World.allow(["iam:PassRole", "lambda:*", "cloudformation:*"])))
        // Some of its steps lead where others lead that are nobody else's.
        world.policy("c", World.document(World.allow(["iam:PassRole", "sts:AssumeRole", "ec2:*"])))
        world.policy("edge", World.document(World.allow(["lambda:*", "s3:*"])))
        let own = World.document(World.allow(["s3:GetObject"], ["arn:aws:s3:::own/*"]))
        let more = World.document(World.allow(["lambda:UpdateFunctionCode"], ["arn:aws:lambda:eu-west-1:\(World.account):function:f-1"]))
        let denied = World.document(World.deny(["sts:AssumeRole"], [World.arn("role/b-1")]))
        for team in ["a", "b", "c"] {
            let policy = World.arn("policy/\(team)")
            for number in 0..<4 {
                world.role("\(team)-\(number)", trust: number == 3 ? World.trust(account) : both, attached: [policy])
                world.function("f-\(team)-\(number)", role: "\(team)-\(number)")
            }
            world.role("\(team)-own", trust: both, [own], attached: [policy])
            world.role("\(team)-more", trust: both, [more], attached: [policy])
            world.role("\(team)-denied", trust: both, [denied], attached: [policy])
            world.role("\(team)-bounded", trust: named, attached: [policy], boundary: World.arn("policy/edge"))
            world.role("\(team)-tagged", trust: tagged, attached: [policy], profile: true)
            world.user("\(team)-person", attached: [policy])
        }
        world.function("f-1", role: "b-1")
        // A function that lets one role of a team call it, which by its own policy may change its code and call another one.
        let other = "arn:aws:lambda:eu-west-1:\(World.account):function:f-2"
        world.policy(
            "d", World.document(World.allow(["lambda:UpdateFunctionCode"]), World.allow(["lambda:InvokeFunction"], [other])))
        for number in 0..<3 { world.role("d-\(number)", trust: both, attached: [World.arn("policy/d")]) }
        let calls =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(World.arn("role/d-1"))"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:\#(World.account):function:f-1"}]}"#
        world.record("lambda", "get-policy", region: "eu-west-1", resource: "f-1", ["Policy": .string(calls)])
        world.role("machine", trust: World.trust(service: "ec2.amazonaws.com"), profile: true)
        world.instance("i-1", profile: "machine")
        world.role("writer", trust: both, [World.document(World.allow(["iam:PutRolePolicy", "sts:AssumeRole"]))])
        world.role("boss", trust: both, attached: [World.administrator])
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        return world.collection
    }

    private static func graph(_ snapshot: CloudSnapshot, sharing: Bool) -> SecurityGraph {
        GraphBuilder(snapshot, permissions: Permissions(snapshot), exposures: NetworkReachability(snapshot).exposures())
            .build(sharing: sharing)
    }

    @Test func theGraphIsTheSame() {
        let snapshot = Normaliser.normalise(Self.crowd())
        let shared = Self.graph(snapshot, sharing: true)
        let single = Self.graph(snapshot, sharing: false)
        #expect(Self.edges(shared) == Self.edges(single))
        let callers = (0..<3).filter { number in
            Self.edges(shared).contains { $0.hasPrefix(World.arn("role/d-\(number)") + " >") && $0.contains("lambda-004") }
        }
        #expect(callers == [1])
        #expect(single.blocks == nil)
        // Steps were taken together.
        #expect(shared.blocks != nil)
    }

    @Test func thePathsAreTheSame() {
        let snapshot = Normaliser.normalise(Self.crowd())
        var shared = AttackPathFinder(Self.graph(snapshot, sharing: true))
        var single = AttackPathFinder(Self.graph(snapshot, sharing: false))
        let paths = shared.paths().map(shared.path)
        #expect(!paths.isEmpty)
        #expect(paths == single.paths().map(single.path))
    }

    /// Random graphs in which groups of nodes take rows together.
    @Test func aSearchInBlocksFindsTheSameWays() {
        var random = SeededNumbers(state: 21)
        var shared = 0
        for _ in 0..<400 {
            let draft = GraphDraft()
            for index in 1..<14 { draft.node("n\(index)", .role, name: "n\(index)", account: "1") }
            func step(_ from: Int, _ technique: String) {
                var proof = Proof()
                if Int.random(in: 0..<5, using: &random) == 0 { proof.require("something") }
                draft.edge(
                    from, Int.random(in: 0..<14, using: &random), technique,
                    likelihood: Double(Int.random(in: 1...4, using: &random)) / 4, proof: proof,
                    hypothetical: Int.random(in: 0..<12, using: &random) == 0, telling: Telling(words: " goes"))
            }
            for row in 0..<3 {
                for node in 0..<14 where node % 4 == row {
                    draft.row(.init(technique: 0, sets: [row], policies: []), from: node) {
                        for _ in 0..<6 { step(node, row == 0 ? "lambda-001" : "sts-001") }
                    }
                }
            }
            for _ in 0..<10 { step(Int.random(in: 0..<14, using: &random), "ec2-002") }
            let graph = draft.graph()
            if let blocks = graph.blocks, blocks.blockOf.contains(where: { $0 >= 0 }) { shared += 1 }
            let wanted = (0..<14).map { _ in Int.random(in: 0..<4, using: &random) > 0 }
            let target = Int.random(in: 0..<14, using: &random)
            var fast = StrongestPaths(graph, inBlocks: true)
            var plain = StrongestPaths(graph)
            let ways = fast.ways(to: target, from: wanted, andSurest: true, others: 3)
            #expect("\(ways)" == "\(plain.ways(to: target, from: wanted, andSurest: true, others: 3))")
        }
        #expect(shared > 300)
    }
}
