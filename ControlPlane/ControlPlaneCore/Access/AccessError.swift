public import Basics

/// Why a caller is not let in or may not do what it asks.
public struct AccessError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Unknown address or wrong password; which of them is not said.
        case badCredentials
        /// The password was given out once and has to be replaced now.
        case mustChangePassword
        /// The new password is too short, too long or too common.
        case weakPassword
        /// Too many failures; try later.
        case lockedOut
        /// No session, an unknown one, or one that ended.
        case notSignedIn
        /// The role does not allow it.
        case forbidden
        /// No certificate of an enrolled agent.
        case unknownAgent
        /// The agent was revoked.
        case revokedAgent
        /// The agent's certificate is not the current one, or ended.
        case staleCertificate
        /// The answer cannot be found out now, so it is no.
        case unavailable
    }
    /// `auth`.
    public static let domain = "auth"
    /// What kind.
    public var code: Code
    /// A sentence of ours.
    public var message: String
    /// For a debugger.
    public var cause: (any Error)?
    /// An error of this kind.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
