import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import Testing

/// What both databases have to do alike: each test runs on both, and nothing in it knows on which.
@Suite struct StoreConformanceTests {
    let now = StoreFixture.now

    @Test(arguments: Backend.allCases) func migratingTwiceChangesNothing(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let again = try await fixture.open()
        let versions = try await again.migrate()
        #expect(versions.from == Migrations.newest && versions.to == Migrations.newest)
        #expect(try await again.readDirectory { try $0.tenants() } == [fixture.tenant])
        try await again.close()
    }

    @Test(arguments: Backend.allCases) func aDatabaseOfANewerProgramIsRefused(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        try await fixture.rawDirectory("INSERT INTO schema_versions (version, name, applied_at) VALUES (999, 'future', 1)")
        await #expect { try await fixture.open() } throws: { "\($0)".contains("newer") }
    }

    @Test(arguments: Backend.allCases) func aTenantOfATakenNameIsNotMadeAndLeavesNothing(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let twin = Tenant(id: .random(), name: fixture.tenant.name, createdAt: now)
        await #expect { try await fixture.store.create(twin) { _ in } } throws: { ($0 as? StoreError)?.code == .conflict }
        #expect(try await fixture.store.readDirectory { try $0.tenants() } == [fixture.tenant])
        await #expect { try await fixture.store.read(twin.id) { try $0.agents() } } throws: { ($0 as? StoreError)?.code == .notFound }
    }

    @Test(arguments: Backend.allCases) func aTenantWhoseFirstRowsFailIsNotMade(_ backend: Backend) async throws {
        struct Stop: Error {}
        let fixture = try await StoreFixture(backend)
        let other = Tenant(id: .random(), name: "two", createdAt: now)
        await #expect(throws: Stop.self) { try await fixture.store.create(other) { _ in throw Stop() } }
        #expect(try await fixture.store.readDirectory { try $0.tenants() } == [fixture.tenant])
        try await fixture.store.create(other) { _ in }
        #expect(try await fixture.store.read(other.id) { try $0.tenant() } == other)
    }

