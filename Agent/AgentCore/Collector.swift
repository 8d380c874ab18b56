public import Basics
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

/// What a collection is narrowed to; what is absent leaves all that the collector was started for.
public struct CollectionScope: Sendable, Hashable {
    /// The only regions to read.
    public var regions: [String]?
    /// The only services to read, as the cloud's own command line writes them.
    public var services: [String]?
    /// Most calls a second, over all services.
    public var rate: Int?
    /// A scope of these parts; by default everything.
    public init(regions: [String]? = nil, services: [String]? = nil, rate: Int? = nil) {
        self.regions = regions
        self.services = services
        self.rate = rate
    }
}

/// What of a scope lies beyond what a collector can do and was started for.
public struct ScopeError: CodedError {
    /// The kinds.
    public enum Code: String, CaseIterable, Sendable {
        case unknownService, unknownRegion, rateTooHigh
    }
    /// `scope`.
    public static let domain = "scope"
    /// What.
    public var code: Code
    /// One line, safe to show.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Reads one cloud. What it hands over is redacted already.
public protocol Collector: Sendable {
    /// Whether `scope` lies within what this collector can do and was started for: a scope narrows it, and never widens it.
    func check(_ scope: CollectionScope) throws(ScopeError)
    /// Makes all calls of `scope` and hands over what came. A call that fails becomes a coverage entry; this throws only when there is nothing
    /// to hand over at all (no credentials, say). `progress` may be called from any thread, at any rate.
    func collect(
        within scope: CollectionScope, progress: @escaping @Sendable (CollectProgress) -> Void
    ) async throws -> CloudCollection
}

extension Collector {
    /// Makes all calls that this collector was started for.
    public func collect(progress: @escaping @Sendable (CollectProgress) -> Void) async throws -> CloudCollection {
        try await collect(within: CollectionScope(), progress: progress)
    }
}
