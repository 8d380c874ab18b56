import ArgumentParser
import Basics
import CloudModel
import HTTPTransport
import WireProtocol

/// Which agent a command is about.
struct AgentArgument: ParsableArguments {
    @Argument(help: "Identifier.") var agent: String

    /// Does what the API calls `word`, and says so.
    func act(_ word: String, _ done: String) async throws {
        _ = try await APIClient.signedIn().act(.post, Agents.path(agent, word))
        Terminal.note(done)
    }
}

/// `cloudryption agents`
struct Agents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The agents: how they are, and what to do about them.",
        subcommands: [
            List.self, Show.self, Approve.self, Rotate.self, Quarantine.self, Release.self, Revoke.self, Configure.self,
        ], defaultSubcommand: List.self)

    static func path(_ agent: String, _ word: String? = nil) -> String {
        API.Routes.agents + "/" + PercentEncoding.encode(agent) + (word.map { "/" + $0 } ?? "")
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "All, oldest first.")
        @OptionGroup var options: ReadingOptions

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.get(API.Routes.agents, options.query)
            if options.output == .json { return try options.json(body) }
            let agents = try client.decode(API.List<API.Agent>.self, body).data
            guard !agents.isEmpty else { return Terminal.note("No agent yet. The console's page Agents makes an enrolment token.") }
            Table(
                columns: [
                    .init("agent"), .init("state"), .init("host"), .init("last seen"), .init("certificate ends"), .init("version"),
                    .init("spool", isNumber: true), .init("last error"),
                ],
                rows: agents.map { agent in
                    [
                        .init(agent.id.description), .init(agent.state, colour: agent.live ? "32" : "33"), .init(agent.hostname),
                        .init(Figure.time(agent.lastSeen)), .init(Figure.time(agent.certificateEnds)), .init(agent.version),
                        .init(String(agent.spoolDepth ?? 0)), .init(agent.lastError ?? ""),
                    ]
                }
            ).show()
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "One agent with its certificates.")
        @Argument(help: "Identifier.") var agent: String
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.get(Agents.path(agent, "credentials"))
            if output == .json { return try ReadingOptions.write(body) }
            let detail = try client.decode(API.AgentDetail.self, body)
            for (name, value) in [
                ("agent", detail.agent.id.description), ("condition", detail.condition), ("host", detail.agent.hostname),
                ("version", detail.agent.version), ("epoch", "\(detail.epoch)"), ("method", detail.method), ("grant", detail.grant ?? "-"),
                ("account", detail.account ?? "-"), ("quarantine", detail.quarantine ?? "-"),
                ("clock skew", detail.clockSkew.map { "\($0) s" } ?? "-"), ("held bundles", "\(detail.held.count)"),
                ("settings", Self.settings(detail)),
                ("missing permissions", Self.missing(detail)),
            ] {
                Terminal.print(name + String(repeating: " ", count: max(1, 22 - name.utf8.count)) + DisplayText.safe(value))
            }
            Table(
                columns: [
                    .init("serial"), .init("epoch", isNumber: true), .init("issued"), .init("ends"), .init("first used"), .init("replaced"),
                    .init("revoked"),
                ],
                rows: detail.certificates.map {
                    [
                        .init($0.serial), .init("\($0.epoch)"), .init(Figure.time($0.issuedAt)), .init(Figure.time($0.notAfter)),
                        .init(Figure.time($0.firstUsedAt)), .init(Figure.time($0.supersededAt)), .init(Figure.time($0.revokedAt)),
                    ]
                }
            ).show()
        }

        /// Which version of its settings the agent has to go by, and what it made of it.
        private static func settings(_ detail: API.AgentDetail) -> String {
            guard let wanted = detail.settingsVersion else { return "-" }
            let held = detail.configuration
            if held?.version == wanted { return "version \(wanted), taken" }
            if held?.refused == wanted { return "version \(wanted), not taken: \(held?.code ?? "")" }
            return "version \(wanted), not heard of yet"
        }

        /// What was denied; that nothing was is said only when the agent said so.
        private static func missing(_ detail: API.AgentDetail) -> String {
            guard detail.missingPermissions.isEmpty else { return detail.missingPermissions.joined(separator: " ") }
            return detail.permissionsCheckedAt == nil ? "not known" : "none"
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "approve", abstract: "Let an agent be live that has to be approved.")
        @OptionGroup var target: AgentArgument
        mutating func run() async throws { try await target.act("approve", "Approved: its bundles are taken from now on.") }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rotate", abstract: "Ask an agent for a fresh key.")
        @OptionGroup var target: AgentArgument
        mutating func run() async throws { try await target.act("rotate", "Asked for: it comes with the agent's next sign of life.") }
    }

    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "quarantine", abstract: "Have an agent's bundles held.")
        @OptionGroup var target: AgentArgument
        mutating func run() async throws { try await target.act("quarantine", "Quarantined: what it sends is kept, and not analysed.") }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "release", abstract: "End a quarantine.")
        @Argument(help: "Identifier.") var agent: String
        @Flag(help: "What was held is not analysed.") var discard = false
        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.post, Agents.path(agent, "release"), API.ReleaseRequest(discard: discard))
            Terminal.note(discard ? "Released: what was held stays unanalysed." : "Released: what was held is analysed now.")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Shut an agent out for good; holds from its next request on.")
        @Argument(help: "Identifier.") var agent: String
        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.delete, Agents.path(agent))
            Terminal.note("Revoked.")
        }
    }
}
