public import Basics
public import ControlPlaneCore
public import FoundationEssentials
public import SQLDatabase

/// The control plane's tables in one PostgreSQL database, where row-level security keeps tenants apart.
///
/// Every connection is the role `cloudryption_app`, whoever signed in: it owns nothing, bypasses nothing, and sees a tenant's rows only in a
/// transaction that names the tenant. Writers of one tenant take turns, as they do in a tenant's SQLite file.
public struct PostgreSQLStore: InstalledStore {
    private static let timeLimits: [(name: StaticString, value: StaticString)] = [
        ("search_path", "cloudryption"), ("statement_timeout", "30s"), ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ]
    private let database: PostgreSQLDatabase
    private let listener: PostgreSQLListener
    private let address: PostgreSQLAddress
    private let fresh = FreshEntries()
    /// What an operator should know about how the server signs in; empty when all is as it should be.
    public let remarks: [String]
    private let found: Int

    /// Connects, and brings the database to this program's version when the login may do so.
    ///
    /// - Parameters:
    ///   - connections: the most at once.
    ///   - patience: how long to wait for a free one.
    /// - Throws: ``StoreError``, `unavailable` with a hint when somebody else has to migrate first.
    public init(
        _ address: PostgreSQLAddress, connections: Int = 8, patience: Duration = .seconds(10), now: Date
    ) async throws {
        let app = address.setting(Self.timeLimits + [("role", "cloudryption_app")])
        self.address = address
        database = PostgreSQLDatabase(app, connections: connections, patience: patience)
        listener = PostgreSQLListener(app, "LISTEN cloudryption_runs")
        (remarks, found) = try await coded {
            let admin = Self.administrator(address)
            do {
                let found = try await Self.version(admin)
                if found != Migrations.newest { try await Self.migrate(admin, now: now) }
                let remarks = try await Self.remarks(admin, address)
                await admin.close()
                return (remarks, found)
            } catch {
                await admin.close()
                throw error
            }
        }
        try await coded {
            try await database.write(Self.scope(Tenant.operator.id, turn: true)) { try TenantTables.insertProfile(of: .operator, in: $0) }
        }
    }

    // MARK: Migrating

    private static func administrator(_ address: PostgreSQLAddress) -> PostgreSQLDatabase {
        PostgreSQLDatabase(
            address.setting([("search_path", "cloudryption"), ("lock_timeout", "60s")]), connections: 1)
    }

    private static func version(_ admin: PostgreSQLDatabase) async throws -> Int {
        try await admin.read { connection in
            let there = try connection.row(
                """
                SELECT 1 AS one FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'cloudryption' AND c.relname = 'schema_versions'
                """)
            guard there != nil else { return 0 }
            _ = try connection.rows("SELECT set_config('role', 'cloudryption_app', true)")
            let version = try Migrations.version(connection) ?? 0
            _ = try Migrations.check(version)
            return version
        }
    }

    private static func migrate(_ admin: PostgreSQLDatabase, now: Date) async throws {
        do {
            let turn = PostgreSQLDatabase.Scope(turn: "cloudryption migrations")
            // Roles belong to all databases of a server, and a turn to one: two that migrate at the same moment may get in each other's way.
            try await patiently(admin, turn, while: [.failed, .constraint]) { try $0.script(PostgreSQLRules.roles) }
            while try await version(admin) < Migrations.newest {
                try await admin.write(turn) { connection in
                    try connection.script("SET LOCAL ROLE cloudryption_owner")
                    try Migrations.applyNext(.both, to: connection, now: now.microseconds)
                    try connection.script(PostgreSQLRules.tables)
                }
            }
        } catch let error as SQLError where error.code == .failed {
            throw StoreError(
                .unavailable,
                "the database is not at version \(Migrations.newest) and this login cannot bring it there (\(error.message)): run `cloudryption-server migrate` with "
                    + "a login that may make roles and schemas", cause: error)
        }
    }

