import FoundationEssentials
import GRDB
import GRDBSQLite

/// What one query may cost.
public struct QueryLimits: Sendable, Hashable {
    /// Most rows of an answer.
    public var rows = 1_000_000
    /// Most bytes of an answer's text.
    public var bytes = 256 << 20
    /// Most virtual machine instructions, in thousands.
    public var kilosteps = 2_000_000
    /// Longest time.
    public var time = Duration.seconds(60)
    /// The limits for controls.
    public init() {}
}

/// What a query gave.
public struct QueryAnswer: Sendable, Hashable {
    /// Names of the columns.
    public var columns: [String]
    /// The rows.
    public var rows: [[SnapshotValue]]
}

/// A snapshot's file, opened for reading only.
///
/// Queries are foreign text. SQLite's authorizer lets through `SELECT` over the file's own tables with a fixed list of functions and nothing
/// else: no writing, no `ATTACH`, no `PRAGMA`, no virtual table, no extension. Length, depth, steps, time and answer are bounded.
public final class SnapshotDatabase {
    private let connection: OpaquePointer
    private let meter = Meter()

    /// What the running query used. Only the thread that runs the query touches it.
    private final class Meter {
        var kilosteps = 0
        var limit = 0
        var deadline = ContinuousClock.now
        var isOver = false
    }

