import Basics
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import AgentCore

@Suite struct WitnessTests {
    @Test func whatIsRememberedOfTheLogComesBackAndGoesWithTheIdentity() throws {
        let path = FileManager.default.temporaryDirectory.path + "/cloudryption-witness-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try StateFolder(creating: path)
        #expect(try folder.witness() == nil)
        let (signer, origin) = (AuditSigner(Curve25519.Signing.PrivateKey()), AuditCheckpoint.origin(of: .random()))
        let word = AuditWord(
            key: signer.verifier(of: origin).description,
            checkpoint: try signer.sign(AuditCheckpoint(origin: origin, size: 1, root: MerkleTree.leaf([1]))), since: 0, proof: [])
        let witness = try AuditWitness(word)
        try folder.save(witness)
        #expect(try folder.witness() == witness)
        // A file that cannot be read is not a log that was never heard of.
        try Data("{}".utf8).write(to: URL(filePath: path + "/audit-witness.json"))
        #expect(throws: FileError.self) { try folder.witness() }
        try folder.forget()
        #expect(try folder.witness() == nil)
    }
}
