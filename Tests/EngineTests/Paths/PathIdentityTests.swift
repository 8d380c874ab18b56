import CloudModel
import Testing

@testable import Engine

/// Identifiers say which paths are new, gone and the same; groups and alternatives say what is alike.
@Suite struct PathIdentityTests {
    private func world(_ change: (inout World) -> Void = { _ in }) -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("target", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        for name in ["ann", "ben", "cid"] {
            world.user(name, [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))])
        }
        change(&world)
        return world
    }

    private func paths(_ world: World) -> [AttackPath] { world.judged().judged.paths }

    @Test func anUnrelatedChangeKeepsEveryIdentifier() {
        let before = Set(paths(world()).map(\.id))
        let after = Set(
            paths(
                world {
                    $0.role("aardvark", trust: World.trust(service: "batch.amazonaws.com"), [World.document(World.allow(["logs:*"]))])
                    $0.bucket("plain")
                    $0.user("zoe")
                }
            ).map(\.id))
        #expect(before.count == 3)
        #expect(before == after)
    }

    @Test func newAndGoneAndUnchangedCanBeTold() {
        let before = paths(world { $0.user("old", [World.document(World.allow(["iam:PutUserPolicy"]))]) })
        let after = paths(world { $0.user("new", [World.document(World.allow(["iam:PutUserPolicy"]))]) })
        let gone = before.filter { path in !after.contains { $0.id == path.id } }
        let new = after.filter { path in !before.contains { $0.id == path.id } }
        #expect(gone.map(\.source) == [World.arn("user/old")])
        #expect(new.map(\.source) == [World.arn("user/new")])
        #expect(Set(before.map(\.id)).intersection(after.map(\.id)).count == 3)
    }

    @Test func pathsThatDifferOnlyInWhereTheyStartAreOneGroup() {
        let paths = paths(
            world {
                $0.user("dan", [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/dan")]))])
                $0.role(
                    "eve", trust: World.trust(service: "batch.amazonaws.com"),
                    [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))])
            })
        let groups = Dictionary(grouping: paths, by: { $0.group ?? "" })
        func group(_ name: String) -> String? { paths.first { $0.source == World.arn(name) }?.group }
        #expect(groups[group("user/ann") ?? "?"]?.count == 3)
        #expect(group("user/ann") != group("user/dan"))
        #expect(group("user/ann") != group("role/eve"))
        #expect(groups[""] == nil)
    }

    @Test func otherFirstStepsAreFoldedIntoThePath() throws {
        let paths = paths(
            world {
                $0.role("second", trust: World.trust(["AWS": .string(World.arn("root"))]), attached: [World.administrator])
                $0.user(
                    "dan",
                    [
                        World.document(
                            World.allow(["iam:PutUserPolicy"], [World.arn("user/dan")]),
                            World.allow(["sts:AssumeRole"], [World.arn("role/second")]))
                    ])
            })
        let own = paths.filter { $0.source == World.arn("user/dan") }
        #expect(own.count == 1)
        let path = try #require(own.first)
        #expect(path.steps.map(\.technique) == ["iam-007"])
        let other = try #require(path.alternatives?.first { $0.technique == "sts-001" })
        #expect(other.to == World.arn("role/second"))
        #expect(other.confidence == .proven)
        #expect((other.likelihood ?? 1) <= (path.likelihood ?? 0))
        // Who has one way only has no alternative; two techniques for one step are one.
        let ann = try #require(paths.first { $0.source == World.arn("user/ann") })
        #expect(ann.alternatives?.contains { $0.to != World.arn("role/target") } != true)
    }

    @Test func aSurerPathStandsBesideALikelierOne() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        // Proven, but over an instance whose metadata service is strict, and that behind another role.
        world.role(
            "first", trust: World.trust(["AWS": .string(World.arn("user/dev"))]),
            [World.document(World.allow(["ssm:StartSession"]), World.allow(["ssmmessages:*"]))])
        world.user(
            "dev",
            [
                World.document(
                    World.allow(["iam:PutUserPolicy"], [World.arn("user/dev")], condition: ["IpAddress": ["aws:SourceIp": "192.0.2.0/24"]]))
            ])
        world.role(
            "web", trust: World.trust(service: "ec2.amazonaws.com"),
            [World.document(World.allow(["sts:AssumeRole"]), World.allow(["ssm:UpdateInstanceInformation"]))], profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "web")
        for index in 0..<20 {
            world.role(
                "hop\(index)", trust: World.trust(["AWS": .string(World.arn(index == 0 ? "role/web" : "role/hop\(index - 1)"))]),
                attached: index == 19 ? [World.administrator] : [])
        }
        let judgement = world.judged()
        let own = judgement.judged.paths.filter { $0.source == World.arn("user/dev") }
        #expect(own.map(\.confidence) == [.conditional, .proven])
        #expect(own.map(\.score) == own.map(\.score).sorted(by: >))
        #expect(judgement.reach("user/dev") == .yes)
        #expect(judgement.principal("user/dev")?.via == own.filter { $0.confidence == .proven }.map(\.id))
        let strongest = judgement.judged.paths.filter { $0.target.hasPrefix("admin:") }.map(\.score).max()
        #expect(judgement.judged.exposures.jewels.first { $0.kind == "admin" }?.exposure == strongest)
    }
}
