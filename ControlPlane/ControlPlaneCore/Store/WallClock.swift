public import FoundationEssentials

/// Where services get the time from, so that tests can say what it is.
public struct WallClock: Sendable {
    private let source: @Sendable () -> Date
    /// The machine's clock.
    public static let system = WallClock { Date() }
    /// A clock that answers what `source` says.
    public init(_ source: @escaping @Sendable () -> Date) { self.source = source }
    /// The time now.
    public func now() -> Date { source() }
}
