import Basics
import Foundation
import Testing
import WireProtocol

@testable import AgentCore

@Suite struct UploadMachineTests {
    let bundle = BundleID.random()
    var random = SystemRandomNumberGenerator()

    private func state(_ status: UploadState.Status = .open, received: [Int] = [], pieceSize: Int = 10) -> UploadState {
        UploadState(bundle: bundle, status: status, received: received, pieceSize: pieceSize)
    }
    private func machine(failures: Int = 4) -> UploadMachine {
        UploadMachine(bundle: bundle, size: 25, patience: .init(failures: failures, firstPause: .seconds(1), longestPause: .seconds(8)))
    }

    @Test mutating func sendsEveryPieceOnceAndCompletes() {
        var machine = machine()
        #expect(machine.handle(.started, random: &random) == .open)
        #expect(machine.handle(.opened(state()), random: &random) == .send(piece: 0, range: 0..<10))
        #expect(machine.handle(.sent(piece: 0), random: &random) == .send(piece: 1, range: 10..<20))
        #expect(machine.handle(.sent(piece: 1), random: &random) == .send(piece: 2, range: 20..<25))
        #expect(machine.handle(.sent(piece: 2), random: &random) == .complete)
        #expect(machine.handle(.completed(state(.accepted)), random: &random) == .end(.accepted(run: nil)))
        #expect(machine.handle(.waited, random: &random) == .end(.stopped))
    }

