import CloudModel
import ControlPlaneCore

/// A link that narrows a list.
struct Filter {
    var href: String
    var name: String
    /// `true` or `false`, as `aria-current` takes it.
    var current: String

    init(_ name: String, href: String, current: Bool) {
        self.name = name
        self.href = href
        self.current = current ? "true" : "false"
    }

    /// One for everything and one for each severity that occurs.
    static func severities(_ all: [Severity: Int], chosen: Severity?, path: String, query: String, more: String) -> [Filter] {
        let total = all.values.reduce(0, +)
        var filters = [Filter("All \(Wording.grouped(total))", href: path + query, current: chosen == nil)]
        for severity in Severity.allCases.reversed() {
            guard let count = all[severity], count > 0 else { continue }
            filters.append(
                Filter(
                    "\(Pill(severity).word) \(Wording.grouped(count))", href: "\(path)?severity=\(severity.rawValue)\(more)",
                    current: severity == chosen))
        }
        return filters
    }
}

/// `/paths`
struct PathsPage: Page {
    static let most = 300
    var frame: PageFrame
    var filters: [Filter]
    var table: PathTable?
    var noPaths: String
    var more: String?
    var csv: String

    init(_ source: PageSource, _ result: RunResult, severity: Severity?) {
        let frame = source.frame(.paths, title: "Attack paths")
        self.frame = frame
        let all = result.result.paths
        let chosen = all.filter { severity == nil || $0.severity == severity }
        filters = Filter.severities(
            Dictionary(grouping: all, by: \.severity).mapValues(\.count), chosen: severity, path: "/paths", query: frame.query,
            more: frame.more)
        table = PathTable(Array(chosen.prefix(Self.most)), caption: "Worst first", more: frame.more, query: frame.query)
        more = chosen.count > Self.most ? "The first \(Self.most) of \(Wording.grouped(chosen.count)). The CSV has them all." : nil
        let gaps = CoverageGaps(result.result.summary.coverage).total
        noPaths =
            severity != nil && !all.isEmpty
            ? "None of this severity."
            : gaps > 0
                ? "No attack path was found in what could be read. \(Wording.count(gaps, "call", "calls")) gave no answer."
                : "No attack path was found."
        csv = "/paths.csv" + (severity.map { "?severity=\($0.rawValue)\(frame.more)" } ?? frame.query)
    }
}

/// `/paths/{id}`
struct PathPage: Page {
    struct Step {
        var fromName: String
        var toName: String
        var from: String
        var to: String
        var why: String
        var conditions: [String]
        var technique: String
        var doubt: String?
        var evidence: [EvidenceLine]
        var evidenceCount: String
    }
    struct FixRow {
        var name: String
        var whereabouts: String
        var cost: String
        var closes: String
    }
    var frame: PageFrame
    var id: String
    var severity: Pill
    var confidence: Pill
    var score: String
    var stepCount: String
    var narrative: String
    var picture: OwnMarkup?
    var svg: String?
    var json: String
    var steps: [Step]
    var hasFixes: Bool
    var fixes: [FixRow]

    init(_ source: PageSource, _ result: RunResult, _ path: AttackPath) {
        let title = Wording.shown(path.title)
        let frame = source.frame(.paths, title: title, crumb: nil)
        self.frame = frame
        self.frame.crumb = PageLink(href: "/paths" + frame.query, name: "Attack paths")
        id = Wording.shown(path.id, limit: 80)
        severity = Pill(path.severity)
        confidence = Pill(path.confidence)
        score = Wording.figure(path.score)
        stepCount = Wording.count(path.steps.count, "step", "steps")
        narrative = Wording.shown(path.narrative, limit: 4000)
        picture = path.steps.isEmpty || path.steps.count > 40 ? nil : OwnMarkup(PathPicture.svg(path))
        svg = picture == nil ? nil : "/paths/\(PercentEncoding.encode(path.id)).svg\(frame.query)"
        json = "/api/v1/paths/\(PercentEncoding.encode(path.id))\(frame.query)"
        steps = path.steps.map { step in
            Step(
                fromName: ResourceName(step.from).short, toName: ResourceName(step.to).short, from: Wording.shown(step.from, limit: 1024),
                to: Wording.shown(step.to, limit: 1024), why: Wording.shown(step.why, limit: 1000),
                conditions: step.conditions.prefix(20).map { Wording.shown($0) }, technique: Wording.shown(step.technique, limit: 80),
                doubt: step.confidence == .unknown
                    ? "not certain: a fact that it needs was not collected" : step.confidence == .conditional ? "conditional" : nil,
                evidence: step.evidence.prefix(40).map(EvidenceLine.init), evidenceCount: String(step.evidence.count))
        }
        let plan = result.result.plan
        let known = Dictionary((plan.fixes + plan.alternatives).map { ($0.id, $0) }) { first, _ in first }
        let named = path.fixes.isEmpty ? plan.perPath.first { $0.path == path.id }?.fixes ?? [] : path.fixes
        fixes = named.compactMap { known[$0] }.prefix(12).map { fix in
            FixRow(
                name: Wording.shown(fix.title), whereabouts: ResourceName(fix.resource).short, cost: String(fix.cost),
                closes: fix.closes.count > 1 ? Wording.count(fix.closes.count - 1, "other path", "other paths") : "nothing else")
        }
        hasFixes = !fixes.isEmpty
    }
}