    /// A transaction that is tried again where others can be in its way.
    private static func patiently(
        _ admin: PostgreSQLDatabase, _ turn: PostgreSQLDatabase.Scope, while others: Set<SQLError.Code>,
        _ body: @escaping @Sendable (any SQLWriting) throws -> Void
    ) async throws {
        for attempt in 1... {
            do {
                return try await admin.write(turn, body)
            } catch let error as SQLError where attempt < 10 && others.contains(error.code) {
                try await Task.sleep(for: .milliseconds(20 * attempt))
            }
        }
    }

    private static func remarks(_ admin: PostgreSQLDatabase, _ address: PostgreSQLAddress) async throws -> [String] {
        let login = try await admin.read { connection in
            try connection.row(
                """
                SELECT rolsuper OR rolbypassrls AS powerful, pg_has_role(session_user, 'cloudryption_owner', 'MEMBER') AS owner
                FROM pg_roles WHERE rolname = session_user
                """)
        }
        var remarks: [String] = []
        if try login?.flag("powerful") ?? true {
            remarks.append("the database login is a superuser or bypasses row-level security")
        } else if try login?.flag("owner") ?? true {
            remarks.append("the database login may change tables")
        }
        if !address.isVerified { remarks.append("the database's certificate is not verified") }
        if address.hasPassword {
            remarks.append("the database's password stands in the address: a password file hides it from other users")
        }
        return remarks
    }

    /// Opening brought the database up to date: what it had before, and has. What the database itself holds is made anew in any case.
    ///
    /// - Throws: ``StoreError`` `unavailable` when this login may not do that.
    public func migrate() async throws -> (from: Int, to: Int) {
        if found == Migrations.newest {
            try await coded {
                let admin = Self.administrator(address)
                do {
                    // Every table is locked for a moment, in another order than the programs that run do it.
                    try await Self.patiently(admin, .init(turn: "cloudryption migrations"), while: [.busy]) { connection in
                        try connection.script("SET LOCAL ROLE cloudryption_owner")
                        try connection.script(PostgreSQLRules.tables)
                    }
                    await admin.close()
                } catch {
                    await admin.close()
                    guard let error = error as? SQLError, error.code == .failed else { throw error }
                    throw StoreError(
                        .unavailable, "this login may not make the database's rules anew (\(error.message)): use one that may", cause: error
                    )
                }
            }
        }
        return (found, Migrations.newest)
    }

    /// Nothing to do: one transaction changes the rows and the notes of them.
    public func sweep(now: Date) async throws -> (dropped: Int, made: Int) { (0, 0) }

    /// Disconnects.
    public func close() async throws {
        await listener.close()
        await database.close()
    }

    // MARK: Reading and changing

    private static func scope(_ tenant: TenantID, turn: Bool) -> PostgreSQLDatabase.Scope {
        PostgreSQLDatabase.Scope(setting: ("app.tenant_id", tenant.description), turn: turn ? "cloudryption tenant \(tenant)" : nil)
    }

    /// For the directory's bodies: looks at a tenant's rows in the same transaction, and then at nobody's again.
    private static func look(_ connection: any SQLReading) -> TenantLook {
        { tenant, body in
            _ = try connection.rows("SELECT set_config('app.tenant_id', $1, true)", [.text(tenant.description)])
            try body(connection)
            _ = try connection.rows("SELECT set_config('app.tenant_id', '', true)")
        }
    }

    /// Reads the tables that belong to no tenant.
    public func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T {
        try await coded { try await database.read { try body(DirectoryTables(connection: $0, look: Self.look($0))) } }
    }

    /// Changes the tables that belong to no tenant.
    public func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T {
        try await coded {
            try await database.write(.init(turn: "cloudryption directory")) {
                try body(WritableDirectoryTables(connection: $0, look: Self.look($0)))
            }
        }
    }

