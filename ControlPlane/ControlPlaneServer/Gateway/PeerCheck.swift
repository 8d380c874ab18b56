import ControlPlaneCore
import FoundationEssentials
import Hummingbird
import NIOSSL
import WireProtocol

/// Finds out which agent asks, on every request: the certificate again where the handshake was a resumed one, its time, and the directory.
struct PeerCheck: RouterMiddleware {
    let tls: TLSState
    let agents: any KnowingAgents
    let clock: WallClock

    func handle(_ request: Request, context: AgentContext, next: (Request, AgentContext) async throws -> Response) async throws -> Response
    {
        let now = clock.now()
        let peer = try await peer(context, now: now)
        // The certificate may have ended since the handshake.
        guard peer.notBefore <= now, now <= peer.notAfter else { throw PeerError(.expired, "the certificate has expired") }
        let agent = try await agents.authenticate(peer.certificate)
        // The directory answers for a row; the row has to be the one that the certificate names.
        guard agent.tenant == peer.name.tenant, agent.environment == peer.name.environment, agent.id == peer.name.agent else {
            throw Refusal(.unauthorized, AuthCode.unknownAgent.full, "The certificate does not name this agent.")
        }
        var context = context
        context.agent = agent
        return try await next(request, context)
    }

    private func peer(_ context: AgentContext, now: Date) async throws -> VerifiedPeer {
        guard let record = PeerRecord.current, let verifier = tls.snapshot.verifier else {
            throw PeerError(.noCertificate, "no certificate")
        }
        if let peer = record.value(by: verifier) { return peer }
        // A resumed session, on which the verification callback did not run; or one of before the authorities changed.
        guard let certificate = try await context.channel.nioSSL_peerCertificate().get() else {
            throw PeerError(.noCertificate, "no certificate")
        }
        let peer = try await verifier.verify([certificate], now: now)
        record.record(peer, by: verifier)
        return peer
    }
}
