import ArgumentParser
import Basics
import HTTPTransport
import WireProtocol

/// `cloudryption tokens`
struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "API tokens of service accounts.", subcommands: [List.self, Create.self, Revoke.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "All, newest first.")
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            if output == .json { return try ReadingOptions.write(try await client.get(API.Routes.tokens)) }
            Table(
                columns: [.init("token"), .init("name"), .init("scopes"), .init("ends"), .init("last used"), .init("state")],
                rows: try await client.all(API.Token.self, API.Routes.tokens).map {
                    [
                        .init($0.id.description), .init($0.name), .init($0.scopes.joined(separator: " ")), .init(Figure.time($0.expiresAt)),
                        .init(Figure.time($0.lastUsed)), .init($0.revokedAt == nil ? "" : "revoked"),
                    ]
                }
            ).show()
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make one; its secret is printed once.")
        @Argument(help: "What it is for.") var name: String
        @Option(help: "The service account: cloudryption users create EMAIL --role serviceAccount makes one.") var account: String
        @Option(help: ArgumentHelp("What it may do; may be repeated.", valueName: "permission")) var scope: [String] = []
        @Option(help: ArgumentHelp("Only in this environment; may be repeated.", valueName: "name")) var environment: [String] = []
        @Option(help: "How many days it lives, 1 to 366.") var days = 90
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let wish = API.NewToken(
                account: account, name: name, scopes: scope.isEmpty ? ["readResults", "readAgents"] : scope,
                environments: try await client.environments(environment), days: days)
            let body = try await client.act(.post, API.Routes.tokens, wish)
            if output == .json { return try ReadingOptions.write(body) }
            Terminal.print(DisplayText.safe(try client.decode(API.MadeToken.self, body).secret, limit: 100))
            Terminal.note("Shown once. Programs send it as: Authorization: Bearer …")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Make one worthless.")
        @Argument(help: "Identifier.") var token: String

        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.delete, API.Routes.tokens + "/" + token)
            Terminal.note("Revoked.")
        }
    }
}

/// `cloudryption audit list`
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The audit log, oldest first.")
    @Option(help: "Show at most so many.") var limit: Int?
    @Option(help: "How to write: table or json.") var output: OutputForm = .table

    mutating func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is a number from 1") }
    }

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        if output == .json {
            return try ReadingOptions.write(
                try await client.get(API.Routes.audit, [("limit", limit.map { String(min($0, 1000)) } ?? "1000")]))
        }
        let entries = try await client.all(API.AuditEntry.self, API.Routes.audit, [("limit", "1000")])
        Table(
            columns: [
                .init("entry", isNumber: true), .init("time"), .init("who"), .init("act"), .init("on"), .init("outcome"), .init("detail"),
            ],
            rows: entries.prefix(limit ?? .max).map {
                [
                    .init(String($0.index)), .init(Figure.time($0.time)), .init($0.actor), .init($0.act), .init($0.subject),
                    .init($0.outcome),
                    .init($0.detail),
                ]
            }
        ).show()
    }
}
