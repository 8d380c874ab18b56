import FoundationEssentials
import Synchronization
import WireProtocol

/// How often, in this process, somebody without a certificate can make us ask others: work before authentication is bounded.
final class AttemptPace: Sendable {
    private let burst: Double
    private let perSecond: Double
    private let state: Mutex<(left: Double, at: Date?)>

    init(burst: Int = 100, perSecond: Int = 20) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        state = Mutex((Double(burst), nil))
    }

    /// Takes one.
    ///
    /// - Throws: ``EnrolmentError`` `throttled` when there is none.
    func take(now: Date) throws(EnrolmentError) {
        let isTaken = state.withLock { state in
            // A clock that went back fills nothing.
            let passed = max(0, state.at.map { now.timeIntervalSince($0) } ?? 0)
            state.left = min(burst, state.left + passed * perSecond)
            state.at = now
            guard state.left >= 1 else { return false }
            state.left -= 1
            return true
        }
        guard isTaken else { throw EnrolmentError(.throttled, "too many agents enrol at once: try again") }
    }
}
