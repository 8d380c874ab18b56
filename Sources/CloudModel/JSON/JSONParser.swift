/// The bounds that every JSON text from outside is held to.
public struct JSONLimits: Sendable, Hashable {
    /// Most bytes of one text.
    public var bytes: Int
    /// Deepest nesting of arrays and objects.
    public var depth: Int
    /// Most bytes of one string, unescaped, as UTF-8.
    public var stringBytes: Int
    /// Bounds as given.
    public init(bytes: Int = 256 << 20, depth: Int = 64, stringBytes: Int = 8 << 20) {
        self.bytes = bytes
        self.depth = depth
        self.stringBytes = stringBytes
    }
    /// For answers of cloud APIs and saved files of them.
    public static let standard = JSONLimits()
    /// For one line or message of ours.
    public static let message = JSONLimits(bytes: 4 << 20, depth: 32, stringBytes: 1 << 20)
}

/// Why a text is not JSON, and at which byte.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Code: String, Sendable, CaseIterable {
        case invalidUTF8, unexpectedByte, unexpectedEnd, invalidNumber, invalidEscape, duplicateName, trailingBytes, tooLarge, tooDeep,
            stringTooLong
    }
    /// What is wrong.
    public var code: Code
    /// Offset of the byte at which it was noticed.
    public var offset: Int
    /// The line of that byte, counted from one.
    public var line: Int
    /// `json.CODE at byte N (line L)`; never any of the text.
    public var description: String { "json.\(code.rawValue) at byte \(offset) (line \(line))" }
}

extension JSONValue {
    /// Parses one whole JSON text (RFC 8259), strictly: UTF-8 only, no repeated names, nothing after the value.
    ///
    /// - Throws: ``JSONError``.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        guard bytes.count <= limits.bytes else { throw JSONError(code: .tooLarge, offset: limits.bytes, line: 1) }
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, limits: limits)
            do throws(JSONError) { return .success(try parser.parseText()) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// Parses one whole JSON text; see ``init(parsing:limits:)``.
    public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent parser over borrowed bytes. Every read is bounds-checked against `bytes.count`.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0
    var depth = 0

    mutating func parseText() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == bytes.count else { throw error(.trailingBytes) }
        return value
    }

    func error(_ code: JSONError.Code) -> JSONError {
        let end = min(position, bytes.count)
        var line = 1
        for index in 0..<end where bytes[index] == 0x0A { line += 1 }
        return JSONError(code: code, offset: position, line: line)
    }

    mutating func skipSpace() {
        while position < bytes.count, case let byte = bytes[position], byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[position]
    }

    mutating func parseValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): try expect("true"); return .bool(true)
        case UInt8(ascii: "f"): try expect("false"); return .bool(false)
        case UInt8(ascii: "n"): try expect("null"); return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        default: throw error(.unexpectedByte)
        }
    }

    mutating func expect(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count else { throw error(.unexpectedEnd) }
            guard bytes[position] == word.utf8Start[index] else { throw error(.unexpectedByte) }
            position += 1
        }
    }

    mutating func parseArray() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            depth -= 1
            return .array([])
        }
        while true {
            skipSpace()
            elements.append(try parseValue())
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                depth -= 1
                return .array(elements)
            default: throw error(.unexpectedByte)
            }
        }
    }

    mutating func parseObject() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONObject.Member] = []
        var names: Set<ExactText> = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            depth -= 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
            let name = try parseString()
            // Few members are compared one by one; many through a set, so that a hostile object costs linear time.
            if members.count < 16 {
                guard !members.contains(where: { ExactText.same($0.name, name) }) else { throw error(.duplicateName) }
            } else {
                if names.isEmpty { names = Set(members.map { ExactText($0.name) }) }
                guard names.insert(ExactText(name)).inserted else { throw error(.duplicateName) }
            }
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
            position += 1
            skipSpace()
            members.append(JSONObject.Member(name, try parseValue()))
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                depth -= 1
                return .object(JSONObject(uniqueMembers: members))
            default: throw error(.unexpectedByte)
            }
        }
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= limits.depth else { throw error(.tooDeep) }
        position += 1
    }

    mutating func parseNumber() throws(JSONError) -> String {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = try peek()
        switch first {
        case UInt8(ascii: "0"): position += 1
        case UInt8(ascii: "1")...UInt8(ascii: "9"): skipDigits()
        default: throw error(.invalidNumber)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try requireDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
            try requireDigits()
        }
        guard position - start <= 64 else { throw error(.invalidNumber) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func skipDigits() {
        while position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") { position += 1 }
    }

    mutating func requireDigits() throws(JSONError) {
        let start = position
        skipDigits()
        guard position > start else { throw error(position < bytes.count ? .invalidNumber : .unexpectedEnd) }
    }

    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                guard position - start <= limits.stringBytes else { throw error(.stringTooLong) }
                guard let text = String(validating: bytes[start..<position], as: UTF8.self) else { throw error(.invalidUTF8) }
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            guard byte >= 0x20 else { throw error(.unexpectedByte) }
            position += 1
        }
        throw error(.unexpectedEnd)
    }

    mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            guard text.count <= limits.stringBytes else { throw error(.stringTooLong) }
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard let string = String(validating: text, as: UTF8.self) else { throw error(.invalidUTF8) }
                return string
            }
            guard byte == UInt8(ascii: "\\") else {
                guard byte >= 0x20 else { throw error(.unexpectedByte) }
                text.append(byte)
                continue
            }
            let escape = try peek()
            position += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: try parseUnicodeEscape().utf8)
            default: throw error(.invalidEscape)
            }
        }
        throw error(.unexpectedEnd)
    }

    /// One scalar, from one `\u` escape or a surrogate pair of them; a lone surrogate is refused.
    mutating func parseUnicodeEscape() throws(JSONError) -> String {
        let high = try parseHex4()
        var code = UInt32(high)
        if (0xD800..<0xDC00).contains(high) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
                throw error(.invalidEscape)
            }
            position += 2
            let low = try parseHex4()
            guard (0xDC00..<0xE000).contains(low) else { throw error(.invalidEscape) }
            code = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error(.invalidEscape) }
        return String(scalar)
    }

    mutating func parseHex4() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw error(.unexpectedEnd) }
        var value: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch bytes[position] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - UInt8(ascii: "0")
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte): digit = byte - UInt8(ascii: "a") + 10
            case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte): digit = byte - UInt8(ascii: "A") + 10
            default: throw error(.invalidEscape)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
