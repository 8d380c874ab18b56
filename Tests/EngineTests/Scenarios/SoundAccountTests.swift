import CloudModel
import Testing

@testable import Engine

/// A whole account where everything is right: no path, nothing unknown. And the re-proof notices a step that is not so.
@Suite struct SoundAccountTests {
    private var world: World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.policy("boundary", World.document(World.allow(["s3:*", "logs:*", "lambda:*", "sqs:*"]), World.deny(["iam:*", "sts:*"])))
        // Administrators come in through single sign-on only.
        world.role(
            "admins",
            trust: World.trust(
                ["Federated": .string(World.arn("saml-provider/sso"))],
                condition: ["StringEquals": ["SAML:aud": "https://signin.aws.amazon.com/saml"]], action: "sts:AssumeRoleWithSAML"),
            attached: [World.administrator])
        world.role(
            "web", trust: World.trust(service: "ec2.amazonaws.com"),
            [World.document(World.allow(["s3:GetObject"], ["arn:aws:s3:::assets-public/*"]))], profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "web")
        world.role(
            "orders", trust: World.trust(service: "lambda.amazonaws.com"),
            [
                World.document(
                    World.allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::shop-customer-data/*"]),
                    World.allow(["logs:CreateLogStream", "logs:PutLogEvents"]))
            ])
        world.function("orders", role: "orders", url: "AWS_IAM")
        world.role(
            "pipeline",
            trust: World.trust(
                ["Federated": .string(World.arn("oidc-provider/token.actions.githubusercontent.com"))],
                condition: [
                    "StringEquals": [
                        "token.actions.githubusercontent.com:sub": "repo:shop/orders:ref:refs/heads/main",
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    ]
                ], action: "sts:AssumeRoleWithWebIdentity"),
            [
                World.document(
                    World.allow(["lambda:UpdateFunctionCode"], ["arn:aws:lambda:eu-west-1:\(World.account):function:other-*"]),
                    World.allow(
                        ["iam:PassRole"], [World.arn("role/orders")],
                        condition: ["StringEquals": ["iam:PassedToService": "ecs-tasks.amazonaws.com"]]))
            ])
        world.role(
            "vendor",
            trust: World.trust(
                ["AWS": "arn:aws:iam::999988887777:root"], condition: ["StringEquals": ["sts:ExternalId": "4711"]]),
            [World.document(World.allow(["ec2:Describe*", "iam:Get*", "iam:List*"]))])
        world.group("developers", [World.document(World.allow(["ec2:Describe*", "lambda:Get*", "lambda:List*", "logs:*"]))])
        for name in ["ann", "ben"] { world.user(name, groups: ["developers"]) }
        world.user(
            "bounded", [World.document(World.allow(["*"]))], boundary: World.arn("policy/boundary"))
        world.bucket("shop-customer-data")
        world.bucket("assets-public")
        world.bucket("backups-internal")
        return world
    }

    @Test func anAccountWhereEverythingIsRightHasNoPath() {
        let judgement = world.judged()
        #expect(judgement.judged.paths.map(\.title) == [])
        #expect(judgement.judged.exposures.total == 0)
        #expect(judgement.judged.principals.filter { $0.reachesAdmin != .no }.map(\.arn) == [World.arn("role/admins"), World.arn("root")])
    }

    @Test func oneMistakeInItIsFound() {
        var world = world
        world.user("careless", [World.document(World.allow(["iam:CreateAccessKey"], [World.arn("user/*")]))])
        world.user("boss", attached: [World.administrator])
        world.credentials("boss", password: false, keys: 0)
        #expect(Set(world.judged().judged.paths.map(\.source)) == [World.arn("user/careless")])
    }

    @Test func theReproofNoticesWhatIsNotSo() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("boss", trust: World.trust(["AWS": .string(World.arn("root"))]), attached: [World.administrator])
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/boss")]), World.allow(["logs:*"]))])
        world.user("other", [World.document(World.allow(["logs:*"]))])
        let judgement = world.judged()
        let reproof = Reproof(judgement.evaluation, world.collection)
        let path = try #require(judgement.judged.paths.first { $0.source == World.arn("user/dev") })
        #expect(reproof.problems([path]).isEmpty)
        func broken(_ change: (inout AttackPath) -> Void) -> [String] {
            var path = path
            change(&path)
            return reproof.problems([path])
        }
        #expect(!broken { $0.steps[0].evidence = [] }.isEmpty)
        #expect(!broken { $0.steps[0].evidence[0].record = "elsewhere" }.isEmpty)
        #expect(!broken { $0.steps[0].technique = "iam-007" }.isEmpty)
        #expect(
            !broken {
                $0.steps[0].from = World.arn("user/other"); $0.source = World.arn("user/other")
            }.isEmpty)
        #expect(!broken { $0.steps.removeFirst() }.isEmpty)
        #expect(!broken { $0.steps[1].confidence = .conditional }.isEmpty)
        #expect(
            !broken { path in
                // The statement beside it says something else.
                for place in path.steps[0].evidence.indices { path.steps[0].evidence[place].statement = 1 }
            }.isEmpty)
    }
}
