import Basics
import CLibPQ
import Glibc

/// One connection through libpq. Every call blocks: it belongs to a ``PostgreSQLConnection``, which gives it a thread of its own.
///
/// Parameters and cells travel in PostgreSQL's binary form: no number is printed and read again, and no text needs a terminator.
final class PostgreSQLSession: SQLWriting {
    /// So many statements stay prepared.
    private static let preparedAtMost = 256

    private struct Key: Hashable {
        var sql: UInt
        var types: [Oid]
    }
    private let handle: OpaquePointer
    private var prepared: [Key: String] = [:]
    /// Whether nothing more can be asked: the connection is lost, or in a state that is not known.
    private(set) var isBroken = false
    var dialect: SQLDialect { .postgresql }

    init(_ address: PostgreSQLAddress) throws(SQLError) {
        let (names, values) = address.keywords
        let connection = names.withCStrings { names in values.withCStrings { values in PQconnectdbParams(names, values, 0) } }
        guard let connection else { throw SQLError(.cannotOpen, "no memory for a connection") }
        guard PQstatus(connection) == CONNECTION_OK else {
            // libpq's words name the host and what failed; never the password.
            let words = String(cString: PQerrorMessage(connection))
            PQfinish(connection)
            throw SQLError(.cannotOpen, "cannot connect to PostgreSQL: \(DisplayText.safe(words, limit: 300))")
        }
        handle = connection
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }
    deinit { PQfinish(handle) }

    // MARK: Statements

    func rows(_ sql: StaticString, _ parameters: [SQLValue]) throws(SQLError) -> [SQLRow] {
        let result = try run(sql, parameters)
        defer { PQclear(result) }
        let columns = (0..<PQnfields(result)).map { (name: String(cString: PQfname(result, $0)), type: PQftype(result, $0)) }
        var rows: [SQLRow] = []
        for row in 0..<PQntuples(result) {
            var cells: [String: SQLValue] = [:]
            for (index, column) in columns.enumerated() {
                cells[column.name] = try Self.cell(result, row, Int32(index), column.type)
            }
            rows.append(SQLRow(cells))
        }
        return rows
    }

    func execute(_ sql: StaticString, _ parameters: [SQLValue]) throws(SQLError) -> Int {
        let result = try run(sql, parameters)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func script(_ sql: StaticString) throws(SQLError) {
        let own = sql.description.replacing("INTEGER", with: "BIGINT").replacing("BLOB", with: "BYTEA").replacing(") STRICT;", with: ");")
        guard own.utf8.contains(where: { $0 > 0x20 }) else { return }
        PQclear(try check(PQexec(handle, own)))
    }

    private func run(_ sql: StaticString, _ parameters: [SQLValue]) throws(SQLError) -> OpaquePointer {
        let encoded = Parameters(parameters)
        let key = Key(sql: UInt(bitPattern: sql.utf8Start), types: encoded.types)
        let name: String
        if let known = prepared[key] {
            name = known
        } else {
            if prepared.count >= Self.preparedAtMost {
                PQclear(try check(PQexec(handle, "DEALLOCATE ALL")))
                prepared = [:]
            }
            name = "s\(prepared.count)"
            PQclear(try check(PQprepare(handle, name, sql.description, Int32(encoded.types.count), encoded.types)))
            prepared[key] = name
        }
        return try check(
            encoded.withPointers { values, lengths, formats in
                PQexecPrepared(handle, name, Int32(encoded.types.count), values, lengths, formats, 1)
            })
    }

    /// Sends all, then reads all answers: one round trip. The first failure is thrown; what stands behind it did not run.
    func pipeline(_ statements: [(sql: StaticString, parameters: [SQLValue])]) throws(SQLError) {
        guard PQenterPipelineMode(handle) == 1 else { throw lost("pipeline mode is refused") }
        var sent = true
        for statement in statements {
            let encoded = Parameters(statement.parameters)
            sent =
                sent
                && encoded.withPointers { values, lengths, formats in
                    PQsendQueryParams(
                        handle, statement.sql.description, Int32(encoded.types.count), encoded.types, values, lengths, formats, 1) == 1
                }
        }
        guard sent, PQpipelineSync(handle) == 1 else { throw lost("the connection takes nothing") }
        var failure: SQLError?
        for _ in statements {
            while let result = PQgetResult(handle) {
                if failure == nil {
                    do throws(SQLError) { _ = try check(result, keeping: true) } catch { failure = error }
                }
                PQclear(result)
            }
        }
        guard let mark = PQgetResult(handle) else { throw failure ?? lost("the connection ended") }
        let synchronised = PQresultStatus(mark) == PGRES_PIPELINE_SYNC
        PQclear(mark)
        guard synchronised, PQexitPipelineMode(handle) == 1 else { throw failure ?? lost("the connection lost its place") }
        if let failure { throw failure }
    }

    // MARK: Transactions

    func commit() throws(SQLError) {
        let result = try check(PQexec(handle, "COMMIT"))
        defer { PQclear(result) }
        // PostgreSQL answers a COMMIT of a failed transaction with ROLLBACK, and calls it no error.
        guard String(cString: PQcmdStatus(result)) == "COMMIT" else {
            throw SQLError(.failed, "a statement of the transaction had failed: nothing was changed")
        }
    }

    func rollback() {
        guard !isBroken, PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
        let result = PQexec(handle, "ROLLBACK")
        if PQresultStatus(result) != PGRES_COMMAND_OK { isBroken = true }
        PQclear(result)
    }

    // MARK: Notifications

    /// Whether word came within a quarter of a second.
    func notified() throws(SQLError) -> Bool {
        guard PQconsumeInput(handle) == 1 else { throw lost("the connection ended") }
        if drain() { return true }
        var waiting = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 250) > 0 else { return false }
        guard PQconsumeInput(handle) == 1 else { throw lost("the connection ended") }
        return drain()
    }

