/// How bad something is, in five words.
public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
    case informational, low, medium, high, critical
    /// Ordered from `informational` up.
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
    /// 0 for `informational` to 4 for `critical`.
    public var rank: Int {
        switch self {
        case .informational: 0
        case .low: 1
        case .medium: 2
        case .high: 3
        case .critical: 4
        }
    }
}

/// How sure a statement is.
public enum Confidence: String, Sendable, Codable, CaseIterable {
    /// Every fact it needs was collected and evaluated.
    case proven
    /// True if the conditions named beside it are met.
    case conditional
    /// A fact that it needs was not collected.
    case unknown
}

/// A fact that a result cites: the record it was read from and, for a policy, the statement.
///
/// Many steps rest on the same fact, and so a copy shares what it is made of.
public struct Citation: Sendable, Hashable, Codable {
    private struct Parts: Sendable, Hashable, Codable {
        var record: String
        var pointer: String?
        var time: String?
        var policy: String?
        var statement: Int?
    }
    private final class Storage: Sendable {
        let parts: Parts
        init(_ parts: Parts) { self.parts = parts }
    }
    private var storage: Storage
    private var parts: Parts {
        get { storage.parts }
        set { storage = Storage(newValue) }
    }

    /// ``CollectedRecord/id``.
    public var record: String {
        get { parts.record }
        set { parts.record = newValue }
    }
    /// RFC 6901 pointer into the payload.
    public var pointer: String? {
        get { parts.pointer }
        set { parts.pointer = newValue }
    }
    /// When the answer was received, RFC 3339.
    public var time: String? {
        get { parts.time }
        set { parts.time = newValue }
    }
    /// Name or ARN of the policy.
    public var policy: String? {
        get { parts.policy }
        set { parts.policy = newValue }
    }
    /// Index of the statement in that policy, from zero.
    public var statement: Int? {
        get { parts.statement }
        set { parts.statement = newValue }
    }
    /// A citation of these parts.
    public init(record: String, pointer: String? = nil, time: String? = nil, policy: String? = nil, statement: Int? = nil) {
        storage = Storage(Parts(record: record, pointer: pointer, time: time, policy: policy, statement: statement))
    }
    /// A citation as it was encoded.
    public init(from decoder: any Decoder) throws { storage = Storage(try Parts(from: decoder)) }
    /// Encodes the parts.
    public func encode(to encoder: any Encoder) throws { try parts.encode(to: encoder) }

    /// Whether both are the same fact.
    public static func == (left: Citation, right: Citation) -> Bool {
        if left.storage === right.storage { return true }
        // What tells facts of one record apart comes first.
        return left.parts.statement == right.parts.statement && left.parts.pointer == right.parts.pointer && left.parts == right.parts
    }
    /// Hashes the parts.
    public func hash(into hasher: inout Hasher) { parts.hash(into: &hasher) }
}
