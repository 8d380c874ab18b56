import Basics
import CloudModel
import Crypto
import Foundation
import HTTPTransport
import Synchronization
import Testing
import WireProtocol

@testable import AgentCore

/// A clock that stands still while anybody works, and goes on to the next sleeper's time when all of them sleep.
private final class SleepersClock: Sendable {
    private struct State {
        var now = Date()
        var sleepers: [UInt64: (until: Date, wake: CheckedContinuation<Void, any Error>)] = [:]
        var next: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }
    private let state = Mutex(State())
    private let sleepers: Int

    init(sleepers: Int) { self.sleepers = sleepers }

    var now: Date { state.withLock { $0.now } }
    var clock: AgentClock { AgentClock(now: { self.now }, sleep: { try await self.sleep($0) }) }

    private func sleep(_ pause: Duration) async throws {
        let name = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let woken = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                    guard !state.cancelled.contains(name) else { return continuation }
                    state.sleepers[name] = (state.now + pause / .seconds(1), continuation)
                    guard state.sleepers.count >= sleepers, let first = state.sleepers.min(by: { $0.value.until < $1.value.until }) else {
                        return nil
                    }
                    state.now = max(state.now, first.value.until)
                    state.sleepers[first.key] = nil
                    return first.value.wake
                }
                woken?.resume()
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(name)
                return state.sleepers.removeValue(forKey: name)
            }
            sleeper?.wake.resume(throwing: CancellationError())
        }
    }
}

@Suite struct OutageTests {
    @Test func aServerThatIsDownForAnHourLosesNothingAndIsSentNothingTwice() async throws {
        let scratch = try Scratch()
        let server = FakeServer(pieceSize: 1 << 20)
        let folder = try await enrolled(server, in: scratch)
        // Two loops sleep: the one that works, and the one that shows life.
        let clock = SleepersClock(sleepers: 2)
        let (from, until) = (clock.now + 900, clock.now + 900 + 3600)
        let stored = Mutex<[String]>([])
        server.misbehave { request, _ in
            guard clock.now < from || clock.now >= until else { throw HTTPError(.unreachable, "down") }
            if request.method == .put, case .bytes(let body) = request.body {
                stored.withLock { $0.append(Hex.encode(SHA256.hash(data: body))) }
            }
            return nil
        }
        let agent = try AgentService(
            folder: folder, collector: FixedCollector(records: 4), configuration: .init(interval: .seconds(600)),
            transport: server.transport, clock: clock.clock, events: { _ in })
        let work = Task { try await agent.run() }
        // Another half hour, to be sure that nothing comes a second time.
        while clock.now < until + 1800 { await Task.yield() }
        work.cancel()
        _ = try? await work.value
        let sequences = try server.state.withLock { state in
            try state.accepted.values.map { try BundleHeader.read($0).identity.sequence }.sorted()
        }
        // Collected every ten minutes, give or take a minute, also while the server was down; every one arrived, and once.
        #expect(sequences.count >= 8)
        #expect(sequences == Array(1...UInt64(sequences.count)))
        let sent = stored.withLock { $0 }
        #expect(Set(sent).count == sent.count)
        #expect(try Spool(folder: folder.spoolPath).depth == 0)
        #expect(folder.status().lastError == nil)
    }

    @Test func aServerThatAsksToBeLeftAloneIs() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let clock = SleepersClock(sleepers: 2)
        let start = clock.now
        let asked = Mutex<[String: [Double]]>([:])
        server.misbehave { request, _ in
            let what = request.url.hasSuffix("/v1/heartbeat") ? "heartbeat" : request.url.hasSuffix("/v1/uploads") ? "upload" : "other"
            asked.withLock { $0[what, default: []].append(clock.now.timeIntervalSince(start)) }
            return what == "other" ? nil : FakeServer.problem(429, "upload.throttled", retryAfter: "1200")
        }
        let agent = try AgentService(
            folder: folder, collector: FixedCollector(records: 4), configuration: .init(interval: .seconds(600)),
            transport: server.transport, clock: clock.clock, events: { _ in })
        let work = Task { try await agent.run() }
        while clock.now < start + 7200 { await Task.yield() }
        work.cancel()
        _ = try? await work.value
        for what in ["heartbeat", "upload"] {
            let times = asked.withLock { $0[what] ?? [] }
            #expect((3...7).contains(times.count), "\(what): \(times)")
            for (one, next) in zip(times, times.dropFirst()) { #expect(next - one >= 1200, "\(what): \(times)") }
        }
        // All that was collected meanwhile waits.
        #expect(try Spool(folder: folder.spoolPath).depth >= 8)
    }

