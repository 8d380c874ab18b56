public import Basics
public import FoundationEssentials

/// How far a caller got in showing who they are. Only ``full`` reaches anything of the tenant's.
public enum SessionStage: String, Sendable, Hashable, CaseIterable {
    /// The password was right; a second factor is asked for.
    case secondFactor
    /// The password was right; the role may do nothing before a second factor is enrolled.
    case enrolment
    /// Signed in.
    case full
}

/// What opened a session.
public enum SessionProof: String, Sendable, Hashable, CaseIterable {
    /// A password alone.
    case password
    /// A password and a code or recovery code.
    case code
    /// A passkey with user verification.
    case passkey
    /// The tenant's own identity provider.
    case signOn
    /// The server's operator, at its command line.
    case `operator`
    /// An API token: no session at all, but one request.
    case token
}

/// A signed-in caller's session as the server keeps it.
public struct Session: Sendable, Hashable {
    /// SHA-256 of the 32 random bytes that the caller holds.
    public var digest: [UInt8]
    /// Random: under this it is listed and revoked. It opens nothing.
    public var id: SessionID
    /// Whose.
    public var tenant: TenantID
    /// Who.
    public var user: UserID
    /// How far.
    public var stage: SessionStage
    /// By what.
    public var proof: SessionProof
    /// When the caller last showed who they are; dangerous acts want this to be a short time ago.
    public var provedAt: Date
    /// The address that it was opened from.
    public var source: String
    /// What an authenticator has to sign next: used once, and gone after five minutes.
    public var challenge: Challenge?
    /// When it was made.
    public var createdAt: Date
    /// When it was last used; moves at most once a minute.
    public var lastUsed: Date
    /// When it ends whatever happens.
    public var expiresAt: Date

    /// Random bytes that an authenticator signs.
    public struct Challenge: Sendable, Hashable {
        /// The bytes.
        public var bytes: [UInt8]
        /// When it was made.
        public var createdAt: Date
        /// A challenge of these parts.
        public init(bytes: [UInt8], createdAt: Date) {
            self.bytes = bytes
            self.createdAt = createdAt
        }
    }

    /// A session of these parts.
    public init(
        digest: [UInt8], id: SessionID = .random(), tenant: TenantID, user: UserID, stage: SessionStage = .full,
        proof: SessionProof = .password, provedAt: Date? = nil, source: String = "", challenge: Challenge? = nil, createdAt: Date,
        lastUsed: Date, expiresAt: Date
    ) {
        self.digest = digest
        self.id = id
        self.tenant = tenant
        self.user = user
        self.stage = stage
        self.proof = proof
        self.provedAt = provedAt ?? createdAt
        self.source = source
        self.challenge = challenge
        self.createdAt = createdAt
        self.lastUsed = lastUsed
        self.expiresAt = expiresAt
    }
}

/// What a successful sign-in gives.
public struct SignedIn: Sendable {
    /// The session's secret for the `Authorization` header or the cookie; never stored by the server.
    public var token: Secret<String>
    /// How far it goes.
    public var stage: SessionStage
    /// When it ends at the latest.
    public var expiresAt: Date
    /// A sign-in of these parts.
    public init(token: Secret<String>, stage: SessionStage = .full, expiresAt: Date) {
        self.token = token
        self.stage = stage
        self.expiresAt = expiresAt
    }
}
