public import CloudModel
import Crypto
public import SnapshotStore

/// Runs controls as SQL over a snapshot's file.
public enum ControlRunner {
    /// Findings, worst first, and one result for each control, ordered by identifier.
    ///
    /// A control whose listing was not collected in an account is `unknown` there, with a finding that says so.
    /// - Throws: ``SnapshotError`` when a built-in query fails, which is a defect.
    public static func run(_ database: SnapshotDatabase) throws -> (findings: [Finding], controls: [ControlResult]) {
        try run(try ControlDefinition.builtIn(), database)
    }

    static func run(_ controls: [ControlDefinition], _ database: SnapshotDatabase) throws -> (
        findings: [Finding], controls: [ControlResult]
    ) {
        let evidence = try evidence(database)
        let gaps = try gaps(database)
        let accounts = try database.query("SELECT account, id FROM resources WHERE kind = 'account' ORDER BY account").rows
        var findings: [Finding] = []
        var results: [ControlResult] = []
        for control in controls {
            var result = ControlResult(id: control.id, title: control.title, severity: control.severity, passed: 0, failed: 0, unknown: 0)
            let answer = try database.query(control.sql)
            guard answer.columns == ["resource", "kind", "account", "region", "verdict", "why", "fact"] else {
                throw SnapshotError(.badQuery, "the control \(control.id) gives other columns than it must")
            }
            for row in answer.rows {
                let resource = row[0].text ?? ""
                let verdict = row[4].text.flatMap(Verdict.init(rawValue:)) ?? .unknown
                switch verdict {
                case .pass: result.passed += 1
                case .fail: result.failed += 1
                case .unknown: result.unknown += 1
                case .notApplicable: break
                }
                guard verdict == .fail || verdict == .unknown else { continue }
                let citation = row[6].text.flatMap { evidence[resource + "\u{1F}" + $0] } ?? evidence[resource + "\u{1F}description"]
                findings.append(
                    finding(
                        control, verdict, resource, row[1].text ?? control.kind, row[2].text ?? "", row[3].text,
                        row[5].text ?? control.title,
                        citation.map { [$0] } ?? []))
            }
            for account in accounts {
                let id = account[0].text ?? ""
                let open = control.needs.flatMap { gaps[id + " " + $0] ?? [] }
                guard !open.isEmpty else { continue }
                let shown = open.prefix(3).joined(separator: ", ") + (open.count > 3 ? " and \(open.count - 3) more" : "")
                result.unknown += 1
                result.why = [result.why, "not judged whole in \(id): \(shown)"].compactMap { $0 }.joined(separator: "; ")
                findings.append(
                    finding(
                        control, .unknown, account[1].text ?? id, "account", id, nil,
                        "What this control judges was not collected whole: \(shown)",
                        []))
            }
            results.append(result)
        }
        findings.sortByBytes {
            "\(4 - $0.severity.rank)\($0.verdict == .fail ? 0 : 1)\u{1F}\($0.control)\u{1F}\($0.resource)\u{1F}\($0.why)"
        }
        return (findings, results)
    }

    private static func finding(
        _ control: ControlDefinition, _ verdict: Verdict, _ resource: String, _ kind: String, _ account: String, _ region: String?,
        _ why: String,
        _ evidence: [Citation]
    ) -> Finding {
        let name = JSONValue.array([.string(control.id), .string(resource), .string(kind)]).canonicalBytes
        return Finding(
            id: "finding-" + String(Hexadecimal.text(SHA256.hash(data: name)).prefix(16)), control: control.id, title: control.title,
            severity: control.severity, verdict: verdict, resource: resource, resourceKind: kind, account: account, region: region,
            why: why,
            remediation: control.remediation, evidence: evidence)
    }

    private static func evidence(_ database: SnapshotDatabase) throws -> [String: Citation] {
        var citations: [String: Citation] = [:]
        for row in try database.query("SELECT subject, fact, record, pointer, time FROM evidence", limits: wide).rows {
            citations[(row[0].text ?? "") + "\u{1F}" + (row[1].text ?? "")] = Citation(
                record: row[2].text ?? "", pointer: row[3].text, time: row[4].text)
        }
        return citations
    }

    /// Calls about a whole account or region that gave no whole answer, by account and call.
    private static func gaps(_ database: SnapshotDatabase) throws -> [String: [String]] {
        let rows = try database.query(
            """
            SELECT account, service || '.' || operation, region, outcome, code FROM coverage
            WHERE outcome IN ('denied', 'failed', 'throttled', 'notCollected', 'unreadable') AND resource IS NULL
            GROUP BY account, service, operation, region, outcome ORDER BY account, service, operation, region, outcome
            """, limits: wide
        ).rows
        var gaps: [String: [String]] = [:]
        for row in rows {
            guard let account = row[0].text, let call = row[1].text, let outcome = row[3].text else { continue }
            let place = row[2].text.map { " in \($0)" } ?? ""
            gaps[account + " " + call, default: []].append("\(call)\(place) (\(row[4].text ?? outcome))")
        }
        return gaps
    }

    private static var wide: QueryLimits {
        var limits = QueryLimits()
        limits.rows = 20_000_000
        limits.bytes = 2 << 30
        return limits
    }
}
