import Basics
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

/// A database that does not answer.
private struct DeadStore: ControlPlaneStore {
    private var dead: StoreError { StoreError(.unavailable, "no answer") }
    func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T { throw dead }
    func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T { throw dead }
    func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T { throw dead }
    func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        throw dead
    }
    func create<T: Sendable>(_ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T { throw dead }
    func erase(_ tenant: TenantID) async throws -> [String: Int] { throw dead }
    func purgeAudit(of tenant: TenantID, before: Date) async throws -> Int { throw dead }
    func takeTenantsWithFreshEntries() -> Set<TenantID> { [] }
    func takeNextRun(now: Date, hold: Date) async throws -> (tenant: TenantID, run: RunID)? { throw dead }
}

/// GHSA-9mh8-9j64-443f, CVE-2021-29653: whoever cannot be looked up is not let in.
@Suite struct OutageTests {
    @Test func whenTheDatabaseDoesNotAnswerNobodyGetsIn() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let signedIn = try await installation.services.signIn.operatorSession(email: made.admin)
        _ = try await installation.services.signIn.authenticate(signedIn.token)
        _ = try await agent.authenticate()
        let dead = DeadStore()
        let signIn = SignInService(
            store: dead, clock: installation.time.clock, hash: installation.services.signIn.hash,
            factors: installation.services.access.factors)
        #expect(await refusal { try await signIn.authenticate(signedIn.token) } == "auth.unavailable")
        let password = try #require(made.oneTimePassword)
        #expect(
            await refusal { try await signIn.signIn(email: made.admin, password: password, source: "127.0.0.1") } == "auth.unavailable")
        let directory = AgentDirectory(store: dead, authorities: installation.watch, clock: installation.time.clock)
        let certificate = try TestAgent.peer(agent.response.certificates[0])
        #expect(await refusal { try await directory.authenticate(certificate) } == "auth.unavailable")
        let lists = RevocationLists(store: dead, authorities: installation.watch, clock: installation.time.clock)
        #expect(await refusal { try await lists.list(issuer: nil) } != "none", "no list is not an empty list")
    }

    @Test func aFloodOfSignInsIsTurnedAwayBeforeItCostsMemory() async throws {
        let hash = try PasswordHash()
        let answers = await withTaskGroup(of: String.self) { group in
            for index in 0..<(4 * PasswordHash.queueLimit) {
                group.addTask { await refusal { try await hash.matches(Secret("guess \(index)"), nil) } }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(answers["auth.throttled", default: 0] > 0 && answers["none", default: 0] >= PasswordHash.queueLimit, "\(answers)")
        #expect(answers.count == 2)
        // What waited is over; the next one is heard.
        #expect(await refusal { try await hash.matches(Secret("one more"), nil) } == "none")
    }
}
