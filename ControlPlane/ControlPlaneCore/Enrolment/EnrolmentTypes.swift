public import Basics
public import FoundationEssentials

/// A one-time token as the server keeps it.
public struct EnrolmentToken: Sendable, Hashable {
    /// SHA-256 of the token's text.
    public var digest: [UInt8]
    /// For whom.
    public var tenant: TenantID
    /// For which accounts.
    public var environment: EnvironmentID
    /// When it was made.
    public var createdAt: Date
    /// Until when it can be used.
    public var expiresAt: Date
    /// When it was used.
    public var usedAt: Date?
    /// Which agent came of it.
    public var usedBy: AgentID?
    /// A token of these parts.
    public init(
        digest: [UInt8], tenant: TenantID, environment: EnvironmentID, createdAt: Date, expiresAt: Date, usedAt: Date? = nil,
        usedBy: AgentID? = nil
    ) {
        self.digest = digest
        self.tenant = tenant
        self.environment = environment
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.usedBy = usedBy
    }
}

/// A token just made: the only time its text exists.
public struct IssuedToken: Sendable {
    /// `clre_` and 49 characters.
    public var token: Secret<String>
    /// For which accounts.
    public var environment: EnvironmentID
    /// Until when it can be used.
    public var expiresAt: Date
    /// A token of these parts.
    public init(token: Secret<String>, environment: EnvironmentID, expiresAt: Date) {
        self.token = token
        self.environment = environment
        self.expiresAt = expiresAt
    }
}

/// What an agent says of itself when it enrols. Foreign text throughout.
public struct EnrolmentClaim: Sendable {
    /// The one-time token.
    public var token: Secret<String>
    /// PKCS#10 request, PEM. Only its public key is used.
    public var csr: String
    /// The program's version.
    public var agentVersion: String
    /// Name of its host.
    public var hostname: String
    /// Operating system and processor.
    public var platform: String
    /// A claim of these parts.
    public init(token: Secret<String>, csr: String, agentVersion: String, hostname: String, platform: String) {
        self.token = token
        self.csr = csr
        self.agentVersion = agentVersion
        self.hostname = hostname
        self.platform = platform
    }
}

/// A certificate with what leads from it to the root.
public struct IssuedCertificate: Sendable, Hashable {
    /// Leaf first, then the issuing CA, PEM each.
    public var certificates: [String]
    /// The roots to trust, PEM each.
    public var authorities: [String]
    /// When the leaf ends.
    public var notAfter: Date
    /// A certificate of these parts.
    public init(certificates: [String], authorities: [String], notAfter: Date) {
        self.certificates = certificates
        self.authorities = authorities
        self.notAfter = notAfter
    }
}

/// The public half of a tenant's key to which agents seal.
public struct PublicSealingKey: Sendable, Hashable {
    /// Names the key in bundle headers.
    public var id: String
    /// X25519, 32 bytes.
    public var publicKey: [UInt8]
    /// A key of these parts.
    public init(id: String, publicKey: [UInt8]) {
        self.id = id
        self.publicKey = publicKey
    }
}

/// An agent just enrolled.
public struct EnrolledAgent: Sendable {
    /// Who it is now.
    public var agent: Agent
    /// Its first certificate.
    public var certificate: IssuedCertificate
    /// To what it seals.
    public var sealingKey: PublicSealingKey
    /// An enrolment of these parts.
    public init(agent: Agent, certificate: IssuedCertificate, sealingKey: PublicSealingKey) {
        self.agent = agent
        self.certificate = certificate
        self.sealingKey = sealingKey
    }
}

/// What the listener read from a verified client certificate.
public struct PeerCertificate: Sendable, Hashable {
    /// SHA-256 over the DER SubjectPublicKeyInfo, 32 bytes.
    public var keyDigest: [UInt8]
    /// Serial number, lower-case hexadecimal without leading zeros beyond whole bytes.
    public var serial: String
    /// The only URI name.
    public var uri: String
    /// When it ends.
    public var notAfter: Date
    /// A certificate of these parts.
    public init(keyDigest: [UInt8], serial: String, uri: String, notAfter: Date) {
        self.keyDigest = keyDigest
        self.serial = serial
        self.uri = uri
        self.notAfter = notAfter
    }
}

/// An agent whose certificate was checked against the stored row, for one request. Only ``AgentDirectory`` makes one.
public struct AuthenticatedAgent: Sendable, Hashable {
    /// The row.
    public let agent: Agent
    /// Its identifier.
    public var id: AgentID { agent.id }
    /// Whose it is.
    public var tenant: TenantID { agent.tenant }
    /// Whose accounts it reads.
    public var environment: EnvironmentID { agent.environment }
    init(agent: Agent) { self.agent = agent }
}

/// What an agent says at each heartbeat. Foreign text throughout.
public struct Heartbeat: Sendable {
    /// The program's version.
    public var agentVersion: String
    /// Name of its host.
    public var hostname: String
    /// Operating system and processor.
    public var platform: String
    /// Bundles waiting in its spool.
    public var spoolDepth: Int
    /// Its last error.
    public var lastError: String?
    /// A heartbeat of these parts.
    public init(agentVersion: String, hostname: String, platform: String, spoolDepth: Int, lastError: String?) {
        self.agentVersion = agentVersion
        self.hostname = hostname
        self.platform = platform
        self.spoolDepth = spoolDepth
        self.lastError = lastError
    }
}
