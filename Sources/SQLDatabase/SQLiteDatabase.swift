import Basics
import FoundationEssentials
import GRDB
import Glibc

/// A database in one SQLite file: one writer, many readers, write-ahead log, every commit flushed to the disk.
public struct SQLiteDatabase: SQLDatabase {
    private let pool: DatabasePool

    /// Opens the file, and makes it where it is missing, readable by this user only.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must be there.
    ///   - creating: whether a missing file is made; otherwise it is an error.
    ///   - readers: how many may read at the same moment.
    ///   - busySeconds: how long to wait for another process's transaction.
    ///   - maximumPages: most pages of 4 KiB; for tests of a full disk.
    /// - Throws: ``SQLError``.
    public init(
        path: String, creating: Bool = true, readers: Int = 8, busySeconds: Double = 10, maximumPages: Int? = nil
    ) throws(SQLError) {
        try Self.makePrivate(path, creating)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = readers
        configuration.prepareDatabase { database in
            // A commit that was answered must outlive a power cut: the audit log depends on it.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            if let maximumPages { _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(maximumPages)") }
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw SQLError(.cannotOpen, "cannot open \(path)", cause: error)
        }
    }

    /// Runs `body` on one unchanging state of the database.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLReading) throws -> T) async throws -> T {
        do {
            return try await pool.read { try body(Connection(database: $0)) }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// Runs `body` in one transaction, alone among writers; rolls back when it throws.
    public func write<T: Sendable>(_ body: @escaping @Sendable (any SQLWriting) throws -> T) async throws -> T {
        do {
            return try await pool.write { try body(Connection(database: $0)) }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// ``read(_:)`` for a caller that may block: one inside another database's body.
    public func readNow<T>(_ body: (any SQLReading) throws -> T) throws -> T {
        do {
            return try pool.read { try body(Connection(database: $0)) }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// ``write(_:)`` for a caller that may block: one inside another database's body.
    public func writeNow<T>(_ body: (any SQLWriting) throws -> T) throws -> T {
        do {
            return try pool.write { try body(Connection(database: $0)) }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// ``writeNow(_:)`` with the tables of another file in sight under the name `other`.
    public func writeNow<T>(beside path: String, _ body: (any SQLWriting) throws -> T) throws -> T {
        do {
            return try pool.barrierWriteWithoutTransaction { database in
                try database.execute(sql: "ATTACH DATABASE ? AS other", arguments: [path])
                defer { try? database.execute(sql: "DETACH DATABASE other") }
                var result: T?
                try database.inTransaction {
                    result = try body(Connection(database: database))
                    return .commit
                }
                guard let result else { throw SQLError(.failed, "the transaction did not run") }
                return result
            }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// Removes every row of every table but those that `keeping` names, in one transaction.
    ///
    /// - Returns: how many rows went, by table.
    public func erase(keeping: (_ table: String) -> Bool) throws -> [String: Int] {
        do {
            return try pool.write { database in
                try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
                var removed: [String: Int] = [:]
                let tables = try String.fetchAll(
                    database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
                for table in tables where !keeping(table) {
                    removed[table] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)") ?? 0
                    try database.execute(sql: "DELETE FROM \(table.quotedDatabaseIdentifier)")
                }
                return removed
            }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// Writes the file anew without what was deleted, so that it is gone from the disk too.
    public func compact() throws {
        do {
            try pool.vacuum()
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw error.coded
        }
    }

    /// SQLite gives its side files the mode of the main file, so that one is made first, closed to everyone else.
    ///
    /// A file that is there is only looked at: opening and closing it would drop the locks that this process has on it (POSIX).
    private static func makePrivate(_ path: String, _ creating: Bool) throws(SQLError) {
        if creating {
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 {
                Glibc.close(descriptor)
            } else if errno != EEXIST {
                throw SQLError(.cannotOpen, "cannot open \(path): error \(errno)")
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SQLError(.cannotOpen, "cannot open \(path): error \(errno)") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
            throw SQLError(.cannotOpen, "\(path) must be a file that is closed to everyone else: chmod 600")
        }
    }

    /// Closes the file. Nothing may be asked afterwards.
    public func close() throws(SQLError) {
        do { try pool.close() } catch { throw SQLError(.failed, "the database does not close", cause: error) }
    }
}

private struct Connection: SQLWriting {
    let database: GRDB.Database
    var dialect: SQLDialect { .sqlite }

    func rows(_ sql: StaticString, _ parameters: [SQLValue]) throws(SQLError) -> [SQLRow] {
        do {
            let statement = try database.cachedStatement(sql: sql.description)
            return try Row.fetchAll(statement, arguments: arguments(parameters)).map { row in
                var cells: [String: SQLValue] = [:]
                for (name, value) in row { cells[name] = SQLValue(value.storage) }
                return SQLRow(cells)
            }
        } catch {
            throw (error as? DatabaseError)?.coded ?? SQLError(.failed, "the database refused a statement", cause: error)
        }
    }

    func execute(_ sql: StaticString, _ parameters: [SQLValue]) throws(SQLError) -> Int {
        do {
            try database.cachedStatement(sql: sql.description).execute(arguments: arguments(parameters))
            return database.changesCount
        } catch {
            throw (error as? DatabaseError)?.coded ?? SQLError(.failed, "the database refused a statement", cause: error)
        }
    }

    func script(_ sql: StaticString) throws(SQLError) {
        do { try database.execute(sql: sql.description) } catch {
            throw (error as? DatabaseError)?.coded ?? SQLError(.failed, "the database refused a script", cause: error)
        }
    }

    /// By name, so that the order in which `$1`, `$2` … appear in the text does not matter and a missing one is an error.
    private func arguments(_ parameters: [SQLValue]) -> StatementArguments {
        var values: [String: (any DatabaseValueConvertible)?] = [:]
        for (index, value) in parameters.enumerated() { values[String(index + 1)] = value.databaseValue }
        return StatementArguments(values)
    }
}

extension SQLValue {
    fileprivate init(_ storage: DatabaseValue.Storage) {
        switch storage {
        case .null: self = .null
        case .int64(let value): self = .integer(value)
        case .double(let value): self = .real(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(Array(value))
        }
    }
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): Data(value).databaseValue
        }
    }
}

extension DatabaseError {
    /// SQLite's own words name tables and columns, never values; but its message may quote SQL, so only the code goes on.
    fileprivate var coded: SQLError {
        switch resultCode {
        case .SQLITE_CONSTRAINT: SQLError(.constraint, "a constraint forbids it", cause: self)
        case .SQLITE_BUSY, .SQLITE_LOCKED: SQLError(.busy, "another writer is at work", cause: self)
        case .SQLITE_FULL: SQLError(.noSpace, "no space left for the database", cause: self)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: SQLError(.corrupt, "the file is not a sound database", cause: self)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: SQLError(.cannotOpen, "the database cannot be opened for this", cause: self)
        default: SQLError(.failed, "the database failed with code \(extendedResultCode.rawValue)", cause: self)
        }
    }
}
