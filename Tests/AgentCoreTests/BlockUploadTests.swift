import Basics
import CloudModel
import Foundation
import HTTPTransport
import Synchronization
import Testing
import WireProtocol

@testable import AgentCore

/// An account of so many records that stays as it is, but for the time at which each is read, until somebody changes one.
private final class SteadyCollector: Collector {
    let change = Mutex<String?>(nil)
    private let reads = Mutex(0)
    func check(_ scope: CollectionScope) throws(ScopeError) {}
    func collect(
        within scope: CollectionScope, progress: @escaping @Sendable (CollectProgress) -> Void
    ) async throws -> CloudCollection {
        let change = change.withLock { $0 }
        let read = reads.withLock { reads in
            reads += 1
            return reads
        }
        return CloudCollection(
            records: (0..<200).map { index in
                CollectedRecord(
                    account: "123456789012", service: "iam", operation: "get-role", region: nil, resource: "role-\(1000 + index)",
                    time: "2026-01-02T03:04:0\(read % 10)Z",
                    payload: ["Text": .string((0..<200).map { "\(index * $0)" }.joined() + (index == 77 ? change ?? "" : ""))])
            }, coverage: [])
    }
}

@Suite struct BlockUploadTests {
    private let scratch: Scratch
    private let server = FakeServer(pieceSize: 1 << 20)
    private let folder: StateFolder
    private let collector = SteadyCollector()

    init() async throws {
        scratch = try Scratch()
        folder = try await enrolled(server, in: scratch)
    }

    /// Bytes that the server was sent.
    @discardableResult private func run() async throws -> Int {
        let before = server.state.withLock { $0.bytes }
        try await AgentService(
            folder: folder, collector: collector, transport: server.transport, clock: TestClock().clock, events: { _ in }
        ).runOnce()
        return server.state.withLock { $0.bytes } - before
    }
    private var batches: Int { server.calls.count { $0.hasSuffix("/blocks") } }

    @Test func anUnchangedAccountSendsNoBlockAndAChangedRoleOnlyItsOwn() async throws {
        let first = try await run()
        #expect(batches == 1)
        let known = server.state.withLock { $0.blocks.count }
        #expect(known > 2)
        let unchanged = try await run()
        #expect(batches == 1 && unchanged < first / 10, "\(unchanged) of \(first)")
        collector.change.withLock { $0 = "x" }
        let changed = try await run()
        #expect(batches == 2 && changed < first && changed > unchanged, "\(changed) of \(first)")
        #expect((1...3).contains(server.state.withLock { $0.blocks.count } - known))
    }

    @Test func aServerThatLostItsBlocksIsSentAllOfThem() async throws {
        try await run()
        let known = server.state.withLock { $0.blocks }
        server.state.withLock { $0.blocks = [:] }
        try await run()
        #expect(server.state.withLock { $0.blocks } == known)
        // Also one that does not say what it lacks.
        server.state.withLock { $0.blocks = [:] }
        server.misbehave { [server] request, _ in
            guard request.method == .post, request.url.hasSuffix("/v1/uploads"), case .bytes(let body) = request.body else { return nil }
            let asked: UploadRequest = try WireJSON.decode(from: body)
            server.state.withLock { $0.requests[asked.bundle] = asked }
            let state = UploadState(bundle: asked.bundle, status: .open, received: [], pieceSize: 1 << 20)
            return HTTPResponse(status: 200, body: try WireJSON.encode(state))
        }
        try await run()
        #expect(server.state.withLock { $0.blocks } == known)
    }

    @Test func blocksLostBetweenSendingAndCompletingAreSentAgain() async throws {
        let lost = Atomic(false)
        server.misbehave { [server] request, _ in
            if request.url.hasSuffix("/complete"), !lost.exchange(true, ordering: .relaxed) { server.state.withLock { $0.blocks = [:] } }
            return nil
        }
        try await run()
        #expect(batches == 2)
        #expect(server.state.withLock { $0.accepted.count } == 1)
    }

    @Test func aWaitingBundleHoldsAllOfItsBlocksAlsoThoseThatTheServerHas() async throws {
        try await run()
        server.misbehave { request, _ in request.url.hasSuffix("/v1/uploads") ? FakeServer.problem(503, "upload.unavailable") : nil }
        _ = await code { try await run() }
        let entry = try #require(try Spool(folder: folder.spoolPath).entries().first)
        #expect(Set(entry.blocks.map(\.id)) == Set(server.state.withLock { $0.blocks.keys }))
        // A new server, after a disaster: it has nothing, and is sent everything.
        server.state.withLock { $0.blocks = [:] }
        server.misbehave(nil)
        try await run()
        #expect(server.state.withLock { state in entry.blocks.allSatisfy { state.blocks[$0.id] != nil } })
    }

    @Test func aFileWhoseBlocksAreCutIsPutAside() async throws {
        server.misbehave { request, _ in request.url.hasSuffix("/v1/uploads") ? FakeServer.problem(503, "upload.unavailable") : nil }
        _ = await code { try await run() }
        let spool = try Spool(folder: folder.spoolPath)
        let entry = try #require(try spool.entries().first)
        try SafeFile.write(Array(try SafeFile.read(entry.path, limit: 8 << 20).dropLast()), to: entry.path, mode: 0o600)
        #expect(try spool.entries().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.spoolPath + "/refused").count == 2)
    }
}
