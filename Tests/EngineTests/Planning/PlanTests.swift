import CloudModel
import IAMEvaluator
import Testing

@testable import Engine

@Suite struct PlanTests {
    static func planned(_ collection: CloudCollection, _ request: PlanRequest = PlanRequest()) -> (
        planner: Planner, outcome: PlanOutcome, evaluation: Evaluation
    ) {
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let planner = Planner(evaluation, request)
        return (planner, planner.plan(evaluation.judged()), evaluation)
    }

    /// The account after the plan's changes, from records to paths.
    static func after(_ plan: Plan, _ collection: CloudCollection) -> Evaluation.Judged {
        let edits = plan.fixes.flatMap { $0.edits.compactMap { Edit($0) } }
        let patched = RecordPatch.apply(edits, to: collection, Normaliser.normalise(collection))
        return Evaluation(Normaliser.normalise(patched)).judged()
    }

    @Test(arguments: PlanWorlds.named.map(\.name))
    func thePlanClosesEveryPathAndIsProven(_ name: String) throws {
        let world = try #require(PlanWorlds.named.first { $0.name == name }).world
        let (_, outcome, evaluation) = Self.planned(world.collection)
        #expect(outcome.plan.open.isEmpty, "\(outcome.plan.open)")
        #expect(outcome.plan.optimal, "gap \(outcome.plan.gap)")
        #expect(outcome.gaps.isEmpty, "\(outcome.gaps)")
        #expect(Self.after(outcome.plan, world.collection).paths.isEmpty)
        let last = try #require(outcome.plan.curve.last)
        #expect(
            abs(
                last.exposureRemoved
                    - evaluation.judged().paths.reduce(into: [String: Double]()) { $0[$1.target] = max($0[$1.target] ?? 0, $1.score) }
                    .values.reduce(0, +)) < 0.02)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
    }

    /// From the records of its folder, over the patched records, to an analysis from scratch.
    @Test(arguments: TechniqueFolder.identifiers)
    func theOpenVariantOfEveryTechniqueIsClosed(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        let collection = try folder.collection(try #require(folder.variants("open").first))
        let (_, outcome, evaluation) = Self.planned(collection)
        #expect(!outcome.plan.fixes.isEmpty)
        #expect(
            outcome.plan.open.isEmpty,
            "\(id): \(outcome.paths.filter { outcome.plan.open.contains($0.id) }.map { $0.steps.map(\.technique) })")
        #expect(outcome.plan.optimal, "\(id): gap \(outcome.plan.gap)")
        let left = Self.after(outcome.plan, collection).paths
        #expect(left.isEmpty, "\(id): \(left.map { $0.steps.map(\.technique) })")
        #expect(throws: Never.self, "\(id)") { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
        let edits = outcome.plan.fixes.flatMap { $0.edits.compactMap { Edit($0) } }
        for place in Set(edits.compactMap(\.place)) { try Self.expectSound(place, edits.filter { $0.place == place }, evaluation.snapshot) }
    }

    /// A text that was changed has no remark of the linter that it did not have before, and is no longer than its place takes.
    static func expectSound(_ place: Edit.Place, _ edits: [Edit], _ snapshot: CloudSnapshot) throws {
        let principals = Dictionary(snapshot.principals.map { ($0.arn, $0) }) { first, _ in first }
        let document = try #require(PatchIndex(snapshot).document(at: place))
        guard let after = Patch.document(document, edits) else { return }
        let kind: PolicyKind
        var holder: Principal.Kind?
        switch place {
        case .inline(let arn, _):
            kind = .identity
            holder = principals[arn]?.kind
        case .managed: kind = .identity
        case .trust: kind = .trust
        case .resource: kind = .resource
        }
        let known = Set(PolicyLint.findings(document, kind: kind).map(\.code))
        let new = PolicyLint.findings(after, kind: kind).filter { !known.contains($0.code) && $0.severity > .info }
        #expect(new.isEmpty, "\(place): \(new.map(\.message)) in \(after.canonicalText)")
        if let limit = PolicySizes.limit(place, holder) { #expect(PolicySizes.size(after) <= limit) }
    }

    @Test func theObviousFixIsNotTakenWhereItDoesNotHelp() throws {
        let trust = Self.planned(PlanWorlds.namedInTrust.collection)
        // Taking the user's permission closes nothing, for the trust policy lets it in by itself.
        let obvious = try #require(trust.planner.trials.fixes.first { $0.kind == .removeAction || $0.kind == .detachPolicy })
        #expect(!trust.outcome.plan.fixes.contains { $0.id == obvious.id })
        #expect(trust.outcome.plan.fixes.map(\.resource) == [World.arn("role/boss")])
        // One of two statements, or of two groups, is not enough.
        #expect(Self.planned(PlanWorlds.twoStatements.collection).outcome.plan.cost > 2)
        #expect(Self.planned(PlanWorlds.twoGroups.collection).outcome.plan.cost > 2)
        // Both statements of one document are one change.
        let twice = World.document(World.allow(["iam:PutUserPolicy"]), World.allow(["iam:PutUserPolicy", "s3:ListAllMyBuckets"]))
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.user("dev", [twice])
        let once = Self.planned(world.collection).outcome.plan
        #expect(once.fixes.map(\.kind) == ["remove-action"] && once.fixes.first?.edits.count == 2)
        #expect(Self.after(once, world.collection).paths.isEmpty)
        // What the bucket's own policy grants stays when the role's does not.
        let resource = Self.planned(PlanWorlds.resourcePolicy.collection).outcome.plan
        #expect(!resource.fixes.contains { $0.kind == "remove-action" && $0.resource == World.arn("role/reader") })
        // Leaving the group would take its denial too.
        #expect(!Self.planned(PlanWorlds.groupThatDenies.collection).outcome.plan.fixes.map(\.kind).elementsEqual(["leave-group"]))
    }

    /// Every subset of all candidates, evaluated as a whole.
    @Test func thePlanCostsWhatTryingEverySubsetFinds() {
        var tried = 0
        for number in 0..<40 {
            let collection = PlanWorlds.random(number).collection
            let (planner, outcome, evaluation) = Self.planned(collection)
            let fixes = planner.trials.fixes
            guard !outcome.plan.fixes.isEmpty, fixes.count <= 9 else { continue }
            tried += 1
            let costs = planner.costs()
            let stubborn = planner.passing
            let best = (0..<(1 << fixes.count)).compactMap { bits -> Int? in
                let made = fixes.indices.filter { bits >> $0 & 1 == 1 }
                let cost = made.reduce(0) { $0 + costs[$1] }
                // Only what could be better, or is the plan's, is worth evaluating.
                guard cost <= outcome.plan.cost else { return nil }
                let graph = Evaluation(Patch.snapshot(evaluation.snapshot, made.flatMap { fixes[$0].edits })).graph
                return OpenWays(graph).shortest(to: .jewels, passing: stubborn).isEmpty ? cost : nil
            }.min()
            #expect(best == outcome.plan.cost, "account \(number): \(outcome.plan.fixes.map(\.title))")
            #expect(outcome.plan.optimal, "account \(number)")
        }
        #expect(tried >= 5)
    }

    /// No cheaper subset of all candidates closes everything, in 500 accounts that have something to close.
    @Test(arguments: 0..<10) func noCheaperSubsetOfChangesClosesASmallAccount(_ part: Int) {
        var tried = 0
        var number = part * 1_000
        while tried < 50, number < (part + 1) * 1_000 {
            defer { number += 1 }
            let collection = PlanWorlds.tiny(number).collection
            let (planner, outcome, evaluation) = Self.planned(collection)
            let fixes = planner.trials.fixes
            guard !outcome.plan.fixes.isEmpty, fixes.count <= 12 else { continue }
            tried += 1
            #expect(outcome.plan.optimal, "account \(number)")
            let costs = planner.costs()
            func isClosed(_ made: [Int]) -> Bool {
                let graph = evaluation.again(Patch.snapshot(evaluation.snapshot, made.flatMap { fixes[$0].edits })).graph
                return OpenWays(graph).shortest(to: .jewels, passing: planner.passing).isEmpty
            }
            #expect(isClosed(outcome.plan.fixes.compactMap { planner.trials.place(of: $0.id) }), "account \(number)")
            for bits in 0..<(1 << fixes.count) {
                let made = fixes.indices.filter { bits >> $0 & 1 == 1 }
                guard made.reduce(0, { $0 + costs[$1] }) < outcome.plan.cost else { continue }
                #expect(!isClosed(made), "account \(number): \(made.map { fixes[$0].title }) is cheaper")
            }
        }
        #expect(tried == 50)
    }

    @Test func randomAccountsAreClosedAndAcceptedByTheChecker() {
        for number in 100..<160 {
            let collection = PlanWorlds.random(number).collection
            let (_, outcome, evaluation) = Self.planned(collection)
            let left = Self.after(outcome.plan, collection).paths
            #expect(left.isEmpty || !outcome.plan.open.isEmpty, "account \(number)")
            #expect(throws: Never.self, "account \(number)") { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
        }
    }

    @Test func withFewerFixesThoseThatRemoveMostAreChosen() throws {
        let world = PlanWorlds.shop
        let whole = Self.planned(world.collection).outcome.plan
        var last = 0.0
        for count in 0...whole.fixes.count {
            var request = PlanRequest()
            request.maximumFixes = count
            let (planner, outcome, evaluation) = Self.planned(world.collection, request)
            #expect(outcome.plan.fixes.count <= count)
            let removed = try #require(outcome.plan.curve.last).exposureRemoved
            #expect(removed >= last)
            last = removed
            #expect(outcome.plan.optimal)
            #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
            guard count <= 2 else { continue }
            // No other set of as many removes more.
            let effects = Effects(planner.trials, evaluation.judged().found)
            for a in planner.trials.fixes.indices {
                for b in planner.trials.fixes.indices where count == 2 ? b >= a : b == a {
                    let gone = Double(effects.total - effects.effect(of: count == 0 ? [] : [a, b]).total) / 100
                    #expect(gone <= removed + 0.001)
                }
            }
        }
        var request = PlanRequest()
        request.budget = 3
        let cheap = Self.planned(world.collection, request)
        #expect(cheap.outcome.plan.cost <= 3)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, cheap.evaluation, FixCosts()).check(cheap.outcome.plan) }
    }

    @Test func excludedFixesAreNotUsedAndOtherTargetsCloseWhatTheySay() throws {
        let world = PlanWorlds.shop
        let whole = Self.planned(world.collection).outcome.plan
        var request = PlanRequest()
        request.excluded = [try #require(whole.fixes.first).id]
        let other = Self.planned(world.collection, request).outcome.plan
        #expect(!other.fixes.contains { request.excluded.contains($0.id) })
        #expect(other.cost >= whole.cost)
        #expect(other.open.isEmpty)
        request = PlanRequest()
        request.target = .admin
        let admin = Self.planned(world.collection, request)
        #expect(admin.outcome.plan.cost < whole.cost)
        let left = Self.after(admin.outcome.plan, world.collection).paths
        #expect(!left.isEmpty)
        #expect(!left.contains { $0.target.hasPrefix("admin:") })
        request.target = .severity(.critical)
        let critical = Self.planned(world.collection, request)
        #expect(!Self.after(critical.outcome.plan, world.collection).paths.contains { $0.severity == .critical })
        #expect(critical.outcome.plan.cost <= admin.outcome.plan.cost)
        for plan in [admin, critical] {
            #expect(throws: Never.self) { try PlanVerifier(world.collection, plan.evaluation, FixCosts()).check(plan.outcome.plan) }
        }
    }

    @Test func costsThatATenantChangesChangeThePlan() throws {
        let world = PlanWorlds.namedInTrust
        let table = try #require(FixCosts(["effort": ["tighten-trust": 90, "require-mfa": 90], "blast": ["whole": 1]]))
        var request = PlanRequest()
        request.costs = table
        let plan = Self.planned(world.collection, request).outcome.plan
        #expect(!plan.fixes.contains { $0.kind == "tighten-trust" })
        #expect(FixCosts(["effort": ["nothing": 1]]) == nil)
        #expect(FixCosts(["effort": ["deny-action": -1]]) == nil)
        #expect(FixCosts(["other": [:]]) == nil)
    }

    @Test func aSearchThatWasCutSaysSoAndStillCloses() {
        var request = PlanRequest()
        request.limits.rounds = 0
        let (_, outcome, _) = Self.planned(PlanWorlds.shop.collection, request)
        #expect(!outcome.plan.optimal)
        #expect(outcome.gaps.contains { $0.why.contains("bounded") })
        #expect(outcome.plan.open.isEmpty)
    }

    @Test(arguments: PlanWorlds.named.map(\.name))
    func withoutWorkToDoEverythingIsClosedAndNothingClaimed(_ name: String) throws {
        let world = try #require(PlanWorlds.named.first { $0.name == name }).world
        var request = PlanRequest()
        request.limits.work = 0
        request.limits.workPerAnalysis = 0
        let (_, outcome, evaluation) = Self.planned(world.collection, request)
        #expect(!outcome.plan.optimal)
        #expect(outcome.plan.cost >= Self.planned(world.collection).outcome.plan.cost)
        #expect(Self.after(outcome.plan, world.collection).paths.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
    }

    /// Nothing would be left of the policy, and taking it from each of five would be five changes.
    @Test func aPolicyOfOneActionIsTakenFromEveryoneAtOnce() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.policy("writing", World.document(World.allow(["iam:PutUserPolicy"])))
        for number in 0..<5 {
            world.user("dev\(number)", [World.document(World.allow(["s3:List*"]))], attached: [World.arn("policy/writing")])
        }
        let (_, outcome, evaluation) = Self.planned(world.collection)
        let fix = try #require(outcome.plan.fixes.first)
        #expect(outcome.plan.fixes.count == 1 && outcome.plan.optimal && outcome.plan.open.isEmpty)
        #expect(fix.kind == "detach-everywhere" && fix.cost == 4 && fix.resource == World.arn("policy/writing"))
        for text in [fix.cli, fix.rollback] { #expect(text.split(separator: "\n").count == 5, "\(text)") }
        #expect(Self.after(outcome.plan, world.collection).paths.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
        // Of two who have it each alone costs no more.
        var pair = World()
        pair.policy("writing", World.document(World.allow(["iam:PutUserPolicy"])))
        pair.user("dev", attached: [World.arn("policy/writing")])
        #expect(Self.planned(pair.collection).outcome.plan.fixes.map(\.kind) == ["detach-policy"])
    }

    /// Each pair of principals that are dangerous together is a way of its own; they are found together and not one in each round.
    @Test func manyPairsThatAreDangerousTogetherAreProvenInFewRounds() throws {
        var request = PlanRequest()
        request.limits.rounds = 6
        let (_, outcome, evaluation) = Self.planned(PlanWorlds.crowd.collection, request)
        #expect(evaluation.graph.edges.contains { evaluation.graph.technique(of: $0) == "combined-rights" })
        #expect(outcome.plan.optimal, "gap \(outcome.plan.gap)")
        // Taking the keys from each of three is the least.
        #expect(outcome.plan.cost == 6)
    }

    /// What was proven before the work was spent is proven.
    @Test func whereTheWorkIsSpentTheRowsFoundSoFarStillGiveABound() throws {
        var bounds: [Double] = []
        for work in [4_000, 8_000, 16_000] {
            var request = PlanRequest()
            request.limits.work = work
            request.limits.workPerAnalysis = 0
            let (_, outcome, evaluation) = Self.planned(PlanWorlds.crowd.collection, request)
            bounds.append(outcome.plan.certificate?.lowerBound ?? 0)
            #expect(throws: Never.self) { try PlanVerifier(PlanWorlds.crowd.collection, evaluation, FixCosts()).check(outcome.plan) }
            #expect(outcome.plan.open.isEmpty)
        }
        #expect(bounds[0] > 0)
        #expect(bounds == bounds.sorted(), "\(bounds)")
    }

    /// Where many ways are open, some are looked at first; what comes out costs the same.
    @Test(arguments: PlanWorlds.named.map(\.name))
    func lookingAtSomeOfManyWaysGivesThePlanOfAll(_ name: String) throws {
        let world = try #require(PlanWorlds.named.first { $0.name == name }).world
        var request = PlanRequest()
        request.limits.ways = 0
        let few = Self.planned(world.collection, request).outcome.plan
        #expect(few.optimal)
        #expect(few.cost == Self.planned(world.collection).outcome.plan.cost)
    }
}