    @Test(arguments: Backend.allCases) func anUnknownTenantIsNotFoundAndNotMade(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let stranger = TenantID.random()
        for _ in 0..<2 {
            await #expect { try await fixture.store.read(stranger) { try $0.agents() } } throws: { ($0 as? StoreError)?.code == .notFound }
            await #expect { try await fixture.store.write(stranger) { try $0.deleteSession(digest: [1]) } } throws: {
                ($0 as? StoreError)?.code == .notFound
            }
        }
    }

    @Test(arguments: Backend.allCases) func whatIsLookedUpBeforeTheTenantIsKnownIsFoundByItsDigestAlone(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant.id
        let user = fixture.user("a@example.com")
        let session = Session(
            digest: [UInt8](repeating: 3, count: 32), tenant: tenant, user: user.id, createdAt: now, lastUsed: now,
            expiresAt: now.addingTimeInterval(60))
        let agent = fixture.agent(7)
        try await fixture.store.write(tenant) { tables in
            try tables.insert(user, passwordHash: "h")
            try tables.insert(session)
            try tables.insert(agent)
        }
        let found = try await fixture.store.readDirectory {
            (try $0.user(email: user.email), try $0.session(digest: session.digest), try $0.agent(keyDigest: agent.keyDigest))
        }
        #expect(found.0 == user && found.1 == session && found.2 == agent)
        let missing = try await fixture.store.readDirectory {
            (try $0.user(email: "b@example.com"), try $0.session(digest: agent.keyDigest), try $0.agent(keyDigest: session.digest))
        }
        #expect(missing.0 == nil && missing.1 == nil && missing.2 == nil)
        try await fixture.store.write(tenant) { try $0.deleteSessions(of: user.id) }
        #expect(try await fixture.store.readDirectory { try $0.session(digest: session.digest) } == nil)
    }

    @Test(arguments: Backend.allCases) func anAddressOrAKeyBelongsToOneTenant(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let other = Tenant(id: .random(), name: "two", createdAt: now)
        let environment = ControlPlaneCore.Environment(id: .random(), tenant: other.id, name: "e", createdAt: now)
        try await fixture.store.create(other) { try $0.insert(environment) }
        let mine = fixture.user("a@example.com")
        let agent = fixture.agent(7)
        try await fixture.store.write(fixture.tenant.id) {
            try $0.insert(mine, passwordHash: "h")
            try $0.insert(agent)
        }
        var theirs = mine
        theirs.tenant = other.id
        theirs.id = .random()
        let user = theirs
        await #expect { try await fixture.store.write(other.id) { try $0.insert(user, passwordHash: "h") } } throws: {
            ($0 as? StoreError)?.code == .conflict
        }
        var copied = agent
        copied.tenant = other.id
        copied.environment = environment.id
        let taken = copied
        await #expect { try await fixture.store.write(other.id) { try $0.insert(taken) } } throws: {
            ($0 as? StoreError)?.code == .conflict
        }
        #expect(try await fixture.store.read(other.id) { try $0.users().isEmpty && $0.agents().isEmpty })
        #expect(try await fixture.store.readDirectory { try $0.user(email: mine.email) } == mine)
    }

    @Test(arguments: Backend.allCases) func twentyTakersOfFourRunsTakeEachOnce(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        var runs: Set<RunID> = []
        for _ in 0..<4 { runs.insert(try await fixture.queuedRun().id) }
        let taken = try await withThrowingTaskGroup(of: RunID?.self) { group in
            for _ in 0..<20 {
                group.addTask { try await fixture.store.takeNextRun(now: now, hold: now.addingTimeInterval(10))?.run }
            }
            return try await group.reduce(into: [RunID]()) { if let run = $1 { $0.append(run) } }
        }
        #expect(taken.count == Set(taken).count && Set(taken).isSubset(of: runs))
        #expect(!taken.isEmpty)
        // What is held is shown to nobody, and to somebody when the time is over.
        var rest = runs.subtracting(taken)
        while let next = try await fixture.store.takeNextRun(now: now, hold: now.addingTimeInterval(10)) {
            #expect(rest.remove(next.run) != nil)
        }
        #expect(rest.isEmpty)
        #expect(try await fixture.store.takeNextRun(now: now.addingTimeInterval(11), hold: now.addingTimeInterval(20)) != nil)
    }

    @Test(arguments: Backend.allCases) func fiftyWritersOfOneTenantMissNoAuditEntry(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await fixture.store.write(fixture.tenant.id) { tables in
                        let index = (try tables.lastAuditEntry()?.index ?? 0) + 1
                        try tables.insert(
                            AuditEntry(
                                tenant: tables.tenantID, index: index, time: now, actor: "system", act: "x", subject: "y", outcome: "ok",
                                detail: "", hash: [1]))
                    }
                }
            }
            try await group.waitForAll()
        }
        let indexes = try await fixture.store.read(fixture.tenant.id) { try $0.auditEntries(after: 0, limit: 100).map(\.index) }
        #expect(indexes == Array(1...50))
    }

    /// The log's table takes nothing any more, as when the disk is full or somebody took the right away.
    @Test(arguments: Backend.allCases) func anActWhoseEntryCannotBeWrittenDoesNotHappen(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        switch backend {
        case .sqlite:
            _ = try await (fixture.store as? SQLiteStore)?.file(of: fixture.tenant.id).write {
                try $0.script("CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT raise(ABORT, 'no room'); END;")
            }
        case .postgresql: try await fixture.rawDirectory("REVOKE INSERT ON audit_entries FROM cloudryption_app")
        }
        let user = fixture.user("late@one.example")
        await #expect(throws: StoreError.self) {
            try await fixture.store.write(fixture.tenant.id) { tables in
                try tables.insert(user, passwordHash: "x")
                try tables.insert(
                    AuditEntry(
                        tenant: tables.tenantID, index: 1, time: now, actor: "system", act: "x", subject: "y", outcome: "ok", detail: "",
                        hash: [1]))
            }
        }
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.user(user.id) } == nil)
        #expect(try await fixture.store.readDirectory { try $0.user(email: user.email) } == nil)
    }

    @Test(arguments: Backend.allCases) func twoTenantsWriteAtTheSameMoment(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenants = (0..<12).map { Tenant(id: .random(), name: "tenant \($0)", createdAt: now) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tenant in tenants {
                group.addTask {
                    try await fixture.store.create(tenant) {
                        try $0.insert(ControlPlaneCore.Environment(id: .random(), tenant: tenant.id, name: "e", createdAt: now))
                    }
                    _ = try await fixture.store.read(tenant.id) { try $0.environments() }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.store.readDirectory { try $0.tenants() }.count == 13)
        for tenant in tenants { #expect(try await fixture.store.read(tenant.id) { try $0.environments() }.count == 1) }
    }

    @Test(arguments: Backend.allCases) func aRowOfAnotherTenantIsNeitherSeenNorWritten(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        let other = Tenant(id: .random(), name: "two", createdAt: now)
        try await fixture.store.create(other) { _ in }
        let mine = fixture.agent()
        try await fixture.store.write(tenant.id) { try $0.insert(mine) }
        #expect(try await fixture.store.read(other.id) { try $0.agents() }.isEmpty)
        #expect(try await fixture.store.read(other.id) { try $0.agent(mine.id) } == nil)
        #expect(try await fixture.store.read(tenant.id) { try $0.agent(mine.id) } == mine)
        await #expect(throws: StoreError.self) { try await fixture.store.write(other.id) { try $0.insert(mine) } }
        await #expect(throws: StoreError.self) { try await fixture.store.write(other.id) { try $0.update(mine) } }
        // A foreign environment in a row of ours: the foreign key holds the tenant.
        let theirs = ControlPlaneCore.Environment(id: .random(), tenant: other.id, name: "e", createdAt: now)
        try await fixture.store.write(other.id) { try $0.insert(theirs) }
        var crossed = fixture.agent(2)
        crossed.environment = theirs.id
        let row = crossed
        await #expect { try await fixture.store.write(tenant.id) { try $0.insert(row) } } throws: { ($0 as? StoreError)?.code == .conflict }
    }

    @Test(arguments: Backend.allCases) func aBodyThatThrowsLeavesNothing(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        struct Stop: Error {}
        let row = fixture.agent()
        await #expect(throws: Stop.self) {
            try await fixture.store.write(tenant.id) {
                try $0.insert(row)
                throw Stop()
            }
        }
        #expect(try await fixture.store.read(tenant.id) { try $0.agents() }.isEmpty)
    }

    @Test(arguments: Backend.allCases) func oneOfFiftyCallersUsesATokenUp(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        let token = EnrolmentToken(
            digest: [9, 9], tenant: tenant.id, environment: fixture.environment.id, createdAt: now, expiresAt: now.addingTimeInterval(10))
        try await fixture.store.write(tenant.id) { try $0.insert(token) }
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await fixture.store.write(tenant.id) { try $0.useEnrolmentToken(digest: token.digest, by: .random(), now: now) }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test(arguments: Backend.allCases) func anOldTokenIsNotUsed(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        let token = EnrolmentToken(digest: [8], tenant: tenant.id, environment: fixture.environment.id, createdAt: now, expiresAt: now)
        try await fixture.store.write(tenant.id) { try $0.insert(token) }
        #expect(
            try await !fixture.store.write(tenant.id) {
                try $0.useEnrolmentToken(digest: [8], by: .random(), now: now.addingTimeInterval(1))
            })
    }

    @Test(arguments: Backend.allCases) func oneOfTwentyWorkersGetsARun(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        let run = try await fixture.queuedRun()
        let claims = try await withThrowingTaskGroup(of: Run?.self) { group in
            for worker in 0..<20 {
                group.addTask {
                    try await fixture.store.write(tenant.id) {
                        try $0.claim(run.id, worker: "\(worker)", now: now, leaseUntil: now.addingTimeInterval(60))
                    }
                }
            }
            return try await group.reduce(into: [Run]()) { if let run = $1 { $0.append(run) } }
        }
        #expect(claims.count == 1)
        #expect(claims.first?.attempts == 1 && claims.first?.status == .running)
    }

    @Test(arguments: Backend.allCases) func aRunWhoseLeaseEndedIsTakenByAnotherAndTheFirstCannotFinishIt(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        let run = try await fixture.queuedRun()
        let first = try await fixture.store.write(tenant.id) {
            try $0.claim(run.id, worker: "a", now: now, leaseUntil: now.addingTimeInterval(60))
        }
        let later = now.addingTimeInterval(61)
        #expect(try await fixture.store.readDirectory { try $0.nextRun(now: now.addingTimeInterval(59)) } == nil)
        #expect(try await fixture.store.readDirectory { try $0.nextRun(now: later) }?.run == run.id)
        let second = try await fixture.store.write(tenant.id) {
            try $0.claim(run.id, worker: "b", now: later, leaseUntil: later.addingTimeInterval(60))
        }
        #expect(second?.attempts == 2)
        var done = try #require(first)
        done.status = .succeeded
        let finished = done
        #expect(try await !fixture.store.write(tenant.id) { try $0.finish(finished, worker: "a") })
        #expect(try await !fixture.store.write(tenant.id) { try $0.renewLease(of: run.id, worker: "a", until: later, stage: nil) })
        #expect(try await fixture.store.write(tenant.id) { try $0.finish(finished, worker: "b") })
    }

    @Test(arguments: Backend.allCases) func timesSurviveTheStore(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let tenant = fixture.tenant
        var row = fixture.agent()
        row.lastSeen = Date(timeIntervalSince1970: 1_763_912_345.678901)
        let written = row
        try await fixture.store.write(tenant.id) { try $0.insert(written) }
        let read = try #require(try await fixture.store.read(tenant.id) { try $0.agent(written.id) })
        let difference = try #require(read.lastSeen).timeIntervalSince(try #require(written.lastSeen))
        #expect(abs(difference) < 0.000_002)
    }
}
