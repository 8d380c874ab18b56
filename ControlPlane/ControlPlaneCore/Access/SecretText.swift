import Basics
import Crypto

/// Secrets that people and programs carry around: made here, stored only as SHA-256.
///
/// A token is a prefix that says what it is, 43 base62 digits of 32 random bytes, and 6 digits of the CRC-32 of everything before, so that a
/// mistyped one is refused without asking the database and a leaked one is found by a scanner.
enum SecretText {
    static let enrolmentPrefix = "clre_"
    static let sessionPrefix = "clrs_"
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// A fresh token.
    static func token(prefix: String) -> Secret<String> {
        let text = prefix + base62(randomBytes(32), width: 43)
        return Secret(text + checksum(text))
    }

    /// A fresh password to be given out once: 20 characters of 32 that cannot be mistaken for each other, 100 bits.
    static func password() -> Secret<String> {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789A".utf8)
        let characters = randomBytes(20).map { letters[Int($0 & 31)] }
        return Secret(String(decoding: characters, as: UTF8.self))
    }

    /// What is stored and looked up; `nil` when the text is not a token with this prefix.
    static func digest(of token: Secret<String>, prefix: String) -> [UInt8]? {
        let bytes = Array(token.expose().utf8)
        guard bytes.count == prefix.utf8.count + 49, bytes.starts(with: prefix.utf8) else { return nil }
        let body = Array(bytes.dropLast(6))
        guard body.dropFirst(prefix.utf8.count).allSatisfy({ digits.contains($0) }) else { return nil }
        guard Array(checksum(String(decoding: body, as: UTF8.self)).utf8) == Array(bytes.suffix(6)) else { return nil }
        return Array(SHA256.hash(data: bytes))
    }

    /// SHA-256 of any text, for keys of tables.
    static func digest(of text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    private static func checksum(_ text: String) -> String {
        let value = crc32(Array(text.utf8))
        return base62([UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)], width: 6)
    }

    /// The number that `bytes` are, big-endian, in base 62 with leading zeros.
    static func base62(_ bytes: [UInt8], width: Int) -> String {
        var number = bytes
        var text: [UInt8] = []
        for _ in 0..<width {
            var remainder = 0
            for index in number.indices {
                let value = remainder << 8 | Int(number[index])
                number[index] = UInt8(value / 62)
                remainder = value % 62
            }
            text.append(digits[remainder])
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    /// CRC-32 as zlib's.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return ~value
    }
}
