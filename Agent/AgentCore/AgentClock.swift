public import FoundationEssentials

/// Where the agent's time comes from; tests bring their own.
public struct AgentClock: Sendable {
    /// The wall clock.
    public var now: @Sendable () -> Date
    /// Waits; ends early, by throwing, when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// A clock of these.
    public init(now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }
    /// The machine's own. Waiting goes by the monotonic clock, so that a jump of the wall clock neither hurries nor delays.
    public static let system = AgentClock(now: { Date() }, sleep: { try await Task.sleep(for: $0, clock: .continuous) })

    /// RFC 3339 in UTC, whole seconds.
    public static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
