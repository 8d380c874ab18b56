/// One test on a key of the request's context.
public struct ConditionTest: Sendable, Hashable {
    /// The operator in AWS's spelling, with `ForAllValues:` or `ForAnyValue:` before it and `IfExists` after it.
    public var name: String
    /// The key as the policy spells it.
    public var key: String
    /// The values, sorted, each once.
    public var values: [String]
    /// A test of these parts.
    public init(_ name: String, _ key: String, _ values: [String]) {
        self.name = name
        self.key = key
        self.values = values
    }
}

/// Under which conditions something holds: a simplified tree over tests of the request's context.
///
/// Equal conditions that differ only in order are equal: parts are sorted, each once, and nested trees of the same kind are flat.
public indirect enum ConditionExpression: Sendable, Hashable {
    /// Always.
    case always
    /// Never.
    case never
    /// When the test holds.
    case test(ConditionTest)
    /// When the expression does not hold.
    case not(ConditionExpression)
    /// When all hold.
    case all([ConditionExpression])
    /// When at least one holds.
    case any([ConditionExpression])
    /// It cannot be told, because of this.
    case unknown(String)
}
