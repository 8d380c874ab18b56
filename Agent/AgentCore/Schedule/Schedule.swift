public import FoundationEssentials

/// When something that is done again and again is due.
public struct Schedule: Sendable, Hashable {
    /// From one start to the next.
    public var interval: Duration
    /// The part of the interval by which each start is moved, either way, so that agents do not come together.
    public var jitter: Double

    /// A schedule of this interval.
    public init(every interval: Duration, jitter: Double = 0.1) {
        self.interval = max(interval, .seconds(1))
        self.jitter = min(max(jitter, 0), 0.5)
    }

    /// How long to wait. Never longer than the interval and its jitter: a clock that was set back does not stop the work.
    public func delay(last: Date?, now: Date, random: inout some RandomNumberGenerator) -> Duration {
        guard let last else { return .zero }
        let moved = interval * (1 + Double.random(in: -jitter...jitter, using: &random))
        let passed = now.timeIntervalSince(last)
        guard passed >= 0 else { return min(moved, interval) }
        return max(.zero, moved - .seconds(min(passed, 1e9)))
    }
}
