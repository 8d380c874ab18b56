import Basics
import Crypto
import Foundation
import HTTPTransport
import Synchronization
import Testing
import WireProtocol

@testable import AgentCore

@Suite struct AgentServiceTests {
    private func agent(_ folder: StateFolder, _ server: FakeServer, clock: AgentClock = TestClock().clock) throws -> AgentService {
        try AgentService(folder: folder, collector: FixedCollector(), transport: server.transport, clock: clock, events: { _ in })
    }
    private func puts(_ server: FakeServer) -> [String] { server.calls.filter { $0.hasPrefix("PUT") } }

    @Test func collectsSealsAndUploads() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        try await agent(folder, server).runOnce()
        let bundle = try #require(server.state.withLock { $0.accepted.values.first })
        var verifier = EnvelopeVerifier()
        try verifier.update(bundle)
        let envelope = try verifier.finish(agentKey: folder.identity().key.publicKey)
        #expect(envelope.header.identity.agent == server.name)
        #expect(puts(server).count > 2)
        #expect(try Spool(folder: folder.spoolPath).depth == 0)
        #expect(folder.status().lastBundle == envelope.header.identity.bundle.description)
        #expect(server.calls.last == "POST /v1/heartbeat")
    }

    @Test func resumesWithTheSameBytesAndWithoutFinishedPieces() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let start = server.calls.count
        // The network goes away after the second piece, for longer than the agent is patient.
        let sent = Atomic(0)
        server.misbehave { request, _ in
            guard request.method == .put else { return nil }
            if sent.add(1, ordering: .relaxed).newValue > 2 { throw HTTPError(.unreachable, "gone") }
            return nil
        }
        #expect(await code { try await agent(folder, server).runOnce() } == "agent.postponed")
        let waiting = try #require(try Spool(folder: folder.spoolPath).entries().first)
        let bytes = Array(try SafeFile.read(waiting.path, limit: 1 << 20).prefix(waiting.header.bundleSize))
        #expect(folder.status().lastError == "agent.postponed")
        server.misbehave(nil)
        let before = server.calls.count
        try await agent(folder, server).runOnce()
        #expect(server.state.withLock { $0.accepted[waiting.bundle] } == bytes)
        let first = "PUT /v1/uploads/\(waiting.bundle)/pieces/0"
        #expect(server.calls[start..<before].contains(first))
        #expect(!server.calls[before...].contains(first))
        #expect(server.state.withLock { $0.accepted.count } == 2)
        #expect(folder.status().lastError == nil)
    }

    @Test func putsARefusedBundleAsideAndSaysWhy() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        server.misbehave { request, _ in request.url.hasSuffix("/v1/uploads") ? FakeServer.problem(403, "upload.wrongTenant") : nil }
        #expect(await code { try await agent(folder, server).runOnce() } == "agent.refused")
        #expect(try Spool(folder: folder.spoolPath).depth == 0)
        let refused = try FileManager.default.contentsOfDirectory(atPath: folder.spoolPath + "/refused")
        #expect(refused.count == 2)
    }

    @Test func keepsTheBundleWhenTheAgentIsShutOut() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        server.misbehave { request, _ in request.url.hasSuffix("/v1/uploads") ? FakeServer.problem(403, "auth.certificateRevoked") : nil }
        #expect(await code { try await agent(folder, server).runOnce() } == "agent.refused")
        #expect(try Spool(folder: folder.spoolPath).depth == 1)
    }

    @Test func survivesAServerThatAnswersNonsense() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        server.misbehave { _, _ in HTTPResponse(status: 200, body: Array("{\"bundle\":7}".utf8)) }
        #expect(await code { try await agent(folder, server).runOnce() } == "agent.postponed")
        #expect(try Spool(folder: folder.spoolPath).depth == 1)
    }

    @Test func renewsItsCertificateWithAFreshKeyAtHalfItsLife() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let before = try folder.identity()
        try await agent(folder, server).runOnce()
        #expect(!server.calls.contains("POST /v1/certificate"))
        let clock = TestClock()
        // Half of 24 hours, give or take a tenth of them.
        clock.shift.withLock { $0 = 9 * 3600 }
        try await agent(folder, server, clock: clock.clock).runOnce()
        #expect(!server.calls.contains("POST /v1/certificate"))
        clock.shift.withLock { $0 = 15 * 3600 }
        try await agent(folder, server, clock: clock.clock).runOnce()
        #expect(server.calls.contains("POST /v1/certificate"))
        #expect(try folder.identity().key.rawRepresentation != before.key.rawRepresentation)
    }

    @Test(arguments: [HeartbeatAnswer(serverTime: "", renew: true), HeartbeatAnswer(serverTime: "", authorities: ["sha256:00"])])
    func renewsWhenTheServerAsksForItOrTrustsSomebodyNew(_ answer: HeartbeatAnswer) async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let before = try folder.identity()
        server.misbehave { request, _ in
            request.url.hasSuffix("/v1/heartbeat") ? HTTPResponse(status: 200, body: try WireJSON.encode(answer)) : nil
        }
        try await agent(folder, server).runOnce()
        #expect(server.calls.contains("POST /v1/certificate"))
        #expect(try folder.identity().key.rawRepresentation != before.key.rawRepresentation)
    }

    @Test func saysThatItsCertificateEnded() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let clock = TestClock()
        clock.shift.withLock { $0 = 25 * 3600 }
        let start = server.calls.count
        #expect(await code { try await agent(folder, server, clock: clock.clock).runOnce() } == "agent.certificateExpired")
        #expect(server.calls.count == start)
    }

    @Test func findsABrokenCounterBeforeItCollects() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        try SafeFile.write(Array("nonsense".utf8), to: scratch.state + "/sequence", mode: 0o600)
        #expect(await code { _ = try agent(folder, server) } == "file.ioFailed")
    }

    @Test func leavesAStateFolderToTheAgentThatHasIt() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let first = try agent(folder, server)
        #expect(await code { _ = try agent(folder, server) } == "agent.stateBusy")
        withExtendedLifetime(first) {}
    }
}
