import ArgumentParser
import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport
import WireProtocol

/// `cloudryption enrolment`
struct EnrolmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrolment", abstract: "How agents get in: one-time tokens, rules, and what is shut out.",
        subcommands: [TokenList.self, RuleList.self, Locks.self])

    /// `cloudryption enrolment tokens`
    struct TokenList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tokens", abstract: "One-time tokens.", subcommands: [List.self, Create.self, Expire.self],
            defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "list", abstract: "All, newest first.")
            @Option(help: "How to write: table or json.") var output: OutputForm = .table
            mutating func run() async throws {
                let client = try APIClient.signedIn()
                if output == .json { return try ReadingOptions.write(try await client.get(API.Routes.enrolmentTokens)) }
                Table(
                    columns: [.init("token"), .init("environment"), .init("state"), .init("ends"), .init("agent")],
                    rows: try await client.all(API.ListedToken.self, API.Routes.enrolmentTokens).map {
                        [
                            .init($0.name), .init($0.environment.description), .init($0.state), .init(Figure.time($0.expiresAt)),
                            .init($0.usedBy?.description ?? ""),
                        ]
                    }
                ).show()
            }
        }

        struct Create: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "create", abstract: "Make one; it is printed once.")
            @Argument(help: "Name or identifier of the environment.") var environment: String
            @Option(help: "Only for an agent that says that it reads this account.") var account: String?
            @Option(help: "Only for hosts whose names fit, with * for any run of characters.") var host: String?
            @Flag(help: "Somebody has to approve the agent before it is live.") var approval = false
            @Option(help: "For this agent to enrol again under its own name.") var agent: String?
            @Option(help: "How to write: table or json.") var output: OutputForm = .table
            mutating func run() async throws {
                let client = try APIClient.signedIn()
                let wish = API.EnrolmentTokenRequest(
                    environment: environment, account: account, host: host, needsApproval: approval ? true : nil, agent: agent)
                let body = try await client.act(.post, API.Routes.enrolmentTokens, wish)
                if output == .json { return try ReadingOptions.write(body) }
                let made = try client.decode(API.EnrolmentToken.self, body)
                Terminal.print(DisplayText.safe(made.token, limit: 100))
                Terminal.note(
                    "Good once, until \(Figure.time(made.expiresAt)). Where the agent will live: \(DisplayText.safe(made.command))")
            }
        }

        struct Expire: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "expire", abstract: "End one that was not used.")
            @Argument(help: "Its name in the list.") var token: String
            mutating func run() async throws {
                _ = try await APIClient.signedIn().act(.delete, API.Routes.enrolmentTokens + "/" + PercentEncoding.encode(token))
                Terminal.note("Ended.")
            }
        }
    }

    /// `cloudryption enrolment rules`
    struct RuleList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rules", abstract: "Rules by which agents enrol without a token.",
            subcommands: [List.self, Create.self, Delete.self], defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "list", abstract: "All, oldest first.")
            @Option(help: "How to write: table or json.") var output: OutputForm = .table
            mutating func run() async throws {
                let client = try APIClient.signedIn()
                if output == .json { return try ReadingOptions.write(try await client.get(API.Routes.enrolmentRules)) }
                Table(
                    columns: [.init("rule"), .init("environment"), .init("method"), .init("who"), .init("audience"), .init("approval")],
                    rows: try await client.all(API.EnrolmentRule.self, API.Routes.enrolmentRules).map {
                        [
                            .init($0.id.description), .init($0.environment.description), .init($0.method),
                            .init((($0.issuer.map { [$0] } ?? []) + ($0.roles ?? $0.subjects ?? [])).joined(separator: " ")),
                            .init($0.audience ?? ""), .init($0.needsApproval ? "yes" : ""),
                        ]
                    }
                ).show()
            }
        }

        struct Create: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "create", abstract: "Make one.")
            @Argument(help: "Name or identifier of the environment.") var environment: String
            @Option(help: "aws-iam or oidc.") var method: String
            @Option(help: ArgumentHelp("aws-iam: arn:aws:iam::ACCOUNT:role/NAME; may be repeated.", valueName: "arn")) var role: [String] =
                []
            @Option(help: "oidc: the issuer, as tokens carry it.") var issuer: String?
            @Option(help: "oidc: for whom tokens have to be made.") var audience: String?
            @Option(help: ArgumentHelp("oidc: a pattern of sub; may be repeated.", valueName: "pattern")) var subject: [String] = []
            @Option(help: ArgumentHelp("oidc: a pattern of another claim; may be repeated.", valueName: "name=pattern")) var claim:
                [String] = []
            @Option(help: ArgumentHelp("oidc: the issuer's keys, for one that the server cannot reach.", valueName: "file")) var keys:
                String?
            @Flag(help: "Somebody has to approve each agent before it is live.") var approval = false
            @Option(help: "How to write: table or json.") var output: OutputForm = .table
            mutating func run() async throws {
                var claims: [String: String] = [:]
                for text in claim {
                    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    guard parts.count == 2 else { throw ValidationError("--claim: NAME=PATTERN") }
                    claims[String(parts[0])] = String(parts[1])
                }
                let set = try keys.map { String(decoding: try SafeFile.read($0, limit: 256 << 10), as: UTF8.self) }
                let client = try APIClient.signedIn()
                let wish = API.NewEnrolmentRule(
                    environment: environment, method: method, roles: role.isEmpty ? nil : role, issuer: issuer, audience: audience,
                    subjects: subject.isEmpty ? nil : subject, claims: claims.isEmpty ? nil : claims, keys: set,
                    needsApproval: approval ? true : nil)
                let body = try await client.act(.post, API.Routes.enrolmentRules, wish)
                if output == .json { return try ReadingOptions.write(body) }
                let rule = try client.decode(API.EnrolmentRule.self, body)
                Terminal.print(rule.id.description)
                if let audience = rule.audience { Terminal.note("Tokens have to be made for \(DisplayText.safe(audience)).") }
            }
        }

        struct Delete: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "delete", abstract: "Drop one. Agents that came by it stay: lock grant rule:ID shuts them out.")
            @Argument(help: "Identifier.") var rule: String
            mutating func run() async throws {
                _ = try await APIClient.signedIn().act(.delete, API.Routes.enrolmentRules + "/" + PercentEncoding.encode(rule))
                Terminal.note("Dropped.")
            }
        }
    }

    /// `cloudryption enrolment locks`
    struct Locks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "locks", abstract: "What is shut out: holds from the next request on.",
            subcommands: [List.self, Set.self, Lift.self], defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "list", abstract: "All.")
            @Option(help: "How to write: table or json.") var output: OutputForm = .table
            mutating func run() async throws {
                let client = try APIClient.signedIn()
                if output == .json { return try ReadingOptions.write(try await client.get(API.Routes.locks)) }
                Table(
                    columns: [.init("kind"), .init("subject"), .init("since")],
                    rows: try await client.all(API.Lock.self, API.Routes.locks).map {
                        [.init($0.kind), .init($0.subject), .init(Figure.time($0.since))]
                    }
                ).show()
            }
        }

        struct Set: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "set", abstract: "Shut something out.")
            @Argument(help: "tenant, environment, agent, grant or serial.") var kind: String
            @Argument(help: "Identifier, token:NAME, rule:ID, or serial number; anything for the tenant.") var subject: String
            mutating func run() async throws {
                _ = try await APIClient.signedIn().act(.post, API.Routes.locks, API.Lock(kind: kind, subject: subject))
                Terminal.note("Shut out.")
            }
        }

        struct Lift: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "lift", abstract: "Let it in again; not a certificate.")
            @Argument(help: "tenant, environment, agent or grant.") var kind: String
            @Argument(help: "As when it was shut out.") var subject: String
            mutating func run() async throws {
                let path = "\(API.Routes.locks)/\(PercentEncoding.encode(kind))/\(PercentEncoding.encode(subject))"
                _ = try await APIClient.signedIn().act(.delete, path)
                Terminal.note("Let in again.")
            }
        }
    }
}