    private func drain() -> Bool {
        var any = false
        while let word = PQnotifies(handle) {
            any = true
            PQfreemem(word)
        }
        return any
    }

    // MARK: Answers

    private func lost(_ message: String) -> SQLError {
        isBroken = true
        return SQLError(.cannotOpen, message)
    }

    /// - Parameter keeping: leaves a failed result to the caller.
    private func check(_ result: OpaquePointer?, keeping: Bool = false) throws(SQLError) -> OpaquePointer {
        guard let result else { throw lost("the connection ended") }
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return result }
        let state = PQresultErrorField(result, 67 /* PG_DIAG_SQLSTATE */).map { String(cString: $0) } ?? ""
        let words = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        if !keeping { PQclear(result) }
        if PQstatus(handle) != CONNECTION_OK { isBroken = true }
        // A plan of before a migration, or a statement that the server forgot: a fresh connection knows better.
        if state == "0A000" || state == "26000" { isBroken = true }
        throw SQLError(postgresql: state, words: words)
    }

    private static func cell(_ result: OpaquePointer, _ row: Int32, _ column: Int32, _ type: Oid) throws(SQLError) -> SQLValue {
        if PQgetisnull(result, row, column) == 1 { return .null }
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
        func number() -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch type {
        case 20 where bytes.count == 8: return .integer(Int64(bitPattern: number()))
        case 23 where bytes.count == 4: return .integer(Int64(Int32(truncatingIfNeeded: number())))
        case 21 where bytes.count == 2: return .integer(Int64(Int16(truncatingIfNeeded: number())))
        case 26 where bytes.count == 4: return .integer(Int64(number()))
        case 16 where bytes.count == 1: return .integer(Int64(number()))
        case 701 where bytes.count == 8: return .real(Double(bitPattern: number()))
        case 17: return .blob(Array(bytes))
        case 25, 1043, 19: return .text(String(decoding: bytes, as: UTF8.self))
        default: throw SQLError(.unexpectedValue, "a column has a type that is not read: \(type)")
        }
    }
}

/// Parameters in one piece of memory, as libpq wants them.
private struct Parameters {
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = [0]
    private var places: [(start: Int, count: Int)?] = []

    init(_ values: [SQLValue]) {
        for value in values {
            switch value {
            case .null:
                types.append(0)
                places.append(nil)
            case .integer(let number): add(20, withUnsafeBytes(of: number.bigEndian) { Array($0) })
            case .real(let number): add(701, withUnsafeBytes(of: number.bitPattern.bigEndian) { Array($0) })
            case .text(let text): add(25, Array(text.utf8))
            case .blob(let blob): add(17, blob)
            }
        }
    }

    private mutating func add(_ type: Oid, _ value: [UInt8]) {
        types.append(type)
        places.append((bytes.count, value.count))
        bytes += value
        bytes.append(0)
    }

    func withPointers<T>(_ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> T) -> T {
        bytes.withUnsafeBufferPointer { memory in
            memory.withMemoryRebound(to: CChar.self) { memory in
                body(
                    places.map { place in place.flatMap { memory.baseAddress?.advanced(by: $0.start) } },
                    places.map { Int32($0?.count ?? 0) }, places.map { _ in 1 })
            }
        }
    }
}

extension [String] {
    /// As a list of C strings that ends with a null.
    fileprivate func withCStrings<T>(_ body: ([UnsafePointer<CChar>?]) -> T) -> T {
        let copies = map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) } + [nil])
    }
}

extension SQLError {
    /// By SQLSTATE. The server's words may hold values: they go to the cause alone.
    init(postgresql state: String, words: String) {
        struct ServerWords: Error, CustomStringConvertible {
            var description: String
        }
        let cause = ServerWords(description: "\(state) \(words)")
        switch state {
        case _ where state.hasPrefix("23"): self.init(.constraint, "a constraint forbids it", cause: cause)
        case "40001", "40P01", "55P03", "53300", "57014": self.init(.busy, "another writer is at work (\(state))", cause: cause)
        case "53100", "53200": self.init(.noSpace, "no space left for the database", cause: cause)
        case "XX001", "XX002": self.init(.corrupt, "the database is not sound (\(state))", cause: cause)
        case _ where state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P"):
            self.init(.cannotOpen, "the connection to the database ended", cause: cause)
        default: self.init(.failed, "the database refused a statement (\(state))", cause: cause)
        }
    }
}
