public import Basics

/// Why a certificate is not issued, or the CA does not open.
public struct CAError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// The request is not one PEM block with a PKCS#10 request of bounded size.
        case malformedRequest
        /// The request's key is not on P-256.
        case wrongKey
        /// The request is not signed with the key that it names.
        case noPossession
        /// A name for the server's certificate is neither a host name nor an address.
        case badName
        /// The CA's own certificate ended or does not reach far enough.
        case expired
        /// The finished certificate is not what was to be issued; it was thrown away.
        case failedCheck
        /// The CA's files are missing, broken, or readable by others.
        case unusable
        /// The rotation is not where this step can be taken.
        case wrongPhase
    }
    /// `ca`.
    public static let domain = "ca"
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
