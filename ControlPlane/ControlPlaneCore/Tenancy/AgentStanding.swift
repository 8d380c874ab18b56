public import Basics
import EnrolmentCA
public import FoundationEssentials
public import WireProtocol

/// What is known of an agent beside its row: stored as one document, because nothing of it is ever looked up by.
public struct AgentStanding: Sendable, Hashable, Codable {
    /// Why an agent's bundles are held.
    public struct Quarantine: Sendable, Hashable, Codable {
        /// A word of ours: `operator`, `copiedKey`.
        public var reason: String
        /// Since when.
        public var since: Date
        /// A quarantine of these parts.
        public init(reason: String, since: Date) {
            self.reason = reason
            self.since = since
        }
    }
    /// How it enrolled: `token`, `aws-iam` or `oidc`.
    public var method: String
    /// What let it in: `token:HEX` or `rule:UUID`. Locking that shuts the agent out too.
    public var grant: String?
    /// The account that was proven (`aws-iam`) or that the agent named.
    public var account: String?
    /// Whether somebody approved it, where somebody has to.
    public var approved: Bool
    /// Whether its bundles are held.
    public var quarantine: Quarantine?
    /// Somebody asked for a new key, at this time; answered by a certificate that was issued later.
    public var renewalWanted: Date?
    /// When the current certificate was issued.
    public var certifiedAt: Date?
    /// Names the issuing key of the current certificate.
    public var issuer: String?
    /// Seconds by which its clock is ahead of ours, as of its last word.
    public var clockSkew: Int?
    /// Permissions that it misses, as it said: `service:Operation`. Foreign text.
    public var missingPermissions: [String]
    /// When it last said which permissions it misses; `nil` when it never did, which is not the same as missing none.
    public var permissionsCheckedAt: Date?
    /// The authorities that it trusts, as it said, `sha256:HEX` each.
    public var trusts: [String]
    /// Which configuration it goes by, and which one it did not take, as it said; the code is foreign text.
    public var configuration: HeldConfiguration?

    /// The standing of an agent that came with a token and has said nothing yet.
    public init(
        method: String = "token", grant: String? = nil, account: String? = nil, approved: Bool = true, quarantine: Quarantine? = nil,
        renewalWanted: Date? = nil, certifiedAt: Date? = nil, issuer: String? = nil, clockSkew: Int? = nil,
        missingPermissions: [String] = [], permissionsCheckedAt: Date? = nil, trusts: [String] = [],
        configuration: HeldConfiguration? = nil
    ) {
        self.method = method
        self.grant = grant
        self.account = account
        self.approved = approved
        self.quarantine = quarantine
        self.renewalWanted = renewalWanted
        self.certifiedAt = certifiedAt
        self.issuer = issuer
        self.clockSkew = clockSkew
        self.missingPermissions = missingPermissions
        self.permissionsCheckedAt = permissionsCheckedAt
        self.trusts = trusts
        self.configuration = configuration
    }
}

/// A certificate that an agent was given. Rows stay after the certificate ended: an old one that is shown again means a copied key.
public struct AgentCertificate: Sendable, Hashable {
    /// Serial number, lower-case hexadecimal.
    public var serial: String
    /// Whose.
    public var agent: AgentID
    /// Of which enrolment.
    public var epoch: UInt64
    /// SHA-256 over the DER SubjectPublicKeyInfo.
    public var keyDigest: [UInt8]
    /// Names the issuing key.
    public var issuer: String
    /// When it was issued.
    public var issuedAt: Date
    /// When it ends.
    public var notAfter: Date
    /// When it begins: a little before it was issued, for clocks that are behind.
    public var notBefore: Date { issuedAt - LeafProfile.backdate }
    /// When the agent first used it.
    public var firstUsedAt: Date?
    /// When another one took over.
    public var supersededAt: Date?
    /// When it was revoked.
    public var revokedAt: Date?
    /// A certificate of these parts.
    public init(
        serial: String, agent: AgentID, epoch: UInt64, keyDigest: [UInt8], issuer: String, issuedAt: Date, notAfter: Date,
        firstUsedAt: Date? = nil, supersededAt: Date? = nil, revokedAt: Date? = nil
    ) {
        self.serial = serial
        self.agent = agent
        self.epoch = epoch
        self.keyDigest = keyDigest
        self.issuer = issuer
        self.issuedAt = issuedAt
        self.notAfter = notAfter
        self.firstUsedAt = firstUsedAt
        self.supersededAt = supersededAt
        self.revokedAt = revokedAt
    }
}

/// Something that is shut out.
public struct Lock: Sendable, Hashable {
    /// What kind of thing.
    public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        case tenant, environment, agent, grant, serial
    }
    /// What kind of thing.
    public var kind: Kind
    /// Which: an identifier, `token:HEX` or `rule:UUID`, or a serial number.
    public var subject: String
    /// Since when.
    public var since: Date
    /// A lock of these parts.
    public init(kind: Kind, subject: String, since: Date) {
        self.kind = kind
        self.subject = subject
        self.since = since
    }
}