    /// Opens the file.
    ///
    /// - Throws: ``SnapshotError`` with `notASnapshot`.
    public init(path: String) throws(SnapshotError) {
        var handle: OpaquePointer?
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX, nil) == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw SnapshotError(.notASnapshot, "\(path) cannot be opened")
        }
        connection = handle
        // Before the authorizer forbids it: nothing spills to disk, and the schema's own text is not trusted.
        sqlite3_exec(connection, "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA query_only = ON", nil, nil, nil)
        // Connecting these two built-in table functions asks the authorizer as a schema change would, so they are connected before it is set.
        sqlite3_exec(connection, "SELECT 1 FROM json_each('[]'), json_tree('[]')", nil, nil, nil)
        for (limit, value) in [
            (SQLITE_LIMIT_LENGTH, 16 << 20), (SQLITE_LIMIT_SQL_LENGTH, 64 << 10), (SQLITE_LIMIT_COLUMN, 200),
            (SQLITE_LIMIT_EXPR_DEPTH, 100),
            (SQLITE_LIMIT_COMPOUND_SELECT, 50), (SQLITE_LIMIT_VDBE_OP, 100_000), (SQLITE_LIMIT_FUNCTION_ARG, 32),
            (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024), (SQLITE_LIMIT_VARIABLE_NUMBER, 100), (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
        ] { sqlite3_limit(connection, limit, Int32(value)) }
        sqlite3_set_authorizer(
            connection,
            { _, action, first, second, _, _ in SnapshotDatabase.authorize(action, first, second) }, nil)
        let meter = Unmanaged.passUnretained(self.meter).toOpaque()
        sqlite3_progress_handler(
            connection, 1000,
            { pointer in
                guard let pointer else { return 1 }
                let meter = Unmanaged<Meter>.fromOpaque(pointer).takeUnretainedValue()
                meter.kilosteps += 1
                if meter.kilosteps > meter.limit || (meter.kilosteps % 64 == 0 && ContinuousClock.now > meter.deadline) {
                    meter.isOver = true
                }
                return meter.isOver ? 1 : 0
            }, meter)
        do throws(SnapshotError) {
            let version = try query("SELECT value FROM meta WHERE key = 'formatVersion'").rows.first?.first?.text
            guard version == String(Schema.version) else { throw SnapshotError(.notASnapshot, "unknown version") }
        } catch {
            throw SnapshotError(.notASnapshot, "\(path) is no snapshot of version \(Schema.version)")
        }
    }

    deinit { sqlite3_close_v2(connection) }

    /// Runs one `SELECT`.
    ///
    /// - Parameter arguments: values for `?`, in order.
    /// - Throws: ``SnapshotError``.
    public func query(_ sql: String, arguments: [SnapshotValue] = [], limits: QueryLimits = QueryLimits()) throws(SnapshotError)
        -> QueryAnswer
    {
        guard !sql.utf8.contains(0) else { throw SnapshotError(.badQuery, "the query holds a zero byte") }
        meter.kilosteps = 0
        meter.limit = limits.kilosteps
        meter.deadline = ContinuousClock.now + limits.time
        meter.isOver = false
        let statement = try prepare(sql)
        defer { sqlite3_finalize(statement) }
        // SQLITE_TRANSIENT: the value is copied.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, value) in arguments.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch value {
                case .null: sqlite3_bind_null(statement, place)
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .real(let number): sqlite3_bind_double(statement, place, number)
                case .text(let text): sqlite3_bind_text(statement, place, text, Int32(clamping: text.utf8.count), transient)
                }
            guard code == SQLITE_OK else { throw SnapshotError(.badQuery, "an argument cannot be bound") }
        }
        let width = sqlite3_column_count(statement)
        var answer = QueryAnswer(columns: (0..<width).map { Self.text(sqlite3_column_name(statement, $0)) ?? "" }, rows: [])
        var bytes = 0
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                guard answer.rows.count < limits.rows else {
                    throw SnapshotError(.tooLarge, "the answer has more than \(limits.rows) rows")
                }
                var row: [SnapshotValue] = []
                row.reserveCapacity(Int(width))
                for column in 0..<width {
                    let value = Self.value(statement, column)
                    if case .text(let text) = value { bytes += text.utf8.count }
                    bytes += 16
                    row.append(value)
                }
                guard bytes <= limits.bytes else { throw SnapshotError(.tooLarge, "the answer has more than \(limits.bytes) bytes") }
                answer.rows.append(row)
            case SQLITE_DONE: return answer
            default: throw failure()
            }
        }
    }

    private func prepare(_ sql: String) throws(SnapshotError) -> OpaquePointer {
        var statement: OpaquePointer?
        var rest = ""
        let code = sql.withCString { text in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(connection, text, -1, &statement, &tail)
            rest = tail.flatMap { String(validatingCString: $0) } ?? ""
            return code
        }
        guard code == SQLITE_OK else {
            sqlite3_finalize(statement)
            throw failure()
        }
        guard let statement else { throw SnapshotError(.badQuery, "the query is empty") }
        guard rest.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || $0 == UInt8(ascii: ";") }),
            sqlite3_stmt_readonly(statement) != 0
        else {
            sqlite3_finalize(statement)
            throw SnapshotError(.notAllowed, "a query is one SELECT")
        }
        return statement
    }

    private func failure() -> SnapshotError {
        if meter.isOver { return SnapshotError(.tooSlow, "the query took more steps or time than it may") }
        switch sqlite3_errcode(connection) & 0xFF {
        case SQLITE_AUTH, SQLITE_READONLY: return SnapshotError(.notAllowed, "a query may only read the documented tables")
        case SQLITE_TOOBIG, SQLITE_NOMEM: return SnapshotError(.tooLarge, "a value of the query is too large")
        case SQLITE_NOTADB, SQLITE_CORRUPT: return SnapshotError(.notASnapshot, "the file is damaged")
        default: return SnapshotError(.badQuery, Self.text(sqlite3_errmsg(connection)) ?? "the query is not valid")
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

    private static func value(_ statement: OpaquePointer, _ column: Int32) -> SnapshotValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT, SQLITE_BLOB:
            guard let pointer = sqlite3_column_blob(statement, column) else { return .text("") }
            let count = Int(sqlite3_column_bytes(statement, column))
            return .text(String(decoding: UnsafeRawBufferPointer(start: pointer, count: count), as: UTF8.self))
        default: return .null
        }
    }

    /// Functions that depend on their arguments alone and cannot grow without bound.
    private static let functions: Set<String> = [
        "abs", "avg", "coalesce", "count", "first_value", "glob", "group_concat", "hex", "ifnull", "iif", "instr", "json", "json_array",
        "json_array_length", "json_each", "json_extract", "json_group_array", "json_group_object", "json_object", "json_quote", "json_tree",
        "json_type", "json_valid", "julianday", "lag", "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min", "nullif",
        "printf", "rank", "replace", "round", "row_number", "rtrim", "sign", "substr", "substring", "sum", "total", "trim", "typeof",
        "unicode",
        "upper", "->", "->>",
    ]

    private static func authorize(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Int32 {
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION: return text(second).map { functions.contains($0.lowercased()) } == true ? SQLITE_OK : SQLITE_DENY
        default: return SQLITE_DENY
        }
    }
}
