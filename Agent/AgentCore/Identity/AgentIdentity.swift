import Basics
public import Crypto
public import FoundationEssentials
public import HTTPTransport
import SwiftASN1
public import WireProtocol
import X509

/// Who the agent is: what the server decided, and the key that proves it.
public struct AgentIdentity: Sendable {
    /// Tenant, environment and agent.
    public var name: AgentName
    /// Grows with each enrolment.
    public var epoch: UInt64
    /// Where it enrolled, `https://HOST:PORT`.
    public var server: String
    /// The agents' listener, `https://HOST:PORT`.
    public var gateway: String
    /// PEM: the leaf, then the issuing authority.
    public var certificates: [String]
    /// PEM: the roots that vouch for the gateway.
    public var authorities: [String]
    /// What bundles are sealed to.
    public var sealingKey: SealingKey
    /// With which the server's configurations are checked; `nil` when the server gave none.
    public var configurationKey: ConfigurationKey?
    /// The agent's own key.
    public var key: P256.Signing.PrivateKey
    /// When the leaf begins to be valid.
    public let notBefore: Date
    /// When it ends.
    public let notAfter: Date

    /// An identity of these parts.
    ///
    /// - Throws: ``AgentError`` `badAnswer` when the certificate is not one of this key and name, or an address is not an `https` one.
    public init(
        name: AgentName, epoch: UInt64, server: String, gateway: String, certificates: [String], authorities: [String],
        sealingKey: SealingKey, configurationKey: ConfigurationKey? = nil, key: P256.Signing.PrivateKey
    ) throws(AgentError) {
        guard let pem = certificates.first, let leaf = try? Certificate(pemEncoded: pem), certificates.count <= 8 else {
            throw AgentError(.badAnswer, "the certificate cannot be read")
        }
        guard let publicKey = P256.Signing.PublicKey(leaf.publicKey), publicKey.rawRepresentation == key.publicKey.rawRepresentation else {
            throw AgentError(.badAnswer, "the certificate is for another key")
        }
        let uris = (try? leaf.extensions.subjectAlternativeNames)?.compactMap { name -> String? in
            if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
        }
        guard let uris, uris.count == 1, let uri = uris.first, AgentName(uri: uri) == name else {
            throw AgentError(.badAnswer, "the certificate names another agent")
        }
        guard !authorities.isEmpty, authorities.count <= 16, authorities.allSatisfy({ (try? Certificate(pemEncoded: $0)) != nil }) else {
            throw AgentError(.badAnswer, "the authorities cannot be read")
        }
        guard epoch >= 1, epoch <= BundleIdentity.largestNumber else { throw AgentError(.badAnswer, "the epoch is out of range") }
        self.name = name
        self.epoch = epoch
        self.server = server
        self.gateway = try ServerAddress(gateway).text
        self.certificates = certificates
        self.authorities = authorities
        self.sealingKey = sealingKey
        self.configurationKey = configurationKey
        self.key = key
        notBefore = leaf.notValidBefore
        notAfter = leaf.notValidAfter
    }

    /// When the certificate is renewed: at half of its life, moved by a tenth of its life times `spread`, which is -1 to 1.
    public func renewalTime(spread: Double = 0) -> Date {
        notBefore + notAfter.timeIntervalSince(notBefore) * (0.5 + 0.1 * min(max(spread, -1), 1))
    }

    /// - Throws: ``AgentError`` `certificateExpired` once the certificate ended.
    public func checkValid(at now: Date) throws(AgentError) {
        guard notAfter > now else {
            throw AgentError(
                .certificateExpired, "the certificate ended at \(AgentClock.text(notAfter)): enroll this agent again with --replace")
        }
    }

    /// SHA-256 of the key of each authority, `sha256:HEX`.
    public var authorityPins: [String] { authorities.compactMap { KeyPin(certificate: $0)?.description } }

    /// The first 16 digits of the public key's SHA-256.
    var keyName: String { String(Hex.encode(SHA256.hash(data: key.publicKey.derRepresentation)).prefix(16)) }

    /// How the gateway is reached: its authorities alone are trusted, the certificate is shown.
    public var configuration: HTTPConfiguration {
        HTTPConfiguration(
            trust: .authorities(pem: authorities.joined(separator: "\n")),
            identity: .init(certificateChainPEM: certificates.joined(separator: "\n"), privateKeyPEM: Secret(key.pemRepresentation)),
            timeout: .seconds(300), lowSpeedPeriod: .seconds(120), maxResponseBytes: 4 << 20, maxConnectionsPerHost: 4,
            userAgent: "cloudryption-agent/\(HostFacts.version)")
    }
}

/// The identity as its file holds it.
struct StoredIdentity: Codable {
    var formatVersion = 1
    var tenant: TenantID
    var environment: EnvironmentID
    var agent: AgentID
    var epoch: UInt64
    var server: String
    var gateway: String
    var certificates: [String]
    var authorities: [String]
    var sealingKey: SealingKey
    var configurationKey: ConfigurationKey?
    var keyFile: String

    init(_ identity: AgentIdentity, keyFile: String) {
        tenant = identity.name.tenant
        environment = identity.name.environment
        agent = identity.name.agent
        epoch = identity.epoch
        server = identity.server
        gateway = identity.gateway
        certificates = identity.certificates
        authorities = identity.authorities
        sealingKey = identity.sealingKey
        configurationKey = identity.configurationKey
        self.keyFile = keyFile
    }

    func identity(key: P256.Signing.PrivateKey, path: String) throws(AgentError) -> AgentIdentity {
        do throws(AgentError) {
            return try AgentIdentity(
                name: AgentName(tenant: tenant, environment: environment, agent: agent), epoch: epoch, server: server, gateway: gateway,
                certificates: certificates, authorities: authorities, sealingKey: sealingKey,
                configurationKey: configurationKey, key: key)
        } catch { throw AgentError(.stateBroken, "\(path): \(error.message)") }
    }
}

/// A server's base address: `https://HOST[:PORT]`, nothing behind it.
public struct ServerAddress: Sendable, Hashable {
    /// Without a slash at the end.
    public let text: String

    /// The address that `text` writes.
    public init(_ text: String) throws(AgentError) {
        var text = text
        while text.utf8.last == UInt8(ascii: "/") { text.removeLast() }
        let rest = text.utf8.dropFirst("https://".utf8.count)
        let allowed = rest.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\".utf8.contains($0) }
        guard text.utf8.starts(with: "https://".utf8), !rest.isEmpty, rest.count <= 300, allowed else {
            throw AgentError(.invalidArgument, "a server's address must be https://HOST or https://HOST:PORT")
        }
        self.text = text
    }
}
