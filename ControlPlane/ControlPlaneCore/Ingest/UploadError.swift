public import Basics
public import WireProtocol

/// Why an upload is refused. Refusals of the bundle itself are ``BundleError``.
public struct UploadError: CodedError {
    /// The protocol's own words.
    public typealias Code = UploadCode
    /// `upload`.
    public static let domain = "upload"
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
