import Basics

/// Turns a one-time token into an agent with a certificate, and renews certificates.
public struct EnrolmentService: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    /// The roots that agents and browsers have to trust, PEM each.
    public var authorities: [String] { [] }

    /// SHA-256 of the root's DER SubjectPublicKeyInfo as `sha256:HEX`: what `--ca-pin` takes.
    public var authorityPin: String { "" }

    /// Makes a one-time token for an environment.
    public func issueToken(for environment: Environment, by session: TenantSession) async throws -> IssuedToken {
        throw EnrolmentError(.unavailable, "not built yet")
    }

    /// Uses up the token and makes an agent of its bearer.
    public func enrol(_ claim: EnrolmentClaim) async throws(EnrolmentError) -> EnrolledAgent {
        throw EnrolmentError(.unavailable, "not built yet")
    }

    /// A certificate for a fresh key of the same agent. It becomes the current one with its first use.
    public func renew(_ agent: AuthenticatedAgent, csr: String) async throws(EnrolmentError) -> IssuedCertificate {
        throw EnrolmentError(.unavailable, "not built yet")
    }

    /// To what the agent seals from now on.
    public func sealingKey(for agent: AuthenticatedAgent) async throws -> PublicSealingKey {
        throw EnrolmentError(.unavailable, "not built yet")
    }
}