    @Test func anAgentThatIsShutOutReadsNothingMore() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let clock = SleepersClock(sleepers: 2)
        let start = clock.now
        server.misbehave { _, _ in
            clock.now < start + 1500 ? nil : FakeServer.problem(401, "auth.certificateRevoked")
        }
        let collected = Mutex<[Double]>([])
        let agent = try AgentService(
            folder: folder, collector: FixedCollector(records: 1), configuration: .init(interval: .seconds(600)),
            transport: server.transport, clock: clock.clock
        ) { event in
            if case .collecting = event { collected.withLock { $0.append(clock.now.timeIntervalSince(start)) } }
        }
        let work = Task { try await agent.run() }
        while clock.now < start + 7200 { await Task.yield() }
        work.cancel()
        _ = try? await work.value
        let times = collected.withLock { $0 }
        #expect((2...4).contains(times.count) && times.allSatisfy { $0 < 1700 }, "\(times)")
    }

    @Test func anAgentWhoseCertificateEndedReadsNothingMoreAndSaysWhy() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let clock = SleepersClock(sleepers: 2)
        let (start, end) = (clock.now, try folder.identity().notAfter)
        // It sleeps, as a machine that is shut, over the end of its certificate.
        server.misbehave { _, _ in throw HTTPError(.unreachable, "asleep") }
        let collected = Mutex<[Date]>([])
        let agent = try AgentService(
            folder: folder, collector: FixedCollector(records: 1),
            configuration: .init(interval: .seconds(6 * 3600), heartbeat: .seconds(600)),
            transport: server.transport, clock: clock.clock
        ) { event in
            if case .collecting = event { collected.withLock { $0.append(clock.now) } }
        }
        let work = Task { try await agent.run() }
        while clock.now < end + 12 * 3600 { await Task.yield() }
        work.cancel()
        _ = try? await work.value
        let times = collected.withLock { $0 }
        #expect(times.count >= 4 && times.allSatisfy { $0 >= start && $0 < end })
        #expect(folder.status().lastError == "agent.certificateExpired")
        #expect(folder.status().lastErrorMessage?.contains("enroll this agent again") == true)
    }

    @Test(arguments: [-7200.0, 90_000]) func aClockThatIsFarOffIsNamedWhenTheAgentEnrols(_ shift: Double) async throws {
        let server = FakeServer()
        let clock = TestClock()
        clock.shift.withLock { $0 = shift }
        do {
            _ = try await Enrolment(transport: server.transport, clock: clock.clock).enrol(
                server: ServerAddress("https://localhost:8443"), token: Secret("token"), pin: KeyPin(server.authority.pin), host: .current()
            )
            Issue.record("enrolled")
        } catch let error as AgentError {
            #expect(error.code == .clockSkew && error.message.contains("set the clock"), "\(error.message)")
        }
    }

    @Test func aRunningAgentsClockThatIsFarOffStandsInItsStatusUntilItIsRight() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let clock = TestClock()
        func run() async throws {
            try await AgentService(
                folder: folder, collector: FixedCollector(records: 1), transport: server.transport, clock: clock.clock, events: { _ in }
            ).runOnce()
        }
        clock.shift.withLock { $0 = -7200 }
        try await run()
        #expect(folder.status().clockSkew.map { (7190...7210).contains($0) } == true)
        clock.shift.withLock { $0 = 0 }
        try await run()
        #expect(folder.status().clockSkew == nil)
    }
}
