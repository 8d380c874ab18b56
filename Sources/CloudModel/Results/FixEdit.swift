/// One edit of a fix, so that it can be applied without what found it. Which members are there depends on ``edit``; see
/// `Protocol/Spec/results.md`.
public struct FixEdit: Sendable, Hashable, Codable {
    /// Where a policy's text stands.
    public struct Place: Sendable, Hashable, Codable {
        /// `inline`, `managed`, `trust` or `resource`.
        public var kind: String
        /// Of the managed policy, role or resource.
        public var arn: String?
        /// The holder of an inline policy.
        public var principal: String?
        /// The name of an inline policy.
        public var name: String?
        /// A place of these parts.
        public init(kind: String, arn: String? = nil, principal: String? = nil, name: String? = nil) {
            self.kind = kind
            self.arn = arn
            self.principal = principal
            self.name = name
        }
    }
    /// A test of a policy's `Condition`.
    public struct Condition: Sendable, Hashable, Codable {
        /// The operator, such as `StringEquals`.
        public var test: String
        /// The key.
        public var key: String
        /// The values.
        public var values: [String]
        /// A condition of these parts.
        public init(test: String, key: String, values: [String]) {
            self.test = test
            self.key = key
            self.values = values
        }
    }
    /// What is done: `removeAction`, `closeRule`, …
    public var edit: String
    /// The policy that is changed.
    public var place: Place?
    /// Place of the statement in the unchanged policy, from zero.
    public var statement: Int?
    /// An action.
    public var action: String?
    /// A resource.
    public var resource: String?
    /// Resources.
    public var resources: [String]?
    /// Conditions.
    public var conditions: [Condition]?
    /// A principal.
    public var principal: String?
    /// What takes the place of something.
    public var by: [String]?
    /// A managed policy.
    public var policy: String?
    /// A group.
    public var group: String?
    /// The name of something new.
    public var name: String?
    /// Actions.
    public var actions: [String]?
    /// The protocol of a rule.
    public var `protocol`: String?
    /// The first port of a rule.
    public var fromPort: Int?
    /// The last port of a rule.
    public var toPort: Int?
    /// Ranges of addresses.
    public var cidrs: [String]?
    /// An edit of that name with nothing else yet.
    public init(_ edit: String) { self.edit = edit }
}
