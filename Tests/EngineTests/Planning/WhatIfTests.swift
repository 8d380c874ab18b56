import CloudModel
import SnapshotStore
import Testing

@testable import Engine

/// What a what-if tells is what is told of the changed account from scratch, whatever of it was looked at again.
@Suite struct WhatIfTests {
    /// Looks at changes one by one and together, and says how many paths they close and how many verdicts change.
    @discardableResult
    private func check(_ collection: CloudCollection, _ name: String, singly: Int) throws -> (closed: Int, verdicts: Int) {
        let snapshot = Normaliser.normalise(collection)
        let evaluation = Evaluation(snapshot)
        let judged = evaluation.judged()
        let planner = Planner(evaluation, PlanRequest())
        planner.discoverAll(judged.found)
        let fixes = planner.trials.fixes
        var sets = fixes.indices.prefix(singly).map { [$0] }
        for step in [2, 3] where fixes.count > step { sets.append(Array(stride(from: 0, to: fixes.count, by: step))) }
        let session = PlanSession(collection, evaluation, judged)
        let whole = WhatIfTrials(Reevaluation(evaluation), judged)
        var seen = (closed: 0, verdicts: 0)
        for made in sets {
            let edits = made.flatMap { fixes[$0].edits }
            let folder = try TemporaryFolder()
            let told = try #require(try session.whatIf(edits.map { FixEdit($0) }, scratch: folder.path))
            let scratch = try TemporaryFolder()
            let changed = evaluation.again(Patch.snapshot(snapshot, edits))
            let expected = try whole.whatIf(changed, told.accesses, scratch: scratch.path)
            let titles = made.map { fixes[$0].title }
            #expect(told.after == expected.after, "\(name) after \(titles)")
            #expect(told.verdicts == expected.verdicts, "\(name) after \(titles)")
            #expect(told == expected, "\(name) after \(titles)")
            var differences = Differences(before: snapshot, after: changed.snapshot)
            differences.compare(\.principals) { $0.arn }
            CloudSnapshot.visitResources(&differences)
            let named = planner.trials.reevaluation.changed(by: edits, planner.trials.reevaluation.touched(by: edits))
            #expect(differences.names.isSubset(of: named), "\(name) after \(titles)")
            seen.closed += told.closed.count
            seen.verdicts += told.verdicts.count
        }
        return seen
    }

    /// The names of what is in one snapshot otherwise than in the other.
    private struct Differences: ResourceListVisitor {
        let before: CloudSnapshot
        let after: CloudSnapshot
        var names: Set<String> = []

        mutating func visit<Item: Hashable & Sendable>(
            _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String
        ) { compare(list, name) }

        mutating func compare<Item: Hashable>(_ list: KeyPath<CloudSnapshot, [Item]>, _ name: (Item) -> String) {
            names.formUnion(Set(before[keyPath: list]).symmetricDifference(after[keyPath: list]).map(name))
        }
    }

    private struct Names: ResourceListVisitor {
        let snapshot: CloudSnapshot
        var names: Set<String> = []

        mutating func visit<Item: Hashable & Sendable>(
            _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String
        ) { names.formUnion(snapshot[keyPath: list].map(name)) }
    }

