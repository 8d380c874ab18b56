public import ArgumentParser
import Basics
public import CloudModel
import WireProtocol

/// How results are written.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

extension Severity: ExpressibleByArgument {}

/// What all commands that read have in common.
struct ReadingOptions: ParsableArguments {
    @Option(help: "Name or identifier of the environment; without it, that of the newest run.") var environment: String?
    @Option(help: "How to write: table or json.") var output: OutputForm = .table

    var query: [(String, String?)] { [(API.Routes.environmentQuery, environment)] }

    func json(_ body: [UInt8]) throws { try Self.write(body) }

    func provenance(_ run: RunID, _ snapshot: String) { Self.say(run, snapshot) }

    /// Writes the answer as it came, indented.
    static func write(_ body: [UInt8]) throws {
        Terminal.print(
            bytes: try JSONValue(parsing: body, limits: JSONLimits(bytes: 512 << 20, depth: 32, stringBytes: 4 << 20)).prettyBytes)
    }

    /// Says on the terminal of what the table was made.
    static func say(_ run: RunID, _ snapshot: String) {
        Terminal.note("run \(run) · snapshot \(DisplayText.safe(snapshot, limit: 80))")
    }
}

/// Numbers as the tables show them.
enum Figure {
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "-" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// `1 attack path`, `2 attack paths`.
    static func count(_ number: Int, _ name: String) -> String { "\(number) \(name)\(number == 1 ? "" : "s")" }

    /// `2026-11-23 17:30` of an RFC 3339 time in UTC.
    static func time(_ text: String?) -> String {
        guard let text else { return "-" }
        let bytes = Array(text.utf8)
        guard bytes.count >= 16, bytes[10] == UInt8(ascii: "T") else { return text }
        return String(decoding: bytes[0..<10], as: UTF8.self) + " " + String(decoding: bytes[11..<16], as: UTF8.self)
    }
}

/// `cloudryption status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How an environment stands.")
    @OptionGroup var options: ReadingOptions

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let body = try await client.get(API.Routes.status, options.query)
        if options.output == .json { return try options.json(body) }
        let status = try client.decode(API.Status.self, body)
        var rows: [(String, String)] = [("environment", status.environment.name)]
        if let last = status.lastRun {
            rows.append(("last run", "\(last.id) \(last.status)" + (last.reason.map { ": \($0)" } ?? "")))
        } else {
            rows.append(("last run", "none yet: enrol an agent, then cloudryption-agent run --once"))
        }
        rows.append(("agents", "\(status.agents.live) live, \(status.agents.stale) not"))
        if let summary = status.summary {
            rows.append(("results of", "run \(status.run?.description ?? "-")"))
            rows.append(("snapshot", status.snapshot ?? "-"))
            rows.append(("data from", summary.collectedTo ?? "unknown"))
            let reached = summary.jewels.count { $0.reachedFrom > 0 || $0.reachedFromInternet }
            let internet = summary.jewels.count { $0.reachedFromInternet }
            rows.append(("crown jewels", "\(reached) of \(summary.jewels.count) can be reached, \(internet) from the internet"))
            rows.append(("exposure", Figure.text(summary.materialExposure)))
            rows.append(("attack paths", Self.counts(summary.paths)))
            rows.append(("findings", Self.counts(summary.findings)))
            let missed = Self.missed(summary.coverage)
            rows.append(("coverage", missed == 0 ? "every call was answered" : "\(missed) calls without an answer: unknown, not safe"))
        } else {
            rows.append(("results", "none yet: nothing is known about this environment"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        for (name, value) in rows {
            Terminal.print(name + String(repeating: " ", count: width - name.count + 2) + DisplayText.safe(value))
        }
        if status.summary != nil { Terminal.note("Next: cloudryption paths, cloudryption plan") }
    }

    private static func counts(_ bySeverity: [String: Int]) -> String {
        let total = bySeverity.values.reduce(0, +)
        let parts = Severity.allCases.reversed().compactMap { severity in
            bySeverity[severity.rawValue].flatMap { $0 > 0 ? "\($0) \(severity.rawValue)" : nil }
        }
        return parts.isEmpty ? "none" : "\(total): \(parts.joined(separator: ", "))"
    }

    static func missed(_ coverage: [String: Int]) -> Int {
        let outcomes: [CoverageEntry.Outcome] = [.denied, .failed, .throttled, .unreadable, .notCollected]
        return outcomes.reduce(0) { $0 + (coverage[$1.rawValue] ?? 0) }
    }
}

/// `cloudryption runs`
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The runs, newest first.")
    @OptionGroup var options: ReadingOptions
    @Option(help: "Show at most so many.") var limit: Int = 20

    mutating func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 1000") }
    }

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let body = try await client.get(API.Routes.runs, options.query + [("limit", String(limit))])
        if options.output == .json { return try options.json(body) }
        let runs = try client.decode(API.List<API.Run>.self, body).data
        guard !runs.isEmpty else { return Terminal.note("No run yet. An agent's first bundle starts one: cloudryption-agent run --once") }
        let colours = ["succeeded": "32", "failed": "31"]
        Table(
            columns: [
                .init("run"), .init("status"), .init("queued"), .init("ended"), .init("tries", isNumber: true), .init("reason"),
            ],
            rows: runs.map { run in
                [
                    .init(run.id.description), .init(run.status, colour: colours[run.status] ?? "33"), .init(Figure.time(run.queuedAt)),
                    .init(Figure.time(run.endedAt)), .init(String(run.attempts)), .init(run.reason ?? ""),
                ]
            }
        ).show()
    }
}

