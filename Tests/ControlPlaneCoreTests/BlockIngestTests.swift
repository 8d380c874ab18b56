import Basics
import CloudModel
@testable import ControlPlaneCore
import Crypto
import Foundation
import Testing
import WireProtocol

/// An agent that uploads in blocks, one step after the other.
struct BlockUploader {
    let agent: TestAgent
    var root = Secret((0..<32).map { _ in UInt8.random(in: .min ... .max) })
    var name: AgentName { agent.name }

    /// Long ones, in which nothing repeats.
    static let texts = (0..<8).map { number in
        (0..<9000).map { "\(($0 &* 2_654_435_761 &+ number &* 40_503) % 999_983) " }.joined()
    }

    func seal(_ texts: [String], sequence: UInt64) throws -> (bundle: [UInt8], blocks: [SealedBlock]) {
        let records = texts.enumerated().map { index, text in
            CollectedRecord(
                account: "123456789012", service: "sts", operation: "get-caller-identity", region: nil, resource: "r\(index)", time: nil,
                payload: ["Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "Text": .string(text)])
        }
        return try BundleSealer.sealInBlocks(
            CloudCollection(records: records, coverage: []),
            identity: BundleIdentity(
                agent: name, bundle: .fresh(milliseconds: 1_790_000_000_000), epoch: 1, sequence: sequence, createdAt: 1_790_000_000_000),
            signingKey: agent.key, recipient: agent.response.sealingKey, secret: BlockSecret(root, for: name))
    }

    static func request(_ bundle: [UInt8], _ blocks: [SealedBlock]) throws -> UploadRequest {
        var request = try TestAgent.announcement(bundle)
        request.blocks = BlockList(blocks.map(\.id))
        return request
    }

    func put(_ blocks: [SealedBlock], of bundle: BundleID) async throws {
        let batch = blocks.flatMap(\.batchBytes)
        try await agent.installation.services.ingest.put(
            batch: batch, sha256: Hex.encode(SHA256.hash(data: batch)), of: bundle, from: try await agent.authenticate())
    }

    /// Everything that is missing, and then the completion.
    @discardableResult func upload(_ sealed: (bundle: [UInt8], blocks: [SealedBlock])) async throws -> (sent: Int, state: UploadState) {
        let ingest = agent.installation.services.ingest
        let request = try Self.request(sealed.bundle, sealed.blocks)
        let state = try await ingest.open(request, from: try await agent.authenticate())
        let missing = Set(state.missing?.ids ?? [])
        let blocks = sealed.blocks.filter { missing.contains($0.id) }
        if !blocks.isEmpty { try await put(blocks, of: request.bundle) }
        return (blocks.count, try await agent.upload(sealed.bundle, announcing: request))
    }
}

@Suite struct BlockIngestTests {
    private let installation: Installation
    private let acme: TenancyService.Bootstrapped
    private let uploader: BlockUploader
    private let texts = BlockUploader.texts

    init() async throws {
        installation = try await Installation()
        acme = try await installation.tenant()
        uploader = BlockUploader(agent: try await installation.enrol(acme.environment))
    }

    @Test func whatTheServerHasIsNotAskedForAgain() async throws {
        let first = try await uploader.upload(try uploader.seal(texts, sequence: 1))
        #expect(first.sent > 2 && first.state.status == .accepted)
        let same = try await uploader.upload(try uploader.seal(texts, sequence: 2))
        #expect(same.sent == 0 && same.state.status == .accepted)
        let changed = try await uploader.upload(try uploader.seal(texts.map { $0 == texts[4] ? $0 + "!" : $0 }, sequence: 3))
        #expect((1...3).contains(changed.sent) && changed.state.status == .accepted)
        // The run names its blocks, all of them.
        let run = try #require(changed.state.run)
        let bundle = try #require(try await installation.store.read(acme.tenant.id) { try $0.run(run)?.bundle })
        let list = try #require(try await installation.store.read(acme.tenant.id) { try $0.blocks(ofBundle: bundle) })
        #expect(list.ids.count > changed.sent)
    }

    @Test func nothingIsCompleteBeforeAllOfItIsHere() async throws {
        let sealed = try uploader.seal(texts, sequence: 1)
        let request = try BlockUploader.request(sealed.bundle, sealed.blocks)
        let ingest = installation.services.ingest
        let agent = try await uploader.agent.authenticate()
        #expect(try await ingest.open(request, from: agent).missing == request.blocks)
        #expect(await refusal { try await uploader.agent.upload(sealed.bundle, announcing: request) } == "upload.incomplete")
        try await uploader.put(Array(sealed.blocks.dropLast()), of: request.bundle)
        #expect(try await ingest.status(of: request.bundle, from: agent).missing?.ids == sealed.blocks.suffix(1).map(\.id))
        #expect(await refusal { try await ingest.complete(request.bundle, from: agent) } == "upload.incomplete")
        try await uploader.put(sealed.blocks.suffix(1), of: request.bundle)
        #expect(try await ingest.complete(request.bundle, from: agent).status == .accepted)
    }

    @Test func aBlockWhoseFileIsLostIsAskedForAgain() async throws {
        let sealed = try uploader.seal(texts, sequence: 1)
        try await uploader.upload(sealed)
        for (path, _) in installation.data.objects.files(of: acme.tenant.id, kind: "blocks") {
            try FileManager.default.removeItem(atPath: path)
        }
        let again = try await uploader.upload(try uploader.seal(texts, sequence: 2))
        #expect(again.sent == sealed.blocks.count && again.state.status == .accepted)
    }

    @Test func nobodyIsToldOfAnothersBlocksNorCanUseThem() async throws {
        let sealed = try uploader.seal(texts, sequence: 1)
        try await uploader.upload(sealed)
        let other = try await installation.tenant("other")
        for stranger in [try await installation.enrol(other.environment), try await installation.enrol(acme.environment)] {
            // An agent that knows both the names and the secret, and claims the blocks as its own.
            var thief = BlockUploader(agent: stranger)
            thief.root = uploader.root
            let theirs = try thief.seal(texts, sequence: 1)
            let request = try BlockUploader.request(theirs.bundle, sealed.blocks)
            let state = try await installation.services.ingest.open(request, from: try await stranger.authenticate())
            #expect(state.missing?.ids == sealed.blocks.map(\.id))
            #expect(await refusal { try await stranger.upload(theirs.bundle, announcing: request) } == "upload.incomplete")
        }
    }

    @Test func onlyWhatTheUploadNamesAndWhatIsWholeIsTaken() async throws {
        let sealed = try uploader.seal(texts, sequence: 1)
        let request = try BlockUploader.request(sealed.bundle, Array(sealed.blocks.dropFirst()))
        let ingest = installation.services.ingest
        let agent = try await uploader.agent.authenticate()
        _ = try await ingest.open(request, from: agent)
        #expect(await refusal { try await uploader.put(sealed.blocks, of: request.bundle) } == "upload.unknownBlock")
        #expect(await refusal { try await uploader.put([], of: request.bundle) } == "upload.badBatch")
        let batch = sealed.blocks[1].batchBytes
        let digest = Hex.encode(SHA256.hash(data: batch))
        #expect(
            await refusal { try await ingest.put(batch: batch + [0], sha256: digest, of: request.bundle, from: agent) }
                == "upload.pieceHashMismatch")
        let cut = Array(batch.dropLast())
        #expect(
            await refusal {
                try await ingest.put(batch: cut, sha256: Hex.encode(SHA256.hash(data: cut)), of: request.bundle, from: agent)
            } == "upload.badBatch")
        #expect(await refusal { try await uploader.put([sealed.blocks[1]], of: .fresh(milliseconds: 1)) } == "upload.unknownBundle")
        // Nor is a bundle of one version announced as one of the other.
        var without = request
        without.blocks = nil
        #expect(await refusal { try await ingest.open(without, from: agent) } == "upload.malformed")
        var with = try TestAgent.announcement(try uploader.agent.bundle(sequence: 2))
        with.blocks = BlockList([])
        #expect(await refusal { try await ingest.open(with, from: agent) } == "upload.malformed")
        var other = request
        other.blocks = BlockList(sealed.blocks.map(\.id))
        #expect(await refusal { try await ingest.open(other, from: agent) } == "upload.conflict")
    }

