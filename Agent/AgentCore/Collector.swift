public import CloudModel

/// How far a collection is.
public struct CollectProgress: Sendable, Hashable {
    /// Calls answered or given up.
    public var completed: Int
    /// Calls known so far; it grows as listings are answered.
    public var total: Int
    /// What is being asked now, for a person: `ec2 describe-instances eu-west-1`.
    public var current: String
    /// A progress of these parts.
    public init(completed: Int, total: Int, current: String) {
        self.completed = completed
        self.total = total
        self.current = current
    }
}

/// Reads one cloud. What it hands over is redacted already.
public protocol Collector: Sendable {
    /// Makes all calls and hands over what came. A call that fails becomes a coverage entry; this throws only when there is nothing to
    /// hand over at all (no credentials, say). `progress` may be called from any thread, at any rate.
    func collect(progress: @escaping @Sendable (CollectProgress) -> Void) async throws -> CloudCollection
}
