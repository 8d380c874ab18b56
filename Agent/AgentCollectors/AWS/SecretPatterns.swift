/// Well-known forms of secrets, found without regular expressions: this runs over every text of every answer.
enum SecretPatterns {
    /// The identifier of the first form that `text` holds, or `nil`.
    static func match(_ text: String) -> String? {
        guard text.utf8.count >= 8 else { return nil }
        var text = text
        return text.withUTF8 { scan($0) }
    }

    private struct Prefix: Sendable {
        var id: String
        var start: [UInt8]
        /// How many bytes of letters, digits, `_` and `-` must follow at least.
        var following: Int

        init(_ id: String, _ start: String, _ following: Int) {
            self.id = id
            self.start = Array(start.utf8)
            self.following = following
        }
    }

    private static let prefixes: [Prefix] = [
        Prefix("awsAccessKey", "AKIA", 16), Prefix("awsAccessKey", "ASIA", 16), Prefix("githubToken", "ghp_", 30),
        Prefix("githubToken", "gho_", 30),
        Prefix("githubToken", "ghu_", 30), Prefix("githubToken", "ghs_", 30), Prefix("githubToken", "ghr_", 30),
        Prefix("githubToken", "github_pat_", 30), Prefix("gitlabToken", "glpat-", 20), Prefix("slackToken", "xoxb-", 20),
        Prefix("slackToken", "xoxp-", 20), Prefix("slackToken", "xoxa-", 20), Prefix("slackToken", "xoxs-", 20),
        Prefix("stripeKey", "sk_live_", 16),
        Prefix("stripeKey", "rk_live_", 16), Prefix("googleKey", "AIza", 35), Prefix("npmToken", "npm_", 36),
        Prefix("sendgridKey", "SG.", 20),
        Prefix("jsonWebToken", "eyJ", 12), Prefix("slackWebhook", "hooks.slack.com/services", 0),
    ]
    /// Words that name a secret, where a value follows `=`; those with `true` also where it follows `:`.
    private static let words: [(word: [UInt8], colon: Bool)] = [
        (Array("password".utf8), true), (Array("passwd".utf8), true), (Array("pwd".utf8), true), (Array("secret".utf8), false),
        (Array("token".utf8), false),
        (Array("apikey".utf8), true), (Array("api_key".utf8), true), (Array("api-key".utf8), true), (Array("access_key".utf8), true),
        (Array("private_key".utf8), true), (Array("accountkey".utf8), false), (Array("sharedaccesskey".utf8), false),
    ]

    /// Whether a name says that its value is a secret.
    static func isSecretName(_ name: String) -> Bool {
        let folded = name.utf8.map(lower).filter {
            $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ".")
        }
        let text = String(decoding: folded, as: UTF8.self)
        return [
            "password", "passwd", "pwd", "secret", "secretkey", "token", "apikey", "accesskey", "privatekey", "credential", "credentials",
        ]
        .contains { text == $0 || text.hasSuffix($0) }
    }

    private static let privateKeyStart = Array("-----BEGIN ".utf8)
    private static let privateKeyEnd = Array("PRIVATE KEY".utf8)
    private static let scheme = Array("://".utf8)
    private static let references = ["${", "{{", "<", "$(", "arn:"].map { Array($0.utf8) }

    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let isARN = has(bytes, at: 0, Array("arn:".utf8))
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "-"), has(bytes, at: index, privateKeyStart) {
                // The kind of key stands between: `RSA `, `OPENSSH `.
                let end = min(bytes.count, index + 48)
                if (index..<end).contains(where: { has(bytes, at: $0, privateKeyEnd) }) { return "privateKey" }
            }
            if byte == UInt8(ascii: ":"), has(bytes, at: index, scheme), hasPassword(bytes, from: index + 3) { return "passwordInURL" }
            if index == 0 || !isWord(bytes[index - 1]) {
                for prefix in prefixes where prefix.start.first == byte && has(bytes, at: index, prefix.start) {
                    var end = index + prefix.start.count
                    while end < bytes.count, isWord(bytes[end]) || bytes[end] == UInt8(ascii: "-") { end += 1 }
                    guard end - index - prefix.start.count >= prefix.following else { continue }
                    // An access key's identifier is none of its secret.
                    if prefix.id != "awsAccessKey" || hasSecretKey(bytes) { return prefix.id }
                }
            }
            guard !isARN, byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") else { continue }
            if let id = assignment(bytes, at: index) { return id }
        }
        return nil
    }

    /// Forty bytes of Base64 in a row: how AWS writes secret keys.
    private static func hasSecretKey(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var run = 0
        for byte in bytes {
            if byte != UInt8(ascii: "_"), isWord(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") {
                run += 1
            } else {
                if run == 40 { return true }
                run = 0
            }
        }
        return run == 40
    }

    /// A secret's word before the sign at `index` and a value after it.
    private static func assignment(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> String? {
        var end = index
        while end > 0, isFiller(bytes[end - 1]) { end -= 1 }
        guard words.contains(where: { ($0.colon || bytes[index] == UInt8(ascii: "=")) && endsWith(bytes, end: end, $0.word) }) else {
            return nil
        }
        var start = index + 1
        while start < bytes.count, isFiller(bytes[start]) { start += 1 }
        // A reference to a secret is none.
        for opening in references where has(bytes, at: start, opening) { return nil }
        var length = 0
        while start + length < bytes.count, bytes[start + length] > 0x20, length < 4 { length += 1 }
        return length == 4 ? "assignment" : nil
    }

    private static func isFiller(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    /// `user:password@` before the host.
    private static func hasPassword(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        var colon: Int?
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: ":"): colon = colon ?? index
            case UInt8(ascii: "@"): return colon.map { index > $0 + 1 } ?? false
            case UInt8(ascii: "/"), 0...0x20, UInt8(ascii: "\""), UInt8(ascii: "'"): return false
            default: break
            }
            index += 1
        }
        return false
    }

    private static func has(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int, _ text: [UInt8]) -> Bool {
        guard index + text.count <= bytes.count else { return false }
        for offset in 0..<text.count where bytes[index + offset] != text[offset] { return false }
        return true
    }

    private static func endsWith(_ bytes: UnsafeBufferPointer<UInt8>, end: Int, _ word: [UInt8]) -> Bool {
        guard end >= word.count else { return false }
        for offset in 0..<word.count where lower(bytes[end - word.count + offset]) != word[offset] { return false }
        return true
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte }
}
