public import Basics
import Crypto
import FoundationEssentials
public import HTTPTransport
import SwiftASN1
import WireProtocol
@_spi(FixedExpiryValidationTime) import X509

/// Makes an HTTP client of a configuration; tests bring their own.
public typealias Transport = @Sendable (HTTPConfiguration) throws(HTTPError) -> any HTTPSending

/// Turns a proof into an identity. `Protocol/Spec/enrolment.md`.
public struct Enrolment: Sendable {
    private let transport: Transport
    private let clock: AgentClock

    /// An enrolment over this transport.
    public init(transport: @escaping Transport, clock: AgentClock = .system) {
        self.transport = transport
        self.clock = clock
    }

    /// Enrols with a one-time token.
    public func enrol(server: ServerAddress, token: Secret<String>, pin: KeyPin, host: HostFacts) async throws -> AgentIdentity {
        try await enrol(server: server, proof: .token(token), pin: pin, host: host).identity
    }

    /// Enrols with a fresh key. Nothing is written; the proof is sent only to a server that the pinned authority vouches for.
    ///
    /// - Parameters:
    ///   - previous: the identity that is given up; with it, the agent keeps its identifier and its epoch rises.
    ///   - account: the account that the agent reads, where that is known.
    /// - Returns: the identity, and whether somebody has to approve it before its bundles are taken.
    public func enrol(
        server: ServerAddress, proof: EnrolmentProof, pin: KeyPin, host: HostFacts, previous: AgentIdentity? = nil, account: String? = nil
    ) async throws -> (identity: AgentIdentity, isPending: Bool) {
        let root = try await pinnedAuthority(of: server, pin: pin)
        let client = try transport(configuration(.authorities(pem: root)))
        let exchange = Exchange(client: client, address: server)
        let key = P256.Signing.PrivateKey()
        var message = EnrolmentRequest(
            method: proof.method, csr: try SigningRequest.pem(for: key), agentVersion: HostFacts.version, hostname: host.hostname,
            platform: host.platform)
        message.account = account
        message.authority = pin.description
        try await prove(proof, &message, key, pin, previous, exchange)
        let response: EnrolmentResponse = try await exchange.send(.post, Routes.enrolment, message)
        guard pin.pinned(among: response.authorities) != nil else {
            throw AgentError(.badAnswer, "\(server.text): the authorities lack the pinned one")
        }
        let identity = try AgentIdentity(
            name: AgentName(tenant: response.tenant, environment: response.environment, agent: response.agent), epoch: response.epoch,
            server: server.text, gateway: response.gateway, certificates: response.certificates, authorities: response.authorities,
            sealingKey: response.sealingKey, configurationKey: response.configurationKey, key: key)
        try await Self.check(identity, clock: clock)
        return (identity, response.pendingApproval == true)
    }

    /// Puts evidence and statements into the request. Which server, the agent says itself: it is the one whose authority it verified.
    private func prove(
        _ proof: EnrolmentProof, _ message: inout EnrolmentRequest, _ key: P256.Signing.PrivateKey, _ pin: KeyPin,
        _ previous: AgentIdentity?, _ exchange: Exchange
    ) async throws {
        var challenge = Challenge(challenge: "", audience: "")
        if let place = proof.place {
            challenge = try await exchange.send(
                .post, Routes.challenge, ChallengeRequest(method: proof.method, tenant: place.tenant, environment: place.environment))
            guard challenge.challenge.utf8.count <= 256, challenge.audience.utf8.count <= 512 else {
                throw AgentError(.badAnswer, "\(exchange.address.text): the challenge is not one")
            }
            (message.tenant, message.environment, message.challenge) = (place.tenant, place.environment, challenge.challenge)
        }
        // With a one-time token, only an agent that enrols again knows where it leads.
        let place = proof.place.map { ($0.tenant, $0.environment) } ?? previous.map { ($0.name.tenant, $0.name.environment) }
        let binding = place.map {
            EnrolmentBinding(
                authority: pin.description, tenant: $0.0, environment: $0.1, challenge: challenge.challenge, csr: message.csr)
        }
        let evidence: String
        switch proof {
        case .token(let token):
            message.token = token.expose()
            evidence = token.expose()
        case .openID(_, let read):
            let token = try await read(challenge.audience).expose()
            message.token = token
            evidence = token
        case .awsIAM(_, let sign):
            guard let binding else { return }
            let signed = try await sign(binding)
            message.aws = signed
            evidence = signed.signature
        }
        guard let binding else { return }
        let statement = EnrolmentStatement(method: proof.method, binding: binding, evidence: evidence)
        message.statement = try statement.signed(with: key)
        if let previous, previous.name.tenant == binding.tenant, previous.name.environment == binding.environment {
            message.previous = PreviousIdentity(agent: previous.name.agent, signature: try statement.signed(with: previous.key))
        } else if proof.place == nil {
            message.statement = nil
        }
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
            let away = now < identity.notBefore ? identity.notBefore.timeIntervalSince(now) : now.timeIntervalSince(identity.notAfter)
            throw AgentError(
                .clockSkew,
                "this machine's clock says \(AgentClock.text(now)), \(Int(min(away, 1e9) / 60)) minutes \(now < identity.notBefore ? "before" : "after") the certificate that the server just made is valid: set the clock"
            )
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
