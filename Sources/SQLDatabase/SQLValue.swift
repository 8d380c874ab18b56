/// One parameter or one cell.
public enum SQLValue: Sendable, Hashable, ExpressibleByNilLiteral {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// SQL's null.
    public init(nilLiteral: ()) { self = .null }
    /// A text, or null.
    public static func text(optional value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    /// A number, or null.
    public static func integer(optional value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    /// Bytes, or null.
    public static func blob(optional value: [UInt8]?) -> SQLValue { value.map { .blob($0) } ?? .null }
}

/// One row: cells by name. Every reader throws ``SQLError`` `unexpectedValue` when the cell is missing or of another type.
public struct SQLRow: Sendable, Hashable {
    private let cells: [String: SQLValue]

    /// A row of these cells.
    public init(_ cells: [String: SQLValue]) { self.cells = cells }

    private func cell(_ name: String) throws(SQLError) -> SQLValue {
        guard let value = cells[name] else { throw SQLError(.unexpectedValue, "the row has no column \(name)") }
        return value
    }
    /// A text.
    public func text(_ name: String) throws(SQLError) -> String {
        guard case .text(let value) = try cell(name) else { throw SQLError(.unexpectedValue, "column \(name) is not a text") }
        return value
    }
    /// A number.
    public func integer(_ name: String) throws(SQLError) -> Int64 {
        guard case .integer(let value) = try cell(name) else { throw SQLError(.unexpectedValue, "column \(name) is not a number") }
        return value
    }
    /// Bytes. SQLite gives an empty blob as one of no bytes.
    public func blob(_ name: String) throws(SQLError) -> [UInt8] {
        guard case .blob(let value) = try cell(name) else { throw SQLError(.unexpectedValue, "column \(name) is not bytes") }
        return value
    }
    /// A text, or null.
    public func optionalText(_ name: String) throws(SQLError) -> String? {
        if case .null = try cell(name) { return nil }
        return try text(name)
    }
    /// A number, or null.
    public func optionalInteger(_ name: String) throws(SQLError) -> Int64? {
        if case .null = try cell(name) { return nil }
        return try integer(name)
    }
    /// Bytes, or null.
    public func optionalBlob(_ name: String) throws(SQLError) -> [UInt8]? {
        if case .null = try cell(name) { return nil }
        return try blob(name)
    }
}
