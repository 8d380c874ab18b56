public import Basics
public import Crypto

/// How an agent proves that it may enrol. `enrolment.md#methods`.
public enum EnrolmentMethodName: String, Sendable, Hashable, CaseIterable, Codable {
    /// A one-time token.
    case token
    /// A signed `sts:GetCallerIdentity`.
    case awsIAM = "aws-iam"
    /// A token of an OpenID provider.
    case openID = "oidc"
}

/// Asks for a challenge. `enrolment.md#challenge`.
public struct ChallengeRequest: Sendable, Hashable, Codable {
    /// The method that it is for.
    public var method: String
    /// Where the agent wants to be.
    public var tenant: TenantID
    /// For which accounts.
    public var environment: EnvironmentID
    /// A request of these parts.
    public init(method: EnrolmentMethodName, tenant: TenantID, environment: EnvironmentID) {
        self.method = method.rawValue
        self.tenant = tenant
        self.environment = environment
    }
}

/// A challenge: good once, for a minute.
public struct Challenge: Sendable, Hashable, Codable {
    /// Seconds for which a challenge is good.
    public static let lifetime = 60
    /// 32 bytes, base64url.
    public var challenge: String
    /// For whom an OpenID token has to be made.
    public var audience: String
    /// A challenge of these parts.
    public init(challenge: String, audience: String) {
        self.challenge = challenge
        self.audience = audience
    }
}

/// What an agent sends of a signed `sts:GetCallerIdentity`, and no more: the server builds the request anew, so that there is nothing of
/// the agent's to be checked for what it should not be (CVE-2020-16250). `enrolment.md#aws-iam`.
public struct AWSIdentityProof: Sendable, Hashable, Codable {
    /// The region whose STS is asked, such as `eu-west-1`.
    public var region: String
    /// The access key's identifier.
    public var accessKeyID: String
    /// `x-amz-date`, `YYYYMMDDTHHMMSSZ`.
    public var date: String
    /// `x-amz-security-token`, with temporary keys.
    public var sessionToken: String?
    /// 64 lower-case hexadecimal digits.
    public var signature: String
    /// A proof of these parts.
    public init(region: String, accessKeyID: String, date: String, sessionToken: String?, signature: String) {
        self.region = region
        self.accessKeyID = accessKeyID
        self.date = date
        self.sessionToken = sessionToken
        self.signature = signature
    }

    /// The body, byte for byte.
    public static let body = "Action=GetCallerIdentity&Version=2011-06-15"
    /// Its type.
    public static let contentType = "application/x-www-form-urlencoded; charset=utf-8"
    /// Header that says for which server, tenant and environment.
    public static let serverHeader = "x-cloudryption-server"
    /// Header that carries the challenge.
    public static let challengeHeader = "x-cloudryption-challenge"
    /// Header that binds the key: lower-case hexadecimal SHA-256 of the certificate request's text.
    public static let requestHeader = "x-cloudryption-csr-sha256"

    /// The headers that are signed beside `host`, `x-amz-date` and `x-amz-security-token`, in the order of their names.
    public static func boundHeaders(_ binding: EnrolmentBinding) -> [(name: String, value: String)] {
        [
            (challengeHeader, binding.challenge), (requestHeader, Hex.encode(binding.requestDigest)),
            (serverHeader, "\(binding.authority)/\(binding.tenant)/\(binding.environment)"),
        ].map { (name: $0.0, value: $0.1) }
    }
}

/// What a proof is bound to: one server, one tenant's environment, one attempt and one key.
public struct EnrolmentBinding: Sendable, Hashable {
    /// The pin of the server's authority, `sha256:HEX`: which server.
    public var authority: String
    /// The tenant.
    public var tenant: TenantID
    /// The environment.
    public var environment: EnvironmentID
    /// The server's challenge, as it came.
    public var challenge: String
    /// SHA-256 of the certificate request's text, 32 bytes.
    public var requestDigest: [UInt8]
    /// A binding of these parts; `csr` is the certificate request, PEM.
    public init(authority: String, tenant: TenantID, environment: EnvironmentID, challenge: String, csr: String) {
        self.authority = authority
        self.tenant = tenant
        self.environment = environment
        self.challenge = challenge
        requestDigest = Array(SHA256.hash(data: Array(csr.utf8)))
    }
}

/// What the agent signs with the key that it wants to have certified, and, when it enrols again, with the one that it had: method, server,
/// tenant, attempt, key and evidence in one statement, so that no part of one enrolment fits into another. `enrolment.md#statement`.
public struct EnrolmentStatement: Sendable, Hashable {
    /// The bytes that are signed, P-256 with SHA-256.
    public let bytes: [UInt8]

    /// A statement. `evidence` is what the method shows: the token's text, or the signature's digits.
    public init(method: EnrolmentMethodName, binding: EnrolmentBinding, evidence: String) {
        let lines = [
            "cloudryption enrolment statement v1", "method=\(method.rawValue)", "authority=\(binding.authority)",
            "tenant=\(binding.tenant)",
            "environment=\(binding.environment)", "challenge=\(binding.challenge)", "csr=\(Hex.encode(binding.requestDigest))",
            "evidence=\(Hex.encode(SHA256.hash(data: Array(evidence.utf8))))",
        ]
        bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// The signature, base64url of 64 bytes.
    public func signed(with key: P256.Signing.PrivateKey) throws -> String {
        Base64URL.encode(try key.signature(for: bytes).rawRepresentation)
    }

    /// Whether `signature` is `key`'s.
    public func isSigned(_ signature: String, by key: P256.Signing.PublicKey) -> Bool {
        guard signature.utf8.count <= 128, let raw = Base64URL.decode(signature.utf8),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: raw)
        else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}

/// The agent that enrols again, shown by the key that it had. `enrolment.md#again`.
public struct PreviousIdentity: Sendable, Hashable, Codable {
    /// The agent.
    public var agent: AgentID
    /// The statement, signed with the previous key.
    public var signature: String
    /// An identity of these parts.
    public init(agent: AgentID, signature: String) {
        self.agent = agent
        self.signature = signature
    }
}

extension AWSIdentityProof: Undisclosed {}
