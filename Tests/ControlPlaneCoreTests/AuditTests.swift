import Basics
import ControlPlaneStore
import Foundation
import SQLDatabase
import Testing

@testable import ControlPlaneCore

@Suite struct AuditTests {
    func log() async throws -> (TenantID, [AuditEntry]) {
        let installation = try await Installation()
        let made = try await installation.tenant()
        _ = try await installation.enrol(made.environment)
        return (made.tenant.id, try await installation.audit(made.tenant.id))
    }

    @Test func aWholeLogIsIntact() async throws {
        let (tenant, entries) = try await log()
        #expect(entries.count >= 6)
        #expect(AuditLog.verify(entries, tenant: tenant) == .intact(entries: UInt64(entries.count)))
        #expect(AuditLog.verify(entries.dropFirst(2), tenant: tenant, after: entries[1]) == .intact(entries: UInt64(entries.count)))
    }

    @Test func everyEditShows() async throws {
        let (tenant, entries) = try await log()
        func broken(_ change: (inout [AuditEntry]) -> Void) -> AuditLog.Verdict {
            var changed = entries
            change(&changed)
            return AuditLog.verify(changed, tenant: tenant)
        }
        #expect(broken { $0[2].actor = "user:x" } == .broken(at: 3))
        #expect(broken { $0[2].act = "signedOut" } == .broken(at: 3))
        #expect(broken { $0[2].subject += "0" } == .broken(at: 3))
        #expect(broken { $0[2].outcome = "" } == .broken(at: 3))
        #expect(broken { $0[2].detail += " " } == .broken(at: 3))
        #expect(broken { $0[2].time += 0.001 } == .broken(at: 3))
        #expect(broken { $0[2].tenant = .random() } == .broken(at: 3))
        #expect(broken { $0.remove(at: 2) } == .broken(at: 3))
        #expect(broken { $0.swapAt(2, 3) } == .broken(at: 3))
        #expect(broken { $0.insert($0[1], at: 2) } == .broken(at: 3))
        // Text moved from one field to the next keeps the characters but not the hash.
        #expect(
            broken {
                $0[2].subject += $0[2].outcome
                $0[2].outcome = ""
            } == .broken(at: 3))
    }

    @Test func whenTheEntryCannotBeWrittenTheActDoesNotHappen() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let caller = try await agent.authenticate()
        let before = try await installation.audit(made.tenant.id).count
        try await installation.files.file(of: made.tenant.id).write {
            try $0.script("CREATE TRIGGER broken BEFORE INSERT ON audit_entries BEGIN SELECT raise(ABORT, 'no'); END;")
        }
        #expect(await refusal { try await installation.services.enrolment.issueTokenAsOperator(for: made.environment) } != "none")
        #expect(await refusal { try await agent.upload(try agent.bundle(sequence: 1)) } != "none")
        #expect(await refusal { try await installation.services.signIn.operatorSession(email: made.admin) } != "none")
        let counts = try await installation.files.file(of: made.tenant.id).read { connection in
            try connection.row(
                """
                SELECT (SELECT count(*) FROM enrolment_tokens WHERE used_at IS NULL) AS tokens, (SELECT count(*) FROM uploads) AS uploads,
                    (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM runs) AS runs
                """)
        }
        for name in ["tokens", "uploads", "sessions", "runs"] { #expect(try counts?.integer(name) == 0, "\(name)") }
        #expect(try await installation.audit(made.tenant.id).count == before)
        _ = caller
    }

    @Test func noSecretIsInTheLog() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        _ = await refusal {
            try await installation.services.signIn.signIn(
                email: made.admin, password: Secret("my secret guess"), newPassword: nil, source: "127.0.0.1")
        }
        let text = try await installation.audit(made.tenant.id).map { "\($0)" }.joined()
        #expect(!text.contains(issued.token.expose()) && !text.contains("my secret guess"))
        #expect(!text.contains(try #require(made.oneTimePassword).expose()))
    }
}
