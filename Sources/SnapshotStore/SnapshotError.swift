public import Basics

/// Why a snapshot's file could not be written or asked.
public struct SnapshotError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// The file could not be written.
        case writeFailed
        /// The file is no snapshot.
        case notASnapshot
        /// The query is not one statement that only reads.
        case notAllowed
        /// The query is no valid SQL over the documented tables.
        case badQuery
        /// The query took more steps or time than it may.
        case tooSlow
        /// The answer has more rows or bytes than it may.
        case tooLarge
    }
    /// `snapshot`.
    public static let domain = "snapshot"
    /// What went wrong.
    public var code: Code
    /// Names the place.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
