/// The kinds of policies that take part in a decision.
public enum PolicyType: String, Sendable, Hashable, Codable, CaseIterable {
    case identity, resource, boundary, session, scp, rcp, endpoint, trust
}

/// What the caller calls a policy, so that answers can cite it.
public struct PolicyTag: Sendable, Hashable {
    /// The policy's place in a list of the caller's.
    public var index: Int
    /// The policy's name or ARN.
    public var name: String
    /// The level of the organisation, from the root at 0, where that matters.
    public var level: Int?
    /// A tag of these parts.
    public init(_ index: Int = 0, name: String = "", level: Int? = nil) {
        self.index = index
        self.name = name
        self.level = level
    }
}

/// One statement that decided.
public struct StatementReference: Sendable, Hashable {
    /// The part that its policy played.
    public var policyType: PolicyType
    /// The policy.
    public var policy: PolicyTag
    /// The statement's place in the policy, from 0.
    public var statement: Int
    /// What the statement does.
    public var effect: PolicyEffect
    /// Whether the statement applies only under conditions that are not known to hold.
    public var conditional: Bool
}

/// The answer to an ``AccessRequest``.
public struct AccessDecision: Sendable, Hashable {
    /// The answers.
    public enum Outcome: Sendable, Hashable {
        /// Allowed.
        case allowed
        /// A statement denies it.
        case explicitlyDenied
        /// Nothing denies it, but something that must allow does not.
        case implicitlyDenied
        /// Allowed exactly when the expression holds.
        case conditional(ConditionExpression)
        /// It cannot be told: a policy's text is missing or an operator is not known. The reasons.
        case unknown([String])
    }
    /// The answer.
    public var outcome: Outcome
    /// Where it was denied or not allowed: the kinds of policies that denied, or had to allow and did not. Empty when allowed or conditional.
    public var blockedBy: [PolicyType]
    /// The statements that decided: those that allow when it is allowed, those that deny when it is explicitly denied, both when conditional.
    public var statements: [StatementReference]

    /// Whether it is allowed whatever is not known.
    public var isAllowed: Bool { outcome == .allowed }
    /// Whether it may be allowed: allowed, conditional or unknown.
    public var mayBeAllowed: Bool { outcome != .explicitlyDenied && outcome != .implicitlyDenied }
}

/// A decision without its reasons.
public enum AccessVerdict: Sendable, Hashable {
    case allowed, explicitlyDenied, implicitlyDenied
    /// Conditional or unknown: ``Evaluator/evaluate(_:_:)-(PreparedRequest,_)`` says on what it depends.
    case undetermined
}
