import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct IngestTests {
    /// A text that makes the bundle several pieces long: random, so that it does not compress.
    static func long() -> String { SecretText.randomBytes(150_000).map { String($0, radix: 16) }.joined() }

    @Test func aBundleIsTakenInAndARunIsQueued() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1, text: Self.long())
        let state = try await agent.upload(bundle)
        #expect(state.status == .accepted)
        let run = try #require(
            try await installation.store.read(made.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }.first)
        #expect(run.id == state.run && run.status == .queued && run.environment == made.environment.id)
        let path = try installation.data.objects.bundle(
            made.tenant.id, run.bundle, digest: Array(SHA256.hash(data: bundle)))
        #expect(try Array(Data(contentsOf: URL(filePath: path))) == bundle)
        #expect(try await installation.audit(made.tenant.id).map(\.act).suffix(2) == ["uploadOpened", "bundleAccepted"])
    }

    @Test func anInterruptedUploadGoesOnWhereItStopped() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1, text: Self.long())
        let request = try TestAgent.announcement(bundle)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        let opened = try await ingest.open(request, from: caller)
        let count = UploadLimits.pieceCount(size: bundle.count, pieceSize: opened.pieceSize)
        #expect(count >= 3)
        let piece = Array(bundle[opened.pieceSize..<2 * opened.pieceSize])
        let digest = Hex.encode(SHA256.hash(data: piece))
        try await ingest.put(piece: 1, piece, sha256: digest, of: request.bundle, from: caller)
        try await ingest.put(piece: 1, piece, sha256: digest, of: request.bundle, from: caller)
        #expect(await refusal { try await ingest.complete(request.bundle, from: caller) } == "upload.incomplete")
        // A server that starts again with another piece size keeps to the one that the upload began with.
        let again = try ControlPlaneServices(
            store: installation.store, data: installation.data, authority: installation.watch, master: installation.master,
            tls: installation.services.tls, clock: installation.time.clock, gatewayURL: "", consoleURL: "", pieceSize: 1 << 20)
        let resumed = try await again.ingest.open(request, from: caller)
        #expect(resumed.status == .open && resumed.received == [1] && resumed.pieceSize == opened.pieceSize)
        #expect(try await agent.upload(bundle).status == .accepted)
    }

    @Test func theSameBundleAgainIsKnownAndOtherContentIsAConflict() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let id = BundleID.fresh(milliseconds: 1_790_000_000_000)
        let bundle = try agent.bundle(sequence: 5, id: id)
        let first = try await agent.upload(bundle)
        let second = try await agent.upload(bundle)
        #expect(second.status == .alreadyKnown && second.run == first.run)
        #expect(await refusal { try await agent.upload(try agent.bundle(sequence: 6, text: "other", id: id)) } == "upload.conflict")
        #expect(await refusal { try await agent.upload(try agent.bundle(sequence: 5, text: "other")) } == "upload.sequenceReplayed")
        #expect(await refusal { try await agent.upload(try agent.bundle(sequence: 4)) } == "upload.sequenceReplayed")
        #expect(await refusal { try await agent.upload(try agent.bundle(sequence: 6, epoch: 2)) } == "upload.conflict")
        #expect(try await agent.upload(try agent.bundle(sequence: 6)).status == .accepted)
        let runs = try await installation.store.read(made.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }
        #expect(runs.count == 2)
        let refused = try await installation.audit(made.tenant.id).filter { $0.act == "bundleRefused" }.map(\.outcome)
        #expect(refused == ["upload.conflict", "upload.sequenceReplayed", "upload.sequenceReplayed", "upload.conflict"])
    }

    @Test func anotherTenantsAgentGetsNowhere() async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        let other = try await installation.tenant("other")
        let agent = try await installation.enrol(acme.environment)
        let thief = try await installation.enrol(other.environment)
        let bundle = try agent.bundle(sequence: 1, text: Self.long())
        let request = try TestAgent.announcement(bundle)
        let owner = try await agent.authenticate()
        let stranger = try await thief.authenticate()
        let ingest = installation.services.ingest
        _ = try await ingest.open(request, from: owner)
        #expect(await refusal { try await ingest.open(request, from: stranger) } == "upload.wrongTenant")
        #expect(await refusal { try await ingest.status(of: request.bundle, from: stranger) } == "upload.unknownBundle")
        let piece = Array(bundle.prefix(64 << 10))
        #expect(
            await refusal {
                try await ingest.put(piece: 0, piece, sha256: Hex.encode(SHA256.hash(data: piece)), of: request.bundle, from: stranger)
            } == "upload.unknownBundle")
        #expect(await refusal { try await ingest.complete(request.bundle, from: stranger) } == "upload.unknownBundle")
        #expect(try await installation.audit(other.tenant.id).last?.outcome == "upload.wrongTenant")
        // Nor does another agent of the same tenant.
        let colleague = try await installation.enrol(acme.environment)
        let peer = try await colleague.authenticate()
        #expect(await refusal { try await ingest.open(request, from: peer) } == "upload.wrongAgent")
        #expect(await refusal { try await ingest.status(of: request.bundle, from: peer) } == "upload.unknownBundle")
    }

    @Test func tamperedContentIsRefusedAndDropped() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        var bundle = try agent.bundle(sequence: 1)
        bundle[bundle.count - 100] ^= 1
        let tampered = bundle
        #expect(await refusal { try await agent.upload(tampered) } == "bundle.badSignature")
        #expect(try await installation.audit(made.tenant.id).last?.outcome == "bundle.badSignature")
        let uploads = try await installation.store.read(made.tenant.id) { try $0.uploads(of: agent.response.agent) }
        #expect(uploads.isEmpty)
        let left = try FileManager.default.subpathsOfDirectory(atPath: installation.path + "/objects").filter {
            $0.hasSuffix("part") || $0.hasSuffix("bundle")
        }
        #expect(left.isEmpty)
    }

    @Test func aBundleSignedWithAnotherKeyIsRefused() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        #expect(
            await refusal { try await agent.upload(try agent.bundle(sequence: 1, key: P256.Signing.PrivateKey())) } == "upload.wrongKey")
    }

    @Test func aBundleSealedToAForeignKeyIsRefusedBeforeItIsSent() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let foreign = SealingKey(Curve25519.KeyAgreement.PrivateKey().publicKey)
        let bundle = try BundleSealer.seal(
            .init(records: [], coverage: []),
            identity: BundleIdentity(
                agent: agent.name, bundle: .fresh(milliseconds: 1), epoch: 1, sequence: 1, createdAt: 1_790_000_000_000),
            signingKey: agent.key, recipient: foreign)
        #expect(await refusal { try await agent.upload(bundle) } == "bundle.wrongRecipient")
    }

    @Test func aLieAboutTheWholeIsFound() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1)
        var request = try TestAgent.announcement(bundle)
        request.sha256 = Hex.encode([UInt8](repeating: 1, count: 32))
        let lie = request
        #expect(await refusal { try await agent.upload(bundle, announcing: lie) } == "upload.digestMismatch")
        request = try TestAgent.announcement(bundle)
        request.size += 1
        let longer = request
        #expect(await refusal { try await agent.upload(bundle, announcing: longer) } == "upload.malformed")
        request.size = .max
        let huge = request
        #expect(await refusal { try await agent.upload(bundle, announcing: huge) } == "upload.tooLarge")
    }

    @Test func piecesAreHeldToTheirPlaceSizeAndHash() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1, text: Self.long())
        let request = try TestAgent.announcement(bundle)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        _ = try await ingest.open(request, from: caller)
        let piece = Array(bundle.prefix(64 << 10))
        let digest = Hex.encode(SHA256.hash(data: piece))
        func put(_ index: Int, _ bytes: [UInt8], _ sha256: String) async -> String {
            await refusal { try await ingest.put(piece: index, bytes, sha256: sha256, of: request.bundle, from: caller) }
        }
        #expect(await put(-1, piece, digest) == "upload.pieceOutOfRange")
        #expect(await put(99, piece, digest) == "upload.pieceOutOfRange")
        #expect(await put(.max, piece, digest) == "upload.pieceOutOfRange")
        #expect(await put(0, Array(piece.dropLast()), digest) == "upload.pieceSizeMismatch")
        #expect(await put(0, piece, Hex.encode([UInt8](repeating: 0, count: 32))) == "upload.pieceHashMismatch")
        #expect(await put(0, piece, "zz") == "upload.malformed")
        #expect(await put(0, piece, digest) == "none")
    }

    @Test func aFileThatLostItsEndIsFound() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1, text: Self.long())
        let request = try TestAgent.announcement(bundle)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        let opened = try await ingest.open(request, from: caller)
        for index in 0..<UploadLimits.pieceCount(size: bundle.count, pieceSize: opened.pieceSize) {
            let piece = Array(bundle[index * opened.pieceSize..<min(bundle.count, (index + 1) * opened.pieceSize)])
            try await ingest.put(piece: index, piece, sha256: Hex.encode(SHA256.hash(data: piece)), of: request.bundle, from: caller)
        }
        let part = try installation.data.objects.upload(made.tenant.id, request.bundle)
        #expect(truncate(part, off_t(bundle.count / 2)) == 0)
        #expect(await refusal { try await ingest.complete(request.bundle, from: caller) } == "bundle.truncated")
        // Sent again from the start it is taken.
        #expect(try await agent.upload(bundle).status == .accepted)
    }

    @Test func aCrashBetweenTheFileAndTheDatabaseIsHealedByAskingAgain() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1)
        let request = try TestAgent.announcement(bundle)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        _ = try await ingest.open(request, from: caller)
        try await ingest.put(piece: 0, bundle, sha256: request.sha256, of: request.bundle, from: caller)
        let objects = installation.data.objects
        try ObjectFolder.publish(
            try objects.upload(made.tenant.id, request.bundle),
            as: try objects.bundle(made.tenant.id, request.bundle, digest: Array(SHA256.hash(data: bundle))))
        #expect(try await ingest.complete(request.bundle, from: caller).status == .accepted)
    }

    @Test func anAgentThatWasRevokedMeanwhileCannotComplete() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let bundle = try agent.bundle(sequence: 1)
        let request = try TestAgent.announcement(bundle)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        _ = try await ingest.open(request, from: caller)
        try await ingest.put(piece: 0, bundle, sha256: request.sha256, of: request.bundle, from: caller)
        let admin = try await installation.session(.securityAdmin, in: made.tenant)
        try await installation.services.agents.revoke(agent.response.agent.description, by: admin)
        #expect(await refusal { try await ingest.complete(request.bundle, from: caller) } == "auth.certificateRevoked")
        #expect(try await installation.store.read(made.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }.isEmpty)
    }

    @Test func anUploadThatIsNotCompleteAfterADayBeginsAnew() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let caller = try await agent.authenticate()
        let ingest = installation.services.ingest
        let bundle = try agent.bundle(sequence: 1)
        let request = try TestAgent.announcement(bundle)
        _ = try await ingest.open(request, from: caller)
        try await ingest.put(piece: 0, bundle, sha256: request.sha256, of: request.bundle, from: caller)
        installation.time.advance(IngestService.uploadsStay)
        #expect(try await ingest.status(of: request.bundle, from: caller).received == [0])
        installation.time.advance(1)
        #expect(await refusal { try await ingest.status(of: request.bundle, from: caller) } == "upload.unknownBundle")
        #expect(
            await refusal { try await ingest.put(piece: 0, bundle, sha256: request.sha256, of: request.bundle, from: caller) }
                == "upload.unknownBundle")
        #expect(await refusal { try await ingest.complete(request.bundle, from: caller) } == "upload.unknownBundle")
        // Another one's opening takes its pieces away, and its own begins at the first.
        let part = try installation.data.objects.upload(made.tenant.id, request.bundle)
        #expect(ObjectFolder.exists(part))
        _ = try await ingest.open(TestAgent.announcement(try agent.bundle(sequence: 2)), from: caller)
        #expect(!ObjectFolder.exists(part))
        #expect(try await ingest.open(request, from: caller).received.isEmpty)
    }

    @Test func theOldestOpenUploadMakesRoom() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let caller = try await agent.authenticate()
        for index in 1...UInt64(IngestService.openUploads + 3) {
            installation.time.advance(1)
            _ = try await installation.services.ingest.open(TestAgent.announcement(try agent.bundle(sequence: index)), from: caller)
        }
        #expect(try await installation.store.read(made.tenant.id) { try $0.uploads(of: caller.id) }.count == IngestService.openUploads)
    }
}
