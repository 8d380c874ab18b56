import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials

/// What a template is filled from. Foreign text in it has gone through ``Wording``.
protocol Page {}

/// What stands in a document's head.
struct PageHead {
    var title: String
    let stylesheet = StaticFiles.stylesheet.path
    let script = StaticFiles.script.path
    let icon = StaticFiles.icon.path

    init(_ title: String) { self.title = title }
}

struct PageLink {
    var href: String
    var name: String
}

/// What every page has around its content.
struct PageFrame {
    struct Section {
        var name: String
        var items: [Item]
    }
    struct Item {
        var href: String
        var name: String
        var count: String?
        var current: Bool
    }
    struct Notice {
        var kind: String
        var heading: String
        var text: String
        var link: PageLink?
    }
    struct Choices {
        struct Option {
            var id: String
            var name: String
            var current: Bool
        }
        var action: String
        var options: [Option]
    }
    /// Of what everything on the page was computed.
    struct Provenance {
        var environment: String
        var run: String
        var snapshot: String
        var collected: String
        var analysed: String
    }
    var head: PageHead
    var heading: String
    var subtitle: String?
    var crumb: PageLink?
    var tenant: String
    var email: String
    var csrf: String
    /// `?environment=…` where the tenant has several, `?run=…` where the reader chose one, else empty; with `&` for links that have a
    /// query of their own.
    var query: String
    var more: String
    var navigation: [Section]
    var choices: Choices?
    var notices: [Notice]
    var provenance: Provenance
}

/// Everything that a page is made of: one caller, one environment, and one run of it at most.
struct PageSource {
    var session: TenantSession
    var csrf: String
    var reading: Reading
    var now: Date
    var environments: [Environment] { reading.environments }
    var environment: Environment? { reading.environment }
    var result: RunResult? { reading.result }
    /// The newest runs, for when there is no result or a newer run failed.
    var runs: [Run] { reading.runs }

    /// Which page is being made.
    enum Place: String {
        case exposure = "/"
        case paths = "/paths"
        case fixes = "/fixes"
        case findings = "/findings"
        case coverage = "/coverage"
        case runs = "/runs"
        case agents = "/agents"
        case people = "/people"
        case tokens = "/tokens"
        case sessions = "/sessions"
        case audit = "/audit"
        case signOn = "/single-sign-on"
        case account = "/account"

        /// Whether the page is about a run.
        var isOfRun: Bool {
            switch self {
            case .exposure, .paths, .fixes, .findings, .coverage: true
            case .runs, .agents, .people, .tokens, .sessions, .audit, .signOn, .account: false
            }
        }
    }

    /// For links to other pages: `?environment=…` or `?run=…`, or empty.
    var query: String { reading.link.map { "?\($0.name)=\($0.value)" } ?? "" }

    func frame(_ place: Place, title: String, heading: String? = nil, crumb: PageLink? = nil) -> PageFrame {
        let several = environments.count > 1
        let more = reading.link.map { "&\($0.name)=\($0.value)" } ?? ""
        let result = result?.result
        func item(_ to: Place, _ name: String, _ count: Int? = nil) -> PageFrame.Item {
            PageFrame.Item(href: to.rawValue + query, name: name, count: count.map(Wording.grouped), current: to == place)
        }
        var sections = [
            PageFrame.Section(
                name: "Overview",
                items: [
                    item(.exposure, "Exposure"), item(.paths, "Attack paths", result?.paths.count),
                    item(.fixes, "Fix plan", result?.plan.fixes.count),
                    item(.findings, "Findings", result.map { $0.findings.count { $0.verdict == .fail } }),
                    item(.coverage, "Coverage"),
                ])
        ]
        sections.append(PageFrame.Section(name: "Operate", items: [item(.runs, "Runs")]))
        if session.allows(.readAgents) { sections[1].items.append(item(.agents, "Agents")) }
        sections.append(PageFrame.Section(name: "Govern", items: []))
        if session.allows(.readUsers) { sections[2].items.append(item(.people, "People")) }
        if session.allows(.manageTokens) { sections[2].items.append(item(.tokens, "API tokens")) }
        sections[2].items.append(item(.sessions, "Sessions"))
        if session.allows(.manageSignOn) { sections[2].items.append(item(.signOn, "Single sign-on")) }
        if session.allows(.readAudit) { sections[2].items.append(item(.audit, "Audit log")) }
        sections[2].items.append(item(.account, "Your account"))
        let choices = PageFrame.Choices(
            action: place.rawValue,
            options: environments.map {
                PageFrame.Choices.Option(id: $0.id.description, name: Wording.shown($0.name, limit: 80), current: $0.id == environment?.id)
            })
        return PageFrame(
            head: PageHead(title), heading: heading ?? title, subtitle: subtitle, crumb: crumb,
            tenant: Wording.shown(session.tenant.name, limit: 80),
            email: Wording.shown(session.user.email, limit: 254), csrf: csrf, query: query, more: more, navigation: sections,
            choices: several ? choices : nil, notices: notices(place), provenance: provenance)
    }

