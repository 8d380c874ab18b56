import Basics
import ControlPlaneCore
import FoundationEssentials
import WireProtocol

extension Agent.State {
    /// What somebody should look at comes first.
    fileprivate var rank: Int {
        switch self {
        case .quarantined: 0
        case .pendingApproval: 1
        case .expired: 2
        case .stale: 3
        case .waiting: 4
        case .live: 5
        case .revoked: 6
        }
    }
}

extension Wording {
    /// An agent's host, or that it did not say.
    static func host(_ agent: Agent) -> String { agent.hostname.isEmpty ? "(no name)" : shown(agent.hostname, limit: 120) }

    /// How far an agent's clock is from ours; `nil` while that does not matter or is not known.
    static func skew(_ seconds: Int?) -> String? {
        guard let seconds, seconds.magnitude >= 30 else { return nil }
        let size = seconds.magnitude
        let length =
            size < 120 ? "\(size) s" : size < 7200 ? "\(size / 60) min" : size < 172_800 ? "\(size / 3600) h" : "\(size / 86_400) d"
        return "\(length) \(seconds > 0 ? "ahead" : "behind")"
    }
}

/// `/agents`
struct AgentsPage: Page {
    struct Row {
        var state: Pill
        var hostname: String
        var id: String
        var href: String
        var lastSeen: String
        var clock: String?
        var notAfter: String
        var version: String
        var advice: String?
        var platform: String
        var spool: String
        var missing: String
        var lastError: String
    }
    static let most = 500
    var frame: PageFrame
    var filters: [Filter]
    var hasAgents: Bool
    var hasRows: Bool
    var tableCaption: String
    var rows: [Row]
    var addHref: String?

    init(_ source: PageSource, _ agents: [Agent], state: Agent.State?) {
        let frame = source.frame(.agents, title: "Agents")
        self.frame = frame
        let all = agents.map { (agent: $0, state: $0.state(at: source.now)) }
        let counts = Dictionary(grouping: all, by: \.state).mapValues(\.count)
        filters = [Filter("All \(Wording.grouped(all.count))", href: "/agents" + frame.query, current: state == nil)]
        for kind in Agent.State.allCases.sorted(by: { $0.rank < $1.rank }) {
            guard let count = counts[kind] else { continue }
            filters.append(
                Filter(
                    "\(Pill(kind).word) \(Wording.grouped(count))", href: "/agents?state=\(kind.rawValue)\(frame.more)",
                    current: kind == state))
        }
        let chosen = all.filter { state == nil || $0.state == state }
            .sorted {
                ($0.state.rank, $0.agent.hostname, $0.agent.id.description) < ($1.state.rank, $1.agent.hostname, $1.agent.id.description)
            }
        hasAgents = !all.isEmpty
        hasRows = !chosen.isEmpty
        tableCaption =
            chosen.count > Self.most
            ? "The first \(Self.most) of \(Wording.grouped(chosen.count)); the command line lists them all"
            : "Who needs somebody comes first. An agent is live when it was heard of within 15 minutes."
        rows = chosen.prefix(Self.most).map { agent, state in
            let missing = agent.standing.missingPermissions.count
            return Row(
                state: Pill(state), hostname: Wording.host(agent), id: agent.id.description,
                href: "/agents/\(agent.id)\(frame.query)", lastSeen: agent.lastSeen.map { Wording.time($0) } ?? "never",
                clock: Wording.skew(agent.standing.clockSkew).map { "clock \($0)" }, notAfter: Wording.time(agent.notAfter),
                version: Wording.shown(agent.version, limit: 40), advice: VersionPolicy.advice(agent: agent.version),
                platform: Wording.shown(agent.platform, limit: 60), spool: Wording.grouped(agent.spoolDepth),
                missing: missing > 0 ? Wording.grouped(missing) : agent.standing.permissionsCheckedAt == nil ? "not known" : "none",
                lastError: agent.lastError.map { Wording.shown($0) } ?? "")
        }
        addHref = source.session.allows(.manageAgents) ? "/agents/new" + frame.query : nil
    }
}

