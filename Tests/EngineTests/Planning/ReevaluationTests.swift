import CloudModel
import Testing

@testable import Engine

/// What is evaluated again is what an evaluation from scratch says.
@Suite struct ReevaluationTests {
    /// Every edge and start, in words, whatever its place.
    static func words(_ graph: SecurityGraph) -> Set<String> {
        var words: Set<String> = []
        for edge in graph.edges {
            words.insert(
                "\(graph.nodes[Int(edge.from)].id) > \(graph.nodes[Int(edge.to)].id) \(graph.technique(of: edge)) \(edge.likelihood) \(edge.confidence) \(edge.isHypothetical) \(graph.proof(of: edge).alternatives.sorted())"
            )
        }
        for start in AttackPathFinder(graph).starts() where !graph.nodes[start].kind.isOutside {
            words.insert("start \(graph.nodes[start].id) \(graph.nodes[start].start)")
        }
        return words
    }

    private func check(_ collection: CloudCollection, _ name: String, singly: Int) {
        let snapshot = Normaliser.normalise(collection)
        let evaluation = Evaluation(snapshot)
        let planner = Planner(evaluation, PlanRequest())
        _ = planner.close()
        let trials = planner.trials
        let fixes = trials.fixes
        var sets = fixes.indices.prefix(singly).map { Set([$0]) }
        for step in [2, 3] where fixes.count > step { sets.append(Set(stride(from: 0, to: fixes.count, by: step))) }
        for made in sets {
            let edits = trials.edits(made)
            let patched = Patch.snapshot(snapshot, edits)
            let scratch = Self.words(evaluation.again(patched).graph)
            let again = Self.words(trials.reevaluation.evaluation(after: edits).graph)
            let titles = made.sorted().map { fixes[$0].title }
            let together = Self.words(trials.graph(after: made))
            #expect(together == scratch, "\(name) together after \(titles): \(together.symmetricDifference(scratch).sorted())")
            #expect(again == scratch, "\(name) after \(titles): \(again.symmetricDifference(scratch).sorted())")
            let once = Self.words(trials.graph(after: edits))
            #expect(once == scratch, "\(name) once after \(titles): \(once.symmetricDifference(scratch).sorted())")
            let records = Normaliser.normalise(RecordPatch.apply(edits, to: collection, snapshot))
            let whole = Self.words(evaluation.again(records).graph)
            #expect(whole == scratch, "\(name) from records after \(titles): \(whole.symmetricDifference(scratch).sorted())")
            #expect(records.coverage.count { $0.outcome != .collected } == snapshot.coverage.count { $0.outcome != .collected })
        }
    }

