import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import FoundationEssentials
import Glibc
import WireProtocol

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Make, list, suspend, resume, export and delete tenants.",
        subcommands: [Create.self, List.self, Suspend.self, Resume.self, Export.self, Delete.self])

    /// Whom, and why.
    struct Target: ParsableArguments {
        @OptionGroup var data: DataOption
        @Argument(help: "Name or identifier of the tenant.") var tenant: String

        func open() async throws -> (Installation, Tenant, TenantLife) {
            let installation = try await Installation(data)
            return (installation, try await TenantLookup.find(tenant, in: installation.store), installation.tenantLife())
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a tenant with an environment and an admin, whose one-time password is printed once.")
        @OptionGroup var data: DataOption
        @Argument(help: "Name of the tenant.") var name: String
        @Option(help: "Name of the environment.") var environment = "production"
        @Option(help: "The admin's e-mail address.") var admin: String

        func run() async throws {
            let installation = try await Installation(data)
            let wanted = Array(name.utf8)
            guard try await !installation.store.readDirectory({ try $0.tenants() }).contains(where: { Array($0.name.utf8) == wanted })
            else {
                throw StoreError(.conflict, "there is a tenant \(DisplayText.safe(name, limit: 64))")
            }
            let made = try await installation.operatorServices().tenancy.bootstrap(tenant: name, environment: environment, admin: admin)
            try await installation.close()
            print("tenant        \(made.tenant.name) (\(made.tenant.id))")
            print("environment   \(made.environment.name) (\(made.environment.id))")
            print("admin         \(made.admin)")
            if let password = made.oneTimePassword { print("password      \(password.expose())") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the tenants: identifier, state, when it was made, name.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let installation = try await Installation(data)
            for tenant in try await installation.store.readDirectory({ try $0.tenants() }) {
                let state = try await installation.store.read(tenant.id) { try $0.tenantState() }
                print("\(tenant.id)\t\(state.rawValue)\t\(tenant.createdAt.formatted(.iso8601))\t\(DisplayText.safe(tenant.name))")
            }
            try await installation.close()
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuse the tenant's people and agents from their next request on.")
        @OptionGroup var target: Target
        @Option(help: "Why; put on record.") var reason: String

        func run() async throws {
            let (installation, tenant, life) = try await target.open()
            try await life.suspend(tenant, reason: reason)
            try await installation.close()
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a suspended tenant's people and agents in again.")
        @OptionGroup var target: Target
        @Option(help: "Why; put on record.") var reason: String

        func run() async throws {
            let (installation, tenant, life) = try await target.open()
            try await life.resume(tenant, reason: reason)
            try await installation.close()
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write everything of a tenant but secrets to a folder.")
        @OptionGroup var target: Target
        @Option(help: ArgumentHelp("The folder to make.", valueName: "folder")) var out: String

        func run() async throws {
            let (installation, tenant, life) = try await target.open()
            try await life.export(tenant, to: out)
            try await installation.close()
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete everything of a tenant but its audit log, and print the proof.",
            discussion: "There is no way back: export first. The audit log is kept for 365 days at least.")
        @OptionGroup var target: Target
        @Option(help: "Why; put on record.") var reason: String
        @Option(help: ArgumentHelp("The tenant's name or identifier once more.", valueName: "tenant")) var confirm: String
        @Option(help: ArgumentHelp("Also write the proof to a file.", valueName: "file")) var proof: String?

        func run() async throws {
            guard Array(confirm.utf8) == Array(target.tenant.utf8) else {
                throw ValidationError("--confirm: say the tenant once more, exactly as before")
            }
            let (installation, tenant, life) = try await target.open()
            let bytes = try WireJSON.encode(try await life.delete(tenant, reason: reason))
            if let proof { try SafeFile.write(bytes, to: proof, mode: 0o600) }
            try await installation.close()
            print(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension Installation {
    func tenantLife() -> TenantLife {
        TenantLife(store: store, data: data, audit: audit)
    }
}
