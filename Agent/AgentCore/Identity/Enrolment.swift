public import Basics
import Crypto
import FoundationEssentials
public import HTTPTransport
import SwiftASN1
import WireProtocol
@_spi(FixedExpiryValidationTime) import X509

/// Makes an HTTP client of a configuration; tests bring their own.
public typealias Transport = @Sendable (HTTPConfiguration) throws(HTTPError) -> any HTTPSending

/// Turns a one-time token into an identity. `Protocol/Spec/enrolment.md`.
public struct Enrolment: Sendable {
    private let transport: Transport
    private let clock: AgentClock

    /// An enrolment over this transport.
    public init(transport: @escaping Transport, clock: AgentClock = .system) {
        self.transport = transport
        self.clock = clock
    }

    /// Enrols with a fresh key. Nothing is written; the token is sent only to a server that the pinned authority vouches for.
    public func enrol(server: ServerAddress, token: Secret<String>, pin: KeyPin, host: HostFacts) async throws -> AgentIdentity {
        let root = try await pinnedAuthority(of: server, pin: pin)
        let client = try transport(configuration(.authorities(pem: root)))
        let key = P256.Signing.PrivateKey()
        let message = EnrolmentRequest(
            token: token.expose(), csr: try SigningRequest.pem(for: key), agentVersion: HostFacts.version, hostname: host.hostname,
            platform: host.platform)
        let response: EnrolmentResponse = try await Exchange(client: client, address: server).send(.post, Routes.enrolment, message)
        guard pin.pinned(among: response.authorities) != nil else {
            throw AgentError(.badAnswer, "\(server.text): the authorities lack the pinned one")
        }
        let identity = try AgentIdentity(
            name: AgentName(tenant: response.tenant, environment: response.environment, agent: response.agent), epoch: response.epoch,
            server: server.text, gateway: response.gateway, certificates: response.certificates, authorities: response.authorities,
            sealingKey: response.sealingKey, key: key)
        try await Self.check(identity, clock: clock)
        return identity
    }

    private func pinnedAuthority(of server: ServerAddress, pin: KeyPin) async throws -> String {
        let unverified = try transport(configuration(.unverified))
        let offered: Authorities = try await Exchange(client: unverified, address: server).send(.get, Routes.authorities)
        guard let root = pin.pinned(among: Array(offered.certificates.prefix(16))) else {
            throw AgentError(.wrongPin, "\(server.text): its authority is not the pinned one; check --ca-pin and --server")
        }
        return root
    }

    private func configuration(_ trust: HTTPConfiguration.Trust) -> HTTPConfiguration {
        HTTPConfiguration(
            trust: trust, timeout: .seconds(30), maxResponseBytes: 256 << 10, maxConnectionsPerHost: 1,
            userAgent: "cloudryption-agent/\(HostFacts.version)")
    }

    /// Whether the certificate leads to the authorities and is valid now, give or take five minutes of clock.
    static func check(_ identity: AgentIdentity, clock: AgentClock) async throws {
        let certificates = try identity.certificates.map { try Certificate(pemEncoded: $0) }
        let roots = try identity.authorities.map { try Certificate(pemEncoded: $0) }
        let now = clock.now()
        guard let leaf = certificates.first, identity.notAfter > now, identity.notBefore < now + 300 else {
            throw AgentError(.badAnswer, "the certificate is not valid now: compare this machine's clock with the server's")
        }
        var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy(fixedExpiryValidationTime: max(now, identity.notBefore))
        }
        let verdict = await verifier.validate(leaf: leaf, intermediates: CertificateStore(certificates.dropFirst()))
        guard case .validCertificate = verdict else {
            throw AgentError(.badAnswer, "the certificate does not lead to the server's authority")
        }
    }
}
