public import Basics

/// The CA certificates, as an agent first sees them: it trusts them only after it compared the pin. `enrolment.md#authorities`.
public struct Authorities: Sendable, Hashable, Codable {
    /// PEM, root first.
    public var certificates: [String]
    /// These certificates.
    public init(certificates: [String]) { self.certificates = certificates }
}

/// What an agent says to be enrolled. The CSR gives a public key and nothing else. `enrolment.md#request`.
public struct EnrolmentRequest: Sendable, Hashable, Codable {
    /// How the agent proves that it may: `token`, `aws-iam` or `oidc`.
    public var method: String
    /// The one-time token, or the OpenID provider's.
    public var token: String?
    /// The signed `sts:GetCallerIdentity`.
    public var aws: AWSIdentityProof?
    /// Where the agent wants to be; not with a one-time token, which says it itself.
    public var tenant: TenantID?
    /// For which accounts; as `tenant`.
    public var environment: EnvironmentID?
    /// The server's authority as the agent knows it, `sha256:HEX`; as `tenant`.
    public var authority: String?
    /// The server's challenge; as `tenant`.
    public var challenge: String?
    /// ``EnrolmentStatement``, signed with the CSR's key; as `tenant`.
    public var statement: String?
    /// The agent that enrols again.
    public var previous: PreviousIdentity?
    /// The account that the agent reads, as it says; proves nothing.
    public var account: String?
    /// PKCS #10, PEM.
    public var csr: String
    /// The agent's version.
    public var agentVersion: String
    /// The host's name, to be shown; proves nothing.
    public var hostname: String
    /// Such as `linux/x86_64`, to be shown.
    public var platform: String
    /// A request with a one-time token, or one whose proof is yet to be put in.
    public init(
        method: EnrolmentMethodName = .token, token: String? = nil, csr: String, agentVersion: String, hostname: String, platform: String
    ) {
        self.method = method.rawValue
        self.token = token
        self.csr = csr
        self.agentVersion = agentVersion
        self.hostname = hostname
        self.platform = platform
    }
}

/// The identity that the server decided. `enrolment.md#response`.
public struct EnrolmentResponse: Sendable, Hashable, Codable {
    /// The tenant.
    public var tenant: TenantID
    /// The environment.
    public var environment: EnvironmentID
    /// The agent.
    public var agent: AgentID
    /// Grows with each enrolment of this agent; bundles carry it.
    public var epoch: UInt64
    /// PEM: the leaf, then the issuing CA.
    public var certificates: [String]
    /// PEM: the roots to trust from now on.
    public var authorities: [String]
    /// Base address of the second listener, `https://HOST:PORT`.
    public var gateway: String
    /// The tenant's key that bundles are sealed to.
    public var sealingKey: SealingKey
    /// When the leaf ends, RFC 3339.
    public var notAfter: String
    /// Whether somebody has to approve the agent before its bundles are taken.
    public var pendingApproval: Bool?
    /// With which the agent's configurations are checked.
    public var configurationKey: ConfigurationKey?
    /// A response of these parts.
    public init(
        tenant: TenantID, environment: EnvironmentID, agent: AgentID, epoch: UInt64, certificates: [String], authorities: [String],
        gateway: String, sealingKey: SealingKey, notAfter: String, pendingApproval: Bool? = nil, configurationKey: ConfigurationKey? = nil
    ) {
        self.tenant = tenant
        self.environment = environment
        self.agent = agent
        self.epoch = epoch
        self.certificates = certificates
        self.authorities = authorities
        self.gateway = gateway
        self.sealingKey = sealingKey
        self.notAfter = notAfter
        self.pendingApproval = pendingApproval
        self.configurationKey = configurationKey
    }
}

/// Asks for the next certificate, over the current one; the key may be a new one. `enrolment.md#renewal`.
public struct CertificateRequest: Sendable, Hashable, Codable {
    /// PKCS #10, PEM.
    public var csr: String
    /// A request with this CSR.
    public init(csr: String) { self.csr = csr }
}

/// The next certificate.
public struct CertificateResponse: Sendable, Hashable, Codable {
    /// PEM: the leaf, then the issuing CA.
    public var certificates: [String]
    /// PEM: the roots to trust from now on.
    public var authorities: [String]
    /// When the leaf ends, RFC 3339.
    public var notAfter: String
    /// With which the agent's configurations are checked from now on.
    public var configurationKey: ConfigurationKey?
    /// A response of these parts.
    public init(certificates: [String], authorities: [String], notAfter: String, configurationKey: ConfigurationKey? = nil) {
        self.certificates = certificates
        self.authorities = authorities
        self.notAfter = notAfter
        self.configurationKey = configurationKey
    }
}

/// Why an enrolment or a renewal is refused; `enrolment.CODE` in a ``Problem``. `enrolment.md#errors`.
public enum EnrolmentCode: String, Sendable, CaseIterable {
    case unknownMethod, invalidToken, expiredToken, usedToken, badCSR, malformed, tooLarge, throttled, unavailable
    case invalidChallenge, usedProof, badStatement, badProof, clockSkew, notAllowed, wrongAccount, wrongHost, unknownAgent, revoked
    /// `enrolment.CODE`.
    public var full: String { "enrolment.\(rawValue)" }
}

/// Why a caller is not let in; `auth.CODE` in a ``Problem``.
public enum AuthCode: String, Sendable, CaseIterable {
    case badCredentials, mustChangePassword, weakPassword, noSession, sessionExpired, forbidden, throttled
    case secondFactorRequired, badSecondFactor, mustEnrolSecondFactor, badPasskey, stepUpRequired, badSignOn
    case noCertificate, badCertificate, certificateExpired, certificateRevoked, unknownAgent
    /// `auth.CODE`.
    public var full: String { "auth.\(rawValue)" }
}
