import ArgumentParser
import Basics
import HTTPTransport
import WireProtocol

/// `cloudryption whoami`
struct WhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "whoami", abstract: "Who you are here, and what you may do.")
    @Option(help: "How to write: table or json.") var output: OutputForm = .table

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let body = try await client.get(API.Routes.me)
        if output == .json { return try ReadingOptions.write(body) }
        let caller = try client.decode(API.Caller.self, body)
        for (name, value) in [
            ("user       ", caller.email), ("role       ", caller.role), ("tenant     ", caller.tenantName),
            (
                "may        ",
                caller.permissions.isEmpty ? "nothing before the second factor is there" : caller.permissions.joined(separator: " ")
            ),
            ("where      ", caller.environments.map { $0.map(\.description).joined(separator: " ") } ?? "all environments"),
        ] { Terminal.print(name + DisplayText.safe(value)) }
        if caller.stage == "enrolment" { Terminal.error("Your role needs a second factor: cloudryption mfa enrol") }
    }
}

/// `cloudryption users`
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "People and service accounts.",
        subcommands: [List.self, Show.self, Create.self, Change.self, ResetFactors.self, ResetPassword.self], defaultSubcommand: List.self)

    static func table(_ users: [API.User]) {
        Table(
            columns: [
                .init("user"), .init("role"), .init("state"), .init("second factor"), .init("sessions", isNumber: true),
                .init("identifier"),
            ],
            rows: users.map { user in
                [
                    .init(user.email), .init(user.role), .init(user.enabled ? "enabled" : "disabled", colour: user.enabled ? "32" : "33"),
                    .init(user.secondFactor ? "yes" : "no"), .init(String(user.openSessions)), .init(user.id.description),
                ]
            }
        ).show()
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Everybody.")
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            if output == .json { return try ReadingOptions.write(try await client.get(API.Routes.users)) }
            Users.table(try await client.all(API.User.self, API.Routes.users))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "One of them.")
        @Argument(help: "Address or identifier.") var user: String
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.get(API.Routes.user(user))
            if output == .json { return try ReadingOptions.write(body) }
            Users.table([try client.decode(API.User.self, body)])
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a person, whose one-time password is printed once, or a service account.")
        @Argument(help: "Address.") var email: String
        @Option(help: "Role: cloudryption roles lists them.") var role: String
        @Option(help: ArgumentHelp("Only in this environment; may be repeated.", valueName: "name")) var environment: [String] = []
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let wish = API.NewUser(email: email, role: role, environments: try await client.environments(environment))
            let body = try await client.act(.post, API.Routes.users, wish)
            if output == .json { return try ReadingOptions.write(body) }
            let made = try client.decode(API.MadeUser.self, body)
            Terminal.print("user      \(DisplayText.safe(made.user.email, limit: 254)) (\(made.user.id))")
            if let password = made.oneTimePassword { Terminal.print("password  \(DisplayText.safe(password, limit: 80))") }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "change", abstract: "Change a role, where it counts, or whether somebody may come in.")
        @Argument(help: "Address or identifier.") var user: String
        @Option(help: "The role from now on.") var role: String?
        @Option(help: ArgumentHelp("Only in this environment; may be repeated.", valueName: "name")) var environment: [String] = []
        @Flag(help: "In all environments.") var everywhere = false
        @Flag(help: "Let them in no more.") var disable = false
        @Flag(help: "Let them in again.") var enable = false

        mutating func validate() throws {
            if enable, disable { throw ValidationError("--enable and --disable: give one of them") }
            if everywhere, !environment.isEmpty { throw ValidationError("--everywhere and --environment: give one of them") }
            if role == nil, environment.isEmpty, !everywhere, !enable, !disable { throw ValidationError("say what to change") }
        }

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let wish = API.UserChange(
                role: role, environments: try await client.environments(environment), everywhere: everywhere ? true : nil,
                enabled: enable ? true : disable ? false : nil)
            Users.table([try client.decode(API.User.self, try await client.act(.patch, API.Routes.user(user), wish))])
        }
    }

    struct ResetFactors: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-mfa", abstract: "Drop every second factor of somebody who lost theirs.")
        @Argument(help: "Address or identifier.") var user: String

        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.post, API.Routes.user(user) + "/reset-second-factors")
            Terminal.note("Done: the next sign-in enrols anew.")
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password", abstract: "A one-time password for somebody who forgot theirs.")
        @Argument(help: "Address or identifier.") var user: String

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.act(.post, API.Routes.user(user) + "/reset-password")
            Terminal.print(DisplayText.safe(try client.decode(API.OneTimePassword.self, body).oneTimePassword, limit: 80))
        }
    }
}

extension APIClient {
    /// The identifiers of environments that are named; `nil` for none named.
    func environments(_ names: [String]) async throws -> [EnvironmentID]? {
        guard !names.isEmpty else { return nil }
        let all = try await self.all(API.Environment.self, API.Routes.environments)
        return try names.map { name in
            guard
                let found = all.first(where: {
                    Array($0.name.utf8) == Array(name.utf8) || Array($0.id.description.utf8) == Array(name.utf8)
                })
            else { throw Ending.failure("there is no environment \(DisplayText.safe(name, limit: 64))") }
            return found.id
        }
    }
}

/// `cloudryption roles`
struct Roles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What each role allows.")
    @Option(help: "How to write: table or json.") var output: OutputForm = .table

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        let body = try await client.get(API.Routes.roles)
        if output == .json { return try ReadingOptions.write(body) }
        Table(
            columns: [.init("role"), .init("second factor"), .init("allows")],
            rows: try client.decode(API.List<API.Role>.self, body).data.map {
                [.init($0.role), .init($0.needsSecondFactor ? "required" : "may"), .init($0.permissions.joined(separator: " "))]
            }
        ).show()
    }
}

/// `cloudryption sessions`
struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open sessions.", subcommands: [List.self, End.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Yours, or everybody's.")
        @Flag(help: "Everybody's.") var everybody = false
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.get(API.Routes.sessions, [("everybody", everybody ? "true" : nil)])
            if output == .json { return try ReadingOptions.write(body) }
            Table(
                columns: [.init("session"), .init("user"), .init("opened by"), .init("from"), .init("last used"), .init("ends")],
                rows: try client.decode(API.List<API.OpenSession>.self, body).data.map {
                    [
                        .init($0.id.description + ($0.current ? " (this one)" : "")), .init($0.user.description), .init($0.proof),
                        .init($0.source), .init(Figure.time($0.lastUsed)), .init(Figure.time($0.expiresAt)),
                    ]
                }
            ).show()
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "end", abstract: "End one.")
        @Argument(help: "Identifier.") var session: String

        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.delete, API.Routes.sessions + "/" + session)
            Terminal.note("Ended.")
        }
    }
}
