import CloudModel
import Testing

@testable import Engine

/// Questions to a graph, closed ways beside open ones.
@Suite struct GraphQueryTests {
    private var world: World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("reader", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:GetObject"]))])
        world.role("boss", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.role("idle", trust: World.trust(service: "batch.amazonaws.com"))
        world.function("hook", role: "reader", url: "NONE")
        world.bucket("plain")
        world.bucket("shop-customer-data")
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]))])
        world.user("nobody")
        world.user(
            "denied", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]), World.deny(["sts:*"]))])
        return world
    }
    private func query() throws -> GraphQuery { try GraphQuery(world.collection) }

    @Test func aResourceThatIsWorthNothingIsAskedForLikeAJewel() throws {
        let query = try query()
        for bucket in ["arn:aws:s3:::plain", "plain", "shop-customer-data"] {
            let paths = try query.paths(from: .named("user/dev"), to: .named(bucket)).paths
            #expect(paths.map { $0.steps.map(\.technique) } == [["sts-001", "s3-read"]], "\(bucket)")
        }
        let outside = try query.paths(from: .named("internet"), to: .named("plain")).paths
        #expect(outside.map { $0.steps.map(\.technique) } == [["network-reach", "execution-role", "s3-read"]])
        // One's own right is a path of one step here.
        #expect(try query.paths(from: .named("role/reader"), to: .named("plain")).paths.map(\.steps.count) == [1])
    }

    @Test func whatIsClosedHasNoPath() throws {
        let query = try query()
        for start in ["user/nobody", "user/denied", "role/idle"] {
            let answer = try query.paths(from: .named(start), to: .named("plain"))
            #expect(answer.paths.isEmpty, "\(start)")
            #expect(answer.doubts.isEmpty, "\(start)")
        }
        #expect(try query.paths(from: .named("user/dev"), to: .admin).paths.isEmpty)
    }

    @Test func administratorRightsOpenWhatIsInTheAccount() throws {
        let query = try query()
        let paths = try query.paths(from: .named("role/boss"), to: .named("plain")).paths
        #expect(paths.map { $0.steps.map(\.technique) } == [["administrator", "administrator-access"]])
        let radius = Set(try query.blastRadius(of: "role/boss").map(\.id))
        #expect(radius.isSuperset(of: ["arn:aws:s3:::plain", "admin:\(World.account)", World.arn("user/nobody")]))
    }

    @Test func anyPrincipalIsEveryOneThatGetsThere() throws {
        let query = try query()
        let sources = Set(try query.paths(from: .anyPrincipal, to: .named("plain")).paths.map(\.source))
        #expect(sources == [World.arn("user/dev"), World.arn("role/reader"), World.arn("role/boss")])
        let jewels = Set(try query.paths(from: .anyPrincipal, to: .jewels).paths.map(\.source))
        #expect(jewels == [World.arn("user/dev")])
    }

    @Test func answersAgreeWithThePathsOfTheAnalysis() throws {
        let query = try query()
        let judged = query.evaluation.judged()
        #expect(!judged.paths.isEmpty)
        for path in judged.paths {
            let answer = try query.paths(from: .named(path.source), to: .named(path.target)).paths
            #expect(answer.contains { $0.id == path.id && $0.score == path.score }, "\(path.title)")
            #expect(query.path(path.id)?.id == path.id)
        }
        #expect(query.path("path-0000000000000000") == nil)
    }

    @Test func blastRadiusAndReachesAreEachOthersMirror() throws {
        let query = try query()
        let radius = try query.blastRadius(of: "internet")
        #expect(Set(radius.map(\.id)).isSuperset(of: ["arn:aws:s3:::plain", "arn:aws:s3:::shop-customer-data", World.arn("role/reader")]))
        #expect(!radius.contains { $0.id == World.arn("role/boss") })
        #expect(radius.map(\.likelihood) == radius.map(\.likelihood).sorted(by: >))
        for one in radius {
            let back = try query.reaching(one.id).first { $0.id == "internet" }
            #expect(back?.likelihood == one.likelihood, "\(one.id)")
            #expect(back?.hops == one.hops)
        }
        #expect(try query.blastRadius(of: "user/nobody").isEmpty)
    }

    @Test func whatIsNotThereIsAnError() throws {
        let query = try query()
        #expect(throws: PremiseError.self) { try query.paths(from: .named("user/ghost"), to: .admin) }
        #expect(throws: PremiseError.self) { try query.paths(from: .named("internet"), to: .named("arn:aws:s3:::ghost")) }
        #expect(throws: PremiseError.self) { try query.blastRadius(of: "ghost") }
        #expect(throws: PremiseError.self) { try GraphQuery(world.collection, premises: Premises(compromised: ["ghost"])) }
    }

    @Test func whatCannotBeJudgedIsSaidBesideAnEmptyAnswer() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.user("unseen", attached: [World.arn("policy/elsewhere")])
        let answer = try GraphQuery(world.collection).paths(from: .named("user/unseen"), to: .admin)
        #expect(answer.paths.isEmpty)
        #expect(!answer.doubts.isEmpty)
    }
}

