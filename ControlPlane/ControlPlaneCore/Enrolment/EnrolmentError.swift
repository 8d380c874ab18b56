public import Basics
public import WireProtocol

/// Why somebody is not enrolled, or a certificate not renewed.
public struct EnrolmentError: CodedError {
    /// The protocol's own words.
    public typealias Code = EnrolmentCode
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
