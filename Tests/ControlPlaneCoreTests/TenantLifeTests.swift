import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct TenantLifeTests {
    func life(_ installation: Installation) -> TenantLife {
        TenantLife(store: installation.store, data: installation.data, audit: installation.services.audit, clock: installation.time.clock)
    }

    @Test func aSuspendedTenantsPeopleAndAgentsAreRefusedUntilItIsResumed() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let other = try await installation.tenant("other")
        let agent = try await installation.enrol(made.environment)
        let signedIn = try await installation.services.signIn.operatorSession(email: made.admin)
        let neighbour = try await installation.services.signIn.operatorSession(email: other.admin)
        let token = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        let password = try #require(made.oneTimePassword)
        try await life(installation).suspend(made.tenant, reason: "unpaid")
        #expect(await refusal { try await installation.services.signIn.authenticate(signedIn.token) } == "auth.tenantSuspended")
        #expect(await refusal { try await agent.authenticate() } == "auth.unavailable")
        #expect(
            await refusal { try await installation.services.enrolment.enrol(Installation.request(token.token, P256.Signing.PrivateKey())) }
                == "enrolment.unavailable")
        #expect(
            await refusal {
                try await installation.services.signIn.signIn(
                    email: made.admin, password: password, newPassword: Secret("a fresh long one"), source: "")
            } == "auth.badCredentials")
        // Nobody else notices.
        _ = try await installation.services.signIn.authenticate(neighbour.token)
        try await life(installation).resume(made.tenant, reason: "paid")
        _ = try await installation.services.signIn.authenticate(signedIn.token)
        _ = try await agent.authenticate()
        let acts = try await installation.audit(made.tenant.id).map(\.act)
        #expect(acts.contains("tenantSuspended") && acts.contains("tenantResumed"))
        #expect(try await installation.audit(Tenant.operator.id).map(\.act) == ["tenantSuspended", "tenantResumed"])
    }

    @Test func aSuspendedTenantsRunsWait() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        _ = try await agent.upload(try agent.bundle(sequence: 1))
        try await life(installation).suspend(made.tenant, reason: "x")
        let now = installation.time.now
        let next = try #require(try await installation.store.readDirectory { try $0.nextRun(now: now) })
        let claim: @Sendable (any TenantWriting) throws -> Run? = {
            try $0.claim(next.run, worker: "w", now: now, leaseUntil: now.addingTimeInterval(60))
        }
        #expect(try await installation.store.write(next.tenant, claim) == nil)
        #expect(try await installation.store.readDirectory { try $0.nextRun(now: now) } == nil)
        try await life(installation).resume(made.tenant, reason: "x")
        #expect(try await installation.store.write(next.tenant, claim) != nil)
    }

    @Test func deletingLeavesTheLogAndTheProofAndNothingElse() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let other = try await installation.tenant("other")
        let agent = try await installation.enrol(made.environment)
        _ = try await agent.upload(try agent.bundle(sequence: 1))
        let signedIn = try await installation.services.signIn.operatorSession(email: made.admin)
        let deletion = try await life(installation).delete(made.tenant, reason: "left")
        #expect(deletion.rows["agents"] == 1 && deletion.rows["bundles"] == 1 && deletion.rows["sealing_keys"] == 1)
        #expect(deletion.rows["sessions"] == 1 && deletion.files == 1 && deletion.bytes > 0 && deletion.sealingKeys.count == 1)
        #expect(!deletion.rows.keys.contains { $0.hasPrefix("audit_") })
        #expect(await refusal { try await installation.services.signIn.authenticate(signedIn.token) } == "auth.noSession")
        #expect(await refusal { try await agent.authenticate() } == "auth.unknownAgent")
        #expect(try await installation.store.readDirectory { try $0.tenants() }.map(\.id) == [other.tenant.id])
        #expect(try await installation.store.readDirectory { try $0.nextRun(now: installation.time.now) } == nil)
        let left = try await installation.store.read(made.tenant.id) { try ($0.agents().count, $0.users().count, $0.sealingKeys().count) }
        #expect(left == (0, 0, 0))
        for kind in ["bundles", "uploads"] {
            #expect(!FileManager.default.fileExists(atPath: "\(installation.path)/objects/\(kind)/\(made.tenant.id)"))
        }
        // The log is whole, and the operator's says with which proof.
        let export = try await installation.services.audit.file(of: made.tenant.id)
        guard case .intact = try AuditExport.verify(export, key: installation.services.audit.key(of: made.tenant.id)) else {
            Issue.record("not intact")
            return
        }
        let digest = Hex.encode(SHA256.hash(data: try WireJSON.encode(deletion)))
        #expect(try await installation.audit(Tenant.operator.id).last?.detail.hasSuffix("proof=sha256:\(digest)") == true)
        // The neighbour is untouched, and the name is free; a second time there is nothing to remove.
        #expect(try await installation.store.read(other.tenant.id) { try $0.environments() }.count == 1)
        #expect(try await life(installation).delete(made.tenant, reason: "again").rows.values.allSatisfy { $0 == 0 })
        _ = try await installation.tenant()
    }

    @Test func nothingIsDeletedWhileARunIsAtWorkNorWithoutBeingOnRecord() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        _ = try await agent.upload(try agent.bundle(sequence: 1))
        let now = installation.time.now
        let next = try #require(try await installation.store.readDirectory { try $0.nextRun(now: now) })
        _ = try await installation.store.write(next.tenant) {
            try $0.claim(next.run, worker: "w", now: now, leaseUntil: now.addingTimeInterval(60))
        }
        #expect(await refusal { try await life(installation).delete(made.tenant, reason: "left") } == "store.conflict")
        #expect(await refusal { try await life(installation).delete(.operator, reason: "left") } == "store.conflict")
        _ = try await agent.authenticate()
    }

    @Test func anExportHoldsEverythingButSecrets() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        _ = try await agent.upload(try agent.bundle(sequence: 1))
        let folder = installation.path + "/export"
        let admin = try await installation.session(.tenantAdmin, in: made.tenant)
        _ = try await installation.services.access.signOn.configure(
            issuer: "https://idp.example.com", clientID: "us", secret: .fresh(Secret("theirs and ours")), roleClaim: "groups",
            roles: ["a": .viewer], by: admin)
        let account = try await installation.services.access.people.create(
            email: "ci@acme.example", role: .serviceAccount, environments: .all, by: .operator(made.tenant.id)
        ).user
        let program = try await installation.services.access.tokens.create(
            .init(account: account.email, name: "pipeline", scopes: [.readResults], environments: .all, life: 86400),
            by: .operator(made.tenant.id))
        let invitation = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        _ = try await installation.services.fleet.makeRule(
            for: made.environment.id, .awsIAM(.init(roles: ["arn:aws:iam::123456789012:role/agent"])), needsApproval: true, by: admin)
        try await installation.services.fleet.set(AgentSettings(rate: 7), for: .agent(agent.response.agent), by: admin)
        try await life(installation).export(made.tenant, to: folder)
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
        #expect(try text("users.json").contains(made.admin) && text("agents.json").contains(agent.response.agent.description))
        #expect(try text("runs.json").contains("queued") && text("environments.json").contains("production"))
        for (name, part) in [
            ("single-sign-on.json", "https://idp.example.com"), ("single-sign-on.json", "\"hasSecret\":true"),
            ("api-tokens.json", "pipeline"), ("agent-settings.json", "\"rate\":7"),
            ("enrolment-rules.json", "role/agent"), ("enrolment-tokens.json", "expiresAt"), ("locks.json", "[]"),
            ("break-glass.json", "[]"), ("users.json", "serviceAccount"),
        ] { #expect(try text(name).contains(part), "\(name)") }
        let manifest = try text("manifest.json")
        #expect(manifest.contains("our secret at the OpenID provider"))
        for name in [
            "users.json", "agents.json", "runs.json", "environments.json", "audit.jsonl", "bundles/", "enrolment-rules.json",
            "enrolment-tokens.json", "api-tokens.json", "single-sign-on.json", "locks.json", "break-glass.json",
            "agent-settings.json",
        ] {
            #expect(manifest.contains(name), "\(name)")
        }
        let stored = try await installation.store.read(made.tenant.id) { tables in
            try (tables.users().compactMap { try tables.passwordHash(of: $0.id) }, tables.sealingKeys().map(\.wrapped))
        }
        var all = Data()
        for case let name as String in try #require(FileManager.default.enumerator(atPath: folder)) {
            if let data = FileManager.default.contents(atPath: "\(folder)/\(name)") { all += data }
        }
        for secret in ["theirs and ours", program.secret.expose(), invitation.token.expose()] {
            #expect(all.range(of: Data(secret.utf8)) == nil)
        }
        for hash in stored.0 { #expect(all.range(of: Data(hash.utf8)) == nil) }
        for key in stored.1 { #expect(all.range(of: Data(key)) == nil && all.range(of: Data(Data(key).base64EncodedString().utf8)) == nil) }
        #expect(
            try AuditExport.verify(
                Array(Data(contentsOf: URL(filePath: folder + "/audit.jsonl"))), key: installation.services.audit.key(of: made.tenant.id))
                != .broken(entry: 1, why: ""))
        // Never over what is there.
        #expect(await refusal { try await life(installation).export(made.tenant, to: folder) } == "store.conflict")
        #expect(try await installation.audit(made.tenant.id).last?.act == "tenantExported")
    }

    @Test func theLogIsNotPurgedBeforeItsTerm() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let before = try await installation.audit(made.tenant.id).count
        #expect(
            await refusal {
                try await life(installation).purgeAudit(of: made.tenant, before: installation.time.now.addingTimeInterval(-364 * 86_400))
            }
                == "store.conflict")
        #expect(
            try await life(installation).purgeAudit(of: made.tenant, before: installation.time.now.addingTimeInterval(-366 * 86_400)) == 0)
        #expect(try await installation.audit(made.tenant.id).count == before)
    }
}
