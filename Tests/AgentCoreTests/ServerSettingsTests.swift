import Basics
import CloudModel
import Crypto
import Foundation
import HTTPTransport
import Synchronization
import Testing
import WireProtocol

@testable import AgentCore

/// Keeps what it was asked to collect within.
private final class AskedCollector: Collector {
    let asked = Mutex<[CollectionScope]>([])
    func check(_ scope: CollectionScope) throws(ScopeError) { try FixedCollector().check(scope) }
    func collect(
        within scope: CollectionScope, progress: @escaping @Sendable (CollectProgress) -> Void
    ) async throws -> CloudCollection {
        asked.withLock { $0.append(scope) }
        return CloudCollection(records: [], coverage: [])
    }
}

@Suite struct ServerSettingsTests {
    private let scratch: Scratch
    private let server = FakeServer()
    private let folder: StateFolder
    private let collector = AskedCollector()

    init() async throws {
        scratch = try Scratch()
        folder = try await enrolled(server, in: scratch)
    }

    private func run(_ configuration: AgentService.Configuration = .init()) async throws {
        try await AgentService(
            folder: folder, collector: collector, configuration: configuration, transport: server.transport, clock: TestClock().clock,
            events: { _ in }
        ).runOnce()
    }
    /// The server answers signs of life with this from now on.
    private func answer(_ signed: SignedConfiguration) {
        server.misbehave { request, _ in
            guard request.url.hasSuffix("/v1/heartbeat") else { return nil }
            return HTTPResponse(status: 200, body: try WireJSON.encode(HeartbeatAnswer(serverTime: "", configuration: signed)))
        }
    }
    private func signed(_ version: UInt64, _ settings: AgentSettings, agent: AgentName? = nil) throws -> SignedConfiguration {
        try server.configurations.sign(AgentConfiguration(agent: agent ?? server.name, version: version, settings: settings))
    }
    private var lastWord: HeldConfiguration? { server.heartbeats.last?.configuration }

    @Test func itTakesWhatTheServerSignedAndGoesByItAfterARestart() async throws {
        let settings = AgentSettings(interval: 3600, services: ["iam"])
        answer(try signed(7, settings))
        try await run()
        #expect(collector.asked.withLock { $0 } == [CollectionScope()])
        #expect(server.heartbeats.first?.configuration == HeldConfiguration())
        try await run()
        #expect(collector.asked.withLock { $0.last } == settings.scope)
        #expect(lastWord == HeldConfiguration(version: 7))
        #expect(folder.status().lastError == nil)
    }

    @Test func itNeverGoesBackToAnOlderOne() async throws {
        let new = AgentSettings(rate: 5)
        answer(try signed(7, new))
        try await run()
        for old in [try signed(6, AgentSettings(rate: 900)), try signed(7, AgentSettings(rate: 900))] {
            answer(old)
            try await run()
            #expect(folder.status().lastError == "configuration.olderVersion")
            #expect(try folder.configuration()?.settings == new)
        }
        answer(try signed(8, AgentSettings()))
        try await run()
        #expect(try folder.configuration()?.version == 8)
    }

    @Test func whatIsNotTheServersOrNotForThisAgentChangesNothing() async throws {
        var unsigned = try signed(7, AgentSettings(rate: 5))
        unsigned.signature = Data(repeating: 0, count: 64).base64EncodedString()
        let stranger = ConfigurationSigner(Curve25519.Signing.PrivateKey())
        let forged = try stranger.sign(AgentConfiguration(agent: server.name, version: 7, settings: AgentSettings(rate: 5)))
        var elsewhere = server.name
        elsewhere.tenant = .random()
        for (signed, code) in [
            (unsigned, "configuration.badSignature"), (forged, "configuration.badSignature"),
            (try signed(7, AgentSettings(rate: 5), agent: elsewhere), "configuration.wrongAgent"),
            (try signed(7, AgentSettings(rate: 1_000_000)), "configuration.outOfRange"),
        ] {
            answer(signed)
            try await run()
            #expect(folder.status().lastError == code)
            #expect(try folder.configuration() == nil)
            // Whoever cannot sign must not be able to shut out the version that they name.
            #expect(lastWord == HeldConfiguration())
        }
    }

    @Test func whatLiesBeyondItsOwnBoundsIsRefusedAsAWholeAndTheServerHearsWhy() async throws {
        answer(try signed(7, AgentSettings(interval: 3600)))
        try await run()
        answer(try signed(8, AgentSettings(interval: 300, services: ["ec2", "iam"])))
        let agent = try AgentService(
            folder: folder, collector: collector, transport: server.transport, clock: TestClock().clock, events: { _ in })
        try await agent.runOnce()
        try await agent.runOnce()
        #expect(try folder.configuration()?.version == 7)
        #expect(lastWord == HeldConfiguration(version: 7, refused: 8, code: "configuration.unknownService"))
        #expect(collector.asked.withLock { $0.last } == CollectionScope())
    }

    @Test func anAgentWithSettingsOfItsOwnOnlyTakesNone() async throws {
        answer(try signed(7, AgentSettings(rate: 5)))
        try await run(.init(takesSettings: false))
        #expect(folder.status().lastError == "configuration.notAllowed")
        #expect(try folder.configuration() == nil)
        try await run()
        // What was taken before is not gone by either, once that is said.
        try await run(.init(takesSettings: false))
        #expect(collector.asked.withLock { $0.last } == CollectionScope())
        #expect(lastWord == HeldConfiguration(refused: 7, code: "configuration.notAllowed"))
    }

    @Test func aBrokenStoreOfItEndsTheAgentBeforeItForgetsTheVersion() async throws {
        try SafeFile.write(Array("{}".utf8), to: folder.path + "/configuration.json", mode: 0o600)
        #expect(await code { try await run() } == "file.ioFailed")
    }

    @Test func anotherAgentsInTheSameFolderSaysNothing() async throws {
        var other = server.name
        other.agent = .random()
        try folder.save(AgentConfiguration(agent: other, version: 99, settings: AgentSettings(rate: 1)))
        answer(try signed(7, AgentSettings(rate: 5)))
        try await run()
        #expect(collector.asked.withLock { $0 } == [CollectionScope()])
        #expect(try folder.configuration()?.version == 7)
    }
}
