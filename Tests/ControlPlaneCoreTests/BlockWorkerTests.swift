import Basics
import CloudModel
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct BlockWorkerTests {
    private let installation: Installation
    private let acme: TenancyService.Bootstrapped
    private let uploader: BlockUploader
    private let texts = BlockUploader.texts

    init() async throws {
        installation = try await Installation()
        acme = try await installation.tenant()
        uploader = BlockUploader(agent: try await installation.enrol(acme.environment))
    }

    private func run(_ id: RunID?) async throws -> Run {
        let id = try #require(id)
        return try #require(try await installation.run(id, acme.tenant.id))
    }

    @Test func aWorkerIsGivenTheWholeOfOneRunAlsoOfWhatWasSentBefore() async throws {
        let queue = installation.queue(try installation.worker("cat > $BASE/input; cat $ANSWER"))
        try await uploader.upload(try uploader.seal(texts, sequence: 1))
        #expect(try await queue.workOnce())
        let now = texts.map { $0 == texts[4] ? $0 + "!" : $0 }
        let state = try await uploader.upload(try uploader.seal(now, sequence: 2)).state
        #expect(try await queue.workOnce())
        #expect(try await run(state.run).status == .succeeded)
        let input = Array(try Data(contentsOf: URL(filePath: installation.path + "/input")))
        var (task, bundle, blocks): (WorkerTask?, [UInt8], [SealedBlock]) = (nil, [], [])
        var rest = input[...]
        while rest.count >= 5 {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let content = Array(rest.dropFirst(5).prefix(size - 1))
            switch WorkerFrame(rawValue: rest[rest.startIndex + 4]) {
            case .task?: task = try JSONDecoder().decode(WorkerTask.self, from: Data(content))
            case .bundlePiece?: bundle += content
            case .block?:
                blocks.append(SealedBlock(id: try #require(BlockID(bytes: content.prefix(16))), bytes: Array(content.dropFirst(16))))
            default: break
            }
            rest = rest.dropFirst(4 + size)
        }
        let said = try #require(task)
        let key = SymmetricKey(data: try #require(Data(base64Encoded: said.contentKey)))
        let opened = try BundleOpener.open(
            bundle, blocks: blocks, contentKey: key, expecting: uploader.name, agentKey: uploader.agent.key.publicKey)
        #expect(opened.collection.records.compactMap { $0.payload["Text"]?.string } == now)
    }

    @Test func aDamagedBlockEndsTheRunAndComesAgainWithTheNextBundle() async throws {
        let first = try await uploader.upload(try uploader.seal(texts, sequence: 1))
        let (path, _) = try #require(installation.data.objects.files(of: acme.tenant.id, kind: "blocks").first)
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        let queue = installation.queue(try installation.worker(WorkerTests.obeys))
        #expect(try await queue.workOnce())
        let failed = try await run(first.state.run)
        #expect(failed.status == .failed && failed.reason?.contains("blocks of the bundle are gone or damaged") == true)
        let second = try await uploader.upload(try uploader.seal(texts, sequence: 2))
        #expect(second.sent == 1)
        #expect(try await queue.workOnce())
        #expect(try await run(second.state.run).status == .succeeded)
    }

    @Test func aBlockThatIsGoneEndsTheRun() async throws {
        let first = try await uploader.upload(try uploader.seal(texts, sequence: 1))
        for (path, _) in installation.data.objects.files(of: acme.tenant.id, kind: "blocks") {
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try await installation.queue(try installation.worker(WorkerTests.obeys)).workOnce())
        #expect(try await run(first.state.run).status == .failed)
    }

    @Test func blocksGoWithTheTenant() async throws {
        try await uploader.upload(try uploader.seal(texts, sequence: 1))
        let folder = installation.path + "/export"
        let life = TenantLife(
            store: installation.store, data: installation.data, audit: installation.services.audit, clock: installation.time.clock)
        try await life.export(acme.tenant, to: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/blocks").count == 1)
        let deletion = try await life.delete(acme.tenant, reason: "left")
        #expect(deletion.rows["blocks"].map { $0 > 0 } == true && deletion.rows["bundle_blocks"] == 1 && deletion.files == 2)
        #expect(!FileManager.default.fileExists(atPath: "\(installation.path)/objects/blocks/\(acme.tenant.id)"))
    }
}
