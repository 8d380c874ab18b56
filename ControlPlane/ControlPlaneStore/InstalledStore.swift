public import ControlPlaneCore
public import FoundationEssentials
import SQLDatabase

/// A store as the programs hold it: one of the two databases, opened.
public protocol InstalledStore: ControlPlaneStore {
    /// Brings everything to this program's version.
    ///
    /// - Returns: the oldest version found, and the newest.
    func migrate() async throws -> (from: Int, to: Int)
    /// Removes what crashes left, where the database can leave something.
    @discardableResult func sweep(now: Date) async throws -> (dropped: Int, made: Int)
    /// Ends it. Nothing may be asked afterwards.
    func close() async throws
}

/// The core knows no SQL: its callers see ``StoreError``. What a body threw itself passes unchanged.
func coded<T: Sendable>(_ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as SQLError { throw error.asStoreError }
}

/// ``coded(_:)`` for callers that may block.
func codedNow<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as SQLError { throw error.asStoreError }
}

extension SQLError {
    fileprivate var asStoreError: StoreError {
        switch code {
        case .constraint: StoreError(.conflict, "a row with this key is there already, or one it needs is not", cause: self)
        case .noSpace: StoreError(.noSpace, "no space left for the database", cause: self)
        case .corrupt, .unexpectedValue: StoreError(.corrupt, "the database holds what it must not hold", cause: self)
        case .busy, .cannotOpen, .failed: StoreError(.unavailable, "the database does not answer: \(message)", cause: self)
        }
    }
}