/// `/agents/{id}`
struct AgentPage: Page {
    struct Certificate {
        var state: Pill
        var serial: String
        var epoch: String
        var notBefore: String
        var notAfter: String
        var firstUsed: String
        var replaced: String
    }
    struct Event {
        var time: String
        var act: String
        var actor: String
        var detail: String
    }
    struct RunRow {
        var status: Pill
        var id: String
        var href: String?
        var created: String
        var reason: String
    }
    /// One thing that somebody can do, as one form.
    struct Act {
        var word: String
        var name: String
        var text: String
        var csrf: String
    }
    static let mostEvents = 30
    static let mostRuns = 10

    var frame: PageFrame
    var id: String
    var state: Pill
    var remarks: [PageFrame.Notice]
    var lastSeen: String
    var clock: String
    var version: String
    var platform: String
    var spool: String
    var lastError: String
    var cameBy: String
    var enrolled: String
    var permissions: String
    var hasMissing: Bool
    var missing: [String]
    var serial: String
    var epoch: String
    var notBefore: String
    var notAfter: String
    var issuer: String
    var certificates: [Certificate]
    var runs: [RunRow]
    var hasRuns: Bool
    var hasEvents: Bool
    var events: [Event]
    var acts: [Act]
    var mayAct: Bool
    var releases: Bool
    var typedName: String

    /// What has to be typed before the agent is revoked: its host's name where a keyboard has it, else the start of its identifier.
    static func typedName(_ agent: Agent) -> String {
        let name = agent.hostname.utf8
        let isPlain = (1...120).contains(name.count) && name.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain ? agent.hostname : String(agent.id.description.prefix(8))
    }

    /// The page of `detail`. `entries` are the log's newest, oldest first; none for who may not read it.
    init(_ source: PageSource, _ detail: FleetService.Detail, entries: [AuditEntry], names: [String: String], message: String?) {
        let agent = detail.agent
        let standing = agent.standing
        let condition = agent.state(at: source.now)
        let listHref = "/agents" + (source.environments.count > 1 ? "?environment=\(agent.environment)" : "")
        frame = source.frame(.agents, title: Wording.host(agent), crumb: PageLink(href: listHref, name: "Agents"))
        id = agent.id.description
        state = Pill(condition)
        lastSeen = agent.lastSeen.map { Wording.time($0) } ?? "never"
        clock = agent.standing.clockSkew == nil ? "not known" : Wording.skew(standing.clockSkew) ?? "right within half a minute"
        version = Wording.shown(agent.version, limit: 40)
        platform = Wording.shown(agent.platform, limit: 60)
        spool = Wording.count(agent.spoolDepth, "bundle waits", "bundles wait")
        lastError = agent.lastError.map { Wording.shown($0) } ?? "none"
        cameBy = [
            "\(Wording.shown(standing.method, limit: 20))", standing.grant.map { Wording.shown($0, limit: 60) },
            standing.account.map { "account \(Wording.shown($0, limit: 12))" },
        ].compactMap { $0 }.joined(separator: " · ")
        enrolled = Wording.time(agent.enrolledAt)
        hasMissing = !standing.missingPermissions.isEmpty
        missing = standing.missingPermissions.map { Wording.shown($0, limit: 128) }
        permissions = Self.permissions(standing)
        serial = agent.serial
        epoch = String(agent.epoch)
        notBefore = Wording.time(detail.certificates.first { $0.serial == agent.serial }?.notBefore)
        notAfter = Wording.time(agent.notAfter)
        issuer = standing.issuer ?? "–"
        certificates = detail.certificates.map { certificate in
            Certificate(
                state: Self.state(certificate, agent, at: source.now), serial: certificate.serial, epoch: String(certificate.epoch),
                notBefore: Wording.time(certificate.notBefore), notAfter: Wording.time(certificate.notAfter),
                firstUsed: Wording.time(certificate.firstUsedAt), replaced: Wording.time(certificate.supersededAt))
        }
        runs = source.runs.filter { $0.agent == agent.id }.prefix(Self.mostRuns).map { run in
            RunRow(
                status: Pill(run.status), id: run.id.description, href: run.status == .succeeded ? "/?run=\(run.id)" : nil,
                created: Wording.time(run.createdAt), reason: run.reason.map { Wording.shown($0) } ?? "")
        }
        hasRuns = !runs.isEmpty
        let own = "agent:\(agent.id)"
        events = entries.reversed().filter { $0.subject == own || $0.actor == own }.prefix(Self.mostEvents).map { entry in
            Event(
                time: Wording.time(entry.time), act: Wording.shown(entry.act, limit: 60),
                actor: entry.actor == own ? "the agent" : Wording.shown(names[entry.actor] ?? entry.actor, limit: 254),
                detail: Wording.shown(entry.outcome == "ok" ? entry.detail : "\(entry.outcome) \(entry.detail)", limit: 300))
        }
        hasEvents = !events.isEmpty
        mayAct = source.session.allows(.manageAgents) && !agent.revoked
        releases = mayAct && standing.quarantine != nil
        typedName = Self.typedName(agent)
        acts = mayAct ? Self.acts(agent, csrf: source.csrf) : []
        remarks = Self.remarks(detail, message)
    }

