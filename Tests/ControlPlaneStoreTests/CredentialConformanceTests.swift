import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import Testing

/// Agents' credentials, alike on both databases.
@Suite struct CredentialConformanceTests {
    let now = StoreFixture.now

    private func certificate(_ serial: String, of agent: Agent, ends: TimeInterval = 3600) -> AgentCertificate {
        AgentCertificate(
            serial: serial, agent: agent.id, epoch: 1, keyDigest: agent.keyDigest, issuer: "aa", issuedAt: now,
            notAfter: now.addingTimeInterval(ends))
    }

    @Test(arguments: Backend.allCases) func anAgentComesBackWithItsStanding(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        var agent = fixture.agent(3)
        agent.standing = AgentStanding(
            method: "oidc", grant: "rule:1", account: "123456789012", approved: false,
            quarantine: .init(reason: "copiedKey", since: now), missingPermissions: ["iam:ListUsers"], trusts: ["sha256:00"])
        let row = agent
        try await fixture.store.write(fixture.tenant.id) { try $0.insert(row) }
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.agent(row.id) } == row)
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.agents() } == [row])
        #expect(try await fixture.store.readDirectory { try $0.agent(keyDigest: row.keyDigest) } == row)
        agent.standing.quarantine = nil
        // An agent that enrols again has a fresh key, by which it is found too.
        agent.keyDigest = [UInt8](repeating: 9, count: 32)
        let changed = agent
        try await fixture.store.write(fixture.tenant.id) { try $0.update(changed) }
        #expect(try await fixture.store.readDirectory { try $0.agent(keyDigest: changed.keyDigest) } == changed)
    }

    @Test(arguments: Backend.allCases) func tokensComeBackWithTheirTermsAndEndBeforeTheirTime(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let token = EnrolmentToken(
            digest: [UInt8](repeating: 5, count: 32), tenant: fixture.tenant.id, environment: fixture.environment.id, createdAt: now,
            expiresAt: now.addingTimeInterval(60), terms: EnrolmentTerms(account: "123456789012", host: "web-*", needsApproval: true))
        try await fixture.store.write(fixture.tenant.id) { try $0.insert(token) }
        #expect(try await fixture.store.readDirectory { try $0.enrolmentToken(digest: token.digest) } == token)
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.enrolmentTokens(limit: 5) } == [token])
        let now = now
        #expect(try await fixture.store.write(fixture.tenant.id) { try $0.expireEnrolmentToken(digest: token.digest, at: now) })
        #expect(try await !fixture.store.write(fixture.tenant.id) { try $0.expireEnrolmentToken(digest: token.digest, at: now) })
        #expect(
            try await !fixture.store.write(fixture.tenant.id) {
                try $0.useEnrolmentToken(digest: token.digest, by: .random(), now: now.addingTimeInterval(1))
            })
    }

    @Test(arguments: Backend.allCases) func aProofIsUsedOnceByFiftyCallersAtOnce(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant, now) = (fixture.store, fixture.tenant.id, now)
        let digest = [UInt8](repeating: 8, count: 32)
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await store.write(tenant) { try $0.useProof(digest: digest, until: now.addingTimeInterval(60), now: now) }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        // What nobody could use any more is forgotten.
        #expect(
            try await store.write(tenant) {
                try $0.useProof(digest: digest, until: now.addingTimeInterval(200), now: now.addingTimeInterval(61))
            })
    }

    @Test(arguments: Backend.allCases) func rulesAreOfOneEnvironment(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let rule = EnrolmentRule(
            id: .random(), tenant: fixture.tenant.id, environment: fixture.environment.id,
            condition: .openID(OpenIDCondition(issuer: "https://issuer.example", subjects: ["repo:a/*"], claims: ["ref": "main"])),
            needsApproval: true, createdAt: now)
        try await fixture.store.write(fixture.tenant.id) { try $0.insert(rule) }
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.enrolmentRules(of: rule.environment) } == [rule])
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.enrolmentRules(of: nil) } == [rule])
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.enrolmentRules(of: .random()) }.isEmpty)
        try await fixture.store.write(fixture.tenant.id) { try $0.deleteEnrolmentRule(rule.id) }
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.enrolmentRules(of: nil) }.isEmpty)
    }

    @Test(arguments: Backend.allCases) func whatIsRevokedStaysRevokedAndOutlivesItsEnd(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let agent = fixture.agent(3)
        let (first, second, old) = (
            certificate("0a", of: agent), certificate("0b", of: agent), certificate("0c", of: agent, ends: -1)
        )
        let now = now
        try await fixture.store.write(fixture.tenant.id) { tables in
            try tables.insert(agent)
            for row in [first, second, old] { try tables.insert(row) }
            try tables.revokeCertificates(of: agent.id, at: now)
            // A writer that read the row before writes it back.
            try tables.update(first)
        }
        let listed = try await fixture.store.read(fixture.tenant.id) { try $0.revokedCertificates(issuer: "aa", endingAfter: now) }
        #expect(listed.map(\.serial) == ["0a", "0b"], "one that had ended needs no revocation")
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.revokedCertificates(issuer: "bb", endingAfter: now) }.isEmpty)
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.certificate(serial: "0a") }?.revokedAt == now)
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.certificates(of: agent.id, limit: 9) }.count == 3)
    }

    @Test(arguments: Backend.allCases) func aLockHoldsForItsKindAlone(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let agent = AgentID.random()
        let (tenant, environment, now) = (fixture.tenant.id, fixture.environment.id, now)
        func isLocked(grant: String? = nil, serial: String? = nil) async throws -> Bool {
            try await fixture.store.read(tenant) { try $0.isLocked(environment: environment, agent: agent, grant: grant, serial: serial) }
        }
        #expect(try await !isLocked())
        for lock in [Lock(kind: .grant, subject: "rule:1", since: now), Lock(kind: .serial, subject: "0a", since: now)] {
            try await fixture.store.write(tenant) { try $0.insert(lock) }
            try await fixture.store.write(tenant) { try $0.insert(lock) }
        }
        #expect(try await !isLocked(grant: "0a", serial: "rule:1"))
        #expect(try await isLocked(grant: "rule:1"))
        #expect(try await isLocked(serial: "0a"))
        #expect(try await fixture.store.read(tenant) { try $0.locks() }.count == 2)
        for lock in [
            Lock(kind: .agent, subject: agent.description, since: now),
            Lock(kind: .environment, subject: environment.description, since: now),
            Lock(kind: .tenant, subject: tenant.description, since: now),
        ] {
            try await fixture.store.write(tenant) { try $0.insert(lock) }
            #expect(try await isLocked())
            try await fixture.store.write(tenant) { try $0.deleteLock(lock.kind, lock.subject) }
            #expect(try await !isLocked())
        }
    }

    @Test(arguments: Backend.allCases) func aBundleWithoutARunIsHeld(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let run = try await fixture.queuedRun()
        let held = StoredBundle(
            tenant: run.tenant, id: .fresh(milliseconds: 2), environment: run.environment, agent: run.agent, epoch: 1, sequence: 2, size: 1,
            sha256: [2], agentKey: [1], acceptedAt: now, run: .fresh(milliseconds: 2))
        try await fixture.store.write(fixture.tenant.id) { try $0.insert(held) }
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.heldBundles(of: run.agent) }.map(\.id) == [held.id])
    }
}
