public import Basics

/// The body of every refusal, `application/problem+json` (RFC 9457), with our code beside it.
public struct Problem: Sendable, Hashable, Codable, Error {
    /// The media type.
    public static let mediaType = "application/problem+json"
    /// `about:blank`.
    public var type: String
    /// The status' name.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// `domain.code`, such as `bundle.badSignature`.
    public var code: String
    /// One sentence, safe to show.
    public var detail: String
    /// A problem of these parts.
    public init(title: String, status: Int, code: String, detail: String) {
        self.type = "about:blank"
        self.title = title
        self.status = status
        self.code = code
        self.detail = detail
    }
    /// The problem that says what `error` says.
    public init<Failure: CodedError>(title: String, status: Int, error: Failure) {
        self.init(title: title, status: status, code: "\(Failure.domain).\(error.code.rawValue)", detail: error.message)
    }
}
