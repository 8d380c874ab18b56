public import Basics

/// Why the agent cannot do what it was asked.
public struct AgentError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        case notEnrolled, alreadyEnrolled, invalidArgument
        /// What is in the state folder does not fit together.
        case stateBroken
        /// Another agent uses the state folder.
        case stateBusy
        /// The server's authority is not the pinned one.
        case wrongPin
        /// The server refused; the message carries its code.
        case refused
        /// The server's answer is not what the protocol says.
        case badAnswer
        case certificateExpired
        /// This machine's clock is too far from the server's.
        case clockSkew
        /// The upload did not end; the bundle stays in the spool.
        case postponed
        /// Nothing fits into the spool beside what is waiting there.
        case spoolFull
        case keyFailed
    }
    /// `agent`.
    public static let domain = "agent"
    /// What went wrong.
    public var code: Code
    /// One line, safe to show.
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