/// `cloudryption findings`
struct Findings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What the controls found, worst first.")
    @OptionGroup var options: ReadingOptions
    @Option(help: "This severity and worse: \(Severity.allCases.map(\.rawValue).joined(separator: ", ")).") var severity: Severity?
    @Option(help: "Show at most so many.") var limit: Int?

    mutating func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is a number from 1") }
    }

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let query = options.query + [("severity", severity?.rawValue), ("limit", limit.map { String($0) })]
        let body = try await client.get(API.Routes.findings, query)
        if options.output == .json { return try options.json(body) }
        let answer = try client.decode(API.Envelope<[Finding]>.self, body)
        options.provenance(answer.run, answer.snapshot)
        guard !answer.data.isEmpty else {
            return Terminal.note("No finding in what could be read. cloudryption status says what could not.")
        }
        Table(
            columns: [.init("severity"), .init("verdict"), .init("control"), .init("resource"), .init("why")],
            rows: answer.data.map { finding in
                [
                    .init(finding.severity), .init(finding.verdict.rawValue), .init(finding.control), .init(finding.resource),
                    .init(finding.why),
                ]
            }
        ).show()
    }
}

/// `cloudryption paths`
struct Paths: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Attack paths to what matters, worst first.")
    @OptionGroup var options: ReadingOptions
    @Option(help: "This severity and worse.") var severity: Severity?
    @Option(help: "Show at most so many.") var limit: Int?
    @Option(help: "End with 3 when there is a path of this severity or worse, shown or not.") var failOn: Severity?

    mutating func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is a number from 1") }
    }

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let query = options.query + [("severity", severity?.rawValue), ("limit", limit.map { String($0) })]
        let body = try await client.get(API.Routes.paths, query)
        let answer = try client.decode(API.Envelope<[AttackPath]>.self, body)
        if options.output == .json {
            try options.json(body)
        } else {
            options.provenance(answer.run, answer.snapshot)
            if answer.data.isEmpty {
                Terminal.note("No attack path in what could be read. cloudryption status says what could not.")
            } else {
                table(answer.data)
                Terminal.note("Next: cloudryption path ID, cloudryption plan")
            }
        }
        try await judge(client, answer)
    }

    /// The threshold counts every path of the very run that was shown, whatever was filtered from the table.
    private func judge(_ client: APIClient, _ answer: API.Envelope<[AttackPath]>) async throws {
        guard let failOn else { return }
        let worst = [("run", answer.run.description), ("severity", failOn.rawValue), ("limit", "1")] as [(String, String?)]
        let over = try client.decode(API.Envelope<[AttackPath]>.self, try await client.get(API.Routes.paths, worst))
        if !over.data.isEmpty { throw Ending.overThreshold }
    }

    private func table(_ paths: [AttackPath]) {
        Table(
            columns: [
                .init("severity"), .init("score", isNumber: true), .init("path"), .init("confidence"), .init("steps", isNumber: true),
                .init("title"),
            ],
            rows: PathGroup.groups(of: paths).map { group in
                let path = group.first
                return [
                    .init(path.severity), .init(Figure.text(path.score)), .init(path.id), .init(path.confidence.rawValue),
                    .init(String(path.steps.count)), .init(path.title + group.others),
                ]
            }
        ).show()
    }
}
