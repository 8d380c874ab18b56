import Basics
import HTTPTypes
import CloudModel
import ControlPlaneCore
import FoundationEssentials

/// `/runs`
struct RunsPage: Page {
    struct Row {
        var status: Pill
        var stage: String?
        var id: String
        var href: String?
        var snapshot: String?
        var created: String
        var started: String
        var ended: String
        var attempts: String
        var reason: String
    }
    var frame: PageFrame
    var tableCaption: String
    var rows: [Row]

    init(_ source: PageSource) {
        let frame = source.frame(.runs, title: "Runs")
        self.frame = frame
        tableCaption = "Newest first. One run analyses one bundle."
        rows = source.runs.map { run in
            Row(
                status: Pill(run.status), stage: run.status == .running ? run.stage.map { Wording.shown($0, limit: 40) } : nil,
                id: run.id.description, href: run.status == .succeeded ? "/?run=\(run.id)" : nil,
                snapshot: run.snapshot.map { Wording.shown($0, limit: 23) }, created: Wording.time(run.createdAt),
                started: Wording.time(run.startedAt), ended: Wording.time(run.endedAt), attempts: String(run.attempts),
                reason: run.reason.map { Wording.shown($0) } ?? "")
        }
    }
}

extension Pill {
    init(_ status: Run.Status) {
        switch status {
        case .queued: self.init(kind: "queued", icon: "clock", word: "Queued")
        case .running: self.init(kind: "running", icon: "clock", word: "Running")
        case .succeeded: self.init(kind: "succeeded", icon: "check", word: "Succeeded")
        case .failed: self.init(kind: "failed", icon: "cross", word: "Failed")
        }
    }
    init(_ state: Agent.State) {
        switch state {
        case .waiting: self.init(kind: "waiting", icon: "clock", word: "Waiting")
        case .live: self.init(kind: "live", icon: "check", word: "Live")
        case .stale: self.init(kind: "stale", icon: "question", word: "Stale")
        case .pendingApproval: self.init(kind: "waiting", icon: "clock", word: "To be approved")
        case .quarantined: self.init(kind: "revoked", icon: "cross", word: "Quarantined")
        case .revoked: self.init(kind: "revoked", icon: "cross", word: "Revoked")
        case .expired: self.init(kind: "stale", icon: "cross", word: "Expired")
        }
    }
}

/// `/coverage`
struct CoveragePage: Page {
    struct Gap {
        var what: String
        var why: String
    }
    struct Call {
        var outcome: Pill
        var call: String
        var whereabouts: String
        var code: String
    }
    static let most = 500
    var frame: PageFrame
    var hasGaps: Bool
    var gaps: [Gap]
    var hasCalls: Bool
    var tableCaption: String
    var calls: [Call]

    init(_ source: PageSource, _ result: RunResult) {
        frame = source.frame(.coverage, title: "Coverage")
        let report = result.result.coverage
        gaps = report.gaps.prefix(Self.most).map { Gap(what: Wording.shown($0.what), why: Wording.shown($0.why)) }
        hasGaps = !gaps.isEmpty
        let missed = report.entries.filter { $0.outcome != .collected }
        calls = missed.prefix(Self.most).map { entry in
            let place = [entry.account, entry.region, entry.resource].compactMap { $0 }.map { Wording.shown($0, limit: 120) }
            return Call(
                outcome: Pill(
                    kind: entry.outcome == .unavailable || entry.outcome == .unknownOperation ? "informational" : "unknown",
                    icon: entry.outcome == .unavailable ? "informational" : "question", word: CoverageGaps.word(entry.outcome)),
                call: Wording.shown("\(entry.service).\(entry.operation)"), whereabouts: place.joined(separator: " · "),
                code: Wording.shown(entry.code ?? entry.message ?? ""))
        }
        hasCalls = !calls.isEmpty
        tableCaption =
            missed.count > Self.most
            ? "The first \(Self.most) of \(Wording.grouped(missed.count))" : "What they would have shown is unknown, not safe"
    }
}

/// A page without results yet: what to do next, with the command.
struct NoRunPage: Page {
    var frame: PageFrame
    var emptyHeading: String
    var emptyText: String
    var emptyCommand: String?
    var emptyLink: PageLink?

    init(_ source: PageSource, _ place: PageSource.Place, title: String) {
        let frame = source.frame(place, title: title)
        self.frame = frame
        if let run = source.runs.first {
            switch run.status {
            case .failed:
                emptyHeading = "The last run failed"
                emptyText = run.reason.map { Wording.shown($0) } ?? "No reason is recorded."
            case .queued, .running, .succeeded:
                emptyHeading = "The first run is under way"
                emptyText = "Its results are here when it has ended. Nothing can be said before that."
            }
            emptyLink = PageLink(href: "/runs" + frame.query, name: "Runs")
        } else {
            emptyHeading = "No data yet"
            emptyText =
                "Enrol an agent, then let it collect once. Until then nothing is known about this environment, and nothing here means that it is safe."
            emptyCommand = "cloudryption-agent run --once"
            emptyLink = source.session.allows(.manageAgents) ? PageLink(href: "/agents/new" + frame.query, name: "Add an agent") : nil
        }
    }
}

/// `/sign-in`
struct SignInPage: Page {
    var head: PageHead
    var message: String?
    var email: String
    var next: String
    var mustChange: Bool
    var asksCode: Bool
}

/// A refusal, for people.
struct ProblemPage: Page {
    var head: PageHead
    var detail: String
    var code: String

    init(_ problem: Refusal) {
        let heading =
            switch problem.status {
            case .notFound: "There is nothing here"
            case .forbidden: "Not allowed"
            case .unauthorized: "Sign in first"
            default: problem.status.kind == .serverError ? "Something failed here" : "That did not work"
            }
        head = PageHead(heading)
        detail = Wording.shown(problem.detail)
        code = problem.code
    }
}
