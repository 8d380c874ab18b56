public import Basics
import Crypto
public import FoundationEssentials
public import HTTPTransport
public import WireProtocol

/// The agents' listener, asked with the agent's certificate. `Protocol/Spec/upload.md`.
public struct Gateway: Sendable {
    private let client: any HTTPSending
    private let exchange: Exchange

    /// The gateway of an identity, over `client`.
    public init(address: String, client: any HTTPSending) throws(AgentError) {
        let address = try ServerAddress(address)
        self.client = client
        exchange = Exchange(client: client, address: address)
    }

    /// Opens an upload or finds it again.
    public func open(_ request: UploadRequest) async throws -> UploadState { try await exchange.send(.post, Routes.uploads, request) }
    /// Completes an upload.
    public func complete(_ bundle: BundleID) async throws -> UploadState { try await exchange.send(.post, Routes.complete(bundle)) }
    /// Shows a sign of life.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatAnswer {
        try await exchange.send(.post, Routes.heartbeat, heartbeat)
    }
    /// The server's clock, by a sign of life of this host; `nil` when it is not a time.
    public func serverTime(host: HostFacts = .current()) async throws -> Date? {
        let message = Heartbeat(
            agentVersion: HostFacts.version, hostname: host.hostname, platform: host.platform, spoolDepth: 0, clock: AgentClock.text(Date())
        )
        let answer = try await heartbeat(message)
        return try? Date(answer.serverTime, strategy: .iso8601)
    }
    /// Has the server shut this agent out for good.
    public func leave() async throws {
        let response = try await client.send(HTTPRequest(.delete, exchange.address.text + Routes.agent))
        guard (200..<300).contains(response.status) else { throw Refusal(response, now: Date()) }
    }
    /// Asks for the next certificate.
    public func renew(_ request: CertificateRequest) async throws -> CertificateResponse {
        try await exchange.send(.post, Routes.certificate, request)
    }
    /// Asks for the next certificate with a fresh key, and makes an identity of the answer.
    public func renew(_ identity: AgentIdentity, clock: AgentClock = .system) async throws -> AgentIdentity {
        let key = P256.Signing.PrivateKey()
        let answer = try await renew(CertificateRequest(csr: try SigningRequest.pem(for: key)))
        let renewed = try AgentIdentity(
            name: identity.name, epoch: identity.epoch, server: identity.server, gateway: identity.gateway,
            certificates: answer.certificates, authorities: answer.authorities, sealingKey: identity.sealingKey,
            configurationKey: answer.configurationKey ?? identity.configurationKey, key: key)
        try await Enrolment.check(renewed, clock: clock)
        return renewed
    }
    /// The key that bundles are sealed to.
    public func sealingKey() async throws -> SealingKey { try await exchange.send(.get, Routes.sealingKey) }

    /// Stores a piece.
    public func put(_ bytes: [UInt8], sha256: String, piece: Int, of bundle: BundleID) async throws {
        try await put(bytes, sha256, Routes.piece(bundle, piece))
    }
    /// Stores blocks.
    public func put(batch: [UInt8], sha256: String, of bundle: BundleID) async throws {
        try await put(batch, sha256, Routes.blocks(bundle))
    }

    private func put(_ bytes: [UInt8], _ sha256: String, _ route: String) async throws {
        let headers = [(name: "Content-Type", value: Routes.octets), (name: Routes.pieceDigestHeader, value: sha256)]
        let response = try await client.send(
            HTTPRequest(.put, exchange.address.text + route, headers: headers, body: .bytes(bytes)))
        guard (200..<300).contains(response.status) else { throw Refusal(response, now: Date()) }
    }
}
