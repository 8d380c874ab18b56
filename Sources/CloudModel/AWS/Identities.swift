/// Where a fact was read: a record and, where it helps, the place in it.
public struct Evidence: Sendable, Hashable, Codable {
    /// ``CollectedRecord/id``.
    public var record: String
    /// RFC 6901 pointer into the record's payload; `nil` for the whole of it.
    public var pointer: String?
    /// Evidence at that place.
    public init(record: String, pointer: String? = nil) {
        self.record = record
        self.pointer = pointer
    }
}

/// A policy text with the place it came from.
public struct PolicySource: Sendable, Hashable {
    /// What kind of attachment this is.
    public enum Kind: String, Sendable, Codable {
        case inline, managed, trust, resource, boundary, serviceControl, resourceControl, endpoint
    }
    /// The policy's name; for a resource policy the resource's.
    public var name: String
    /// The managed policy's ARN.
    public var arn: String?
    /// What kind of attachment this is.
    public var kind: Kind
    /// The document; `nil` when the policy is known to exist but its text was not collected: then what it grants is unknown.
    public var document: JSONValue?
    /// Where the document was read.
    public var evidence: Evidence
    /// A policy of these parts.
    public init(name: String, arn: String? = nil, kind: Kind, document: JSONValue?, evidence: Evidence) {
        self.name = name
        self.arn = arn
        self.kind = kind
        self.document = document
        self.evidence = evidence
    }
}

/// A managed policy of the account or of AWS: its default version in full, and those that could become it.
public struct ManagedPolicy: Sendable, Hashable {
    /// A version that is not the default.
    public struct Version: Sendable, Hashable {
        /// Its identifier, such as `v2`.
        public var id: String
        /// Its text and where it was read.
        public var source: PolicySource
        /// A version of these parts.
        public init(id: String, source: PolicySource) {
            self.id = id
            self.source = source
        }
    }
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// The default version's identifier, such as `v3`.
    public var defaultVersion: String?
    /// How many versions exist (at most five can); `nil` when not collected.
    public var versionCount: Int?
    /// The default version's document and where it was read.
    public var source: PolicySource
    /// The versions that are not the default.
    public var otherVersions: [Version]
    /// A policy of these parts.
    public init(
        arn: String, name: String, defaultVersion: String?, versionCount: Int?, source: PolicySource, otherVersions: [Version] = []
    ) {
        self.otherVersions = otherVersions
        self.arn = arn
        self.name = name
        self.defaultVersion = defaultVersion
        self.versionCount = versionCount
        self.source = source
    }
}

/// An IAM user, group or role with everything attached to it.
public struct Principal: Sendable, Hashable {
    /// The kinds of IAM principals that hold policies.
    public enum Kind: String, Sendable, Codable { case user, group, role, root }
    /// A user's access key; its secret is never known.
    public struct AccessKey: Sendable, Hashable {
        /// `nil` where only the credential report speaks of it.
        public var id: String?
        /// Whether it can be used.
        public var active: Bool
        /// When it was made or rotated, RFC 3339.
        public var created: String?
        /// When it was last used, RFC 3339.
        public var lastUsed: String?
        /// A key of these parts.
        public init(id: String?, active: Bool, created: String?, lastUsed: String?) {
            self.id = id
            self.active = active
            self.created = created
            self.lastUsed = lastUsed
        }
    }
    /// When a service was used last, within the tracking period of AWS.
    public struct ServiceUse: Sendable, Hashable {
        /// RFC 3339; `nil` for never.
        public var lastUsed: String?
        /// The same by action, where AWS tracks actions.
        public var actions: [String: String?]?
        /// A use of these parts.
        public init(lastUsed: String?, actions: [String: String?]?) {
            self.lastUsed = lastUsed
            self.actions = actions
        }
    }
    /// Its ARN.
    public var arn: String
    /// Its name without path.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// The account it is in.
    public var account: String
    /// Inline and attached managed policies, its own; a user's groups' policies stand with the groups.
    public var policies: [PolicySource]
    /// The permissions boundary; `nil` for none.
    public var boundary: PolicySource?
    /// ARNs of a user's groups.
    public var groups: [String]
    /// A role's trust policy.
    public var trust: PolicySource?
    /// ARNs of the instance profiles that hold a role.
    public var instanceProfiles: [String]
    /// Tags.
    public var tags: [String: String]
    /// Whether a user has a console password; `nil` when not collected.
    public var hasPassword: Bool?
    /// Whether a user has an MFA device; `nil` when not collected.
    public var hasMFA: Bool?
    /// A user's access keys; `nil` when not collected.
    public var accessKeys: [AccessKey]?
    /// When the password or role was last used, RFC 3339.
    public var lastUsed: String?
    /// Which services it used, by their prefixes in actions; `nil` when not collected. What it may not use is not listed.
    public var servicesUsed: [String: ServiceUse]?
    /// When it was made, RFC 3339.
    public var created: String?
    /// Where it was read.
    public var evidence: Evidence
    /// A principal with nothing attached yet.
    public init(arn: String, name: String, kind: Kind, account: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.kind = kind
        self.account = account
        policies = []
        groups = []
        instanceProfiles = []
        tags = [:]
        self.evidence = evidence
    }
    /// Whether this is a service-linked role, which cannot be changed or assumed by anyone but its service.
    public var isServiceLinked: Bool {
        guard kind == .role else { return false }
        var place = 0
        for byte in arn.utf8 {
            place = byte == Self.serviceLinked[place] ? place + 1 : byte == Self.serviceLinked[0] ? 1 : 0
            if place == Self.serviceLinked.count { return true }
        }
        return false
    }

    /// What stands in the ARN of one.
    private static let serviceLinked = Array(":role/aws-service-role/".utf8)
}
