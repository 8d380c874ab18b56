import CloudModel
import ControlPlaneCore

/// `/`: how many jewels can be reached and from where, and how few changes help most.
struct ExposurePage: Page {
    struct Figure {
        var label: String
        var value: String
        var note: String
        var tone: String
    }
    struct FixRow {
        var name: String
        var whereabouts: String
        var cost: String
        var removed: String
    }
    struct JewelRow {
        var name: String
        var why: String
        var reach: Pill
        var entries: String
        var exposure: String
    }
    var frame: PageFrame
    var figures: [Figure]
    var worst: PathTable?
    var noPaths: String
    var total: String
    var hasFixes: Bool
    var fixRows: [FixRow]
    var hasJewels: Bool
    var jewels: [JewelRow]
    var moreJewels: String?

    init(_ source: PageSource, _ result: RunResult) {
        let summary = result.result.summary
        let plan = result.result.plan
        let frame = source.frame(.exposure, title: "Exposure")
        self.frame = frame
        let gaps = CoverageGaps(summary.coverage).total
        let total = summary.materialExposure
        self.total = Wording.figure(total)

        let reached = summary.jewels.filter { $0.reachedFrom > 0 || $0.reachedFromInternet }
        let fromInternet = summary.jewels.count { $0.reachedFromInternet }
        let jewelNote =
            summary.jewels.isEmpty
            ? "Nothing in the data counts as one."
            : fromInternet > 0
                ? "\(Wording.grouped(fromInternet)) of them from the internet" : "None of them from the internet, as far as the data shows"
        let paths = result.result.paths
        let bad = paths.count { $0.severity >= .high }
        var figures = [
            Figure(
                label: "Crown jewels that can be reached",
                value: "\(Wording.grouped(reached.count)) of \(Wording.grouped(summary.jewels.count))",
                note: jewelNote, tone: reached.isEmpty ? (gaps == 0 && !summary.jewels.isEmpty ? "good" : "") : "bad"),
            Figure(
                label: "Material exposure", value: Wording.figure(total), note: Self.entries(summary.exposureByEntry),
                tone: total > 0 ? "bad" : ""),
            Figure(
                label: "Open attack paths", value: Wording.grouped(paths.count),
                note: paths.isEmpty ? "None found" : "\(Wording.grouped(bad)) critical or high", tone: bad > 0 ? "bad" : ""),
        ]
        figures.append(Self.halving(plan, total: total))
        if gaps > 0, reached.isEmpty { figures[0].note = "But \(Wording.count(gaps, "call", "calls")) gave no answer" }
        self.figures = figures

        worst = PathTable(Array(paths.prefix(5)), caption: "The five with the highest exposure", more: frame.more, query: frame.query)
        noPaths =
            gaps > 0
            ? "No attack path was found in what could be read. \(Wording.count(gaps, "call", "calls")) gave no answer."
            : "No attack path was found."

        fixRows = plan.fixes.prefix(5).map { fix in
            FixRow(
                name: Wording.shown(fix.title), whereabouts: ResourceName(fix.resource).short, cost: String(fix.cost),
                removed: "\(Wording.percent(fix.exposureRemoved, of: total))%")
        }
        hasFixes = !fixRows.isEmpty

        // Whoever starts in an account that was not read is as little ours as the internet is.
        let fromElsewhere = Set(
            paths.compactMap { path in
                ResourceName.account(of: path.source).flatMap { summary.accounts.contains($0) ? nil : path.target }
            })
        jewels = summary.jewels.prefix(8).map { jewel in
            let reach: Pill =
                jewel.reachedFromInternet
                ? Pill(kind: "critical", icon: "critical", word: "Internet")
                : fromElsewhere.contains(jewel.id)
                    ? Pill(kind: "high", icon: "high", word: "Other account")
                    : jewel.reachedFrom > 0
                        ? Pill(kind: "medium", icon: "medium", word: "Inside")
                        : Pill(kind: "informational", icon: "informational", word: "No path found")
            return JewelRow(
                name: ResourceName(jewel.id).short, why: Wording.shown(jewel.why), reach: reach,
                entries: jewel.reachedFrom > 0 ? " " + Wording.count(jewel.reachedFrom, "start", "starts") : "",
                exposure: Wording.figure(jewel.exposure))
        }
        hasJewels = !jewels.isEmpty
        moreJewels = summary.jewels.count > 8 ? "and \(Wording.grouped(summary.jewels.count - 8)) more" : nil
    }

    private static func entries(_ byEntry: [String: Double]) -> String {
        let parts = byEntry.filter { $0.value > 0 }.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.prefix(3)
            .map { "\(Wording.figure($0.value)) from \(entry($0.key))" }
        return parts.isEmpty ? "Value times likelihood, over all jewels" : parts.joined(separator: ", ")
    }

    private static func entry(_ kind: String) -> String {
        switch kind {
        case "internet": "the internet"
        case "principal": "principals"
        case "externalAccount": "other accounts"
        case "externalPrincipal": "principals of other accounts"
        case "identityProvider": "identity providers"
        case "compromised": "what is assumed to be lost"
        default: Wording.shown(kind, limit: 30)
        }
    }

    private static func halving(_ plan: Plan, total: Double) -> Figure {
        let label = "Fixes to halve it"
        guard total > 0 else { return Figure(label: label, value: "–", note: "There is nothing to halve.", tone: "") }
        guard let point = plan.curve.first(where: { $0.exposureRemoved >= total / 2 }) else {
            return Figure(label: label, value: "none", note: "No known set of single changes halves it.", tone: "")
        }
        return Figure(
            label: label, value: Wording.grouped(point.fixes),
            note:
                "\(Wording.count(plan.fixes.count, "change", "changes")) in the plan remove \(Wording.percent(plan.curve.last?.exposureRemoved ?? 0, of: total))%",
            tone: "good")
    }
}

/// A table of attack paths.
struct PathTable {
    struct Row {
        var href: String
        var name: String
        var severity: Pill
        var doubt: String?
        var from: ResourceName
        var to: ResourceName
        var steps: String
        var score: String
    }
    var tableCaption: String
    var rows: [Row]

    init?(_ paths: [AttackPath], caption: String, more: String, query: String) {
        guard !paths.isEmpty else { return nil }
        tableCaption = caption
        rows = paths.map { path in
            Row(
                href: "/paths/\(PercentEncoding.encode(path.id))\(query)", name: Wording.shown(path.title), severity: Pill(path.severity),
                doubt: path.confidence == .proven
                    ? nil : path.confidence == .conditional ? "under conditions" : "not certain: a fact was not collected",
                from: ResourceName(path.source), to: ResourceName(path.target), steps: String(path.steps.count),
                score: Wording.figure(path.score))
        }
    }
}