    @Test func blocksThatNoBundleCameToNeedGoAfterADay() async throws {
        let left = try uploader.seal(texts, sequence: 1)
        let request = try BlockUploader.request(left.bundle, left.blocks)
        _ = try await installation.services.ingest.open(request, from: try await uploader.agent.authenticate())
        try await uploader.put(left.blocks, of: request.bundle)
        func files() -> Int { installation.data.objects.files(of: acme.tenant.id, kind: "blocks").count }
        // For longer than a certificate lives.
        installation.time.advance(IngestService.unusedBlocksStay / 2)
        let key = P256.Signing.PrivateKey()
        var response = uploader.agent.response
        response.certificates = try await installation.services.enrolment.renew(
            try await uploader.agent.authenticate(), CertificateRequest(csr: try Installation.csr(key))
        ).certificates
        let later = BlockUploader(agent: TestAgent(installation: installation, key: key, response: response), root: uploader.root)
        installation.time.advance(IngestService.unusedBlocksStay / 2 - 60)
        try await later.upload(try later.seal(["one"], sequence: 2))
        #expect(files() == 2)
        installation.time.advance(120)
        try await later.upload(try later.seal(["two"], sequence: 3))
        #expect(files() == 2)
        let agent = uploader.name.agent
        let ids = left.blocks.map(\.id)
        #expect(
            try await installation.store.read(acme.tenant.id) { tables in try ids.allSatisfy { try tables.block($0, of: agent) == nil } })
    }
}