    /// Controls name what they judge as the database does; what is chosen to be judged again must be named so too.
    @Test func resourcesAreNamedAsInTheDatabase() throws {
        var count = 0
        for id in TechniqueFolder.identifiers {
            let folder = try TechniqueFolder(id)
            let snapshot = Normaliser.normalise(try folder.collection(try #require(folder.variants("open").first)))
            var names = Names(snapshot: snapshot)
            CloudSnapshot.visitResources(&names)
            let roots = snapshot.accounts.map { "arn:\($0.partition):iam::\($0.id):root" }
            let stored = ResourceIdentifiers.all(snapshot).subtracting(roots).subtracting(snapshot.policies.map(\.arn))
            #expect(stored.isSubset(of: names.names), "\(id): \(stored.subtracting(names.names))")
            count += stored.count
        }
        #expect(count > 50)
    }

    @Test(arguments: PlanWorlds.named.map(\.name))
    func itIsWhatAnEvaluationFromScratchSays(_ name: String) throws {
        try check(try #require(PlanWorlds.named.first { $0.name == name }).world.collection, name, singly: 30)
    }

    @Test(arguments: stride(from: 0, to: TechniqueFolder.identifiers.count, by: 3).map { TechniqueFolder.identifiers[$0] })
    func itIsForTechniques(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        try check(try folder.collection(try #require(folder.variants("open").first)), id, singly: 4)
    }

    @Test func itIsForRandomAccounts() throws {
        var seen = (closed: 0, verdicts: 0)
        for number in 300..<320 {
            let one = try check(PlanWorlds.random(number).collection, "account \(number)", singly: 8)
            seen = (seen.closed + one.closed, seen.verdicts + one.verdicts)
        }
        #expect(seen.closed > 0 && seen.verdicts > 0)
    }

    /// Of those ways to data that a principal has beyond the number that is told, others are told once some are closed.
    @Test func itIsWhereMorePathsAreThanAreTold() throws {
        var cut = 0
        for number in 0..<8 {
            let collection = PlanWorlds.stores(number).collection
            try check(collection, "stores \(number)", singly: 10)
            cut += Evaluation(Normaliser.normalise(collection)).judged().truncated
        }
        #expect(cut > 4)
    }

    /// What is assumed to be compromised is evaluated whole.
    @Test func itIsWhereSomethingIsCompromised() throws {
        let collection = PlanWorlds.shop.collection
        let premises = Premises(compromised: [World.arn("user/dev")])
        let session = try PlanSession(collection, premises: premises)
        let evaluation = Evaluation(Normaliser.normalise(collection), premises: premises)
        let edits = [Edit.detach(policy: World.administrator, principal: World.arn("role/webhook"))]
        let folder = try TemporaryFolder()
        let told = try #require(try session.whatIf(edits.map { FixEdit($0) }, scratch: folder.path))
        let changed = evaluation.again(Patch.snapshot(evaluation.snapshot, edits))
        #expect(told.after.paths.map(\.id) == changed.judged().paths.map(\.id))
        #expect(told.before.paths.contains { $0.source == World.arn("user/dev") })
    }

    /// A file of edits may hold what no candidate does: what it opens is new.
    @Test func whatEditsOpenIsTold() throws {
        let bucket = "arn:aws:s3:::shop-customer-data"
        func opened(_ world: World, _ edit: Edit) throws -> [WhatIf.Path] {
            let folder = try TemporaryFolder()
            let told = try #require(try PlanSession(world.collection).whatIf([FixEdit(edit)], scratch: folder.path))
            return told.new
        }
        func leads(_ paths: [WhatIf.Path], _ source: String, _ target: String) -> Bool {
            paths.contains { $0.source == source && $0.target == target }
        }

        var denied = World()
        let reader: JSONValue = ["AWS": .string(World.arn("role/reader"))]
        denied.role("reader", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:GetObject"]))])
        denied.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]))])
        let denial: JSONValue = ["Effect": "Deny", "Principal": reader, "Action": "s3:GetObject", "Resource": .string(bucket + "/*")]
        denied.bucket("shop-customer-data", policy: World.document(denial))
        let freed = try opened(denied, .removeStatement(.resource(bucket), statement: 0))
        #expect(leads(freed, World.arn("user/dev"), bucket))
        let left = try opened(denied, .removeAction(.resource(bucket), statement: 0, action: "s3:PutObject"))
        #expect(left.isEmpty)

        var named = World()
        let writer: JSONValue = ["AWS": .string(World.arn("user/other"))]
        let allowance: JSONValue = ["Effect": "Allow", "Principal": writer, "Action": "s3:GetObject", "Resource": .string(bucket + "/*")]
        named.user("other")
        named.bucket("shop-customer-data", policy: World.document(allowance))
        let everyone = Edit.replacePrincipal(.resource(bucket), statement: 0, principal: World.arn("user/other"), by: ["*"])
        #expect(leads(try opened(named, everyone), "internet", bucket))
    }
}
