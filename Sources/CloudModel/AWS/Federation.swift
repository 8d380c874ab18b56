/// An identity provider that roles of the account may trust.
public struct IdentityProvider: Sendable, Hashable {
    /// What it speaks.
    public enum Kind: String, Sendable, Codable { case oidc, saml }
    /// Its ARN.
    public var arn: String
    /// What it speaks.
    public var kind: Kind
    /// Account.
    public var account: String
    /// The audiences that it accepts tokens for; `nil` when not collected.
    public var audiences: [String]?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `audiences`.
    public var facts: [String: Evidence]
    /// A provider of which nothing else is known yet.
    public init(arn: String, kind: Kind, account: String, evidence: Evidence) {
        self.arn = arn
        self.kind = kind
        self.account = account
        self.evidence = evidence
        facts = [:]
    }
}

/// An identity pool of Cognito.
public struct IdentityPool: Sendable, Hashable {
    /// `REGION:UUID`.
    public var id: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Whether guests get an identity; `nil` when not collected.
    public var admitsGuests: Bool?
    /// Whether identities may ask STS themselves, and so without Cognito's session policy; `nil` when not collected.
    public var hasBasicFlow: Bool?
    /// The role of guests.
    public var guestRole: String?
    /// The roles of those who signed in.
    public var memberRoles: [String]
    /// Whether the roles are known.
    public var rolesKnown: Bool
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `description`, `roles`.
    public var facts: [String: Evidence]
    /// A pool of which nothing else is known yet.
    public init(id: String, name: String, account: String, region: String, evidence: Evidence) {
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        memberRoles = []
        rolesKnown = false
        facts = [:]
    }
}