    private static func permissions(_ standing: AgentStanding) -> String {
        let denied = standing.missingPermissions.count
        guard let time = standing.permissionsCheckedAt else {
            return denied == 0 ? "not known before its first collection" : "\(Wording.grouped(denied)) denied"
        }
        return "\(denied == 0 ? "nothing" : Wording.grouped(denied)) denied, as of \(Wording.time(time))"
    }

    private static func state(_ certificate: AgentCertificate, _ agent: Agent, at now: Date) -> Pill {
        if certificate.revokedAt != nil { return Pill(kind: "revoked", icon: "cross", word: "Revoked") }
        if now > certificate.notAfter { return Pill(kind: "stale", icon: "clock", word: "Ended") }
        if certificate.supersededAt != nil { return Pill(kind: "informational", icon: "informational", word: "Replaced") }
        if certificate.serial == agent.serial { return Pill(kind: "live", icon: "check", word: "Current") }
        return Pill(kind: "waiting", icon: "clock", word: "Not used yet")
    }

    private static func acts(_ agent: Agent, csrf: String) -> [Act] {
        var acts: [Act] = []
        if !agent.standing.approved {
            acts.append(
                Act(
                    word: "approve", name: "Approve", text: "Its bundles are taken from then on. Look at host and account first.",
                    csrf: csrf))
        }
        acts.append(
            Act(
                word: "rotate", name: "Rotate its key",
                text: agent.standing.renewalWanted == nil
                    ? "It makes a fresh key with its next sign of life; the old one is refused from the new one's first use on."
                    : "Asked for already; it comes with the agent's next sign of life.", csrf: csrf))
        if agent.standing.quarantine == nil {
            acts.append(
                Act(
                    word: "quarantine", name: "Quarantine", text: "It may go on talking; what it sends is kept and not analysed.",
                    csrf: csrf))
        }
        return acts
    }

    private static func remarks(_ detail: FleetService.Detail, _ message: String?) -> [PageFrame.Notice] {
        let agent = detail.agent
        var remarks: [PageFrame.Notice] = []
        if let message { remarks.append(PageFrame.Notice(kind: "bad", heading: "Nothing was done.", text: message)) }
        if let quarantine = agent.standing.quarantine {
            let held = detail.held.isEmpty ? "" : " \(Wording.count(detail.held.count, "bundle is", "bundles are")) held."
            remarks.append(
                PageFrame.Notice(
                    kind: "bad", heading: "Quarantined since \(Wording.time(quarantine.since)).",
                    text: (quarantine.reason == "copiedKey"
                        ? "A certificate that it had put away was shown again: its key is in two places. Enrol it anew, and revoke this one."
                        : "Somebody asked for it.") + held))
        }
        if !agent.standing.approved, !agent.revoked {
            remarks.append(
                PageFrame.Notice(
                    kind: "warn", heading: "Waits for approval.", text: "Its bundles are not taken before that; it keeps them."))
        }
        if let advice = VersionPolicy.advice(agent: agent.version) {
            remarks.append(PageFrame.Notice(kind: "warn", heading: "Version:", text: advice + "."))
        }
        if agent.revoked {
            remarks.append(
                PageFrame.Notice(kind: "bad", heading: "Revoked.", text: "It does not come back; another agent may be enrolled."))
        }
        return remarks
    }
}
