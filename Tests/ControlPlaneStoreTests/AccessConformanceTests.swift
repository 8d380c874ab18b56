import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import Testing

/// Second factors, tokens, single sign-on, visits and repeated writes: both databases alike.
@Suite struct AccessConformanceTests {
    let now = StoreFixture.now

    private func person(_ fixture: StoreFixture, _ email: String = "a@example.com") async throws -> User {
        let user = fixture.user(email)
        try await fixture.store.write(fixture.tenant.id) { try $0.insert(user, passwordHash: "h") }
        return user
    }

    @Test(arguments: Backend.allCases) func aPersonIsReadAsStored(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        var user = try await person(fixture)
        user.role = .auditor
        user.environments = .only([fixture.environment.id])
        user.disabledAt = now
        user.signOnSubject = "https://issuer.example subject"
        let changed = user
        try await fixture.store.write(fixture.tenant.id) { try $0.update(changed) }
        let found = try await fixture.store.read(fixture.tenant.id) {
            (try $0.user(changed.id), try $0.user(signOnSubject: "https://issuer.example subject"), try $0.user(signOnSubject: "another"))
        }
        #expect(found.0 == changed && found.1 == changed && found.2 == nil)
        var stranger = changed
        stranger.id = .random()
        let unknown = stranger
        await #expect { try await fixture.store.write(fixture.tenant.id) { try $0.update(unknown) } } throws: {
            ($0 as? StoreError)?.code == .notFound
        }
    }

    @Test(arguments: Backend.allCases) func aChallengeIsTakenOnce(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let user = try await person(fixture)
        let session = Session(
            digest: [7], tenant: fixture.tenant.id, user: user.id, stage: .enrolment, proof: .signOn, provedAt: now + 1,
            source: "192.0.2.1",
            createdAt: now, lastUsed: now, expiresAt: now + 60)
        let challenge = Session.Challenge(bytes: [1, 2, 3], createdAt: now)
        try await fixture.store.write(fixture.tenant.id) { tables in
            try tables.insert(session)
            try tables.setChallenge(challenge, of: session.digest)
        }
        var waiting = session
        waiting.challenge = challenge
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.sessions(of: user.id) } == [waiting])
        let store = fixture.store
        let tenant = fixture.tenant.id
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 { group.addTask { try await store.write(tenant) { try $0.takeChallenge(of: [7]) } == challenge } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
        #expect(try await store.write(tenant) { try $0.deleteSession(session.id) })
        #expect(try await store.write(tenant) { try $0.deleteSession(session.id) } == false)
        #expect(try await store.readDirectory { try $0.session(digest: [7]) } == nil)
    }

    @Test(arguments: Backend.allCases) func aCodeOfOneStepIsTakenOnceByHoweverMany(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant) = (fixture.store, fixture.tenant.id)
        let user = try await person(fixture).id
        let factor = CodeFactor(user: user, wrapped: [9], confirmedAt: nil, lastStep: nil)
        try await store.write(tenant) { try $0.put(factor) }
        #expect(try await store.write(tenant) { try $0.useCode(step: 5, of: user) } == false, "not in force")
        let confirmed = CodeFactor(user: user, wrapped: [9], confirmedAt: now, lastStep: 4)
        try await store.write(tenant) { try $0.put(confirmed) }
        #expect(try await store.read(tenant) { try $0.codeFactor(of: user) } == confirmed)
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 { group.addTask { try await store.write(tenant) { try $0.useCode(step: 5, of: user) } } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
        #expect(try await store.write(tenant) { try $0.useCode(step: 4, of: user) } == false)
        #expect(try await store.write(tenant) { try $0.useCode(step: 6, of: user) })
    }

    @Test(arguments: Backend.allCases) func recoveryCodesAndPasskeysAreUsedAndDropped(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant) = (fixture.store, fixture.tenant.id)
        let (user, other) = (try await person(fixture).id, try await person(fixture, "b@example.com").id)
        let time = now
        try await store.write(tenant) { try $0.replaceRecoveryCodes(of: user, with: [[1], [2]]) }
        #expect(try await store.write(tenant) { try $0.useRecoveryCode([1], of: other, at: time) } == false)
        #expect(try await store.write(tenant) { try $0.useRecoveryCode([1], of: user, at: time) })
        #expect(try await store.write(tenant) { try $0.useRecoveryCode([1], of: user, at: time) } == false)
        #expect(try await store.read(tenant) { try $0.recoveryCodesLeft(of: user) } == 1)
        var passkey = Passkey(
            credential: [1, 2], user: user, name: "key", algorithm: .edDSA, publicKey: [3], signCount: .max - 1, createdAt: now)
        let fresh = passkey
        try await store.write(tenant) { try $0.insert(fresh) }
        await #expect { try await store.write(tenant) { try $0.insert(fresh) } } throws: { ($0 as? StoreError)?.code == .conflict }
        #expect(try await store.write(tenant) { try $0.usePasskey([1, 2], of: other, count: .max - 1, now: .max, at: time) } == false)
        #expect(try await store.write(tenant) { try $0.usePasskey([1, 2], of: user, count: 3, now: .max, at: time) } == false)
        #expect(try await store.write(tenant) { try $0.usePasskey([1, 2], of: user, count: .max - 1, now: .max, at: time) })
        (passkey.signCount, passkey.lastUsed) = (.max, now)
        #expect(try await store.read(tenant) { try $0.passkeys(of: user) } == [passkey])
        #expect(try await store.write(tenant) { try $0.deletePasskey([1, 2], of: other) } == false)
        try await store.write(tenant) { try $0.deleteSecondFactors(of: user) }
        let left = try await store.read(tenant) { (try $0.passkeys(of: user).count, try $0.recoveryCodesLeft(of: user)) }
        #expect(left == (0, 0))
    }

    @Test(arguments: Backend.allCases) func aTokenIsFoundByItsDigestAndRevokedOnce(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant) = (fixture.store, fixture.tenant.id)
        let account = try await person(fixture).id
        var token = APIToken(
            id: .random(), digest: [UInt8](repeating: 5, count: 32), tenant: tenant, account: account, name: "ci",
            scopes: [.readResults, .readAudit],
            environments: .only([fixture.environment.id]), createdBy: nil, createdAt: now, expiresAt: now + 60)
        let fresh = token
        let time = now
        try await store.write(tenant) { try $0.insert(fresh) }
        #expect(try await store.readDirectory { try $0.apiToken(digest: fresh.digest) } == fresh)
        #expect(try await store.readDirectory { try $0.apiToken(digest: [1]) } == nil)
        try await store.write(tenant) { try $0.touch(token: fresh.id, at: time) }
        #expect(try await store.write(tenant) { try $0.revoke(token: fresh.id, at: time) })
        #expect(try await store.write(tenant) { try $0.revoke(token: fresh.id, at: time) } == false)
        (token.lastUsed, token.revokedAt) = (now, now)
        #expect(try await store.read(tenant) { try $0.apiTokens() } == [token])
    }

    @Test(arguments: Backend.allCases) func signOnIsStoredAndAnAttemptIsTakenOnce(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant) = (fixture.store, fixture.tenant.id)
        let signOn = SignOn(
            issuer: "https://issuer.example", clientID: "us", wrappedSecret: [1], roleClaim: "groups",
            roles: ["a\"b": .viewer, "c": .auditor])
        try await store.write(tenant) { try $0.setSignOn(signOn) }
        #expect(try await store.read(tenant) { try $0.signOn() } == signOn)
        try await store.write(tenant) { try $0.setSignOn(nil) }
        #expect(try await store.read(tenant) { try $0.signOn() } == nil)
        let attempt = SignOnAttempt(state: [1], browser: [2], nonce: "n", verifier: "v", next: "/", createdAt: now)
        let old = SignOnAttempt(state: [3], browser: [2], nonce: "n", verifier: "v", next: "/", createdAt: now - 1000)
        let time = now
        try await store.write(tenant) { try $0.insert(old, dropBefore: time - 2000) }
        try await store.write(tenant) { try $0.insert(attempt, dropBefore: time - 600) }
        #expect(try await store.write(tenant) { try $0.takeSignOnAttempt(state: [3]) } == nil)
        #expect(try await store.write(tenant) { try $0.takeSignOnAttempt(state: [1]) } == attempt)
        #expect(try await store.write(tenant) { try $0.takeSignOnAttempt(state: [1]) } == nil)
    }

    @Test(arguments: Backend.allCases) func aRepeatedWriteIsClaimedOnceByHoweverMany(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant, time) = (fixture.store, fixture.tenant.id, now)
        var request = RepeatableRequest(key: [1], request: [2], createdAt: now)
        let fresh = request
        let claimed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 { group.addTask { try await store.write(tenant) { try $0.claim(fresh, dropBefore: time - 10) } == nil } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(claimed == 1)
        (request.status, request.wrapped) = (201, [4])
        let answered = request
        try await store.write(tenant) { try $0.finish(answered) }
        #expect(try await store.write(tenant) { try $0.claim(fresh, dropBefore: time - 10) } == answered)
        try await store.write(tenant) { try $0.forget(fresh) }
        #expect(try await store.write(tenant) { try $0.claim(fresh, dropBefore: time - 10) } == answered, "what was answered stays")
        #expect(try await store.write(tenant) { try $0.claim(fresh, dropBefore: time + 1) } == nil, "a day later it is free")
        try await store.write(tenant) { try $0.forget(fresh) }
        #expect(try await store.write(tenant) { try $0.claim(fresh, dropBefore: time - 10) } == nil, "what changed nothing is forgotten")
    }

    @Test(arguments: Backend.allCases) func visitsAndOperatorsAreKept(_ backend: Backend) async throws {
        let fixture = try await StoreFixture(backend)
        let (store, tenant, time) = (fixture.store, fixture.tenant.id, now)
        try await store.writeDirectory { try $0.insertOperator("alice", digest: [1], at: time) }
        await #expect { try await store.writeDirectory { try $0.insertOperator("alice", digest: [2], at: time) } } throws: {
            ($0 as? StoreError)?.code == .conflict
        }
        let known = try await store.readDirectory {
            (try $0.operators(), try $0.operatorName(digest: [1]), try $0.operatorName(digest: [2]))
        }
        #expect(known == (["alice"], "alice", nil))
        var visit = BreakGlass(id: .random(), operator: "alice", reason: "a reason", seconds: 600, requestedAt: now)
        let asked = visit
        try await store.write(tenant) { try $0.insert(asked) }
        (visit.approvedBy, visit.openedAt, visit.endsAt) = ("bob", now, now + 600)
        let opened = visit
        try await store.write(tenant) { try $0.update(opened) }
        #expect(try await store.read(tenant) { try $0.breakGlass() } == [opened])
    }
}
