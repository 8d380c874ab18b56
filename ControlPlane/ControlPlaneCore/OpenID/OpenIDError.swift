public import Basics

/// Why a token of an OpenID provider is not believed.
public struct OpenIDError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Not three parts of base64url with JSON in the first two, or beyond a limit.
        case malformedToken
        /// Signed with an algorithm that is not taken, or not at all.
        case refusedAlgorithm
        /// The issuer's address is not one.
        case badIssuer
        /// The token names another issuer than the expected one.
        case wrongIssuer
        /// The token is not meant for us.
        case wrongAudience
        /// The issuer has no such key.
        case unknownKey
        /// The signature does not fit.
        case badSignature
        /// A claim that has to be there is missing or has the wrong form.
        case missingClaim
        /// The token's time is over.
        case expired
        /// The token's time has not come.
        case notYetValid
        /// The token was made for another sign-in.
        case wrongNonce
        /// What the issuer publishes is not what OpenID Connect Discovery says.
        case badDiscovery
        /// The issuer cannot be asked now, so the answer is no.
        case unavailable
    }
    /// `openid`.
    public static let domain = "openid"
    /// What kind.
    public var code: Code
    /// A sentence of ours; never a part of a token.
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
