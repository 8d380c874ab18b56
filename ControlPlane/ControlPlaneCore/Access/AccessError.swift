public import Basics

/// Why a caller is not let in or may not do what it asks.
public struct AccessError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Unknown address or wrong password; which of them is not said.
        case badCredentials
        /// The password was given out once and has to be replaced now.
        case mustChangePassword
        /// The new password is too short, too long, the old one, or one that many people have.
        case weakPassword
        /// No session, or an unknown one.
        case noSession
        /// A session that ended.
        case sessionExpired
        /// The operator shut the whole tenant out.
        case tenantSuspended
        /// The password was right, and a second factor is asked for.
        case secondFactorRequired
        /// The code is wrong, used already, or too old; which of them is not said.
        case badSecondFactor
        /// The role may do nothing before a second factor is enrolled.
        case mustEnrolSecondFactor
        /// An authenticator's answer that is not to be taken.
        case badPasskey
        /// The act is a dangerous one: show again, now, who you are.
        case stepUpRequired
        /// Single sign-on failed: the provider's answer is not to be taken, or gives no role here.
        case badSignOn
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
