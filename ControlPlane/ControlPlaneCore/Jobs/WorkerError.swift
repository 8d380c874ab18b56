public import Basics

/// Why a worker gave no result.
public struct WorkerError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// The program cannot be started.
        case cannotStart
        /// It ended before it was done: killed, crashed, out of memory or processor time.
        case died
        /// It took longer than it may.
        case timedOut
        /// It said something that it must not say, or too much.
        case badAnswer
        /// It gave up by itself and said why.
        case gaveUp
        /// We were told to stop.
        case stopped
        /// The bundle or its key is not there.
        case inputUnavailable
        /// The result cannot be kept.
        case resultUnavailable
    }
    /// `worker`.
    public static let domain = "worker"
    /// What kind.
    public var code: Code
    /// A sentence of ours.
    public var message: String
    /// Whether trying again can help.
    public var retryable: Bool
    /// For a debugger.
    public var cause: (any Error)?
    /// An error of this kind.
    public init(_ code: Code, _ message: String, retryable: Bool = true, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.retryable = retryable
        self.cause = cause
    }
}
