import Basics

/// Who is behind a client certificate.
public struct AgentDirectory: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    /// The agent whose stored row has this key, serial and name, and is not revoked. To be asked on every request, on open connections and
    /// resumed sessions too.
    ///
    /// - Throws: ``AccessError`` `unknownAgent`, `revokedAgent`, `staleCertificate`, or `unavailable` when the answer cannot be found out.
    public func authenticate(_ certificate: PeerCertificate) async throws(AccessError) -> AuthenticatedAgent {
        throw AccessError(.unavailable, "not built yet")
    }

    /// Notes what the agent says of itself.
    public func heartbeat(_ heartbeat: Heartbeat, from agent: AuthenticatedAgent) async throws {
        throw AccessError(.unavailable, "not built yet")
    }

    /// Shuts an agent out; effective with the next request.
    public func revoke(_ agent: String, by session: TenantSession) async throws {
        throw AccessError(.unavailable, "not built yet")
    }
}
