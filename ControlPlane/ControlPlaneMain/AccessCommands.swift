public import ArgumentParser
import Basics
public import ControlPlaneCore
import ControlPlaneStore
import FoundationEssentials
import WireProtocol

/// Which tenant an operator's command is about.
struct TenantOption: ParsableArguments {
    @Option(name: .customLong("tenant"), help: "Name or identifier of the tenant; may be left out when there is one.") var name: String?
}

extension DataOption {
    /// Runs `body` with the services and the tenant that is meant, and closes the database whatever happens.
    func with(_ tenant: TenantOption, _ body: (ControlPlaneServices, Tenant) async throws -> Void) async throws {
        let installation = try await Installation(self)
        let services = try installation.operatorServices()
        do {
            try await body(services, try await services.tenancy.tenant(named: tenant.name))
        } catch {
            try? await installation.store.close()
            throw error
        }
        try await installation.store.close()
    }
}

/// Whom an operator's command is about.
struct PersonArgument: ParsableArguments {
    @OptionGroup var data: DataOption
    @OptionGroup var tenant: TenantOption
    @Argument(help: "Address or identifier.") var user: String

    /// Does something about them, as the operator.
    func act(_ body: (PeopleService, String, PeopleService.Actor) async throws -> Void) async throws {
        try await data.with(tenant) { services, tenant in try await body(services.access.people, user, .operator(tenant.id)) }
    }
}

/// One JSON object or list, for programs.
private func printJSON(_ value: some Encodable) throws {
    print(String(decoding: try WireJSON.encode(value), as: UTF8.self))
}

extension Role: ExpressibleByArgument {}
extension Permission: ExpressibleByArgument {}

/// `cloudryption-server user`
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "A tenant's people, as the operator. On record in the tenant's log.",
        subcommands: [List.self, Create.self, Disable.self, Enable.self, ResetFactors.self, ResetPassword.self])

    struct Line: Encodable {
        var id: String
        var email: String
        var role: String
        var enabled: Bool
        var secondFactor: Bool
        /// Whether the password was given out once and has to be changed at the next sign-in.
        var mustChangePassword: Bool
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Everybody, by address.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @Flag(help: "Print one JSON list.") var json = false

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                let people = try await services.access.people.people(for: .operator(tenant.id))
                let lines = people.map {
                    Line(
                        id: $0.user.id.description, email: $0.user.email, role: $0.user.role.rawValue, enabled: $0.user.disabledAt == nil,
                        secondFactor: $0.hasSecondFactor, mustChangePassword: $0.user.mustChangePassword)
                }
                if json { return try printJSON(lines) }
                for line in lines {
                    print(
                        "\(line.email)  \(line.role)  \(line.enabled ? "enabled" : "disabled")  "
                            + "\(line.secondFactor ? "second factor" : "no second factor")  \(line.id)")
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a person, whose one-time password is printed once, or a service account.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @Option(help: "E-mail address.") var email: String
        @Option(help: "Role: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).") var role: Role = .viewer
        @Flag(help: "Print one JSON object.") var json = false

        private struct Made: Encodable {
            var id: String
            var email: String
            var role: String
            var oneTimePassword: String?
        }

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                let made = try await services.access.people.create(
                    email: email, role: role, environments: .all, by: .operator(tenant.id))
                let answer = Made(
                    id: made.user.id.description, email: made.user.email, role: role.rawValue,
                    oneTimePassword: made.oneTimePassword?.expose())
                if json { return try printJSON(answer) }
                print("user      \(answer.email) (\(answer.id))")
                if let password = answer.oneTimePassword {
                    print("password  \(password)   (once; they choose their own when they sign in)")
                }
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "disable", abstract: "Let somebody in no more; their sessions end.")
        @OptionGroup var person: PersonArgument

        func run() async throws { try await person.act { _ = try await $0.change($1, .init(isEnabled: false), by: $2) } }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let somebody in again.")
        @OptionGroup var person: PersonArgument

        func run() async throws { try await person.act { _ = try await $0.change($1, .init(isEnabled: true), by: $2) } }
    }

    struct ResetFactors: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-mfa", abstract: "Drop every second factor of somebody who lost theirs; their sessions end.")
        @OptionGroup var person: PersonArgument

        func run() async throws { try await person.act { try await $0.resetSecondFactors(of: $1, by: $2) } }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password", abstract: "Print a one-time password for somebody who forgot theirs.")
        @OptionGroup var person: PersonArgument

        func run() async throws { try await person.act { print(try await $0.resetPassword(of: $1, by: $2).expose()) } }
    }
}

/// `cloudryption-server role`
struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles: what each allows, and who has which.", subcommands: [List.self, Set.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "What each role allows.")

        func run() throws {
            for role in Role.allCases {
                print("\(role.rawValue)  \(Permission.allCases.filter(role.allows).map(\.rawValue).joined(separator: " "))")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Give somebody a role; their sessions end.")
        @OptionGroup var person: PersonArgument
        @Argument(help: "The role.") var role: Role

        func run() async throws { try await person.act { _ = try await $0.change($1, .init(role: role), by: $2) } }
    }
}

/// `cloudryption-server token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "API tokens of a tenant's service accounts.", subcommands: [List.self, Create.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "All, newest first.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                for token in try await services.access.tokens.tokens(for: .operator(tenant.id)) {
                    let state = token.revokedAt == nil ? "ends \(token.expiresAt.formatted(.iso8601))" : "revoked"
                    print("\(token.id)  \(token.name)  \(token.scopes.map(\.rawValue).sorted().joined(separator: ","))  \(state)")
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make one; its secret is printed once.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @Option(help: "The service account, by address or identifier.") var account: String
        @Option(help: "What it is for.") var name: String
        @Option(help: "What it may do; may be repeated.") var scope: [Permission] = []
        @Option(help: "How many days it lives, 1 to 366.") var days = 90

        mutating func validate() throws {
            guard (1...366).contains(days) else { throw ValidationError("--days: 1 to 366") }
        }

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                let made = try await services.access.tokens.create(
                    .init(
                        account: account, name: name, scopes: scope.isEmpty ? [.readResults, .readAgents] : Swift.Set(scope),
                        environments: .all, life: TimeInterval(days) * 86400), by: .operator(tenant.id))
                print(made.secret.expose())
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Make one worthless.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @Argument(help: "Identifier.") var token: String

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                try await services.access.tokens.revoke(token, by: .operator(tenant.id))
            }
        }
    }
}
