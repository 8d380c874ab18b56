public import Basics
public import ControlPlaneCore
public import SQLDatabase

/// The control plane's tables over an ``SQLDatabase``.
public struct SQLStore: ControlPlaneStore {
    private let database: any SQLDatabase

    /// A store over a database to which ``Migrations`` were applied.
    public init(_ database: any SQLDatabase) { self.database = database }

    /// Reads the tables that belong to no tenant.
    public func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T {
        try await coded { try await database.read { try body(DirectoryTables(connection: $0)) } }
    }

    /// Changes the tables that belong to no tenant.
    public func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T {
        try await coded { try await database.write { try body(WritableDirectoryTables(connection: $0)) } }
    }

    /// Reads one tenant's tables.
    public func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T {
        try await coded { try await database.read { try body(ReadableTenantTables(tenantID: tenant, reading: $0)) } }
    }

    /// Changes one tenant's tables.
    public func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        try await coded { try await database.write { try body(TenantTables(tenantID: tenant, connection: $0)) } }
    }

    /// Makes a tenant, and with `body` what it has from the start.
    public func create<T: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T
    ) async throws -> T {
        try await coded {
            try await database.write { connection in
                try connection.execute(
                    "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)",
                    [.id(tenant.id), .text(tenant.name), .time(tenant.createdAt)])
                return try body(TenantTables(tenantID: tenant.id, connection: connection))
            }
        }
    }

    /// The core knows no SQL: its callers see ``StoreError``. What a body threw itself passes unchanged.
    private func coded<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as SQLError {
            throw switch error.code {
            case .constraint: StoreError(.conflict, "a row with this key is there already, or one it needs is not", cause: error)
            case .noSpace: StoreError(.noSpace, "no space left for the database", cause: error)
            case .corrupt, .unexpectedValue: StoreError(.corrupt, "the database holds what it must not hold", cause: error)
            case .busy, .cannotOpen, .failed: StoreError(.unavailable, "the database does not answer", cause: error)
            }
        }
    }
}