    @Test(arguments: PlanWorlds.named.map(\.name))
    func evaluatingAgainEqualsEvaluatingFromScratch(_ name: String) throws {
        check(try #require(PlanWorlds.named.first { $0.name == name }).world.collection, name, singly: 10)
    }

    /// Every third one: what they rest on repeats.
    @Test(arguments: stride(from: 0, to: TechniqueFolder.identifiers.count, by: 3).map { TechniqueFolder.identifiers[$0] })
    func itDoesForTechniques(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        check(try folder.collection(try #require(folder.variants("open").first)), id, singly: 1)
    }

    @Test func anInstanceThatLosesItsProfileGivesNobodyItsRole() {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("boss", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "boss")
        world.user(
            "ops", [World.document(World.allow(["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"]))])
        let snapshot = Normaliser.normalise(world.collection)
        let evaluation = Evaluation(snapshot)
        func leads(_ graph: SecurityGraph) -> Bool {
            Self.words(graph).contains { $0.hasPrefix("\(World.arn("user/ops")) > \(World.arn("role/boss")) ") }
        }
        #expect(leads(evaluation.graph))
        let edits = [Edit.removeInstanceProfile("arn:aws:ec2:eu-west-1:\(World.account):instance/i-0aaaaaaaaaaaaaaaa")]
        let scratch = evaluation.again(Patch.snapshot(snapshot, edits)).graph
        let again = Reevaluation(evaluation).evaluation(after: edits).graph
        #expect(Self.words(again) == Self.words(scratch) && !leads(again))
    }

    @Test func itDoesForRandomAccounts() {
        for number in 0..<10 { check(PlanWorlds.random(number).collection, "account \(number)", singly: 6) }
    }

    /// There a change of the organisation's policies concerns everyone in the account.
    @Test func itDoesForRandomAccountsOfAnOrganisation() {
        for number in 0..<8 {
            var world = PlanWorlds.random(number)
            var organised = Organised()
            if number % 2 == 1 {
                organised.limit(
                    World.deny(["iam:AttachRolePolicy"], condition: ["ArnNotLike": ["aws:PrincipalArn": .string(World.arn("role/r0"))]]))
            }
            organised.add(to: &world)
            check(world.collection, "member \(number)", singly: 40)
        }
    }

    /// Accounts whose networks have nothing to do with each other are looked at one by one.
    @Test func accountsWithNetworksOfTheirOwnAreLookedAtApart() throws {
        for world in [PlanWorlds.shop, PlanWorlds.foreign] {
            let collection = try PlanWorlds.twice(world)
            let evaluation = Evaluation(Normaliser.normalise(collection))
            #expect(NetworkAreas(evaluation).accounts(with: World.account) == [World.account])
            #expect(evaluation.snapshot.accounts.count == 2)
            check(collection, "twice", singly: 12)
        }
    }

    /// What edits leave behind would show in what is asked next.
    @Test func editsAreUndoneWhole() throws {
        for name in PlanWorlds.named.map(\.name) {
            let collection = try #require(PlanWorlds.named.first { $0.name == name }).world.collection
            let snapshot = Normaliser.normalise(collection)
            let planner = Planner(Evaluation(snapshot), PlanRequest())
            _ = planner.close()
            let index = PatchIndex(snapshot)
            for place in planner.trials.fixes.indices {
                let edits = planner.trials.edits([place])
                var patched = snapshot
                Patch.apply(edits, to: &patched, index)
                #expect(!Self.isSame(patched, snapshot), "\(name) \(planner.trials.fixes[place].title)")
                Patch.revert(edits, in: &patched, to: snapshot, index)
                #expect(Self.isSame(patched, snapshot), "\(name) \(planner.trials.fixes[place].title)")
            }
        }
    }

    /// Whether everything that edits change is the same.
    private static func isSame(_ one: CloudSnapshot, _ other: CloudSnapshot) -> Bool {
        one.principals == other.principals && one.policies == other.policies && one.buckets == other.buckets
            && one.functions == other.functions && one.secrets == other.secrets && one.keys == other.keys
            && one.securityGroups == other.securityGroups && one.instances == other.instances && one.databases == other.databases
            && one.dataSnapshots == other.dataSnapshots && one.images == other.images && one.organisations == other.organisations
    }

    /// The trials, which look at single steps, agree with looking at everything.
    @Test func singleStepsAreAskedLikeTheWhole() {
        for number in 0..<10 {
            let evaluation = Evaluation(Normaliser.normalise(PlanWorlds.random(number).collection))
            let planner = Planner(evaluation, PlanRequest())
            _ = planner.close()
            let trials = planner.trials
            for row in planner.rows.prefix(6) {
                let some = (2...5).map { part in Set(trials.fixes.indices.filter { ($0 * 7 + number) % part == 0 }) }
                for made in [Set<Int>(), row.unless, Set(trials.fixes.indices).subtracting(row.hit)] + some
                    + trials.fixes.indices.prefix(8).map({ [$0] })
                {
                    let graph = trials.reevaluation.evaluation(after: trials.edits(made)).graph
                    let places = row.way.nodes.map { graph.place(of: $0) }
                    let isThere = zip(places, places.dropFirst()).allSatisfy { from, to in
                        guard let from, let to else { return false }
                        return graph.edge(from, to).map { !$0.isHypothetical } ?? false
                    }
                    let counts =
                        places.first.flatMap { $0 }.flatMap { first in places.last.flatMap { $0 }.map { OpenWays(graph).counts(first, $0) }
                        } ?? false
                    let isCombined = zip(places, places.dropFirst()).contains { from, to in
                        guard let from, let to, let edge = graph.edge(from, to) else { return false }
                        return graph.technique(of: edge) == "combined-rights"
                    }
                    let isOpen = trials.standing(of: row.way, after: made, exactly: row.way.isIntertwined).isOpen
                    #expect(isOpen == (isThere && counts) || isCombined && !isOpen, "account \(number), \(row.way.nodes), \(made)")
                }
            }
        }
    }

    /// What a row says: with every change made but those that it names, there still is a way. Without that nothing would be proven by it.
    @Test(arguments: PlanWorlds.named.map(\.name))
    func everyRowIsTrue(_ name: String) throws {
        let world = try #require(PlanWorlds.named.first { $0.name == name }).world
        let evaluation = Evaluation(Normaliser.normalise(world.collection))
        let planner = Planner(evaluation, PlanRequest())
        _ = planner.close()
        #expect(!planner.rows.isEmpty)
        for row in planner.rows {
            let made = Set(planner.trials.fixes.indices).subtracting(row.hit)
            #expect(row.unless.isSubset(of: made))
            let graph = evaluation.again(Patch.snapshot(evaluation.snapshot, planner.trials.edits(made))).graph
            let target = try #require(graph.place(of: row.way.target))
            var search = StrongestPaths(graph)
            let starts = AttackPathFinder(graph).strongest(to: target, AttackPathFinder(graph).wanted(), &search).map {
                graph.nodes[$0.source].id
            }
            #expect(starts.contains(row.way.source), "\(row.way.nodes)")
        }
    }
}
