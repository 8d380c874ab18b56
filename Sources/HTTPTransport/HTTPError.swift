public import Basics

/// Why there is no answer.
public struct HTTPError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// The request itself cannot be sent: URL, header or body.
        case invalidRequest
        /// The client's certificate, key or trusted authorities cannot be used.
        case invalidConfiguration
        /// The host's name has no address.
        case nameNotResolved
        /// Nobody accepted the connection.
        case unreachable
        /// The time for connecting or for the whole exchange ran out, or the peer was too slow for too long.
        case timedOut
        /// The TLS handshake failed: version, algorithms, or the peer refused our certificate.
        case tlsFailed
        /// The peer's certificate does not lead to a trusted authority, or names another host.
        case untrustedPeer
        /// The answer is larger than allowed.
        case tooLarge
        /// The connection broke, or what came is not HTTP.
        case badAnswer
        /// The task was cancelled or the client shut down.
        case cancelled
        /// The file to send could not be read.
        case fileUnreadable
    }
    /// `http`.
    public static let domain = "http"
    /// What went wrong.
    public var code: Code
    /// Names host and port and the kind of failure; never path, query, headers or bodies.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }

    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same request may succeed a little later.
    public var isTransient: Bool {
        switch code {
        case .nameNotResolved, .unreachable, .timedOut, .badAnswer: true
        default: false
        }
    }
}