    /// Reads one tenant's tables.
    public func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T {
        try await coded {
            try await database.read(Self.scope(tenant, turn: false)) { connection in
                let tables = ReadableTenantTables(tenantID: tenant, reading: connection)
                _ = try tables.tenant()
                return try body(tables)
            }
        }
    }

    /// Changes one tenant's tables.
    public func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        try await coded {
            let (result, isOnRecord) = try await database.write(Self.scope(tenant, turn: true)) { connection in
                _ = try ReadableTenantTables(tenantID: tenant, reading: connection).tenant()
                return try Self.write(tenant, connection, body)
            }
            if isOnRecord { fresh.note(tenant) }
            return result
        }
    }

    private static func write<T>(
        _ tenant: TenantID, _ connection: any SQLWriting, _ body: (any TenantWriting) throws -> T
    ) throws -> (T, isOnRecord: Bool) {
        let changes = DirectoryChanges()
        let result = try body(TenantTables(tenantID: tenant, connection: connection, directory: changes))
        try DirectoryChanges.apply(changes.first + changes.last, of: tenant, to: connection)
        let waits = (changes.first + changes.last).contains { if case .runWaits(_, _, running: false) = $0 { true } else { false } }
        if waits { _ = try connection.rows("SELECT 1 AS one FROM pg_notify('cloudryption_runs', '')") }
        return (result, changes.isOnRecord)
    }

    /// Makes a tenant, and with `body` what it has from the start.
    public func create<T: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T
    ) async throws -> T {
        try await coded {
            let (result, isOnRecord) = try await database.write(Self.scope(tenant.id, turn: true)) { connection in
                try connection.execute(
                    "INSERT INTO tenants (id, name, created_at, listed) VALUES ($1, $2, $3, 1)",
                    [.id(tenant.id), .text(tenant.name), .time(tenant.createdAt)])
                try TenantTables.insertProfile(of: tenant, in: connection)
                return try Self.write(tenant.id, connection, body)
            }
            if isOnRecord { fresh.note(tenant.id) }
            return result
        }
    }

    /// Removes every row of a tenant but its log.
    public func erase(_ tenant: TenantID) async throws -> [String: Int] {
        try await coded {
            try await database.write(Self.scope(tenant, turn: true)) { connection in
                var removed: [String: Int] = [:]
                for row in try connection.rows("SELECT table_name, removed FROM erase_tenant()") {
                    removed[try row.text("table_name")] = try row.count("removed")
                }
                try DirectoryChanges.forget(tenant, in: connection)
                return removed
            }
        }
    }

    /// Drops old entries of a tenant's log; needs a login that may be the tables' owner, because the app may not.
    public func purgeAudit(of tenant: TenantID, before: Date) async throws -> Int {
        try await coded {
            let admin = Self.administrator(address)
            do {
                let purged = try await admin.write(Self.scope(tenant, turn: true)) { connection in
                    try connection.script("SET LOCAL ROLE cloudryption_owner")
                    return try TenantTables.purgeAudit(of: tenant, before: before, in: connection)
                }
                await admin.close()
                return purged
            } catch {
                await admin.close()
                throw error
            }
        }
    }

    /// Tenants to whose log this program wrote.
    public func takeTenantsWithFreshEntries() -> Set<TenantID> { fresh.take() }

    /// Takes a run that waits.
    public func takeNextRun(now: Date, hold: Date) async throws -> (tenant: TenantID, run: RunID)? {
        try await coded { try await database.write { try WritableDirectoryTables.takeNextRun(now: now, hold: hold, in: $0) } }
    }

    /// Waits for the word that a run was queued.
    public func awaitRuns(atMost: Duration) async {
        do { _ = try await listener.word(atMost: atMost) } catch {
            // Without a connection there is nothing to hear; asking now and then goes on.
            try? await Task.sleep(for: min(atMost, .milliseconds(500)))
        }
    }
}
