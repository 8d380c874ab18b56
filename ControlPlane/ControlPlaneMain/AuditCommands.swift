import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import FoundationEssentials
import Glibc

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and export audit logs.",
        discussion: "An export is checked with `cloudryption audit verify`, without a server and with nothing but the key.",
        subcommands: [Key.self, List.self, Export.self, Purge.self])

    /// Which log.
    struct Choice: ParsableArguments {
        @OptionGroup var data: DataOption
        @Option(help: "Name or identifier of the tenant; may be left out when there is one.") var tenant: String?
        @Flag(help: "The operator's own log, of acts that belong to no tenant.") var `operator` = false

        func validate() throws {
            guard tenant == nil || !`operator` else { throw ValidationError("--tenant or --operator, not both") }
        }

        func chosen(_ store: any InstalledStore) async throws -> TenantID {
            if `operator` { return Tenant.operator.id }
            return try await TenantLookup.find(tenant, in: store).id
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the public key of a log.")
        @OptionGroup var choice: Choice

        func run() async throws {
            let installation = try await Installation(choice.data)
            print(installation.audit.key(of: try await choice.chosen(installation.store)))
            try await installation.close()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a log, one entry a line.")
        @OptionGroup var choice: Choice
        @Option(help: ArgumentHelp("Begin after this entry.", valueName: "number")) var after: UInt64 = 0

        func run() async throws {
            let installation = try await Installation(choice.data)
            let tenant = try await choice.chosen(installation.store)
            var place = after
            while true {
                let from = place
                let page = try await installation.store.read(tenant) { try $0.auditEntries(after: from, limit: 1000) }
                for entry in page {
                    let fields = [entry.actor, entry.act, entry.subject, entry.outcome, entry.detail].map {
                        DisplayText.safe($0, limit: 500)
                    }
                    print("\(entry.index)\t\(entry.time.formatted(.iso8601))\t\(fields.joined(separator: "\t"))")
                }
                guard let last = page.last else { break }
                place = last.index
            }
            try await installation.close()
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a log to a file that proves itself.")
        @OptionGroup var choice: Choice
        @Option(help: ArgumentHelp("Begin after this entry.", valueName: "number")) var after: UInt64 = 0
        @Option(help: ArgumentHelp("The file, 0600.", valueName: "file")) var out: String

        func run() async throws {
            let installation = try await Installation(choice.data)
            let tenant = try await choice.chosen(installation.store)
            let bytes = try await installation.audit.file(of: tenant, after: after)
            try SafeFile.write(bytes, to: out, mode: 0o600)
            try await installation.close()
        }
    }
}

extension Audit {
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop entries that are older than a day in the past; refused within 365 days.",
            discussion: "The tree over the log keeps every entry's hash, so that what is left can still be proven: export it with --after.")
        @OptionGroup var choice: Choice
        @Option(help: ArgumentHelp("Entries before this day, UTC, go.", valueName: "yyyy-mm-dd")) var before: String

        func run() async throws {
            guard let day = try? Date(before + "T00:00:00Z", strategy: .iso8601) else { throw ValidationError("--before: not YYYY-MM-DD") }
            let installation = try await Installation(choice.data)
            let chosen = try await choice.chosen(installation.store)
            let tenant = try await installation.store.read(chosen) { try $0.tenant() }
            let purged = try await installation.tenantLife().purgeAudit(of: tenant, before: day)
            try await installation.close()
            print("\(purged) entries dropped")
        }
    }
}

/// Finds a tenant by what an operator calls it.
enum TenantLookup {
    static func find(_ name: String?, in store: any InstalledStore) async throws -> Tenant {
        let tenants = try await store.readDirectory { try $0.tenants() }
        guard let name else {
            guard let first = tenants.first, tenants.count == 1 else {
                throw StoreError(.notFound, tenants.isEmpty ? "there is no tenant yet: bootstrap first" : "say which --tenant")
            }
            return first
        }
        // Also one that is in no list any more: its log is kept.
        if let id = TenantID(name) { return try await store.read(id) { try $0.tenant() } }
        let wanted = Array(name.utf8)
        guard let found = tenants.first(where: { Array($0.name.utf8) == wanted }) else {
            throw StoreError(.notFound, "there is no tenant \(DisplayText.safe(name, limit: 64))")
        }
        return found
    }
}
