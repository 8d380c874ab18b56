public import Basics
public import FoundationEssentials
import WireProtocol

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
    /// On what conditions it can be used.
    public var terms: EnrolmentTerms
    /// A token of these parts.
    public init(
        digest: [UInt8], tenant: TenantID, environment: EnvironmentID, createdAt: Date, expiresAt: Date, usedAt: Date? = nil,
        usedBy: AgentID? = nil, terms: EnrolmentTerms = EnrolmentTerms()
    ) {
        self.digest = digest
        self.tenant = tenant
        self.environment = environment
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.usedBy = usedBy
        self.terms = terms
    }

    /// Names the token in lists, locks and the audit log: the first 8 bytes of its digest, hexadecimal. It opens nothing.
    public var name: String { Hex.encode(digest.prefix(8)) }
}

/// On what conditions a one-time token can be used, beside its hour.
public struct EnrolmentTerms: Sendable, Hashable, Codable {
    /// The account that the agent has to say that it reads.
    public var account: String?
    /// A ``TextPattern`` that the host's name has to fit.
    public var host: String?
    /// Whether somebody has to approve the agent before it is live.
    public var needsApproval: Bool
    /// The agent that enrols again with it: it keeps its identifier, and its epoch rises.
    public var agent: AgentID?
    /// Terms of these parts; by default there are none.
    public init(account: String? = nil, host: String? = nil, needsApproval: Bool = false, agent: AgentID? = nil) {
        self.account = account
        self.host = host
        self.needsApproval = needsApproval
        self.agent = agent
    }

    /// - Throws: ``EnrolmentError`` `malformed`, saying what is wrong.
    func check() throws(EnrolmentError) {
        if let account, !AssumedRole.isAccount(account) { throw EnrolmentError(.malformed, "an account is written with 12 digits") }
        if let host, TextPattern(host, literal: 0) == nil { throw EnrolmentError(.malformed, "the pattern of host names is not one") }
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

/// What the listener read from a verified client certificate.
public struct PeerCertificate: Sendable, Hashable {
    /// SHA-256 over the DER SubjectPublicKeyInfo, 32 bytes.
    public var keyDigest: [UInt8]
    /// Serial number, as ``serialText(_:)`` writes it.
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
    /// A serial number's bytes as lower-case hexadecimal, without zero bytes in front.
    public static func serialText(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(bytes.drop { $0 == 0 }) }
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
