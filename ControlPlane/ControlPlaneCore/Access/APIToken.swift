public import Basics
public import FoundationEssentials

/// A key with which a program acts for a service account. Its secret is shown once; what is stored is the SHA-256 of it.
public struct APIToken: Sendable, Hashable {
    /// Random: under this it is listed and revoked. It opens nothing.
    public var id: APITokenID
    /// SHA-256 of the secret.
    public var digest: [UInt8]
    /// Whose.
    public var tenant: TenantID
    /// The service account.
    public var account: UserID
    /// What it is for.
    public var name: String
    /// What it may do; the account's role may narrow it, never widen it.
    public var scopes: Set<Permission>
    /// In which environments.
    public var environments: EnvironmentScope
    /// Who made it.
    public var createdBy: UserID?
    /// When it was made.
    public var createdAt: Date
    /// When it ends.
    public var expiresAt: Date
    /// When it was last used; moves at most once a minute.
    public var lastUsed: Date?
    /// When it was revoked.
    public var revokedAt: Date?

    /// The longest that a token may live.
    public static let longestLife: TimeInterval = 366 * 86400
    /// Begins every token, so that scanners of source code find one that leaked.
    static let prefix = "clr_"

    /// A token of these parts.
    public init(
        id: APITokenID, digest: [UInt8], tenant: TenantID, account: UserID, name: String, scopes: Set<Permission>,
        environments: EnvironmentScope, createdBy: UserID?, createdAt: Date, expiresAt: Date, lastUsed: Date? = nil, revokedAt: Date? = nil
    ) {
        self.id = id
        self.digest = digest
        self.tenant = tenant
        self.account = account
        self.name = name
        self.scopes = scopes
        self.environments = environments
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsed = lastUsed
        self.revokedAt = revokedAt
    }
}
