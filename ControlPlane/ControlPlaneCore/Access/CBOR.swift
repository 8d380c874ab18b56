/// The part of CBOR (RFC 8949) that authenticators send: definite lengths, the shortest form, no tags, no fractions (CTAP2 canonical form).
enum CBOR: Sendable, Hashable {
    case unsigned(UInt64)
    /// -1 - n.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([CBOR: CBOR])
    case bool(Bool)
    case null

    /// Checked before anything is made.
    enum Limits {
        static let bytes = 16 << 10
        static let depth = 6
        static let items = 256
    }

    /// The one value that `bytes` are.
    init(_ bytes: [UInt8]) throws(AccessError) {
        var reader = try CBORReader(bytes[...])
        self = try reader.value(depth: 0)
        guard reader.rest.isEmpty else { throw CBORReader.refusal }
    }

    /// The value at the start of `bytes`, which are then those behind it.
    init(prefix bytes: inout ArraySlice<UInt8>) throws(AccessError) {
        var reader = try CBORReader(bytes)
        self = try reader.value(depth: 0)
        bytes = reader.rest
    }

    /// The member of that text.
    subscript(name: String) -> CBOR? { if case .map(let members) = self { members[.text(name)] } else { nil } }
    /// The member of that number, as COSE labels are.
    subscript(label: Int) -> CBOR? {
        guard case .map(let members) = self else { return nil }
        return members[label < 0 ? .negative(UInt64(-1 - label)) : .unsigned(UInt64(label))]
    }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    /// The number, when it fits.
    var int: Int? {
        switch self {
        case .unsigned(let value): Int(exactly: value)
        case .negative(let value): Int(exactly: value).map { -1 - $0 }
        default: nil
        }
    }
}

private struct CBORReader {
    static let refusal = AccessError(.badPasskey, "the authenticator's answer is not CBOR as CTAP2 has it")
    var rest: ArraySlice<UInt8>
    private var items = 0

    init(_ bytes: ArraySlice<UInt8>) throws(AccessError) {
        guard bytes.count <= CBOR.Limits.bytes else { throw Self.refusal }
        rest = bytes
    }

    mutating func value(depth: Int) throws(AccessError) -> CBOR {
        items += 1
        guard items <= CBOR.Limits.items, depth < CBOR.Limits.depth, let first = rest.popFirst() else { throw Self.refusal }
        let major = first >> 5
        if major == 7 {
            switch first & 31 {
            case 20: return .bool(false)
            case 21: return .bool(true)
            case 22: return .null
            default: throw Self.refusal
            }
        }
        let argument = try argument(first & 31)
        switch major {
        case 0: return .unsigned(argument)
        case 1: return .negative(argument)
        case 2: return .bytes(try take(argument))
        case 3:
            guard let text = String(validating: try take(argument), as: UTF8.self) else { throw Self.refusal }
            return .text(text)
        case 4:
            var elements: [CBOR] = []
            for _ in 0..<(try count(argument)) { elements.append(try value(depth: depth + 1)) }
            return .array(elements)
        case 5:
            var members: [CBOR: CBOR] = [:]
            for _ in 0..<(try count(argument)) {
                let key = try value(depth: depth + 1)
                guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else { throw Self.refusal }
            }
            return .map(members)
        default: throw Self.refusal
        }
    }

    /// The number behind the first byte, in its shortest form.
    private mutating func argument(_ low: UInt8) throws(AccessError) -> UInt64 {
        guard low >= 24 else { return UInt64(low) }
        guard low <= 27 else { throw Self.refusal }
        let value = try take(1 << UInt64(low - 24)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let least: [UInt64] = [24, 1 << 8, 1 << 16, 1 << 32]
        guard value >= least[Int(low - 24)] else { throw Self.refusal }
        return value
    }

    private mutating func take(_ count: UInt64) throws(AccessError) -> [UInt8] {
        guard count <= UInt64(rest.count) else { throw Self.refusal }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }

    /// Elements that a list may announce: each takes a byte at least.
    private func count(_ argument: UInt64) throws(AccessError) -> Int {
        guard argument <= UInt64(rest.count) else { throw Self.refusal }
        return Int(argument)
    }
}
