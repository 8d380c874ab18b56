import CloudModel
import Foundation
import SyntheticCloud

@testable import Engine

/// Plans of made-up organisations, in stages, and the exact plan beside the greedy one.
///
/// - `PlanBenchmark` measures 10,000 principals;
/// - `PlanBenchmark measure PRINCIPALS RESOURCES [sparse|dense|complete] [member]` one size; its accounts may be members of an AWS organisation,
///   where a service control policy is a candidate;
/// - `PlanBenchmark what-if PRINCIPALS RESOURCES [sparse|dense|complete]` the whole report of what single changes do, of a hundred that are
///   spread over all;
/// - `PlanBenchmark greedy COUNT` compares exact and greedy choice on as many small organisations and hitting sets.
@main
struct PlanBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ place: Int, _ standard: Int) -> Int {
            arguments.indices.contains(place) ? Int(arguments[place]) ?? standard : standard
        }
        switch arguments.first {
        case "greedy": greedy(number(1, 200))
        case let mode:
            let density = arguments.indices.contains(3) ? SyntheticCloud.Shape.Density(rawValue: arguments[3]) : nil
            let shape = SyntheticCloud.Shape(
                principals: number(1, 10_000), resources: number(2, 100_000), density: density ?? .sparse)
            if mode != "measure" { try report(shape) }
            if mode != "what-if" { try measure(shape, asMembers: arguments.contains("member")) }
            if arguments.isEmpty { greedy(200) }
        }
    }

    /// What work takes of the processor: others on the machine take none of it. What is measured so runs on one core.
    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = clock()
        try work()
        return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }
    private static func text(_ value: Double) -> String { String(format: "%.3f", value) }

    private static func measure(_ shape: SyntheticCloud.Shape, asMembers: Bool) throws {
        let cloud = SyntheticCloud(shape)
        var collection = try cloud.collection()
        if asMembers { collection.records += cloud.organisation() }
        let snapshot = Normaliser.normalise(collection)
        var evaluation: Evaluation?
        let evaluated = seconds { evaluation = Evaluation(snapshot) }
        guard let evaluation else { return }
        let judged = evaluation.judged()
        let planner = Planner(evaluation, PlanRequest())
        var outcome: PlanOutcome?
        // A plan is checked on a second core.
        let clock = ContinuousClock()
        let start = clock.now
        let planned = seconds { outcome = planner.plan(judged) }
        let passed = (clock.now - start) / .seconds(1)
        guard let plan = outcome?.plan else { return }
        print("\(snapshot.principals.count) principals, \(judged.paths.count) paths, evaluated in \(text(evaluated)) s")
        print(
            "plan: \(text(passed)) s, of the processor \(text(planned)) s, \(plan.fixes.count) fixes of cost \(plan.cost), "
                + "\(plan.optimal ? "proven to be the best" : "gap \(plan.gap)"), \(plan.open.count) open, "
                + "\(planner.trials.fixes.count) candidates, \(planner.rows.count) rows, \(planner.trials.count) parts evaluated, "
                + "work \(planner.trials.work) after the analysis' \(planner.trials.workOfAnalysis)")
        var refusal: String?
        let verified = seconds {
            do throws(PlanVerifier.Refusal) { try PlanVerifier(collection, evaluation, FixCosts()).check(plan) } catch {
                refusal = error.reason
            }
        }
        print("verified: \(text(verified)) s, \(refusal ?? "accepted")")
        let candidates = Array(planner.trials.fixes.prefix(100))
        var times: [Double] = []
        let anew = seconds {
            for fix in candidates.prefix(3) { _ = planner.trials.reevaluation.evaluation(after: fix.edits).graph.edges.count }
        }
        print("the whole graph after one change: \(text(anew / Double(max(1, candidates.prefix(3).count)))) s")
        // As on the first day: nothing of the plan's trials is known.
        let trials = Trials(Reevaluation(evaluation))
        for fix in candidates { trials.place(of: fix) }
        let effects = Effects(trials, judged.found, strongest: judged.strongest)
        _ = effects.effect(of: []).total
        for place in candidates.indices { times.append(seconds { _ = effects.effect(of: [place]).total }) }
        let ranked = times.reduce(0, +)
        times.sort()
        if let last = times.last {
            print("what one change closes and removes: \(text(times[times.count / 2])) s in the middle, \(text(last)) s at most")
        }
        print("\(candidates.count) candidates ranked: \(text(ranked)) s")
        let rows = planner.rows.map { Cover.Row(hit: $0.hit, unless: $0.unless) }
        if let cost = chosenGreedily(planner.costs(), rows) { print("greedy on the same rows: cost \(cost), exact \(plan.cost)") }
    }

    /// The whole report of what one change does: paths closed, left and new, verdicts of controls, accesses lost.
    private static func report(_ shape: SyntheticCloud.Shape) throws {
        let collection = try SyntheticCloud(shape).collection()
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let judged = evaluation.judged()
        let planner = Planner(evaluation, PlanRequest())
        planner.discoverAll(judged.found)
        let all = planner.trials.fixes.map(\.id)
        let candidates = stride(from: 0, to: all.count, by: max(1, all.count / 100)).map { all[$0] }
        let session = PlanSession(collection, evaluation, judged)
        let found = seconds { _ = session.edits(ofFixes: candidates) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("what-if-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var times: [Double] = []
        var bytes = 0.0
        for fix in candidates {
            var report: WhatIf?
            let edits = session.edits(ofFixes: [fix]).edits
            times.append(try seconds { report = try session.whatIf(edits, scratch: folder) })
            bytes = max(bytes, seconds { _ = report?.json.prettyBytes.count })
        }
        guard let first = times.first else { return }
        times.sort()
        print(
            "what-if reports of \(times.count) changes: \(text(times[times.count / 2])) s in the middle, \(text(times[times.count - 1])) s at most, "
                + "\(text(first)) s the first; as JSON \(text(bytes)) s more at most; all changes found by name in \(text(found)) s")
    }

    /// The cost of always taking the change that closes the most open rows per cost.
    private static func chosenGreedily(_ costs: [Int], _ rows: [Cover.Row]) -> Int? {
        var made: Set<Int> = []
        while true {
            let open = rows.filter { !$0.holds(made) }.map(\.hit)
            if open.isEmpty { return made.reduce(0) { $0 + costs[$1] } }
            guard let best = Cover.greedily(open, costs).first else { return nil }
            made.insert(best.change)
        }
    }

    private static func greedy(_ count: Int) {
        var compared = 0
        var cheaper = 0
        var more = 0.0
        var most = 0.0
        for seed in 0..<count {
            let shape = SyntheticCloud.Shape(principals: 60, resources: 200, accounts: 1, density: .complete, seed: UInt64(seed + 1))
            guard let collection = try? SyntheticCloud(shape).collection() else { continue }
            let planner = Planner(Evaluation(Normaliser.normalise(collection)), PlanRequest())
            let closing = planner.close()
            let costs = planner.costs()
            let exact = closing.made.reduce(0) { $0 + costs[$1] }
            guard exact > 0, closing.solution.bound == exact,
                let other = chosenGreedily(costs, planner.rows.map { Cover.Row(hit: $0.hit, unless: $0.unless) })
            else { continue }
            compared += 1
            if other > exact {
                cheaper += 1
                let share = Double(other - exact) / Double(exact)
                more += share
                most = max(most, share)
            }
        }
        let middle = cheaper == 0 ? 0 : more / Double(cheaper) * 100
        print(
            "exact and greedy on \(compared) organisations of 60 principals: greedy costs more in \(cheaper), "
                + "there \(text(middle))% on average and \(text(most * 100))% at most")
    }
}
