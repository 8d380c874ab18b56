/// IAM's `*` and `?` on UTF-8 bytes.
enum Wildcard {
    /// Whether `pattern` matches the whole of `text`; ASCII letters compare without case when `ignoringCase`.
    static func matches(_ pattern: [UInt8], _ text: [UInt8], ignoringCase: Bool = false) -> Bool {
        var p = 0
        var t = 0
        var star = -1
        var mark = 0
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = p
                mark = t
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || same(pattern[p], text[t], ignoringCase) {
                p += 1
                t += 1
            } else if star >= 0 {
                p = star + 1
                mark += 1
                t = mark
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }

    /// Whether `pattern` matches the whole of `text`.
    static func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
        matches(Array(pattern.utf8), Array(text.utf8), ignoringCase: ignoringCase)
    }

    private static func same(_ a: UInt8, _ b: UInt8, _ ignoringCase: Bool) -> Bool {
        a == b || ignoringCase && lower(a) == lower(b)
    }
    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}

/// The parts of an ARN that the engine needs.
struct ARNParts {
    var partition: Substring
    var service: Substring
    var region: Substring
    var account: Substring
    var resource: Substring

    /// The parts of `text`; `nil` when it is no ARN.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        partition = parts[1]
        service = parts[2]
        region = parts[3]
        account = parts[4]
        resource = parts[5]
    }
    /// The last word of the resource: `name` of `role/path/name`, `key` of `key/key`.
    var name: String {
        let parts = resource.split(whereSeparator: { $0 == "/" || $0 == ":" })
        return parts.last.map(String.init) ?? String(resource)
    }
}
