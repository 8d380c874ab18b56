import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase
import Synchronization

/// The tenants' files, opened when first used and closed when many others were used since.
final class TenantFiles: Sendable {
    /// So many are held open: five descriptors each.
    static let openAtMost = 64

    private struct Opened {
        var database: SQLiteDatabase
        var lastUse: UInt64
    }
    private struct State {
        var files: [TenantID: Opened] = [:]
        var uses: UInt64 = 0
    }
    private let folder: String
    private let now: Date
    private let state = Mutex(State())

    init(folder: String, now: Date) {
        self.folder = folder
        self.now = now
    }

    func path(of tenant: TenantID) -> String { "\(folder)/\(tenant).sqlite" }

    func exists(_ tenant: TenantID) -> Bool { FileManager.default.fileExists(atPath: path(of: tenant)) }

    /// The file of a tenant, at this program's version.
    ///
    /// - Throws: ``StoreError`` `notFound` when there is none: asking makes nothing.
    func database(of tenant: TenantID) throws -> SQLiteDatabase {
        if let known = used(tenant) { return known }
        guard exists(tenant) else { throw StoreError(.notFound, "no such tenant") }
        let database = try SQLiteDatabase(path: path(of: tenant), creating: false, readers: 4)
        try Migrations.apply(to: database, .tenant, now: now.microseconds)
        keep(database, tenant)
        return database
    }

    /// The version that a tenant's file had before it was brought to this program's.
    func migrate(_ tenant: TenantID) throws -> Int {
        if used(tenant) != nil { return Migrations.newest }
        guard exists(tenant) else { throw StoreError(.notFound, "a tenant's file is gone") }
        let database = try SQLiteDatabase(path: path(of: tenant), creating: false, readers: 4)
        let before = try Migrations.apply(to: database, .tenant, now: now.microseconds).from
        keep(database, tenant)
        return before
    }

    /// A fresh file that holds the tenant itself.
    func make(_ tenant: Tenant) throws -> SQLiteDatabase {
        guard !exists(tenant.id) else {
            throw SQLError(.constraint, "there is a tenant with this identifier")
        }
        let database = try SQLiteDatabase(path: path(of: tenant.id), readers: 4)
        try Migrations.apply(to: database, .tenant, now: now.microseconds)
        try database.writeNow { try TenantTables.insertProfile(of: tenant, in: $0) }
        keep(database, tenant.id)
        return database
    }

    /// Removes a file that nobody is led to.
    func remove(_ tenant: TenantID) {
        state.withLock { _ = $0.files.removeValue(forKey: tenant) }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path(of: tenant) + suffix) }
    }

    func close() throws {
        let all = state.withLock { state in
            defer { state.files = [:] }
            return state.files.values.map(\.database)
        }
        for database in all { try database.close() }
    }

    private func used(_ tenant: TenantID) -> SQLiteDatabase? {
        state.withLock { state in
            state.uses += 1
            state.files[tenant]?.lastUse = state.uses
            return state.files[tenant]?.database
        }
    }

    /// Whoever still works with a file that is let go holds it open until they are done.
    private func keep(_ database: SQLiteDatabase, _ tenant: TenantID) {
        state.withLock { state in
            state.uses += 1
            state.files[tenant] = Opened(database: database, lastUse: state.uses)
            while state.files.count > Self.openAtMost, let oldest = state.files.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                state.files[oldest] = nil
            }
        }
    }
}
