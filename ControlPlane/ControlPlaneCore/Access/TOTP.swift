import Basics
import CloudModel
import Crypto
import FoundationEssentials

/// Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, thirty seconds.
enum TOTP {
    /// Seconds of a step.
    static let period: TimeInterval = 30
    /// Digits of a code.
    static let digits = 6
    /// Bytes of a fresh secret: SHA-1's own length (RFC 4226 §4 R6).
    static let secretBytes = 20
    /// A clock may be off by so many steps (RFC 6238 §5.2).
    static let tolerance: UInt64 = 1

    enum Hash { case sha1, sha256, sha512 }

    /// The code of one step (RFC 4226 §5.3).
    static func code(_ secret: [UInt8], step: UInt64, digits: Int = digits, hash: Hash = .sha1) -> String {
        let key = SymmetricKey(data: secret)
        let message = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let mac: [UInt8] =
            switch hash {
            case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
            case .sha512: Array(HMAC<SHA512>.authenticationCode(for: message, using: key))
            }
        let offset = Int(mac[mac.count - 1] & 15)
        var value = 0
        for (index, byte) in mac[offset..<offset + 4].enumerated() { value = value << 8 | Int(index == 0 ? byte & 0x7F : byte) }
        var text = ""
        for _ in 0..<digits {
            text = "\(value % 10)" + text
            value /= 10
        }
        return text
    }

    /// The step that `time` is in.
    static func step(at time: Date) -> UInt64 { UInt64(max(time.timeIntervalSince1970, 0) / period) }

    /// The step that `code` is of, at `time` or one step around it; `nil` when it is of none, or of one that is not after `last`, the step
    /// of the code that was taken last: no code is taken twice, and none from before one that was (RFC 6238 §5.2).
    ///
    /// Every candidate is computed and compared whole, so that the time taken says nothing.
    static func match(_ code: String, _ secret: [UInt8], at time: Date, after last: UInt64?) -> UInt64? {
        let given = Array(code.utf8)
        guard given.count == digits, given.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let now = step(at: time)
        var found: UInt64?
        for candidate in (now > tolerance ? now - tolerance : 0)...(now + tolerance) {
            let right = Array(self.code(secret, step: candidate).utf8)
            let difference = zip(given, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            if difference == 0, last.map({ candidate > $0 }) ?? true { found = candidate }
        }
        return found
    }

    /// What an authenticator app reads, by hand or as a picture (Key Uri Format of Google Authenticator).
    static func uri(_ secret: [UInt8], account: String) -> String {
        "otpauth://totp/Cloudryption:\(PercentEncoding.encode(account))?secret=\(Base32.encode(secret))&issuer=Cloudryption"
            + "&algorithm=SHA1&digits=\(digits)&period=\(Int(period))"
    }
}

/// Base 32 without padding (RFC 4648 §6).
enum Base32 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var value = 0
        var bits = 0
        for byte in bytes {
            value = (value << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(letters[value >> bits & 31])
            }
        }
        if bits > 0 { text.append(letters[value << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Codes for when the second factor is lost: each works once. Eighty random bits, so that a stolen digest gives nothing away.
enum RecoveryCode {
    /// How many are given out together; fresh ones replace those of before.
    static let count = 10
    private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Sixteen letters in groups of four.
    static func fresh() -> Secret<String> {
        let letters = SecretText.randomBytes(16).map { Self.letters[Int($0 & 31)] }
        let groups = stride(from: 0, to: 16, by: 4).map { String(decoding: letters[$0..<$0 + 4], as: UTF8.self) }
        return Secret(groups.joined(separator: "-"))
    }

    /// What is stored; `nil` when the text cannot be a code. Capitals, spaces and hyphens do not count.
    static func digest(_ code: Secret<String>, of user: UserID) -> [UInt8]? {
        guard code.expose().utf8.count <= 64 else { return nil }
        let bytes = code.expose().utf8.filter { $0 != 0x20 && $0 != UInt8(ascii: "-") }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard bytes.count == 16, bytes.allSatisfy({ letters.contains($0) }) else { return nil }
        return SecretText.digest(of: "recovery code\0\(user)\0" + String(decoding: bytes, as: UTF8.self))
    }
}
