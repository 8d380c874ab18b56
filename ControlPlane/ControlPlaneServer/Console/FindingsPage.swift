import CloudModel
import ControlPlaneCore

/// `/findings`: one group a control, with how many of its resources fail.
struct FindingsPage: Page {
    static let rowsPerControl = 50
    struct Row {
        var verdict: Pill
        var short: String
        var resource: String
        var reason: String
        var evidence: [EvidenceLine]
    }
    struct Group {
        var anchor: String
        var open: Bool
        var severity: Pill
        var name: String
        var count: String
        var why: String?
        var remediation: String?
        var hasRows: Bool
        var rowCaption: String
        var rows: [Row]
    }
    var frame: PageFrame
    var filters: [Filter]
    var groups: [Group]
    var csv: String

    init(_ source: PageSource, _ result: RunResult, severity: Severity?) {
        let frame = source.frame(.findings, title: "Findings")
        self.frame = frame
        let findings = result.result.findings
        let byControl = Dictionary(grouping: findings, by: \.control)
        let controls = result.result.summary.controls.sorted { left, right in
            let (leftRank, rightRank) = (Self.rank(left), Self.rank(right))
            if leftRank != rightRank { return leftRank > rightRank }
            if left.severity != right.severity { return left.severity > right.severity }
            if left.failed != right.failed { return left.failed > right.failed }
            return left.id < right.id
        }
        filters = Filter.severities(
            Dictionary(grouping: controls.filter { $0.failed > 0 }, by: \.severity).mapValues { $0.reduce(0) { $0 + $1.failed } },
            chosen: severity, path: "/findings", query: frame.query, more: frame.more)
        groups = controls.filter { severity == nil || ($0.severity == severity && $0.failed > 0) }.map { control in
            Group(control, byControl[control.id] ?? [])
        }
        csv = "/findings.csv" + (severity.map { "?severity=\($0.rawValue)\(frame.more)" } ?? frame.query)
    }

    /// Failing controls first, then those that could not be judged, then the rest.
    private static func rank(_ control: ControlResult) -> Int {
        control.failed > 0 ? 2 : control.unknown > 0 || control.why != nil ? 1 : 0
    }
}

extension FindingsPage.Group {
    init(_ control: ControlResult, _ findings: [Finding]) {
        let total = control.passed + control.failed + control.unknown
        var count = "\(Wording.grouped(control.failed)) of \(Wording.count(total, "resource fails", "resources fail"))"
        if control.unknown > 0 { count += ", \(Wording.grouped(control.unknown)) unknown" }
        if total == 0 { count = control.why == nil ? "nothing to judge" : "could not be judged" }
        let severity: Pill =
            control.failed > 0
            ? Pill(control.severity)
            : control.unknown > 0 || control.why != nil
                ? Pill(.unknown as Verdict)
                : total == 0 ? Pill(.notApplicable as Verdict) : Pill(.pass as Verdict)
        let most = FindingsPage.rowsPerControl
        self.init(
            anchor: "control-\(PercentEncoding.encode(control.id))", open: false, severity: severity, name: Wording.shown(control.title),
            count: count,
            why: control.why.map { Wording.shown($0) }, remediation: findings.first.map { Wording.shown($0.remediation, limit: 1000) },
            hasRows: !findings.isEmpty,
            rowCaption: findings.count > most
                ? "The first \(most) of \(Wording.grouped(findings.count)); the CSV has them all" : "Worst first",
            rows: findings.prefix(most).map { finding in
                FindingsPage.Row(
                    verdict: Pill(finding.verdict), short: ResourceName(finding.resource).short,
                    resource: Wording.shown(finding.resource, limit: 1024), reason: Wording.shown(finding.why, limit: 1000),
                    evidence: finding.evidence.prefix(6).map(EvidenceLine.init))
            })
    }
}
