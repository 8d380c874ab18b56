import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import TestSupport
import Testing

/// Raw SQL as the app role: what somebody could do who made the program say anything.
@Suite struct RowSecurityTests {
    struct App {
        var fixture: StoreFixture
        var other: Tenant
        var database: PostgreSQLDatabase

        func scope(_ tenant: TenantID) -> PostgreSQLDatabase.Scope { .init(setting: ("app.tenant_id", tenant.description)) }
    }

    func app() async throws -> App {
        let fixture = try await StoreFixture(.postgresql)
        let other = Tenant(id: .random(), name: "two", createdAt: fixture.tenant.createdAt)
        try await fixture.store.create(other) { _ in }
        let address = try PostgreSQLAddress(PostgreSQLServer.shared().address(database: fixture.database)).setting([
            ("search_path", "cloudryption"), ("role", "cloudryption_app"),
        ])
        return App(fixture: fixture, other: other, database: PostgreSQLDatabase(address, connections: 2))
    }

    @Test func withoutATenantNothingIsReadOrWritten() async throws {
        let app = try await app()
        for _ in 0..<2 {
            await #expect(throws: SQLError.self) { try await app.database.read { try $0.rows("SELECT * FROM environments") } }
            await #expect(throws: SQLError.self) { try await app.database.write { try $0.execute("DELETE FROM environments", []) } }
            // The second round has a connection on which a tenant was once set.
            let own = try await app.database.read(app.scope(app.fixture.tenant.id)) { try $0.rows("SELECT * FROM environments").count }
            #expect(own == 1)
        }
    }

    @Test func underAForeignTenantNoRowOfOursIsThere() async throws {
        let app = try await app()
        let foreign = app.scope(app.other.id)
        #expect(try await app.database.read(foreign) { try $0.rows("SELECT * FROM environments") }.isEmpty)
        #expect(try await app.database.write(foreign) { try $0.execute("UPDATE environments SET name = 'mine'", []) } == 0)
        #expect(try await app.database.write(foreign) { try $0.execute("DELETE FROM environments", []) } == 0)
        let ours = app.fixture.tenant.id.description
        await #expect(throws: SQLError.self) {
            try await app.database.write(foreign) {
                try $0.execute("INSERT INTO environments (tenant_id, id, name, created_at) VALUES ($1, 'x', 'x', 1)", [.text(ours)])
            }
        }
        await #expect(throws: SQLError.self) {
            try await app.database.write(app.scope(app.fixture.tenant.id)) {
                try $0.execute("UPDATE environments SET tenant_id = $1", [.text(app.other.id.description)])
            }
        }
        #expect(try await app.fixture.store.read(app.fixture.tenant.id) { try $0.environments() } == [app.fixture.environment])
    }

    @Test func theAppCannotLeaveItsRoleChangeTablesOrEmptyTheLog() async throws {
        let app = try await app()
        let own = app.scope(app.fixture.tenant.id)
        for statement: StaticString in [
            "ALTER TABLE environments DISABLE ROW LEVEL SECURITY", "DROP TABLE environments", "TRUNCATE audit_entries",
            "UPDATE audit_entries SET actor = 'me'", "DELETE FROM audit_entries", "DELETE FROM audit_nodes",
            "DELETE FROM audit_checkpoints",
            "INSERT INTO schema_versions (version, name, applied_at) VALUES (999, 'x', 1)", "CREATE TABLE mine (x TEXT)",
        ] {
            await #expect(throws: SQLError.self, "\(statement)") { try await app.database.write(own) { try $0.execute(statement, []) } }
        }
    }

    @Test func notEvenTheOwnerChangesTheLogAndItsOldEntriesAloneMayGo() async throws {
        let app = try await app()
        let tenant = app.fixture.tenant.id
        let fresh = Int64(Date().timeIntervalSince1970 * 1_000_000)
        try await app.database.write(app.scope(tenant)) { connection in
            for (entry, age) in [(1, Int64(366)), (2, 364)] {
                try connection.execute(
                    "INSERT INTO audit_entries VALUES ($1, $2, $3, 'operator', 'x', 'y', 'ok', '', $4)",
                    [.text(tenant.description), .integer(Int64(entry)), .integer(fresh - age * 86_400_000_000), .blob([1])])
            }
        }
        let server = try PostgreSQLServer.shared()
        let before = "SET search_path = cloudryption; "
        for statement in [
            "UPDATE audit_entries SET actor = 'me'", "DELETE FROM audit_entries WHERE entry = 2", "TRUNCATE audit_entries CASCADE",
        ] {
            #expect(throws: PostgreSQLServer.Missing.self) { try server.psql(before + statement, database: app.fixture.database) }
        }
        try server.psql(before + "DELETE FROM audit_entries WHERE entry = 1", database: app.fixture.database)
        #expect(try await app.fixture.store.read(tenant) { try $0.auditEntries(after: 0, limit: 9).map(\.index) } == [2])
    }

    @Test func aLoginThatMayDoNothingButServeServes() async throws {
        let fixture = try await StoreFixture(.postgresql)
        let server = try PostgreSQLServer.shared()
        try server.psql("CREATE ROLE \(fixture.database)_login LOGIN; GRANT cloudryption_app TO \(fixture.database)_login")
        let address = try PostgreSQLAddress(server.address(database: fixture.database, user: "\(fixture.database)_login"))
        let store = try await PostgreSQLStore(address, now: StoreFixture.now)
        #expect(store.remarks.isEmpty)
        #expect(try await store.read(fixture.tenant.id) { try $0.environments() } == [fixture.environment])
        try await store.close()
        // It cannot bring an empty database to today's version, and says who can.
        let empty = try PostgreSQLAddress(server.address(database: server.makeDatabase(), user: "\(fixture.database)_login"))
        await #expect { try await PostgreSQLStore(empty, now: StoreFixture.now) } throws: { "\($0)".contains("migrate") }
    }

    @Test func aSuperuserServesTooButIsRemarkedOn() async throws {
        let store = try #require(try await StoreFixture(.postgresql).store as? PostgreSQLStore)
        #expect(store.remarks.contains { $0.contains("superuser") })
    }
}
