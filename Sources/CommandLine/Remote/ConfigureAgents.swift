import ArgumentParser
import Basics
import CloudModel
import HTTPTransport
import WireProtocol

extension Agents {
    /// `cloudryption agents configure`
    struct Configure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "configure", abstract: "What agents have to go by; without an option, shows it.",
            discussion: """
                For one agent, or with --environment for all of one. What is not said stays as it was; --clear forgets all that was set. An agent
                takes only what lies within its own bounds: agents show says what it took.
                """)
        @Argument(help: "Identifier of an agent.") var agent: String?
        @Option(help: "Name or identifier of an environment, for all of its agents.") var environment: String?
        @Option(help: "From one collection to the next: 30m, 6h, 1d.") var every: Seconds?
        @Option(help: "From one sign of life to the next: 60s.") var heartbeat: Seconds?
        @Option(help: "The only regions to read, separated by commas.") var regions: String?
        @Option(help: "The only services to read, separated by commas, as the AWS CLI writes them.") var services: String?
        @Option(help: "Most calls a second, over all services.") var rate: Int?
        @Flag(help: "Forgets what was set before.") var clear = false
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        func validate() throws {
            guard (agent == nil) != (environment == nil) else { throw ValidationError("an agent is needed, or --environment") }
        }

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let path =
                if let agent { Agents.path(agent, "settings") } else {
                    API.Routes.environments + "/" + PercentEncoding.encode(environment ?? "") + "/agent-settings"
                }
            let asked = AgentSettings(
                interval: every?.count, heartbeat: heartbeat?.count, regions: Self.list(regions), services: Self.list(services), rate: rate)
            var body: [UInt8]
            if asked == AgentSettings(), !clear {
                body = try await client.get(path)
            } else {
                let before = clear ? AgentSettings() : try client.decode(API.StoredSettings.self, try await client.get(path)).settings
                body = try await client.act(.put, path, asked.over(before))
            }
            if output == .json { return try ReadingOptions.write(body) }
            let stored = try client.decode(API.StoredSettings.self, body)
            let settings = stored.settings
            for (name, value) in [
                ("every", settings.interval.map { "\($0) s" }), ("heartbeat", settings.heartbeat.map { "\($0) s" }),
                ("regions", settings.regions?.joined(separator: " ")), ("services", settings.services?.joined(separator: " ")),
                ("rate", settings.rate.map { "\($0) calls a second" }), ("version", stored.version.map { "\($0)" }),
                ("changed", stored.changedAt),
            ] {
                Terminal.print(name + String(repeating: " ", count: max(1, 22 - name.utf8.count)) + DisplayText.safe(value ?? "-"))
            }
        }

        private static func list(_ text: String?) -> [String]? {
            text.map { $0.split(separator: ",").map { String($0.filter { $0 != " " }) } }
        }
    }

    /// A time such as `90s`, `30m`, `6h`, `1d`.
    struct Seconds: ExpressibleByArgument {
        var count: Int
        init?(argument: String) {
            let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            guard let unit = argument.last.flatMap({ units[$0] }), let number = Int(argument.dropLast()), (1...1_000_000).contains(number)
            else { return nil }
            count = number * unit
        }
    }
}