/// Rights in one account that open another one.
@Suite struct CrossAccountTests {
    private static let other = "444455556666"

    /// The same account under another number.
    private func moved(_ collection: CloudCollection) throws -> [CollectedRecord] {
        try collection.records.map { record in
            var record = record
            record.account = Self.other
            record.payload = try JSONValue(parsing: record.payload.canonicalText.replacing(World.account, with: Self.other))
            return record
        }
    }

    /// In the first account `ops` can make itself an administrator, and role `deployer` may enter the second account, where role `entry`
    /// administers everything and trusts `trusted`.
    private func evaluation(trusted: String, mayAssume: Bool = true) throws -> Evaluation {
        var here = World()
        here.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        here.user("ops", [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/ops")]))])
        here.user("plain")
        here.role("boss", trust: World.trust(service: "batch.amazonaws.com"), attached: [World.administrator])
        here.role(
            "deployer", trust: World.trust(service: "batch.amazonaws.com"),
            mayAssume ? [World.document(World.allow(["sts:AssumeRole"], ["arn:aws:iam::\(Self.other):role/entry"]))] : [])
        var there = World()
        there.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        there.role(
            "entry", trust: World.trust(["AWS": .string("arn:aws:iam::HERE:\(trusted)")]), attached: [World.administrator])
        let records = try moved(there.collection).map { record in
            var record = record
            record.payload = try JSONValue(parsing: record.payload.canonicalText.replacing("HERE", with: World.account))
            return record
        }
        return Evaluation(Normaliser.normalise(CloudCollection(records: here.collection.records + records, coverage: [])))
    }

    @Test func whoAdministersOneAccountHasWhatItsPrincipalsMayDoElsewhere() throws {
        let judged = try evaluation(trusted: "role/deployer").judged()
        let path = try #require(judged.paths.first { $0.source == World.arn("user/ops") && $0.target == "admin:\(Self.other)" })
        #expect(path.steps.map(\.technique) == ["iam-007", "administrator-access", "administrator"])
        #expect(path.steps[1].from == "admin:\(World.account)")
        #expect(path.steps.allSatisfy { !$0.evidence.isEmpty })
        #expect(!judged.paths.contains { $0.source == World.arn("user/plain") })
    }

    @Test func anAdministratorEntersAnAccountThatTrustsItsOwn() throws {
        let evaluation = try evaluation(trusted: "root", mayAssume: false)
        let from = try #require(evaluation.graph.place(of: World.arn("role/boss")))
        let to = try #require(evaluation.graph.place(of: "arn:aws:iam::\(Self.other):role/entry"))
        #expect(evaluation.graph.isProven(from, to))
        #expect(evaluation.judged().paths.contains { $0.source == World.arn("user/ops") && $0.target == "admin:\(Self.other)" })
    }

    @Test func anAccountThatTrustsNobodyStaysClosed() throws {
        let judged = try evaluation(trusted: "role/somebody-else").judged()
        #expect(!judged.paths.contains { $0.target == "admin:\(Self.other)" && $0.source.contains(World.account) })
        #expect(judged.paths.contains { $0.target == "admin:\(World.account)" })
    }
}
