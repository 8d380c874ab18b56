import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import Testing

/// What SQLite has to do besides: files apart from each other, closed to others, in line with the directory, and made of version 1.
@Suite struct SQLiteStoreTests {
    let now = StoreFixture.now

    func files() async throws -> (StoreFixture, SQLiteStore) {
        let fixture = try await StoreFixture(.sqlite)
        guard let store = fixture.store as? SQLiteStore else { throw StoreError(.corrupt, "not SQLite") }
        return (fixture, store)
    }

    @Test func theAuditTableTakesNoChangeAndNoDeletionBeforeItsTerm() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let tenant = fixture.tenant
        let file = try store.file(of: tenant.id)
        let fresh = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let insert: StaticString = "INSERT INTO audit_entries VALUES ($1, $2, $3, 'operator', 'x', 'y', 'ok', '', $4)"
        _ = try await file.write { connection in
            let id = tenant.id.description
            try connection.execute(insert, [.text(id), .integer(1), .integer(fresh - 366 * 86_400_000_000), .blob([1])])
            try connection.execute(insert, [.text(id), .integer(2), .integer(fresh - 364 * 86_400_000_000), .blob([1])])
        }
        await #expect(throws: SQLError.self) {
            _ = try await file.write { try $0.execute("UPDATE audit_entries SET actor = 'me' WHERE entry = 1", []) }
        }
        await #expect(throws: SQLError.self) { _ = try await file.write { try $0.execute("DELETE FROM audit_entries", []) } }
        await #expect(throws: SQLError.self) {
            _ = try await file.write { try $0.execute("DELETE FROM audit_entries WHERE entry = 2", []) }
        }
        #expect(try await file.write { try $0.execute("DELETE FROM audit_entries WHERE entry = 1", []) } == 1)
    }

    @Test func theFileIsClosedToOthersAndALaxOneIsRefused() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let tenant = fixture.tenant
        for path in [fixture.scratch.path + "/control.sqlite", fixture.scratch.path + "/tenants/\(tenant.id).sqlite"] {
            for name in ["", "-wal", "-shm"] {
                let mode = try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
            chmod(path, 0o644)
            #expect { _ = try SQLiteDatabase(path: path) } throws: { ($0 as? SQLError)?.code == .cannotOpen }
        }
        try await store.close()
    }

    @Test func aFullDiskChangesNothingAndSaysSo() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let tenant = fixture.tenant
        let file = try store.file(of: tenant.id)
        let pages = try await file.read { try $0.row("PRAGMA page_count")?.integer("page_count") } ?? 0
        _ = try await file.write { try $0.rows("PRAGMA max_page_count = 300", []) }
        #expect(pages < 300)
        await #expect {
            for index in 0..<100_000 {
                try await store.write(tenant.id) {
                    try $0.insert(
                        ControlPlaneCore.Environment(
                            id: .random(), tenant: tenant.id, name: String(repeating: "x", count: 2000) + "\(index)", createdAt: Date()))
                }
            }
        } throws: {
            ($0 as? StoreError)?.code == .noSpace
        }
        // Still readable, and whole.
        let count = try await store.read(tenant.id) { try $0.environments().count }
        #expect(count > 0)
        #expect(try await file.read { try $0.row("PRAGMA integrity_check")?.text("integrity_check") } == "ok")
    }

    @Test func parametersBindByNumberWhateverTheirOrder() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let database = store.directoryFile
        let row = try await database.read { try $0.row("SELECT $2 AS b, $1 AS a, $2 AS c", [.text("first"), .integer(2)]) }
        #expect(try row?.text("a") == "first")
        #expect(try row?.integer("b") == 2)
        #expect(try row?.integer("c") == 2)
        await #expect(throws: SQLError.self) { try await database.read { try $0.row("SELECT $1 AS a, $2 AS b", [.null]) } }
    }

    @Test func whatBelongsToATenantIsInItsFileAloneAndTheDirectoryHoldsDigests() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let user = fixture.user("somebody@example.com")
        let run = try await fixture.queuedRun()
        let agent = fixture.agent(9)
        try await store.write(fixture.tenant.id) {
            try $0.insert(user, passwordHash: "the-password-hash")
            try $0.insert(agent)
        }
        let other = Tenant(id: .random(), name: "two", createdAt: now)
        try await store.create(other) { _ in }
        func bytes(_ name: String) throws -> Data {
            try ["", "-wal"].reduce(into: Data()) { $0 += try Data(contentsOf: URL(filePath: fixture.scratch.path + "/" + name + $1)) }
        }
        let directory = try bytes("control.sqlite")
        let own = try bytes("tenants/\(fixture.tenant.id).sqlite")
        let foreign = try bytes("tenants/\(other.id).sqlite")
        for text in [user.email, "the-password-hash", agent.id.description, run.bundle.description] {
            #expect(own.range(of: Data(text.utf8)) != nil, "\(text)")
            #expect(directory.range(of: Data(text.utf8)) == nil, "\(text)")
            #expect(foreign.range(of: Data(text.utf8)) == nil, "\(text)")
        }
        #expect(foreign.range(of: Data(fixture.tenant.id.description.utf8)) == nil)
    }

    @Test func aNoteWithoutARowLeadsNowhereAndIsSweptWhenItIsOld() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let tenant = fixture.tenant.id.description
        let digest = [UInt8](repeating: 5, count: 32)
        let young = [UInt8](repeating: 6, count: 32)
        _ = try await store.directoryFile.write { connection in
            let insert: StaticString = "INSERT INTO locators (kind, digest, tenant, added_at) VALUES ('session', $1, $2, $3)"
            try connection.execute(insert, [.blob(digest), .text(tenant), .integer(1)])
            try connection.execute(insert, [.blob(young), .text(tenant), .integer(Int64(now.timeIntervalSince1970 * 1_000_000))])
            // One that leads to a tenant that is not there at all.
            try connection.execute(insert, [.blob([1]), .text(TenantID.random().description), .integer(1)])
        }
        for key in [digest, young, [1]] { #expect(try await store.readDirectory { try $0.session(digest: key) } == nil) }
        #expect(try await store.sweep(now: now).dropped == 1)
        #expect(try await store.sweep(now: now.addingTimeInterval(4000)).dropped == 1)
    }

    @Test func sweepingMakesTheNotesThatARestoreLost() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let user = fixture.user("a@example.com")
        let run = try await fixture.queuedRun()
        try await store.write(fixture.tenant.id) { try $0.insert(user, passwordHash: "h") }
        _ = try await store.directoryFile.write { try $0.script("DELETE FROM locators; DELETE FROM waiting_runs;") }
        #expect(try await store.readDirectory { try $0.user(email: user.email) } == nil)
        #expect(try await store.sweep(now: now).made == 3)
        #expect(try await store.readDirectory { try $0.user(email: user.email) } == user)
        #expect(try await store.readDirectory { try $0.nextRun(now: now) }?.run == run.id)
    }

    @Test func aRunThatTheDirectoryThinksIsWaitingIsNotTakenTwice() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        let run = try await fixture.queuedRun()
        let lease = now.addingTimeInterval(60)
        _ = try await store.write(fixture.tenant.id) { try $0.claim(run.id, worker: "a", now: now, leaseUntil: lease) }
        // As after a crash between the tenant's transaction and the directory's.
        _ = try await store.directoryFile.write { try $0.execute("UPDATE waiting_runs SET ready_at = 1, running = 0", []) }
        #expect(try await store.takeNextRun(now: now, hold: now)?.run == run.id)
        #expect(try await store.write(fixture.tenant.id) { try $0.claim(run.id, worker: "b", now: now, leaseUntil: lease) } == nil)
        // The failed claim put the directory right.
        #expect(try await store.readDirectory { try $0.nextRun(now: now) } == nil)
        #expect(try await store.readDirectory { try $0.nextRun(now: lease.addingTimeInterval(1)) }?.run == run.id)
    }

    @Test func manyTenantsFilesAreOpenedInTurn() async throws {
        let (fixture, store) = try await files()
        defer { withExtendedLifetime(fixture) {} }
        var tenants: [Tenant] = []
        for index in 0..<70 {
            let tenant = Tenant(id: .random(), name: "tenant \(index)", createdAt: now)
            try await store.create(tenant) { _ in }
            tenants.append(tenant)
        }
        for tenant in tenants { #expect(try await store.read(tenant.id) { try $0.tenant() } == tenant) }
    }
}
