import Basics
import ControlPlaneStore
import Crypto
import Foundation
import SQLDatabase
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct AuditServiceTests {
    func logged() async throws -> (Installation, TenancyService.Bootstrapped, AuditService) {
        let installation = try await Installation()
        let made = try await installation.tenant()
        _ = try await installation.enrol(made.environment)
        return (installation, made, installation.services.audit)
    }

    @Test func anExportIsVerifiedWithTheKeyAlone() async throws {
        let (_, made, audit) = try await logged()
        let file = try await audit.file(of: made.tenant.id)
        let key = audit.key(of: made.tenant.id)
        guard case .intact(0, let last, 1) = try AuditExport.verify(file, key: try AuditKey(key.description)) else {
            Issue.record("not intact")
            return
        }
        #expect(last >= 6)
        #expect(throws: AuditError.self) { try AuditExport.verify(file, key: audit.key(of: .random())) }
    }

    @Test func anExportInPagesStandsUnderOneCheckpointAndShowsThatTheLogOnlyGrew() async throws {
        let (installation, made, audit) = try await logged()
        _ = try await audit.checkpoint(of: made.tenant.id)
        let admin = try await installation.session(.auditor, in: made.tenant)
        let first = try await audit.export(after: 0, size: nil, limit: 3, for: admin)
        // The log goes on between two pages.
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        var bytes = first.head + first.lines.joined()
        var place = first.last
        while place < first.size {
            let page = try await audit.export(after: place, size: first.size, limit: 3, for: admin)
            bytes += page.lines.joined()
            place = page.last
        }
        #expect(
            try AuditExport.verify(bytes, key: audit.key(of: made.tenant.id)) == .intact(after: 0, last: first.size, checkpoints: 2))
        let viewer = try await installation.session(.viewer, in: made.tenant)
        #expect(await refusal { try await audit.export(after: 0, size: nil, for: viewer) } == "auth.forbidden")
    }

    @Test func entriesFromBeforeTheTreeBecomeItsLeavesWithTheNextOne() async throws {
        let (installation, made, audit) = try await logged()
        let file = try installation.files.file(of: made.tenant.id)
        _ = try await file.write { try $0.script("DROP TRIGGER audit_nodes_stay; DELETE FROM audit_nodes;") }
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        let export = try await audit.file(of: made.tenant.id)
        guard case .intact = try AuditExport.verify(export, key: audit.key(of: made.tenant.id)) else {
            Issue.record("not intact")
            return
        }
    }

    @Test func aLogThatWasChangedIsNeverSignedAgain() async throws {
        let (installation, made, audit) = try await logged()
        _ = try await audit.checkpoint(of: made.tenant.id)
        let file = try installation.files.file(of: made.tenant.id)
        // Whoever owns the file can do this; the checkpoints that others hold cannot be changed with it.
        _ = try await file.write {
            try $0.script("DROP TRIGGER audit_nodes_keep; UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 0 AND position = 0;")
            try $0.script("UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 1 AND position = 0;")
            try $0.script("UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 2 AND position = 0;")
        }
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        #expect(await refusal { try await audit.checkpoint(of: made.tenant.id) } == "store.corrupt")
        #expect(await audit.signAll(fresh: true).map(\.tenant) == [made.tenant.id])
    }

    @Test func anEntryEditedInTheDatabaseIsFoundInTheExport() async throws {
        let (installation, made, audit) = try await logged()
        let file = try installation.files.file(of: made.tenant.id)
        _ = try await file.write {
            try $0.script("DROP TRIGGER audit_entries_keep; UPDATE audit_entries SET actor = 'user:nobody' WHERE entry = 4;")
        }
        let export = try await audit.file(of: made.tenant.id)
        guard case .broken(4, _) = try AuditExport.verify(export, key: audit.key(of: made.tenant.id)) else {
            Issue.record("not found")
            return
        }
    }

    @Test func onlyLogsThatGrewAreSignedAndEachEntryIsUnderACheckpointThen() async throws {
        let (installation, made, audit) = try await logged()
        let other = try await installation.tenant("other")
        #expect(await audit.signAll(fresh: true).isEmpty)
        func sizes(_ tenant: TenantID) async throws -> [UInt64] {
            try await installation.store.read(tenant) { try $0.auditCheckpoints(limit: 9).map(\.size) }
        }
        let before = try await sizes(made.tenant.id)
        #expect(before == [UInt64(try await installation.audit(made.tenant.id).count)])
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: other.environment)
        #expect(await audit.signAll(fresh: true).isEmpty)
        #expect(try await sizes(made.tenant.id) == before)
        #expect(try await sizes(other.tenant.id).count == 2)
        // Signing twice signs once.
        #expect(await audit.signAll(fresh: false).isEmpty)
        #expect(try await sizes(other.tenant.id).count == 2)
    }

    @Test func theOperatorsOwnLogIsALogAndNoTenant() async throws {
        let (installation, _, audit) = try await logged()
        let operators = Tenant.operator.id
        let now = installation.time.now
        try await installation.store.write(operators) {
            try AuditLog.append($0, .tenantCreated, by: .operator, on: "tenant:x", at: now)
        }
        #expect(try await installation.store.readDirectory { try $0.tenants() }.count == 1)
        let export = try await audit.file(of: operators)
        #expect(try AuditExport.verify(export, key: audit.key(of: operators)) == .intact(after: 0, last: 1, checkpoints: 1))
    }

    @Test func aWitnessIsToldHowTheLogGrew() async throws {
        let (installation, made, audit) = try await logged()
        let tenant = made.tenant.id
        _ = try await audit.checkpoint(of: tenant)
        let witness = try AuditWitness(try #require(try await audit.word(for: tenant, since: nil)))
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        _ = try await audit.checkpoint(of: tenant)
        let later = try witness.after(try #require(try await audit.word(for: tenant, since: witness.size)))
        #expect(later.size == witness.size + 1)
        // Of entries that are not there is no proof.
        #expect(try await audit.word(for: tenant, since: 1000)?.proof == [])
    }

    @Test func everySignOfLifeTellsTheAgentHowItsTenantsLogGrew() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let caller = try await agent.authenticate()
        func word(_ size: UInt64?) async throws -> AuditWord? {
            let beat = Heartbeat(
                agentVersion: "1.0", hostname: "h", platform: "p", spoolDepth: 0, clock: "x", auditSize: size)
            return try await installation.services.agents.heartbeat(beat, from: caller).audit
        }
        #expect(try await word(nil) == nil, "nothing is signed yet")
        _ = try await installation.services.audit.checkpoint(of: made.tenant.id)
        let witness = try AuditWitness(try #require(try await word(nil)))
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        _ = try await installation.services.audit.checkpoint(of: made.tenant.id)
        #expect(try witness.after(try #require(try await word(witness.size))).size > witness.size)
    }
}
