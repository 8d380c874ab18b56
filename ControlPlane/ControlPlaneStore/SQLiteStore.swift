public import Basics
public import ControlPlaneCore
public import FoundationEssentials
public import SQLDatabase

/// The control plane's tables in SQLite: one file for the directory, one for each tenant. What belongs to a tenant is in no other file.
///
/// Two files cannot be changed as one. A row that something must find before the tenant is known is noted in the directory *before* the
/// tenant's transaction ends, and what must no longer be found is dropped *after* it: a crash in between leaves a note that leads to a
/// tenant whose own file knows nothing of it, which is an ordinary "not found". ``sweep(now:)`` removes such notes.
public struct SQLiteStore: InstalledStore {
    private let directory: SQLiteDatabase
    private let files: TenantFiles
    private let fresh = FreshEntries()

    /// Opens the directory's file, brings it to this program's version, and finds tenants' files in `folder`.
    ///
    /// - Throws: ``StoreError``.
    public init(path: String, tenants folder: String, now: Date) throws {
        let opened = try codedNow {
            let directory = try SQLiteDatabase(path: path)
            let files = TenantFiles(folder: folder, now: now)
            if try directory.readNow({ try SingleFileUpgrade.isNeeded($0) }) {
                try SingleFileUpgrade.run(directory, path: path, files: files, now: now)
            }
            try Migrations.apply(to: directory, .directory, now: now.microseconds)
            if !files.exists(Tenant.operator.id) {
                // Another program may be faster.
                do { _ = try files.make(.operator) } catch let error as SQLError where error.code == .constraint {}
            }
            return (directory, files)
        }
        (directory, files) = opened
    }

    /// The file of one tenant, for operators' tools and tests.
    public func file(of tenant: TenantID) throws -> SQLiteDatabase { try codedNow { try files.database(of: tenant) } }
    /// The directory's file, for operators' tools and tests.
    public var directoryFile: SQLiteDatabase { directory }

    /// Brings every tenant's file to this program's version; without it that happens when a file is first used.
    public func migrate() async throws -> (from: Int, to: Int) {
        var oldest = Migrations.newest
        for tenant in try await readDirectory({ try $0.tenants() }) {
            oldest = min(oldest, try codedNow { try files.migrate(tenant.id) })
        }
        return (oldest, Migrations.newest)
    }

    /// Closes every file. Nothing may be asked afterwards.
    public func close() async throws {
        try codedNow {
            try files.close()
            try directory.close()
        }
    }

    /// Reads the tables that belong to no tenant.
    public func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T {
        try await coded {
            try await directory.read { connection in
                try body(
                    DirectoryTables(connection: connection) { tenant, look in try files.database(of: tenant).readNow { try look($0) } })
            }
        }
    }

    /// Changes the tables that belong to no tenant.
    public func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T {
        try await coded {
            try await directory.write { connection in
                try body(
                    WritableDirectoryTables(connection: connection) { tenant, look in
                        try files.database(of: tenant).readNow { try look($0) }
                    })
            }
        }
    }

    /// Reads one tenant's tables.
    public func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T {
        try await coded { try await files.database(of: tenant).read { try body(ReadableTenantTables(tenantID: tenant, reading: $0)) } }
    }

    /// Changes one tenant's tables.
    public func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        try await coded { try await write(tenant, in: files.database(of: tenant), body) }
    }

    private func write<T: Sendable>(
        _ tenant: TenantID, in file: SQLiteDatabase, _ body: @escaping @Sendable (any TenantWriting) throws -> T
    ) async throws -> T {
        let (result, last, isOnRecord) = try await file.write { connection in
            let changes = DirectoryChanges()
            let result = try body(TenantTables(tenantID: tenant, connection: connection, directory: changes))
            if !changes.first.isEmpty {
                try directory.writeNow { try DirectoryChanges.apply(changes.first, of: tenant, to: $0) }
            }
            return (result, changes.last, changes.isOnRecord)
        }
        if isOnRecord { fresh.note(tenant) }
        if !last.isEmpty {
            // The tenant's file decides: what this would have dropped leads nowhere.
            try? await directory.write { try DirectoryChanges.apply(last, of: tenant, to: $0) }
        }
        return result
    }

    /// Makes a tenant, and with `body` what it has from the start. Its name is taken first, and it is listed last: what a crash leaves in
    /// between is in no list, and gives way to the next tenant of that name.
    public func create<T: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T
    ) async throws -> T {
        try await coded {
            let abandoned = try await directory.write { connection -> [TenantID] in
                let left = try connection.rows(
                    "DELETE FROM tenants WHERE name = $1 AND listed = 0 RETURNING id", [.text(tenant.name)]
                ).map { try $0.id("id") as TenantID }
                try connection.execute(
                    "INSERT INTO tenants (id, name, created_at, listed) VALUES ($1, $2, $3, 0)",
                    [.id(tenant.id), .text(tenant.name), .time(tenant.createdAt)])
                return left
            }
            for left in abandoned { files.remove(left) }
            do {
                let result = try await write(tenant.id, in: files.make(tenant)) { try body($0) }
                try await directory.write { connection in
                    let listed = try connection.execute("UPDATE tenants SET listed = 1 WHERE id = $1", [.id(tenant.id)])
                    guard listed == 1 else { throw SQLError(.constraint, "another tenant of this name was made at the same moment") }
                }
                return result
            } catch {
                files.remove(tenant.id)
                _ = try? await directory.write { try $0.execute("DELETE FROM tenants WHERE id = $1 AND listed = 0", [.id(tenant.id)]) }
                throw error
            }
        }
    }

    /// Removes every row of a tenant but its log.
    public func erase(_ tenant: TenantID) async throws -> [String: Int] {
        try codedNow {
            let file = try files.database(of: tenant)
            let removed = try file.erase { $0.hasPrefix("audit_") || $0 == "tenant_profiles" || $0 == "schema_versions" }
            try file.compact()
            try directory.writeNow { try DirectoryChanges.forget(tenant, in: $0) }
            return removed
        }
    }

    /// Drops old entries of a tenant's log.
    public func purgeAudit(of tenant: TenantID, before: Date) async throws -> Int {
        try await coded { try await files.database(of: tenant).write { try TenantTables.purgeAudit(of: tenant, before: before, in: $0) } }
    }

    /// Tenants to whose log this program wrote.
    public func takeTenantsWithFreshEntries() -> Set<TenantID> { fresh.take() }

    /// Takes a run that waits.
    public func takeNextRun(now: Date, hold: Date) async throws -> (tenant: TenantID, run: RunID)? {
        try await coded { try await directory.write { try WritableDirectoryTables.takeNextRun(now: now, hold: hold, in: $0) } }
    }

    /// Waits until a run may be there: here for as long as it is bearable, because other programs' files send no word.
    public func awaitRuns(atMost: Duration) async { try? await Task.sleep(for: min(atMost, .milliseconds(500))) }

    /// Brings the directory's notes in line with the tenants' files: drops those that lead nowhere and are older than an hour (a younger
    /// one may belong to a transaction that is about to end), and makes those that are missing, as after a restore of one file.
    ///
    /// - Returns: how many were dropped and made.
    @discardableResult public func sweep(now: Date) async throws -> (dropped: Int, made: Int) {
        try await coded { try Sweep(directory: directory, files: files, now: now).run() }
    }
}
