import Basics
import ControlPlaneStore
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

/// The master key is replaced while programs run, and nothing that others hold loses its worth.
@Suite struct KeyRotationTests {
    @Test func everythingOpensUnderTheNewKeyAndNothingNeedsTheOldOne() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1)
        _ = try await agent.upload(bundle)
        let admin = try await installation.session(.tenantAdmin, in: made.tenant)
        _ = try await installation.services.access.factors.begin(admin)
        _ = try await installation.services.access.signOn.configure(
            issuer: "https://idp.example.com", clientID: "us", secret: .fresh(Secret("theirs and ours")), roleClaim: "groups",
            roles: ["a": .viewer], by: admin)
        func wrapped() async throws -> (key: StoredSealingKey, factor: [UInt8], secret: [UInt8]) {
            try await installation.store.read(made.tenant.id) { tables in
                (
                    try #require(try tables.sealingKeys().first), try #require(try tables.codeFactor(of: admin.user.id)).wrapped,
                    try #require(try tables.signOn()?.wrappedSecret)
                )
            }
        }
        let before = try await wrapped()
        let purpose = SealingKeys.purpose(made.tenant.id, before.key.version)
        let secret = try installation.master.unwrap(before.key.wrapped, for: purpose)
        let count = try await KeyRotation(store: installation.store, master: installation.master, clock: installation.time.clock).rotate()
        #expect(count == 3)
        let after = try await wrapped()
        #expect(before.key.wrapped != after.key.wrapped && before.factor != after.factor && before.secret != after.secret)

        // A program that has only the new key opens all of it; one with the old key alone, nothing.
        let folder = installation.path + "/alone"
        try SafeFile.makePrivateFolder(folder)
        try FileManager.default.copyItem(atPath: installation.data.keys + "/master.key", toPath: folder + "/master.key")
        let new = try MasterKey(folder: folder)
        #expect(try new.unwrap(after.key.wrapped, for: purpose) == secret)
        _ = try new.unwrap(after.factor, for: SecondFactors.purpose(admin.user))
        #expect(try new.unwrap(after.secret, for: SingleSignOn.purpose(made.tenant.id)) == Array("theirs and ours".utf8))
        #expect { _ = try new.unwrap(before.key.wrapped, for: purpose) } throws: { code($0) == "store.corrupt" }
        // With the key of before beside it, backups open too, and a second round finds nothing to do but to begin again.
        #expect(try MasterKey(folder: installation.data.keys).unwrap(before.key.wrapped, for: purpose) == secret)
        #expect(try await installation.audit(Tenant.operator.id).last?.act == "masterKeyReplaced")
    }

    @Test func aProgramThatRunsTakesTheNewKeyInAtOnce() async throws {
        let installation = try await Installation()
        let purpose = MasterKey.Purpose(tenant: .random(), name: "sealing", version: 1)
        let running = try MasterKey(folder: installation.data.keys)
        let old = try running.wrap([1], for: purpose)
        try installation.master.replace()
        let fresh = try running.wrap([2], for: purpose)
        for key in [running, installation.master, try MasterKey(folder: installation.data.keys)] {
            #expect(try key.unwrap(old, for: purpose) == [1] && key.unwrap(fresh, for: purpose) == [2])
            #expect(try key.rewrap(fresh, for: purpose) == nil && key.rewrap(old, for: purpose) != nil)
        }
        try installation.master.replace()
        #expect(try running.unwrap(old, for: purpose) == [1], "keys of before add up")
        let names = try FileManager.default.contentsOfDirectory(atPath: installation.data.keys)
        #expect(names.count { $0.hasPrefix("earlier-") } == 2 && !names.contains { $0.hasSuffix(".new") })
        for name in names {
            let path = installation.data.keys + "/" + name
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    /// Customers hold exports, checkpoints and the public key for years: none of it may hang on the master key.
    @Test func exportsOfBeforeAndAfterAreVerifiedWithTheOneKeyOfTheLog() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let key = installation.services.audit.key(of: made.tenant.id)
        let before = try await installation.services.audit.file(of: made.tenant.id)
        _ = try await KeyRotation(store: installation.store, master: installation.master, clock: installation.time.clock).rotate()
        _ = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        // As the next program to start would sign.
        let master = try MasterKey(folder: installation.data.keys)
        let audit = AuditService(
            store: installation.store, key: try AuditSigningKey(folder: installation.data.keys, master: master),
            clock: installation.time.clock)
        #expect(audit.key(of: made.tenant.id).description == key.description)
        let after = try await audit.file(of: made.tenant.id)
        guard case .intact(0, let short, 1) = try AuditExport.verify(before, key: key),
            case .intact(0, let long, 2) = try AuditExport.verify(after, key: key)
        else {
            Issue.record("not intact")
            return
        }
        #expect(long > short)
    }

    @Test func aLogThatWasSignedWithWhatTheMasterKeyGivesGoesOnWithThatKey() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/cloudryption-keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // An installation from before the log's key was a file: its master key is there already.
        _ = try MasterKey(folder: folder)
        let master = try MasterKey(folder: folder)
        #expect(!master.isNew)
        let derived = try Curve25519.Signing.PrivateKey(rawRepresentation: master.derived("audit log checkpoints"))
        #expect(try AuditSigningKey(folder: folder, master: master).key.rawRepresentation == derived.rawRepresentation)
        // A fresh one computes it from nothing.
        let other = folder + "/fresh"
        let fresh = try MasterKey(folder: other)
        let key = try AuditSigningKey(folder: other, master: fresh)
        #expect(key.key.rawRepresentation != Data(fresh.derived("audit log checkpoints")))
        #expect(try AuditSigningKey(folder: other, master: MasterKey(folder: other)).key.rawRepresentation == key.key.rawRepresentation)
    }
}
