public import Basics

/// Why somebody is not enrolled.
public struct EnrolmentError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Not a token of ours, or one that is not known.
        case invalidToken
        /// The token's time is over.
        case expiredToken
        /// The token was used.
        case usedToken
        /// The certificate request is broken, of the wrong kind, or does not prove possession of its key.
        case badCSR
        /// The method is not offered.
        case unknownMethod
        /// Something of ours failed; the token is not used up.
        case unavailable
    }
    /// `enrolment`.
    public static let domain = "enrolment"
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
