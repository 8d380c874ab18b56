import Basics
import CloudModel
import ControlPlaneCore

/// What some changes of a plan do, whichever they are: the address names them, so that it can be passed on.
///
/// The console has no records to evaluate, so it says what the run found by evaluating: of a set that the plan or its curve has, what it
/// leaves; of any other, what each of its changes closes alone, and how to have the set evaluated.
struct WhatIfPart {
    /// Identifiers of the changes.
    var names: Set<String>
    var heading: String
    var entries: [String]
    var sentence: String
    /// Paths that are closed, at least.
    var closed: [FixesPage.OpenPath]
    var hasClosed: Bool
    var more: String?
    /// What evaluates the set, where that was not done.
    var command: String?

    /// - Throws: ``Refusal`` when the plan has no change of a name.
    init(_ result: RunResult, names list: [String]) throws {
        let plan = result.result.plan
        let all = Dictionary((plan.fixes + plan.alternatives).map { ($0.id, $0) }) { first, _ in first }
        let fixes = try list.map { name in
            guard let fix = all[name] else { throw Refusal.notFound }
            return fix
        }
        let names = Set(list)
        self.names = names
        heading = "If \(Wording.count(fixes.count, "change is", "changes are")) made"
        entries = fixes.map { Wording.shown($0.title) }
        let total = result.result.summary.materialExposure
        let whole = names == Set(plan.fixes.map(\.id))
        let alone = Set(fixes.flatMap(\.closes))
        var closed = alone
        let point = plan.curve.first { Set($0.chosen) == names }
        if whole { closed.formUnion(result.result.paths.map(\.id).filter { !plan.open.contains($0) }) }
        // Of a change that nothing is told of it is not known what it does.
        let single = fixes.count == 1 ? fixes.first.flatMap { $0.closes.isEmpty && $0.exposureRemoved == 0 ? nil : $0 } : nil
        let isEvaluated = whole || point != nil || single != nil
        let removed = point?.exposureRemoved ?? (whole ? plan.curve.last?.exposureRemoved : single?.exposureRemoved)
        sentence =
            isEvaluated
            ? "Verified: the account was evaluated again with exactly \(fixes.count == 1 ? "this" : "these") made."
                + (removed.map { " \(Wording.percent($0, of: total))% of \(Wording.figure(total)) material exposure goes." } ?? "")
            : "Each was evaluated alone; together they were not, and may close more."
        command = isEvaluated ? nil : "cloudryption what-if FOLDER --fix " + list.joined(separator: " ")
        let paths = result.result.paths.filter { closed.contains($0.id) }
        self.closed = paths.prefix(50).map {
            FixesPage.OpenPath(
                href: "/paths/\(PercentEncoding.encode($0.id))?run=\(result.run.id)", name: Wording.shown($0.title),
                severity: Pill($0.severity))
        }
        hasClosed = !paths.isEmpty
        more = paths.count > 50 ? "and \(Wording.grouped(paths.count - 50)) more" : nil
    }
}