    @Test mutating func sendsOnlyWhatTheServerLacks() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        #expect(machine.handle(.opened(state(received: [0, 2, 99, -1])), random: &random) == .send(piece: 1, range: 10..<20))
        #expect(machine.handle(.sent(piece: 1), random: &random) == .complete)
    }

    @Test mutating func completesWhenTheServerHasAll() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        #expect(machine.handle(.opened(state(received: [0, 1, 2])), random: &random) == .complete)
    }

    @Test(arguments: [UploadState.Status.alreadyKnown, .held, .accepted]) mutating func takesAnEarlyEnd(_ status: UploadState.Status) {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        guard case .end = machine.handle(.opened(state(status)), random: &random) else { return #expect(Bool(false)) }
    }

    @Test mutating func pausesLongerAndLongerAndGivesUp() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        for bound in [1, 2, 4] {
            guard case .wait(let pause) = machine.handle(.failed(code: "http.unreachable"), random: &random) else {
                return #expect(Bool(false))
            }
            #expect(pause >= .zero && pause <= .seconds(bound))
            #expect(machine.handle(.waited, random: &random) == .open)
        }
        #expect(
            machine.handle(.failed(code: "http.unreachable"), random: &random) == .end(.postponed(code: "http.unreachable", after: nil)))
    }

    @Test mutating func retriesTheSamePieceAndForgetsFailuresAfterASuccess() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        _ = machine.handle(.opened(state()), random: &random)
        for piece in 0..<3 {
            for _ in 0..<3 {
                _ = machine.handle(.failed(code: "http.timedOut"), random: &random)
                #expect(machine.handle(.waited, random: &random) == .send(piece: piece, range: piece * 10..<min(25, piece * 10 + 10)))
            }
            _ = machine.handle(.sent(piece: piece), random: &random)
        }
        #expect(machine.handle(.waited, random: &random) == .complete)
    }

    @Test mutating func waitsAsLongAsTheServerSays() {
        var machine = self.machine()
        _ = machine.handle(.started, random: &random)
        let busy = Refusal(status: 503, code: nil, retryAfter: .seconds(90))
        guard case .wait(let pause) = machine.handle(.refused(busy), random: &random) else { return #expect(Bool(false)) }
        #expect(pause >= .seconds(90))
        // Two agents that were told the same do not come back together.
        var other = self.machine()
        _ = other.handle(.started, random: &random)
        guard case .wait(let another) = other.handle(.refused(busy), random: &random) else { return #expect(Bool(false)) }
        #expect(another >= .seconds(90) && another != pause)
        let absurd = Refusal(status: 429, code: "upload.throttled", retryAfter: .seconds(31_000_000))
        #expect(
            machine.handle(.refused(absurd), random: &random) == .end(.postponed(code: "upload.throttled", after: .seconds(31_000_000))))
    }

    @Test(arguments: ["bundle.badSignature", "upload.wrongTenant", "upload.sequenceReplayed", "upload.conflict", "upload.tooLarge"])
    mutating func endsAtARefusalForGood(_ code: String) {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        let refusal = Refusal(status: 409, code: code)
        #expect(machine.handle(.refused(refusal), random: &random) == .end(.refused(refusal)))
    }

    @Test mutating func doesNotBlameTheBundleForAnAgentThatIsShutOut() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        let refusal = Refusal(status: 403, code: "auth.certificateRevoked")
        #expect(machine.handle(.refused(refusal), random: &random) == .end(.shutOut(refusal)))
    }

    @Test(arguments: [404, 502, 400]) mutating func takesAnAnswerWithoutACodeForAProxys(_ status: Int) {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        guard case .wait = machine.handle(.refused(Refusal(status: status, code: nil)), random: &random) else {
            return #expect(Bool(false))
        }
    }

    @Test mutating func opensAgainWhenTheServerForgot() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        _ = machine.handle(.opened(state(received: [0])), random: &random)
        _ = machine.handle(.refused(Refusal(status: 404, code: "upload.unknownBundle")), random: &random)
        #expect(machine.handle(.waited, random: &random) == .open)
        #expect(machine.handle(.opened(state()), random: &random) == .send(piece: 0, range: 0..<10))
    }

    @Test mutating func endsWithAServerThatForgetsForEver() {
        var machine = machine()
        var action = machine.handle(.started, random: &random)
        for _ in 0..<1000 {
            switch action {
            case .open: action = machine.handle(.opened(state()), random: &random)
            case .send(let piece, _): action = machine.handle(.sent(piece: piece), random: &random)
            case .sendBlocks(let blocks): action = machine.handle(.sentBlocks(blocks), random: &random)
            case .complete: action = machine.handle(.refused(Refusal(status: 409, code: "upload.incomplete")), random: &random)
            case .wait: action = machine.handle(.waited, random: &random)
            case .end(let outcome):
                guard case .postponed = outcome else { return #expect(Bool(false)) }
                return
            }
        }
        #expect(Bool(false), "no end")
    }

    @Test(arguments: [0, -1, Int.max, Int.min]) mutating func refusesAbsurdPieceSizes(_ pieceSize: Int) {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        guard case .wait = machine.handle(.opened(state(pieceSize: pieceSize)), random: &random) else { return #expect(Bool(false)) }
    }

    @Test mutating func refusesTheStateOfAnotherBundle() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        let other = UploadState(bundle: .random(), status: .accepted, received: [], pieceSize: 10)
        guard case .wait = machine.handle(.opened(other), random: &random) else { return #expect(Bool(false)) }
    }

    @Test mutating func stopsWhenTheProgramEnds() {
        var machine = machine()
        _ = machine.handle(.started, random: &random)
        #expect(machine.handle(.stopping, random: &random) == .end(.stopped))
    }
}

@Suite struct RetryAfterTests {
    let now = Date(timeIntervalSince1970: 784_111_777)  // 1994-11-06T08:49:37Z

    @Test(arguments: [
        ("120", Duration.seconds(120)), ("0", .zero), ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .zero),
        ("Sat, 05 Nov 1994 08:49:37 GMT", .zero), ("99999999999999", .seconds(366 * 86_400)),
        ("Thu, 29 Feb 1996 08:49:37 GMT", .seconds(366 * 86_400)),
    ])
    func readsSecondsAndDates(_ text: String, _ expected: Duration) { #expect(RetryAfter.parse(text, now: now) == expected) }

    @Test(arguments: ["", "-1", "soon", "1e9", "Sun, 06 Nov 1994", "Sun, 99 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"])
    func leavesNonsenseAside(_ text: String) { #expect(RetryAfter.parse(text, now: now) == nil) }
}

@Suite struct ScheduleTests {
    @Test func comesAtOnceTheFirstTimeAndNeverLaterThanItsInterval() {
        var random = SystemRandomNumberGenerator()
        let schedule = Schedule(every: .seconds(1000), jitter: 0.1)
        let now = Date()
        #expect(schedule.delay(last: nil, now: now, random: &random) == .zero)
        for _ in 0..<200 {
            let usual = schedule.delay(last: now - 100, now: now, random: &random)
            #expect(usual >= .seconds(800) && usual <= .seconds(1000))
            #expect(schedule.delay(last: now - 1_000_000, now: now, random: &random) == .zero)
            // The clock was set back.
            #expect(schedule.delay(last: now + 1_000_000, now: now, random: &random) <= .seconds(1000))
        }
    }
}
