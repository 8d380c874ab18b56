public import Basics

/// Why the database could not do it.
public struct SQLError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// A key, a foreign key or a check forbids it.
        case constraint
        /// Another writer did not finish in time.
        case busy
        /// The disk, or the space that the database may use, is full.
        case noSpace
        /// The file is not a database, or a broken one.
        case corrupt
        /// The database cannot be opened.
        case cannotOpen
        /// A cell is not what the code expects.
        case unexpectedValue
        /// Anything else.
        case failed
    }
    /// `sql`.
    public static let domain = "sql"
    /// What kind.
    public var code: Code
    /// A sentence of ours: never a parameter's value.
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
