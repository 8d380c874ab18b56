public import Basics

/// Why a caller is not let in or may not do what it asks.
public struct AccessError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Unknown address or wrong password; which of them is not said.
        case badCredentials
        /// The password was given out once and has to be replaced now.
        case mustChangePassword
        /// The new password is too short, too long or the old one.
        case weakPassword
        /// No session, or an unknown one.
        case noSession
        /// A session that ended.
        case sessionExpired
        /// The operator shut the whole tenant out.
        case tenantSuspended
        /// The role does not allow it.
        case forbidden
        /// Too many failures, or too much at once; try later.
        case throttled
        /// No client certificate.
        case noCertificate
        /// A certificate that is not the agent's current one, or whose name is not what the row says.
        case badCertificate
        /// The certificate ended.
        case certificateExpired
        /// The agent was revoked.
        case certificateRevoked
        /// No enrolled agent has this key.
        case unknownAgent
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
