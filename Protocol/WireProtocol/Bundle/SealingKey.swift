public import Crypto
import FoundationEssentials

/// A tenant's public key that bundles are sealed to: X25519 (RFC 7748). Its identifier follows from the key, so that it cannot name another.
public struct SealingKey: Sendable, Hashable, Codable {
    /// The key's 32 bytes.
    public let publicKey: [UInt8]
    /// The first 16 bytes of the SHA-256 of ``publicKey``, as 32 lower-case hexadecimal digits.
    public var id: String { Hex.encode(Self.idBytes(of: publicKey)) }

    /// The sealing key of these 32 bytes; `nil` for any other number of them.
    public init?(publicKey: some Sequence<UInt8>) {
        let bytes = Array(publicKey)
        guard bytes.count == 32 else { return nil }
        self.publicKey = bytes
    }

    /// The sealing key of this key.
    public init(_ key: Curve25519.KeyAgreement.PublicKey) { publicKey = Array(key.rawRepresentation) }

    static func idBytes(of key: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: key).prefix(16)) }

    private enum CodingKeys: String, CodingKey { case id, publicKey }

    /// Reads `{"id", "publicKey"}`, the key in base64; refuses an identifier that is not the key's.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decode(String.self, forKey: .publicKey)
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text, let key = SealingKey(publicKey: data) else {
            throw DecodingError.dataCorruptedError(forKey: .publicKey, in: container, debugDescription: "not 32 bytes in base64")
        }
        guard try container.decode(String.self, forKey: .id) == key.id else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: container, debugDescription: "not this key's identifier")
        }
        self = key
    }

    /// Writes `{"id", "publicKey"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(Data(publicKey).base64EncodedString(), forKey: .publicKey)
    }
}

/// Lower-case hexadecimal.
public enum Hex {
    /// The digits of `bytes`.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that `text` writes, or `nil`: an even number of lower-case digits and nothing else.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = 0
        while index < digits.count {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
