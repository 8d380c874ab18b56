public import Basics

/// Paths and header names that agent and control plane share. `Protocol/Spec/enrolment.md`, `Protocol/Spec/upload.md`.
public enum Routes {
    /// `GET`, first listener: ``Authorities``.
    public static let authorities = "/v1/enrolment/authorities"
    /// `POST`, first listener: ``EnrolmentRequest`` → ``EnrolmentResponse``.
    public static let enrolment = "/v1/enrolment"
    /// `POST`, first listener: ``ChallengeRequest`` → ``Challenge``.
    public static let challenge = "/v1/enrolment/challenge"
    /// `GET`, first listener: the certificates that were revoked, DER (RFC 5280 §5).
    public static let revocationList = "/v1/crl"
    /// `POST`, second listener: ``UploadRequest`` → ``UploadState``.
    public static let uploads = "/v1/uploads"
    /// `POST`, second listener: ``Heartbeat`` → ``HeartbeatAnswer``.
    public static let heartbeat = "/v1/heartbeat"
    /// `POST`, second listener: ``CertificateRequest`` → ``CertificateResponse``.
    public static let certificate = "/v1/certificate"
    /// `DELETE`, second listener: the agent leaves for good.
    public static let agent = "/v1/agent"
    /// `GET`, second listener: ``SealingKey``.
    public static let sealingKey = "/v1/sealing-key"

    /// `GET`, second listener: ``UploadState``.
    public static func upload(_ bundle: BundleID) -> String { "\(uploads)/\(bundle)" }
    /// `PUT`, second listener: the piece's bytes.
    public static func piece(_ bundle: BundleID, _ index: Int) -> String { "\(uploads)/\(bundle)/pieces/\(index)" }
    /// `PUT`, second listener: a batch of blocks.
    public static func blocks(_ bundle: BundleID) -> String { "\(uploads)/\(bundle)/blocks" }
    /// `POST`, second listener: → ``UploadState``.
    public static func complete(_ bundle: BundleID) -> String { "\(uploads)/\(bundle)/complete" }

    /// Request header of a piece or batch: the lower-case hexadecimal SHA-256 of its bytes.
    public static let pieceDigestHeader = "X-Piece-SHA256"
    /// Media type of every request and answer body but a piece.
    public static let json = "application/json"
    /// Media type of a piece.
    public static let octets = "application/octet-stream"
}

/// The URI name in an agent's certificate: `spiffe://cloudryption/tenant/TENANT/environment/ENVIRONMENT/agent/AGENT`.
public struct AgentName: Sendable, Hashable, CustomStringConvertible {
    /// The tenant.
    public var tenant: TenantID
    /// The environment.
    public var environment: EnvironmentID
    /// The agent.
    public var agent: AgentID

    /// The name of this agent.
    public init(tenant: TenantID, environment: EnvironmentID, agent: AgentID) {
        self.tenant = tenant
        self.environment = environment
        self.agent = agent
    }

    /// The name that `uri` writes, or `nil`: there is one spelling, compared byte for byte.
    public init?(uri: String) {
        let parts = uri.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count == 9, let tenant = TenantID(parts[4]), let environment = EnvironmentID(parts[6]), let agent = AgentID(parts[8])
        else {
            return nil
        }
        self.init(tenant: tenant, environment: environment, agent: agent)
        guard Array(description.utf8) == Array(uri.utf8) else { return nil }
    }

    /// The URI.
    public var description: String { "spiffe://cloudryption/tenant/\(tenant)/environment/\(environment)/agent/\(agent)" }
}
