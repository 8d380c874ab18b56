/// An organisation of accounts, as far as its management account or a delegated administrator let it be read.
///
/// Service and resource control policies bear on an account by way of everything above it: the root, each organisational unit, itself
/// ("SCP evaluation", AWS Organizations User Guide). ``path(of:)`` gives that way.
public struct Organisation: Sendable, Hashable {
    /// The policy types that bear on permissions.
    public enum PolicyType: String, Sendable, Hashable, Codable, CaseIterable {
        /// What principals of an account may do at most.
        case serviceControl = "SERVICE_CONTROL_POLICY"
        /// What may be done to resources of an account at most.
        case resourceControl = "RESOURCE_CONTROL_POLICY"
    }
    /// The root, an organisational unit or an account.
    public struct Node: Sendable, Hashable {
        /// What it is.
        public enum Kind: String, Sendable, Hashable, Codable { case root, unit, account }
        /// `r-…`, `ou-…` or twelve digits.
        public var id: String
        /// What it is.
        public var kind: Kind
        /// Its name, where known.
        public var name: String?
        /// The node above it; `nil` for the root, and where that is not known.
        public var parent: String?
        /// Where it was read.
        public var evidence: Evidence
        /// A node of these parts.
        public init(id: String, kind: Kind, name: String?, parent: String?, evidence: Evidence) {
            self.id = id
            self.kind = kind
            self.name = name
            self.parent = parent
            self.evidence = evidence
        }
    }
    /// A policy with what it is attached to.
    public struct Policy: Sendable, Hashable {
        /// `p-…`.
        public var id: String
        /// Its type.
        public var type: PolicyType
        /// Its text; the document is `nil` where it was not collected.
        public var source: PolicySource
        /// The nodes that it is attached to, as far as they are known.
        public var targets: [String]
        /// Whether these are all.
        public var targetsKnown: Bool
        /// A policy of these parts.
        public init(id: String, type: PolicyType, source: PolicySource, targets: [String], targetsKnown: Bool) {
            self.id = id
            self.type = type
            self.source = source
            self.targets = targets
            self.targetsKnown = targetsKnown
        }
    }
    /// `o-…`, or ``unnamed``.
    public var id: String
    /// The identifier where no answer tells it.
    public static let unnamed = "unknown"
    /// The management account, which no policy of the organisation limits; `nil` when not known.
    public var managementAccount: String?
    /// Whether all features are on: without, there are no control policies; `nil` when not known.
    public var hasAllFeatures: Bool?
    /// The policy types that are enabled at the root; `nil` when not known.
    public var enabledTypes: Set<PolicyType>?
    /// Root, units and accounts, ordered by identifier.
    public var nodes: [Node]
    /// Its policies, ordered by identifier.
    public var policies: [Policy]
    /// Whether all its accounts are listed.
    public var accountsListed: Bool
    /// The policy types whose policies are all listed.
    public var listedTypes: Set<PolicyType>
    /// What is known in full of a node's policies of a type, by `TYPE NODE`.
    public var listedAttachments: Set<String>
    /// Where it was read.
    public var evidence: Evidence
    /// An organisation of which nothing else is known yet.
    public init(id: String, evidence: Evidence) {
        self.id = id
        nodes = []
        policies = []
        accountsListed = false
        listedTypes = []
        listedAttachments = []
        self.evidence = evidence
    }

    /// The organisation's `TYPE NODE` for ``listedAttachments``.
    public static func attachment(_ type: PolicyType, _ node: String) -> String { "\(type.rawValue) \(node)" }

    /// The way from the root down to an account.
    public struct Path: Sendable, Hashable {
        /// Identifiers from the root to the account.
        public var nodes: [String]
        /// Whether units between the root and the account may be missing.
        public var isComplete: Bool
        /// A way of these parts.
        public init(nodes: [String], isComplete: Bool) {
            self.nodes = nodes
            self.isComplete = isComplete
        }
    }

    /// The way to an account: complete, or, where a parent is not known, the root, if that is known, what is above the account as far as it
    /// is known, and the account.
    public func path(of account: String) -> Path {
        let byID = Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }
        var way = [account]
        // No unit is deeper than five levels below the root (Quotas for AWS Organizations); more is no hierarchy.
        while way.count <= 8, let above = byID[way[0]]?.parent, !way.contains(above) { way.insert(above, at: 0) }
        if byID[way[0]]?.kind == .root { return Path(nodes: way, isComplete: true) }
        let roots = nodes.filter { $0.kind == .root }
        if roots.count == 1 { way.insert(roots[0].id, at: 0) }
        return Path(nodes: way, isComplete: false)
    }
}

/// What is known of an account's organisation.
public enum OrganisationMembership: Sendable, Hashable {
    /// Nobody asked.
    case notCollected
    /// The account was asked and did not say.
    case unreadable
    /// It is in none.
    case none
    /// It is in the organisation of this identifier.
    case member(String)
}
