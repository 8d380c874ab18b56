/// An identifier of one kind of thing: a UUID that says of what.
public struct Identifier<Kind: IdentifierKind>: Sendable, Hashable, Comparable, CustomStringConvertible, Codable {
    /// Sixteen bytes, in network order.
    public let bytes: [UInt8]

    /// The identifier of these sixteen bytes; `nil` for any other number of them.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The identifier that `text` writes: 36 characters, lower-case hexadecimal with four hyphens (RFC 9562 §4).
    public init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var bytes: [UInt8] = []
        var index = 0
        while index < 36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard characters[index] == UInt8(ascii: "-") else { return nil }
                index += 1
                continue
            }
            guard let high = Self.digit(characters[index]), let low = Self.digit(characters[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        self.bytes = bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// A fresh UUIDv7 (RFC 9562 §5.7): 48 bits of `milliseconds` since 1970, the rest random.
    public static func fresh(milliseconds: UInt64) -> Self {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) }
        for _ in 0..<10 { bytes.append(UInt8.random(in: .min ... .max, using: &generator)) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        return Self(known: bytes)
    }

    /// A fresh random UUIDv4 (RFC 9562 §5.4).
    public static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return Self(known: bytes)
    }

    /// Sixteen zero bytes (RFC 9562 §5.9): what is never made by chance.
    public static var zero: Self { Self(known: [UInt8](repeating: 0, count: 16)) }

    private init(known bytes: [UInt8]) { self.bytes = bytes }

    /// Lower-case hexadecimal with hyphens.
    public var description: String {
        var text = ""
        let digits = Array("0123456789abcdef")
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    /// Ordered by bytes, so UUIDv7 identifiers are ordered by time.
    public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = value
    }
    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Says of what an ``Identifier`` is one.
public protocol IdentifierKind: Sendable {}
/// A tenant.
public enum TenantKind: IdentifierKind {}
/// An environment.
public enum EnvironmentKind: IdentifierKind {}
/// An agent.
public enum AgentKind: IdentifierKind {}
/// A run.
public enum RunKind: IdentifierKind {}
/// A bundle.
public enum BundleKind: IdentifierKind {}
/// A rule by which agents enrol.
public enum EnrolmentRuleKind: IdentifierKind {}
/// A person who signs in.
public enum UserKind: IdentifierKind {}
/// A signed-in caller's session.
public enum SessionKind: IdentifierKind {}
/// An API token.
public enum APITokenKind: IdentifierKind {}

/// A customer organisation.
public typealias TenantID = Identifier<TenantKind>
/// Cloud accounts that a tenant put together.
public typealias EnvironmentID = Identifier<EnvironmentKind>
/// An enrolled agent.
public typealias AgentID = Identifier<AgentKind>
/// The analysis of one bundle.
public typealias RunID = Identifier<RunKind>
/// The sealed records of one collection.
public typealias BundleID = Identifier<BundleKind>
/// A rule by which agents enrol.
public typealias EnrolmentRuleID = Identifier<EnrolmentRuleKind>
/// A person who signs in.
public typealias UserID = Identifier<UserKind>
/// A signed-in caller's session; not what opens it.
public typealias SessionID = Identifier<SessionKind>
/// An API token; not what it opens with.
public typealias APITokenID = Identifier<APITokenKind>
