import Basics
import CloudModel
import ControlPlaneCore

/// One change with its text before and after.
struct FixEntry {
    var number: String
    var id: String
    /// Whether it is one of those that are asked about.
    var isAsked = false
    var name: String
    var resource: String
    var cost: String
    var removed: String
    var closes: String
    var before: String
    var after: String
    /// Who loses what, and whether it was used; `nil` where nobody loses anything.
    var lost: String?
    /// Commands, Terraform and the way back; empty in results of earlier versions.
    var cli: String?
    var terraform: String?
    var rollback: String?
    var open = false

    init(_ fix: Fix, number: String, total: Double) {
        self.number = number
        id = Wording.shown(fix.id)
        removed = "\(Wording.percent(fix.exposureRemoved, of: total))% alone"
        name = Wording.shown(fix.title)
        resource = Wording.shown(fix.resource, limit: 1024)
        cost = String(fix.cost)
        closes = "Alone it cuts \(Wording.count(fix.closes.count, "path", "paths"))."
        before = Wording.shownLines(fix.before)
        after = Wording.shownLines(fix.after)
        let all = fix.accessLost.used + fix.accessLost.unused + fix.accessLost.unknown
        if all > 0 {
            lost =
                "It takes \(Wording.count(all, "access", "accesses")): \(fix.accessLost.used) used, \(fix.accessLost.unused) unused, "
                + "\(fix.accessLost.unknown) of which that is not known."
        }
        cli = fix.cli.isEmpty ? nil : Wording.shownLines(fix.cli)
        terraform = fix.terraform.isEmpty ? nil : Wording.shownLines(fix.terraform)
        rollback = fix.rollback.isEmpty ? nil : Wording.shownLines(fix.rollback)
    }
}

/// `/fixes`: the plan, and what a smaller one buys.
struct FixesPage: Page {
    struct OpenPath {
        var href: String
        var name: String
        var severity: Pill
    }
    var frame: PageFrame
    /// What the form sends along so that it stays with its run or environment.
    struct Field {
        var key: String
        var value: String
    }
    var fields: [Field]
    var hasPlan: Bool
    var noFixes: String
    var chosen: String
    var available: String
    var sentence: String
    var percent: String
    var objective: String
    var optimality: String
    var verified: String
    var openCaption: String
    var chosenFixes: [FixEntry]
    var hasOpen: Bool
    var openPaths: [OpenPath]
    var hasAlternatives: Bool
    var alternatives: [FixEntry]
    var moreAlternatives: String?
    var whatIf: WhatIfPart?

    init(_ source: PageSource, _ result: RunResult, count: Int?, whatIf: WhatIfPart? = nil) {
        self.whatIf = whatIf
        let plan = result.result.plan
        let total = result.result.summary.materialExposure
        let chosen = min(max(count ?? plan.fixes.count, 0), plan.fixes.count)
        let frame = source.frame(.fixes, title: "Fix plan")
        self.frame = frame
        fields = source.reading.link.map { [Field(key: $0.name, value: $0.value)] } ?? []
        hasPlan = !plan.fixes.isEmpty
        let gaps = CoverageGaps(result.result.summary.coverage).total
        noFixes =
            result.result.paths.isEmpty
            ? "No attack path was found"
                + (gaps > 0 ? " in what could be read, so there is nothing to plan yet." : ", so there is nothing to fix first.")
            : "No single change is known that cuts one of the paths."
        self.chosen = String(chosen)
        available = String(plan.fixes.count)
        let point = plan.curve.first { $0.fixes == chosen }
        let removed = point?.exposureRemoved ?? 0
        let percent = Wording.percent(removed, of: total)
        self.percent = String(percent)
        sentence = "\(Wording.count(chosen, "change removes", "changes remove")) \(percent)% of \(Wording.figure(total)) material exposure."
        let objective = Wording.shown(plan.objective)
        self.objective = objective.isEmpty || objective.hasSuffix(".") ? objective : objective + "."
        let isWhole = chosen == plan.fixes.count
        let made = Self.changes(plan, point, chosen)
        optimality =
            isWhole
            ? plan.optimal
                ? "Proven: no known changes do it for less."
                : "Not proven to be the best: at most \(Wording.percent(plan.gap, of: 1))% above it."
            : point?.optimal == true
                ? "Proven: no other \(Wording.count(chosen, "change removes", "changes remove")) more."
                : "Not proven to be the best of so many."
        verified =
            isWhole
            ? plan.open.isEmpty
                ? "Verified: with all of these made, the whole account was evaluated again, and no such path is left."
                : "Verified: with all of these made, the whole account was evaluated again; \(Wording.count(plan.open.count, "path is", "paths are")) left."
            : "Verified: what is removed was found by evaluating again with these made."
        chosenFixes = made.enumerated().map { index, fix in
            var entry = FixEntry(fix, number: "\(index + 1).", total: total)
            entry.open = index == 0 && whatIf == nil
            entry.isAsked = whatIf?.names.contains(fix.id) == true
            return entry
        }
        let cut = Set(made.flatMap(\.closes))
        let open = result.result.paths.filter { isWhole ? plan.open.contains($0.id) : !cut.contains($0.id) }
        openCaption = isWhole ? "Paths that this plan does not cut" : "Paths that none of these changes cuts alone"
        openPaths = open.prefix(50).map {
            OpenPath(
                href: "/paths/\(PercentEncoding.encode($0.id))\(frame.query)", name: Wording.shown($0.title), severity: Pill($0.severity))
        }
        hasOpen = !openPaths.isEmpty
        alternatives = plan.alternatives.prefix(40).map { fix in
            var entry = FixEntry(fix, number: "", total: total)
            entry.isAsked = whatIf?.names.contains(fix.id) == true
            return entry
        }
        hasAlternatives = !alternatives.isEmpty
        moreAlternatives = plan.alternatives.count > 40 ? "and \(Wording.grouped(plan.alternatives.count - 40)) more" : nil
    }

    /// The changes of one point of the curve: the best set of so many need not be the first ones of the whole plan.
    private static func changes(_ plan: Plan, _ point: Plan.CurvePoint?, _ count: Int) -> [Fix] {
        guard count < plan.fixes.count, let names = point?.chosen, !names.isEmpty else { return Array(plan.fixes.prefix(count)) }
        let all = Dictionary((plan.fixes + plan.alternatives).map { ($0.id, $0) }) { first, _ in first }
        return names.compactMap { all[$0] }
    }
}
