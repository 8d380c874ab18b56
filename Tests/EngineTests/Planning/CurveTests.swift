import CloudModel
import Testing

@testable import Engine

/// The curve of a plan, each point of which is one that somebody may choose. The certificate proves the plan and not its points.
@Suite struct CurveTests {
    /// A jewel's strongest path counts.
    private static func exposure(_ judged: Evaluation.Judged) -> Double {
        judged.paths.reduce(into: [String: Double]()) { $0[$1.target] = max($0[$1.target] ?? 0, $1.score) }.values.reduce(0, +)
    }

    private static let collections: [(name: String, collection: CloudCollection)] =
        PlanWorlds.named.map { ($0.name, $0.world.collection) }
        + (200..<230).map { ("account \($0)", PlanWorlds.random($0).collection) }

    @Test(arguments: collections.map(\.name))
    func everyPointRemovesWhatItSaysEvaluatedFromScratch(_ name: String) throws {
        let collection = try #require(Self.collections.first { $0.name == name }).collection
        let (_, outcome, evaluation) = PlanTests.planned(collection)
        let plan = outcome.plan
        let before = Self.exposure(evaluation.judged())
        let edits = Dictionary(uniqueKeysWithValues: plan.fixes.map { ($0.id, $0.edits) } + plan.alternatives.map { ($0.id, $0.edits) })
        func removed(_ ids: [String]) throws -> Double {
            let made = try ids.flatMap { id in try #require(edits[id], "\(id) is not there to be looked up").compactMap { Edit($0) } }
            let patched = RecordPatch.apply(made, to: collection, evaluation.snapshot)
            return max(0, before - Self.exposure(Evaluation(Normaliser.normalise(patched)).judged()))
        }

        #expect(plan.curve.map(\.fixes) == Array(0...plan.fixes.count))
        #expect(plan.curve.first?.exposureRemoved == 0 && plan.curve.first?.chosen == [])
        for (point, next) in zip(plan.curve, plan.curve.dropFirst()) { #expect(point.exposureRemoved <= next.exposureRemoved) }
        for point in plan.curve {
            #expect(point.chosen.count <= point.fixes && Set(point.chosen).count == point.chosen.count)
            #expect(point.optimal ? point.atMost == point.exposureRemoved : point.atMost >= point.exposureRemoved)
            // Scores are rounded to hundredths, each for itself.
            #expect(abs(try removed(point.chosen) - point.exposureRemoved) < 0.05, "\(point)")
        }
        let last = try #require(plan.curve.last)
        #expect(abs(try removed(plan.fixes.map(\.id)) - last.exposureRemoved) < 0.05)
    }

    /// What costs least would come first if nothing were known of exposure.
    @Test func whatLowersExposureMostPerCostIsMadeFirst() throws {
        let fixes = PlanTests.planned(PlanWorlds.shop.collection).outcome.plan.fixes
        let rates = fixes.map { $0.exposureRemoved / Double($0.cost) }
        let first = try #require(rates.first)
        #expect(first > 0 && first == rates.max(), "\(fixes.map { "\($0.title): \($0.exposureRemoved) for \($0.cost)" })")
        #expect(fixes.map(\.cost) != fixes.map(\.cost).sorted())
    }

    /// Of every subset of all candidates, in accounts small enough to try them.
    @Test func noOtherSetOfAsManyChangesRemovesMoreThanAPointThatIsOptimal() {
        var tried = 0
        for number in 20_000..<20_075 {
            let (planner, outcome, evaluation) = PlanTests.planned(PlanWorlds.tiny(number).collection)
            let fixes = planner.trials.fixes
            let points = outcome.plan.curve.filter { $0.optimal && $0.fixes > 0 }
            guard !points.isEmpty, fixes.count <= 7 else { continue }
            tried += points.count
            let before = Self.exposure(evaluation.judged())
            let most = points.map(\.fixes).max() ?? 0
            var best = [Double](repeating: 0, count: most + 1)
            for bits in 1..<(1 << fixes.count) where bits.nonzeroBitCount <= most {
                let made = fixes.indices.filter { bits >> $0 & 1 == 1 }
                let after = evaluation.again(Patch.snapshot(evaluation.snapshot, made.flatMap { fixes[$0].edits }))
                let removed = before - Self.exposure(after.judged())
                for count in made.count...most { best[count] = max(best[count], removed) }
            }
            for point in points { #expect(best[point.fixes] < point.exposureRemoved + 0.05, "account \(number), \(point)") }
        }
        #expect(tried >= 25)
    }
}
