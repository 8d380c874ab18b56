import Basics
import CloudModel
import ControlPlaneCore

/// One change with its text before and after.
struct FixEntry {
    var number: String
    var name: String
    var resource: String
    var cost: String
    var removed: String
    var closes: String
    var before: String
    var after: String
    var open = false

    init(_ fix: Fix, number: String, removed: String) {
        self.number = number
        self.removed = removed
        name = Wording.shown(fix.title)
        resource = Wording.shown(fix.resource, limit: 1024)
        cost = String(fix.cost)
        closes = "Alone it cuts \(Wording.count(fix.closes.count, "path", "paths"))."
        before = Wording.shownLines(fix.before)
        after = Wording.shownLines(fix.after)
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
    var chosenFixes: [FixEntry]
    var hasOpen: Bool
    var openPaths: [OpenPath]
    var hasAlternatives: Bool
    var alternatives: [FixEntry]
    var moreAlternatives: String?

    init(_ source: PageSource, _ result: RunResult, count: Int?) {
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
        let removed = plan.curve.first { $0.fixes == chosen }?.exposureRemoved ?? 0
        let percent = Wording.percent(removed, of: total)
        self.percent = String(percent)
        sentence = "\(Wording.count(chosen, "change removes", "changes remove")) \(percent)% of \(Wording.figure(total)) material exposure."
        let objective = Wording.shown(plan.objective)
        self.objective = objective.isEmpty || objective.hasSuffix(".") ? objective : objective + "."
        optimality = plan.optimal ? "Proven to be the smallest such set." : "Not proven to be the smallest such set."
        chosenFixes = plan.fixes.prefix(chosen).enumerated().map { index, fix in
            let upTo = plan.curve.first { $0.fixes == index + 1 }?.exposureRemoved
            var entry = FixEntry(
                fix, number: "\(index + 1).", removed: upTo.map { "\(Wording.percent($0, of: total))% gone" } ?? "")
            entry.open = index == 0
            return entry
        }
        let cut = Set(plan.fixes.prefix(chosen).flatMap(\.closes))
        let open = result.result.paths.filter { chosen == plan.fixes.count ? plan.open.contains($0.id) : !cut.contains($0.id) }
        openPaths = open.prefix(50).map {
            OpenPath(
                href: "/paths/\(PercentEncoding.encode($0.id))\(frame.query)", name: Wording.shown($0.title), severity: Pill($0.severity))
        }
        hasOpen = !openPaths.isEmpty
        alternatives = plan.alternatives.prefix(40).map {
            FixEntry($0, number: "", removed: "\(Wording.percent($0.exposureRemoved, of: total))% alone")
        }
        hasAlternatives = !alternatives.isEmpty
        moreAlternatives = plan.alternatives.count > 40 ? "and \(Wording.grouped(plan.alternatives.count - 40)) more" : nil
    }
}
