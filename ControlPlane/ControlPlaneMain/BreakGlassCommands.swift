import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import EnrolmentCA
import FoundationEssentials
import Glibc
import WireProtocol

/// What one of the operator's people shows themselves with: never an argument, which others on the machine could read.
private func operatorToken() throws -> Secret<String> {
    guard let token = getenv("CLOUDRYPTION_OPERATOR_TOKEN").map({ String(cString: $0) }), !token.isEmpty else {
        throw ValidationError("CLOUDRYPTION_OPERATOR_TOKEN holds your operator's token; cloudryption-server operator add makes one")
    }
    return Secret(token)
}

/// `cloudryption-server operator`
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "The operator's own people, who belong to no tenant.", subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "add", abstract: "Make somebody known; prints their token once.")
        @OptionGroup var data: DataOption
        @Argument(help: "Name.") var name: String

        func run() async throws {
            let installation = try await Installation(data)
            print(try await installation.operatorServices().access.breakGlass.addOperator(name).expose())
            try await installation.store.close()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Everybody's names.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let installation = try await Installation(data)
            for name in try await installation.operatorServices().access.breakGlass.operators() { print(name) }
            try await installation.store.close()
        }
    }
}

/// `cloudryption-server break-glass`
struct BreakGlassCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "break-glass",
        abstract: "Get into a tenant's data: with a reason, for a time, approved by a second person, visible to the tenant.",
        subcommands: [Ask.self, Approve.self, Open.self, End.self])

    struct VisitArgument: ParsableArguments {
        @Argument(help: "Identifier of the visit.") var visit: String

        func id() throws -> UserID {
            guard let id = UserID(visit) else { throw ValidationError("not the identifier of a visit") }
            return id
        }
    }

    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "request", abstract: "Ask for a visit; prints its identifier.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @Option(help: "Why; the tenant reads it.") var reason: String
        @Option(help: "For how long.") var minutes = 60

        func run() async throws {
            let token = try operatorToken()
            try await data.with(tenant) { services, tenant in
                print(try await services.access.breakGlass.request(tenant.id, reason: reason, minutes: minutes, by: token).id)
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "approve", abstract: "Approve somebody else's visit.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @OptionGroup var visit: VisitArgument

        func run() async throws {
            let token = try operatorToken()
            try await data.with(tenant) { services, tenant in
                _ = try await services.access.breakGlass.approve(try visit.id(), of: tenant.id, by: token)
            }
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Open a visit of yours: writes a profile for the cloudryption command line, 0600.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @OptionGroup var visit: VisitArgument
        @Option(help: ArgumentHelp("Where the profile goes.", valueName: "file")) var cliProfile: String
        @Option(help: ArgumentHelp("Address of the console.", valueName: "url")) var server = "https://localhost:8443"

        func run() async throws {
            let token = try operatorToken()
            let installation = try await Installation(data)
            let services = try installation.operatorServices()
            do {
                let tenant = try await services.tenancy.tenant(named: tenant.name)
                let signedIn = try await services.access.breakGlass.open(try visit.id(), of: tenant.id, by: token)
                let profile = API.Profile(
                    server: server, ca: try installation.authority.current().serving.rootPEM, token: signedIn.token.expose())
                try SafeFile.write(try WireJSON.encode(profile), to: cliProfile, mode: 0o600)
                print("open until \(signedIn.expiresAt.formatted(.iso8601)); the tenant sees it")
            } catch {
                try? await installation.store.close()
                throw error
            }
            try await installation.store.close()
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "end", abstract: "End a visit before its time.")
        @OptionGroup var data: DataOption
        @OptionGroup var tenant: TenantOption
        @OptionGroup var visit: VisitArgument

        func run() async throws {
            try await data.with(tenant) { services, tenant in
                try await services.access.breakGlass.end(try visit.id(), of: tenant.id)
            }
        }
    }
}
