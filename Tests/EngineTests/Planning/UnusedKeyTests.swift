import CloudModel
import Testing

@testable import Engine

/// Access keys that nobody uses.
@Suite struct UnusedKeyTests {
    private static func key(_ active: Bool = true, created: String? = "2026-01-01T00:00:00+00:00", used: String?) -> Principal.AccessKey {
        .init(id: nil, active: active, created: created, lastUsed: used)
    }

    private static func snapshot(_ times: String?...) -> CloudSnapshot {
        var collection = World().collection
        for place in collection.records.indices { collection.records[place].time = place < times.count ? times[place] : times.last ?? nil }
        return Normaliser.normalise(collection)
    }

    @Test func theRuleIsTheControls() throws {
        let control = try #require(ControlDefinition.builtIn().first { $0.id == "iam-unused-key" })
        #expect(control.sql.contains("julianday(coalesce(k.last_used, k.created)) > \(UnusedKeys.days) THEN 'fail'"))
        let unused = UnusedKeys(Self.snapshot("2026-02-01T00:00:00Z", "2026-03-01T10:00:00Z"))
        // Of 45 days to the second it is not yet so.
        #expect(!unused.contains(Self.key(used: "2026-01-15T10:00:00+00:00")))
        #expect(unused.contains(Self.key(used: "2026-01-15T09:59:59+00:00")))
        #expect(unused.contains(Self.key(used: nil)))
        #expect(!unused.contains(Self.key(created: "2026-02-20T00:00:00+00:00", used: nil)))
        #expect(!unused.contains(Self.key(false, used: nil)))
    }

    @Test func whatIsNotKnownIsNotUnused() {
        let unused = UnusedKeys(Self.snapshot("2026-03-01T10:00:00Z"))
        #expect(!unused.contains(Self.key(created: nil, used: nil)))
        #expect(!unused.contains(Self.key(created: "yesterday", used: nil)))
        #expect(!UnusedKeys(Self.snapshot(nil)).contains(Self.key(used: nil)))
        // Without the credential report a user starts like any other, and no key of it is to be deleted.
        var world = World()
        world.user("dev", [World.document(World.allow(["iam:PutUserPolicy"]))])
        let evaluation = Evaluation(Normaliser.normalise(world.collection))
        #expect(Self.start(evaluation, "dev") == Likelihood.start(.user))
        #expect(!Self.kinds(evaluation).contains(.deleteKey))
    }

    private static func start(_ evaluation: Evaluation, _ user: String) -> Double? {
        evaluation.graph.place(of: World.arn("user/\(user)")).map { evaluation.graph.nodes[$0].start }
    }

    private static func kinds(_ evaluation: Evaluation) -> Set<FixCosts.Kind> {
        let source = CandidateFixes(evaluation.snapshot, evaluation.graph)
        return Set(evaluation.graph.edges.flatMap { source.fixes(for: $0, in: evaluation.graph) }.map(\.kind))
    }

    @Test func withoutThemAUserIsALessLikelyStart() throws {
        let collection = PlanWorlds.forgotten.collection
        let evaluation = Evaluation(Normaliser.normalise(collection))
        #expect(Self.start(evaluation, "dev") == 0.3 && Self.start(evaluation, "maker") == 0.25)
        let edits = [Edit.deleteUnusedKeys(user: World.arn("user/old"))]
        let after = RecordPatch.apply(edits, to: collection, evaluation.snapshot)
        let again = Evaluation(Normaliser.normalise(after))
        #expect(Self.start(again, "old") == 0.25 && Self.start(again, "dev") == 0.3)
        #expect(again.snapshot.principals.first { $0.name == "old" }?.accessKeys == [])
        #expect(AccessLoss(evaluation.snapshot).accesses(edits).isEmpty)
        // With no key left it can be given one.
        func leads(_ graph: SecurityGraph) -> Bool {
            let ends = ["maker", "old"].compactMap { graph.place(of: World.arn("user/\($0)")) }
            return ends.count == 2 && graph.edge(ends[0], ends[1]) != nil
        }
        #expect(!leads(evaluation.graph) && leads(again.graph))
    }

    /// It closes nothing, so only a plan that may leave something open makes it.
    @Test func itCountsWhereLessLikelyIsEnough() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.user("dev", [World.document(World.allow(["iam:PutUserPolicy"]))])
        world.credentials("dev", password: false, keys: 2)
        let (planner, closing, _) = PlanTests.planned(world.collection)
        #expect(!closing.plan.fixes.contains { $0.kind == "delete-key" } && closing.plan.optimal)
        var request = PlanRequest()
        request.maximumFixes = 1
        request.excluded = Set(planner.trials.fixes.filter { $0.kind != .deleteKey }.map(\.id))
        let (_, outcome, evaluation) = PlanTests.planned(world.collection, request)
        let fix = try #require(outcome.plan.fixes.first)
        #expect(fix.kind == "delete-key" && fix.cost == 1 && fix.closes.isEmpty && fix.exposureRemoved > 0)
        #expect(fix.accessLost == Fix.AccessLost() && outcome.plan.open.count == 1)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
        // Two keys: each is found, switched off and deleted, and another made to undo it.
        let calls = try Shell.calls(fix.cli)
        #expect(
            calls.map { $0[1] }
                == Array(repeating: ["list-access-keys", "update-access-key", "delete-access-key"], count: 2).joined().map { $0 })
        #expect(calls[0].contains("AccessKeyMetadata[?Status=='Active' && starts_with(CreateDate, '2024-01-02T03:04:05')].AccessKeyId"))
        #expect(calls[2].suffix(2) == ["--access-key-id", "ID"])
        #expect(try Shell.calls(fix.rollback).map { $0[1] } == ["create-access-key", "create-access-key"])
        var broken = outcome.plan
        broken.fixes[0].exposureRemoved += 1
        #expect(throws: PlanVerifier.Refusal.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(broken) }
    }

    /// Names in the report may stand in quotes; other lines stay as they are.
    @Test func onlyTheUsersOwnLineOfTheReportChanges() {
        let report = """
            user,arn,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date
            "a,b","arn:aws:iam::1:user/a,b",true,2024-01-02T03:04:05+00:00,N/A,true,2024-02-02T03:04:05+00:00,2026-02-28T00:00:00+00:00
            c,arn:aws:iam::1:user/c,true,2024-01-02T03:04:05+00:00,N/A,false,N/A,N/A
            """
        let after = CredentialReport.without(
            [Self.key(created: "2024-01-02T03:04:05+00:00", used: nil)], of: "arn:aws:iam::1:user/a,b", report
        ).split(separator: "\n")
        #expect(after.count == 3 && after[2] == report.split(separator: "\n")[2])
        #expect(
            after[1]
                == #""a,b","arn:aws:iam::1:user/a,b",false,N/A,N/A,true,2024-02-02T03:04:05+00:00,2026-02-28T00:00:00+00:00"#)
    }
}
