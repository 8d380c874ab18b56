public import CloudModel

/// Why a text is not a policy: the kind of mistake, the statement and the element.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of mistakes.
    public enum Code: String, Sendable, CaseIterable {
        case notAnObject, unknownElement, invalidVersion, missingStatement, missingEffect, invalidEffect, missingAction, missingResource
        case missingPrincipal, principalNotAllowed, exclusiveElements, invalidType, invalidPrincipal, invalidAction, tooLarge
    }
    /// The kind of mistake.
    public var code: Code
    /// The statement's place in the document, from 0; `nil` when the mistake is the document's own.
    public var statement: Int?
    /// The element's name, one of AWS's or, for an unknown one, empty.
    public var element: String
    /// `policy.CODE in ELEMENT of statement N`; never any text of the policy.
    public var description: String {
        "policy.\(code.rawValue)" + (element.isEmpty ? "" : " in \(element)") + (statement.map { " of statement \($0)" } ?? "")
    }
}

/// What a statement does when it applies.
public enum PolicyEffect: String, Sendable, Hashable, Codable, CaseIterable {
    /// It allows.
    case allow = "Allow"
    /// It denies, whatever else allows.
    case deny = "Deny"
}

/// An access policy as it was written, checked for form but not yet compiled.
public struct PolicyDocument: Sendable, Hashable {
    /// The two versions of AWS's policy language; only the newer one has variables.
    public enum Version: String, Sendable, Hashable {
        case v2008 = "2008-10-17"
        case v2012 = "2012-10-17"
    }
    /// Which elements a kind of policy must and must not have.
    public enum Form: Sendable, Hashable {
        /// Identity, boundary, session and service control policies: no principal, a resource.
        case withoutPrincipal
        /// Resource, trust, endpoint and resource control policies: a principal; the resource may be left out and is then the one it is attached to.
        case withPrincipal
        /// Either; what is left out restricts nothing.
        case any
    }
    /// The version; a document that names none is of the older one.
    public var version: Version
    /// The document's `Id`.
    public var id: String?
    /// Its statements in order.
    public var statements: [PolicyStatement]

    /// A document of these parts.
    public init(version: Version = .v2012, id: String? = nil, statements: [PolicyStatement]) {
        self.version = version
        self.id = id
        self.statements = statements
    }

    /// Reads a document: both versions, one value or a list everywhere that AWS allows it.
    ///
    /// Strict: elements that AWS does not know, missing or contradictory ones and wrong types are refused, as AWS refuses to store them.
    /// - Parameter form: which elements this kind of policy has.
    /// - Throws: ``PolicyError``, naming the statement.
    public init(parsing json: JSONValue, form: Form = .any) throws(PolicyError) {
        self = try PolicyParser(form: form).document(json)
    }
}

/// A list of patterns, or everything but a list of patterns.
public struct PatternSet: Sendable, Hashable {
    /// The patterns as written.
    public var patterns: [String]
    /// Whether the element is the `Not…` one.
    public var negated: Bool
    /// These patterns, or all but these.
    public init(_ patterns: [String], negated: Bool = false) {
        self.patterns = patterns
        self.negated = negated
    }
}

/// A `Principal` or `NotPrincipal` element.
public struct PrincipalElement: Sendable, Hashable {
    /// One entry.
    public enum Entry: Sendable, Hashable {
        /// `*`, everyone, also without credentials.
        case everyone
        /// An account, by its 12 digits: `"123456789012"` or `arn:aws:iam::123456789012:root`.
        case account(String)
        /// A user, role, session or other principal by its ARN, or the identifier of a deleted one.
        case aws(String)
        /// A service principal, such as `lambda.amazonaws.com`.
        case service(String)
        /// An identity provider: a SAML or OIDC provider's ARN or a well-known name.
        case federated(String)
        /// An S3 canonical user.
        case canonicalUser(String)
    }
    /// The entries.
    public var entries: [Entry]
    /// Whether this is `NotPrincipal`.
    public var negated: Bool
    /// These principals, or all but these.
    public init(_ entries: [Entry], negated: Bool = false) {
        self.entries = entries
        self.negated = negated
    }
}

/// One test of a `Condition` block: an operator, a key and the values.
public struct ConditionClause: Sendable, Hashable {
    /// The operator as written, with any `ForAllValues:` and `IfExists`.
    public var name: String
    /// The key as written.
    public var key: String
    /// The values, numbers and truth values as text.
    public var values: [String]
    /// A test of these parts.
    public init(_ name: String, _ key: String, _ values: [String]) {
        self.name = name
        self.key = key
        self.values = values
    }
}

/// One statement of a policy.
public struct PolicyStatement: Sendable, Hashable {
    /// The statement's `Sid`; it need not be unique.
    public var sid: String?
    /// What it does.
    public var effect: PolicyEffect
    /// Whom it is about; `nil` in policies that are attached to the principal.
    public var principal: PrincipalElement?
    /// Which actions it is about.
    public var actions: PatternSet
    /// Which resources it is about; `nil` means the resource that the policy is attached to.
    public var resources: PatternSet?
    /// The tests that must all hold.
    public var conditions: [ConditionClause]
    /// A statement of these parts.
    public init(
        sid: String? = nil, effect: PolicyEffect, principal: PrincipalElement? = nil, actions: PatternSet, resources: PatternSet?,
        conditions: [ConditionClause] = []
    ) {
        self.sid = sid
        self.effect = effect
        self.principal = principal
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
    }
}
