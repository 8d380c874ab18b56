public import Basics

/// How the core asks somebody outside: an issuer of OpenID tokens, or AWS STS. The program brings the client.
///
/// An implementation verifies the server against the system's authorities, follows no redirect, uses no proxy that was not configured, and
/// ends within seconds.
public protocol OutgoingHTTP: Sendable {
    /// Sends the request and gives the whole answer, whatever its status.
    func send(_ request: OutgoingRequest) async throws(OutgoingError) -> OutgoingAnswer
}

/// One request to the outside.
public struct OutgoingRequest: Sendable {
    /// The methods in use.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }
    /// The method.
    public var method: Method
    /// An absolute URL, percent-encoded as it is sent.
    public var url: String
    /// Names and values in order.
    public var headers: [(name: String, value: String)]
    /// The body; empty for none.
    public var body: [UInt8]
    /// Most bytes of the answer's body.
    public var maximumAnswer: Int
    /// A request of these parts.
    public init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], maximumAnswer: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.maximumAnswer = maximumAnswer
    }
}

/// What came back.
public struct OutgoingAnswer: Sendable {
    /// The status.
    public var status: Int
    /// The body.
    public var body: [UInt8]
    /// An answer of these parts.
    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why nothing came back.
public struct OutgoingError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// No answer, or none whose sender could be verified.
        case failed
        /// The answer is longer than was to be taken.
        case tooLarge
    }
    /// `outgoing`.
    public static let domain = "outgoing"
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

/// Asks nobody: for commands and tests that have no outside.
public struct NoOutgoingHTTP: OutgoingHTTP {
    /// The only one.
    public init() {}
    /// Fails.
    public func send(_ request: OutgoingRequest) async throws(OutgoingError) -> OutgoingAnswer {
        throw OutgoingError(.failed, "this program asks nobody outside")
    }
}
