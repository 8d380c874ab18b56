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
public struct Citation: Sendable, Hashable, Codable {
    /// ``CollectedRecord/id``.
    public var record: String
    /// RFC 6901 pointer into the payload.
    public var pointer: String?
    /// When the answer was received, RFC 3339.
    public var time: String?
    /// Name or ARN of the policy.
    public var policy: String?
    /// Index of the statement in that policy, from zero.
    public var statement: Int?
    /// A citation of these parts.
    public init(record: String, pointer: String? = nil, time: String? = nil, policy: String? = nil, statement: Int? = nil) {
        self.record = record
        self.pointer = pointer
        self.time = time
        self.policy = policy
        self.statement = statement
    }
}
