public import Basics

/// Why the store could not do it.
public struct StoreError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// No such row in this tenant.
        case notFound
        /// A row with this key is there already.
        case conflict
        /// What is stored is not what it has to be.
        case corrupt
        /// No space left.
        case noSpace
        /// The database or the folder does not answer.
        case unavailable
    }
    /// `store`.
    public static let domain = "store"
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
