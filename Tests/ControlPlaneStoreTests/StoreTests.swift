import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import Testing

final class Scratch: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/cloudryption-test-\(UUID().uuidString)"
    init() throws { try SafeFile.makePrivateFolder(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct StoreTests {
    let scratch: Scratch
    let database: SQLiteDatabase
    let store: SQLStore
    let tenant = Tenant(id: .random(), name: "one", createdAt: Date(timeIntervalSince1970: 1_700_000_000))
    let environment: ControlPlaneCore.Environment
    let now = Date(timeIntervalSince1970: 1_700_000_000)

    init() async throws {
        scratch = try Scratch()
        database = try SQLiteDatabase(path: scratch.path + "/control.sqlite")
        try await Migrations.apply(to: database, now: 1)
        store = SQLStore(database)
        environment = ControlPlaneCore.Environment(id: .random(), tenant: tenant.id, name: "production", createdAt: now)
        let environment = environment
        try await store.create(tenant) { try $0.insert(environment) }
    }

    func agent(_ byte: UInt8 = 1) -> Agent {
        Agent(
            id: .random(), tenant: tenant.id, environment: environment.id, epoch: 1, keyDigest: [UInt8](repeating: byte, count: 32),
            publicKey: [4], serial: "0a", notAfter: now, hostname: "h", platform: "p", version: "1", enrolledAt: now)
    }

    /// A run with all that it needs.
    func queuedRun() async throws -> Run {
        let agent = agent(UInt8.random(in: .min ... .max))
        let run = Run(
            id: .fresh(milliseconds: 1), tenant: tenant.id, environment: environment.id, bundle: .fresh(milliseconds: 1), agent: agent.id,
            status: .queued, attempts: 0, createdAt: now)
        try await store.write(tenant.id) { tables in
            try tables.insert(agent)
            try tables.insert(
                StoredBundle(
                    tenant: run.tenant, id: run.bundle, environment: run.environment, agent: agent.id, epoch: 1, sequence: 1, size: 1,
                    sha256: [1], agentKey: [1], acceptedAt: now, run: run.id))
            try tables.insert(run)
        }
        return run
    }

    @Test func migratingTwiceChangesNothing() async throws {
        let versions = try await Migrations.apply(to: database, now: 2)
        #expect(versions.from == Migrations.newest && versions.to == Migrations.newest)
    }

    @Test func aDatabaseOfANewerProgramIsRefused() async throws {
        _ = try await database.write { try $0.execute("INSERT INTO schema_versions VALUES (999, 'future', 1)", []) }
        await #expect { try await Migrations.apply(to: database, now: 2) } throws: { "\($0)".contains("newer") }
    }

    @Test func everyTenantsTableHasTheTenantFirstInItsKeys() async throws {
        let tables = try await database.read { connection in
            try connection.rows(
                """
                SELECT m.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'tenant_id' WHERE m.type = 'table'
                """
            ).map { try $0.text("name") }
        }
        #expect(tables.count >= 10)
        for table in tables {
            let first = try await database.read {
                try $0.row("SELECT name FROM pragma_table_info($1) WHERE pk = 1", [.text(table)])?.text("name")
            }
            #expect(first == "tenant_id", "\(table)")
            let keys = try await database.read {
                try $0.rows("SELECT \"table\" AS target, \"from\" AS own, seq FROM pragma_foreign_key_list($1)", [.text(table)]).map {
                    (try $0.text("target"), try $0.text("own"), try $0.integer("seq"))
                }
            }
            #expect(!keys.isEmpty, "\(table) hangs on nothing")
            for key in keys where key.2 == 0 { #expect(key.1 == "tenant_id", "\(table) → \(key.0)") }
        }
    }

    @Test func aRowOfAnotherTenantIsNeitherSeenNorWritten() async throws {
        let other = Tenant(id: .random(), name: "two", createdAt: now)
        try await store.create(other) { _ in }
        let mine = agent()
        try await store.write(tenant.id) { try $0.insert(mine) }
        #expect(try await store.read(other.id) { try $0.agents() }.isEmpty)
        #expect(try await store.read(other.id) { try $0.agent(mine.id) } == nil)
        #expect(try await store.read(tenant.id) { try $0.agent(mine.id) } == mine)
        await #expect(throws: StoreError.self) { try await store.write(other.id) { try $0.insert(mine) } }
        await #expect(throws: StoreError.self) { try await store.write(other.id) { try $0.update(mine) } }
        // A foreign environment in a row of ours: the foreign key holds the tenant.
        let theirs = ControlPlaneCore.Environment(id: .random(), tenant: other.id, name: "e", createdAt: now)
        try await store.write(other.id) { try $0.insert(theirs) }
        var crossed = agent(2)
        crossed.environment = theirs.id
        let row = crossed
        await #expect { try await store.write(tenant.id) { try $0.insert(row) } } throws: { ($0 as? StoreError)?.code == .conflict }
    }

    @Test func aBodyThatThrowsLeavesNothing() async throws {
        struct Stop: Error {}
        let row = agent()
        await #expect(throws: Stop.self) {
            try await store.write(tenant.id) {
                try $0.insert(row)
                throw Stop()
            }
        }
        #expect(try await store.read(tenant.id) { try $0.agents() }.isEmpty)
    }

    @Test func theAuditTableTakesNoChangeAndNoDeletion() async throws {
        _ = try await database.write { connection in
            try connection.execute(
                "INSERT INTO audit_entries VALUES ($1, 1, 1, 'operator', 'x', 'y', 'ok', '', $2)",
                [.text(tenant.id.description), .blob([1])])
        }
        await #expect(throws: SQLError.self) {
            _ = try await database.write { try $0.execute("UPDATE audit_entries SET actor = 'me'", []) }
        }
        await #expect(throws: SQLError.self) { _ = try await database.write { try $0.execute("DELETE FROM audit_entries", []) } }
    }

    @Test func oneOfFiftyCallersUsesATokenUp() async throws {
        let token = EnrolmentToken(
            digest: [9, 9], tenant: tenant.id, environment: environment.id, createdAt: now, expiresAt: now.addingTimeInterval(10))
        try await store.write(tenant.id) { try $0.insert(token) }
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await store.write(tenant.id) { try $0.useEnrolmentToken(digest: token.digest, by: .random(), now: now) }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test func anOldTokenIsNotUsed() async throws {
        let token = EnrolmentToken(digest: [8], tenant: tenant.id, environment: environment.id, createdAt: now, expiresAt: now)
        try await store.write(tenant.id) { try $0.insert(token) }
        #expect(try await !store.write(tenant.id) { try $0.useEnrolmentToken(digest: [8], by: .random(), now: now.addingTimeInterval(1)) })
    }

    @Test func oneOfTwentyWorkersGetsARun() async throws {
        let run = try await queuedRun()
        let claims = try await withThrowingTaskGroup(of: Run?.self) { group in
            for worker in 0..<20 {
                group.addTask {
                    try await store.write(tenant.id) {
                        try $0.claim(run.id, worker: "\(worker)", now: now, leaseUntil: now.addingTimeInterval(60))
                    }
                }
            }
            return try await group.reduce(into: [Run]()) { if let run = $1 { $0.append(run) } }
        }
        #expect(claims.count == 1)
        #expect(claims.first?.attempts == 1 && claims.first?.status == .running)
    }

    @Test func aRunWhoseLeaseEndedIsTakenByAnotherAndTheFirstCannotFinishIt() async throws {
        let run = try await queuedRun()
        let first = try await store.write(tenant.id) {
            try $0.claim(run.id, worker: "a", now: now, leaseUntil: now.addingTimeInterval(60))
        }
        let later = now.addingTimeInterval(61)
        #expect(try await store.readDirectory { try $0.nextRun(now: now.addingTimeInterval(59)) } == nil)
        #expect(try await store.readDirectory { try $0.nextRun(now: later) }?.run == run.id)
        let second = try await store.write(tenant.id) {
            try $0.claim(run.id, worker: "b", now: later, leaseUntil: later.addingTimeInterval(60))
        }
        #expect(second?.attempts == 2)
        var done = try #require(first)
        done.status = .succeeded
        let finished = done
        #expect(try await !store.write(tenant.id) { try $0.finish(finished, worker: "a") })
        #expect(try await !store.write(tenant.id) { try $0.renewLease(of: run.id, worker: "a", until: later, stage: nil) })
        #expect(try await store.write(tenant.id) { try $0.finish(finished, worker: "b") })
    }

    @Test func theFileIsClosedToOthersAndALaxOneIsRefused() throws {
        let path = scratch.path + "/control.sqlite"
        for name in ["", "-wal", "-shm"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
        chmod(path, 0o644)
        #expect { _ = try SQLiteDatabase(path: path) } throws: { ($0 as? SQLError)?.code == .cannotOpen }
    }

    @Test func aFullDiskChangesNothingAndSaysSo() async throws {
        let path = scratch.path + "/small.sqlite"
        let small = try SQLiteDatabase(path: path, maximumPages: 80)
        try await Migrations.apply(to: small, now: 1)
        let store = SQLStore(small)
        let tenant = tenant
        try await store.create(tenant) { _ in }
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
        #expect(try await small.read { try $0.row("PRAGMA integrity_check")?.text("integrity_check") } == "ok")
    }

    @Test func parametersBindByNumberWhateverTheirOrder() async throws {
        let row = try await database.read { try $0.row("SELECT $2 AS b, $1 AS a, $2 AS c", [.text("first"), .integer(2)]) }
        #expect(try row?.text("a") == "first")
        #expect(try row?.integer("b") == 2)
        #expect(try row?.integer("c") == 2)
        await #expect(throws: SQLError.self) { try await database.read { try $0.row("SELECT $1 AS a, $2 AS b", [.null]) } }
    }

    @Test func timesSurviveTheStore() async throws {
        var row = agent()
        row.lastSeen = Date(timeIntervalSince1970: 1_763_912_345.678901)
        let written = row
        try await store.write(tenant.id) { try $0.insert(written) }
        let read = try #require(try await store.read(tenant.id) { try $0.agent(written.id) })
        let difference = try #require(read.lastSeen).timeIntervalSince(try #require(written.lastSeen))
        #expect(abs(difference) < 0.000_002)
    }
}