    private var subtitle: String? {
        guard let environment else { return nil }
        let name = Wording.shown(environment.name, limit: 80)
        guard let result else { return name }
        return "\(name) · data from \(Self.collected(result))"
    }

    private var provenance: PageFrame.Provenance {
        PageFrame.Provenance(
            environment: environment.map { Wording.shown($0.name, limit: 80) } ?? "none yet",
            run: result?.run.id.description ?? "none yet", snapshot: result.map { Wording.shown($0.snapshot, limit: 80) } ?? "none yet",
            collected: result.map(Self.collected) ?? "–", analysed: Wording.time(result?.run.endedAt))
    }

    private static func collected(_ result: RunResult) -> String {
        let summary = result.result.summary
        guard let last = summary.collectedTo ?? summary.collectedFrom else {
            return "an unknown time, received \(Wording.time(result.run.createdAt))"
        }
        return Wording.time(text: last)
    }

    /// What a reader has to know before believing the page.
    private func notices(_ place: Place) -> [PageFrame.Notice] {
        var notices: [PageFrame.Notice] = []
        let query = environments.count > 1 ? environment.map { "?environment=\($0.id)" } ?? "" : ""
        if reading.isPinned, let newest = runs.first(where: { $0.status == .succeeded }), let result, newest.id != result.run.id {
            notices.append(
                PageFrame.Notice(
                    kind: "warn", heading: "This is not the newest run.", text: "You chose it.",
                    link: PageLink(href: place.rawValue + query, name: "Newest")))
        } else if let newest = runs.first, let result, newest.id != result.run.id, place.isOfRun {
            switch newest.status {
            case .failed:
                notices.append(
                    PageFrame.Notice(
                        kind: "bad", heading: "The newest run failed.", text: "This page shows the run before it.",
                        link: PageLink(href: "/runs" + query, name: "Runs")))
            case .queued, .running:
                notices.append(
                    PageFrame.Notice(
                        kind: "warn", heading: "A newer run is under way.", text: "This page shows the last one that is complete.",
                        link: PageLink(href: "/runs" + query, name: "Runs")))
            case .succeeded: break
            }
        }
        if let result, place.isOfRun {
            let missed = CoverageGaps(result.result.summary.coverage)
            if missed.total > 0 {
                notices.append(
                    PageFrame.Notice(
                        kind: "warn", heading: "\(Wording.count(missed.total, "call", "calls")) without an answer (\(missed.words)).",
                        text: "What they would have shown is unknown, not safe.",
                        link: place == .coverage ? nil : PageLink(href: "/coverage" + query, name: "What is missing")))
            }
        }
        return notices
    }
}

/// Calls that gave no fact.
struct CoverageGaps {
    var total = 0
    var words = ""

    /// Outcomes that leave something unknown. `unavailable` does not: there is nothing to see.
    static let outcomes: [CoverageEntry.Outcome] = [.denied, .failed, .throttled, .unreadable, .notCollected]

    init(_ coverage: [String: Int]) {
        var parts: [String] = []
        for outcome in Self.outcomes {
            guard let count = coverage[outcome.rawValue], count > 0 else { continue }
            total += count
            parts.append("\(Wording.grouped(count)) \(Self.word(outcome))")
        }
        words = parts.joined(separator: ", ")
    }

    static func word(_ outcome: CoverageEntry.Outcome) -> String {
        switch outcome {
        case .collected: "collected"
        case .denied: "denied"
        case .failed: "failed"
        case .throttled: "throttled"
        case .unavailable: "unavailable"
        case .notCollected: "not collected"
        case .unreadable: "unreadable"
        case .unknownOperation: "not known"
        }
    }
}
