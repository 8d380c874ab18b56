public import Basics
import FoundationEssentials

/// Passwords and sessions.
public struct SignInService: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    /// Checks a password and opens a session.
    ///
    /// - Parameters:
    ///   - newPassword: replaces the password in the same act; required when it was given out once.
    ///   - source: the caller's address, for the log.
    /// - Throws: ``AccessError`` `badCredentials`, `mustChangePassword`, `weakPassword`, `lockedOut` or `unavailable`.
    public func signIn(email: String, password: Secret<String>, newPassword: Secret<String>?, source: String) async throws(AccessError)
        -> SignedIn
    {
        throw AccessError(.unavailable, "not built yet")
    }

    /// The session that `token` opens, for one request; notes that it was used.
    ///
    /// - Throws: ``AccessError`` `notSignedIn` or `unavailable`.
    public func authenticate(_ token: Secret<String>) async throws(AccessError) -> TenantSession {
        throw AccessError(.unavailable, "not built yet")
    }

    /// Ends the session.
    public func signOut(_ session: TenantSession) async throws {
        throw AccessError(.unavailable, "not built yet")
    }
}
