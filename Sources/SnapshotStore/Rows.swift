public import CloudModel

/// A row of the table `edges`.
public struct EdgeRow: Sendable, Hashable {
    /// Native identifier of where it starts.
    public var source: String
    /// Native identifier of where it leads.
    public var target: String
    /// The escalation technique, or the edge's kind.
    public var technique: String
    /// Why it can be taken.
    public var why: String
    /// How sure it is.
    public var confidence: Confidence
    /// How likely it is taken, 0 to 1.
    public var likelihood: Double
    /// Under what conditions.
    public var conditions: [String]
    /// The facts.
    public var evidence: [Citation]
    /// A row of these parts.
    public init(
        source: String, target: String, technique: String, why: String, confidence: Confidence, likelihood: Double, conditions: [String],
        evidence: [Citation]
    ) {
        self.source = source
        self.target = target
        self.technique = technique
        self.why = why
        self.confidence = confidence
        self.likelihood = likelihood
        self.conditions = conditions
        self.evidence = evidence
    }
}

/// The rows of the table `edges`, each made when it is its turn: a large graph's do not fit into memory twice.
public struct EdgeRows: Sendable, ExpressibleByArrayLiteral {
    /// How many there are.
    public let count: Int
    private let row: @Sendable (Int) -> EdgeRow

    /// Rows that are there already.
    public init(arrayLiteral rows: EdgeRow...) { self.init(count: rows.count) { rows[$0] } }
    /// So many rows, made by their number.
    public init(count: Int, row: @escaping @Sendable (Int) -> EdgeRow) {
        self.count = count
        self.row = row
    }
    /// The row of that number, which is below ``count``.
    public subscript(number: Int) -> EdgeRow { row(number) }
}

/// A row of the table `exposures`.
public struct ExposureRow: Sendable, Hashable {
    /// Native identifier of what is reached from the internet.
    public var target: String
    /// Its kind.
    public var targetKind: String
    /// The kind of opening.
    public var kind: String
    /// What it goes through, in order.
    public var via: [String]
    /// What a policy or list allows.
    public var actions: [String]
    /// First and last ports.
    public var ports: [ClosedRange<Int>]
    /// Protocol.
    public var protocolName: String?
    /// Why.
    public var why: String
    /// Under what conditions.
    public var conditions: [String]
    /// How sure it is.
    public var confidence: Confidence
    /// The facts.
    public var evidence: [Citation]
    /// A row of these parts.
    public init(
        target: String, targetKind: String, kind: String, via: [String], actions: [String], ports: [ClosedRange<Int>],
        protocolName: String?,
        why: String, conditions: [String], confidence: Confidence, evidence: [Citation]
    ) {
        self.target = target
        self.targetKind = targetKind
        self.kind = kind
        self.via = via
        self.actions = actions
        self.ports = ports
        self.protocolName = protocolName
        self.why = why
        self.conditions = conditions
        self.confidence = confidence
        self.evidence = evidence
    }
}

/// A row of the table `control_policies`.
public struct ControlPolicyRow: Sendable, Hashable {
    /// The account that the policy bears on.
    public var account: String
    /// Whether it bears on the account's principals or resources.
    public var type: Organisation.PolicyType
    /// The level, from the root at 0.
    public var level: Int
    /// The root, unit or account that it is attached to.
    public var node: String
    /// Its identifier.
    public var policy: String
    /// A row of these parts.
    public init(account: String, type: Organisation.PolicyType, level: Int, node: String, policy: String) {
        self.account = account
        self.type = type
        self.level = level
        self.node = node
        self.policy = policy
    }
}

/// Everything that goes into a snapshot's file.
public struct SnapshotContents: Sendable {
    /// The normalised picture.
    public var snapshot: CloudSnapshot
    /// Its name: `sha256:…`.
    public var digest: String
    /// The graph's edges.
    public var edges: EdgeRows
    /// What the internet reaches.
    public var exposures: [ExposureRow]
    /// Which policies of their organisations bear on the accounts.
    public var controlPolicies: [ControlPolicyRow]
    /// Contents of these parts.
    public init(
        snapshot: CloudSnapshot, digest: String, edges: EdgeRows = [], exposures: [ExposureRow] = [],
        controlPolicies: [ControlPolicyRow] = []
    ) {
        self.snapshot = snapshot
        self.digest = digest
        self.edges = edges
        self.exposures = exposures
        self.controlPolicies = controlPolicies
    }
}

/// One value of an answer.
public enum SnapshotValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    /// The text, when this is one.
    public var text: String? { if case .text(let text) = self { text } else { nil } }
    /// The whole number, when this is one.
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
}
