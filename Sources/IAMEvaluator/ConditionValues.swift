// The values that conditions compare, read exactly: no rounding, no locale, nothing that traps.

/// A decimal number of any size, compared digit by digit.
struct ExactNumber: Sendable, Hashable, Comparable {
    private let negative: Bool
    /// Digits without leading and trailing zeros; empty for zero.
    private let digits: [UInt8]
    /// How many digits stand before the point: the number is 0.DIGITS × 10^scale.
    private let scale: Int

    /// `-12`, `0.5`, `1e3`; `nil` for anything else.
    init?(_ text: [UInt8]) {
        guard text.count <= 256 else { return nil }
        var index = 0
        var negative = false
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            negative = first == UInt8(ascii: "-")
            index = 1
        }
        var digits: [UInt8] = []
        var point: Int?
        while index < text.count {
            let byte = text[index]
            if byte.isDigit {
                digits.append(byte)
            } else if byte == UInt8(ascii: "."), point == nil {
                point = digits.count
            } else {
                break
            }
            index += 1
        }
        guard !digits.isEmpty else { return nil }
        var exponent = 0
        if index < text.count {
            guard text[index].lowercased == UInt8(ascii: "e"), let value = Int(String(decoding: text[(index + 1)...], as: UTF8.self)),
                value > -10_000, value < 10_000
            else { return nil }
            exponent = value
        }
        var scale = (point ?? digits.count) + exponent
        let leading = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(leading)
        scale -= leading
        while digits.last == 0x30 { digits.removeLast() }
        self.digits = digits
        self.scale = digits.isEmpty ? 0 : scale
        self.negative = digits.isEmpty ? false : negative
    }

    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.negative != right.negative { return left.negative }
        return left.negative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// By magnitude.
    private func isSmaller(than other: ExactNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if scale != other.scale { return scale < other.scale }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}

/// A point in time: ISO 8601 as W3C profiles it, or seconds since 1970.
struct Instant: Sendable, Hashable, Comparable {
    private let seconds: Int
    private let nanoseconds: Int

    /// `2024`, `2024-01`, `2024-01-02`, `2024-01-02T03:04Z`, `2024-01-02T03:04:05.6+07:00`, `1700000000`; `nil` for anything else.
    init?(_ text: [UInt8]) {
        if text.count != 4, text.count <= 29, let epoch = Self.epoch(text) {
            self = epoch
            return
        }
        var index = 0
        func number(_ length: Int) -> Int? {
            guard index + length <= text.count else { return nil }
            var value = 0
            for place in index..<(index + length) {
                guard text[place].isDigit else { return nil }
                value = value * 10 + Int(text[place] - 0x30)
            }
            index += length
            return value
        }
        func skip(_ byte: UInt8) -> Bool {
            guard index < text.count, text[index] == byte else { return false }
            index += 1
            return true
        }
        guard let year = number(4) else { return nil }
        var month = 1
        var day = 1
        var time = 0
        var nanoseconds = 0
        if skip(UInt8(ascii: "-")) {
            guard let value = number(2), (1...12).contains(value) else { return nil }
            month = value
            if skip(UInt8(ascii: "-")) {
                guard let value = number(2), (1...31).contains(value) else { return nil }
                day = value
                if skip(UInt8(ascii: "T")) {
                    guard let hour = number(2), hour < 24, skip(0x3A), let minute = number(2), minute < 60 else { return nil }
                    time = hour * 3600 + minute * 60
                    if skip(0x3A) {
                        guard let second = number(2), second <= 60 else { return nil }
                        time += second
                        if skip(UInt8(ascii: ".")) {
                            var unit = 100_000_000
                            let start = index
                            while index < text.count, text[index].isDigit {
                                nanoseconds += Int(text[index] - 0x30) * unit
                                unit /= 10
                                index += 1
                            }
                            guard index > start else { return nil }
                        }
                    }
                    if !skip(UInt8(ascii: "Z")) {
                        let east = skip(UInt8(ascii: "+"))
                        guard east || skip(UInt8(ascii: "-")), let hours = number(2), hours < 24 else { return nil }
                        _ = skip(0x3A)
                        guard let minutes = number(2), minutes < 60 else { return nil }
                        time -= (east ? 1 : -1) * (hours * 3600 + minutes * 60)
                    }
                }
            }
        }
        guard index == text.count else { return nil }
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        // Days since 1970-01-01, counted from March so that a leap day is last (H. Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        seconds = days * 86_400 + time
        self.nanoseconds = nanoseconds
    }

    private init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    private static func epoch(_ text: [UInt8]) -> Instant? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let seconds = Int(String(decoding: whole, as: UTF8.self)), !whole.contains(UInt8(ascii: "+")) else {
            return nil
        }
        guard parts.count == 2 else { return Instant(seconds: seconds, nanoseconds: 0) }
        var nanoseconds = 0
        var unit = 100_000_000
        guard !parts[1].isEmpty, seconds >= 0, whole.first != UInt8(ascii: "-") else { return nil }
        for byte in parts[1] {
            guard byte.isDigit else { return nil }
            nanoseconds += Int(byte - 0x30) * unit
            unit /= 10
        }
        return Instant(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// This point and the one a nanosecond later, as seconds since 1970; `nil` before 1970-01-02 and within the last nanosecond of a second.
    var epochTexts: [String]? {
        guard seconds >= 86_400, nanoseconds < 999_999_999 else { return nil }
        func text(_ nanoseconds: Int) -> String {
            let digits = String(nanoseconds)
            return "\(seconds)." + String(repeating: "0", count: 9 - digits.utf8.count) + digits
        }
        return [text(nanoseconds), text(nanoseconds + 1)]
    }

    static func < (left: Instant, right: Instant) -> Bool { (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds) }
}

/// An IPv4 or IPv6 address or a block of them.
struct AddressBlock: Sendable, Hashable {
    /// 4 or 16 bytes.
    private let bytes: [UInt8]
    private let length: Int

    /// `10.0.0.0/8`, `2001:db8::/32`, or one address; `nil` for anything else.
    init?(_ text: [UInt8]) {
        guard text.count <= 64 else { return nil }
        let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first, let bytes = Self.address(Array(address)) else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            length = bytes.count * 8
            return
        }
        guard parts[1].count <= 3, parts[1].allSatisfy(\.isDigit), let length = Int(String(decoding: parts[1], as: UTF8.self)),
            length <= bytes.count * 8
        else { return nil }
        self.length = length
    }

    /// Whether every address of `other` is in this block.
    func contains(_ other: AddressBlock) -> Bool {
        guard bytes.count == other.bytes.count, length <= other.length else { return false }
        for index in bytes.indices {
            let bits = min(8, max(0, length - index * 8))
            guard bits > 0 else { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            guard bytes[index] & mask == other.bytes[index] & mask else { return false }
        }
        return true
    }

    /// The first and last address of the block, and those just outside of it where there are any. Blocks are nested or apart, so every set that
    /// blocks cut out of all addresses has a border as a member.
    var borders: [String] {
        var first = bytes
        var last = bytes
        for index in bytes.indices {
            let bits = min(8, max(0, length - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            first[index] &= mask
            last[index] |= ~mask
        }
        return [first, last, Self.next(first, up: false), Self.next(last, up: true)].compactMap { $0.map(Self.text) }
    }

    /// The address after or before; `nil` beyond the ends.
    private static func next(_ address: [UInt8], up: Bool) -> [UInt8]? {
        var address = address
        for index in address.indices.reversed() {
            let end: UInt8 = up ? 0xFF : 0
            if address[index] != end {
                address[index] = up ? address[index] + 1 : address[index] - 1
                return address
            }
            address[index] = ~end
        }
        return nil
    }

    private static func text(_ address: [UInt8]) -> String {
        if address.count == 4 { return address.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(Int(address[$0]) << 8 | Int(address[$0 + 1]), radix: 16) }.joined(separator: ":")
    }

    /// Whether the address is not the first of its block.
    var hasHostBits: Bool {
        bytes.indices.contains { index in bytes[index] & UInt8(truncatingIfNeeded: 0xFF >> min(8, max(0, length - index * 8))) != 0 }
    }

    private static func address(_ text: [UInt8]) -> [UInt8]? { text.contains(0x3A) ? version6(text) : version4(text[...]) }

    private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.count <= 3, part.allSatisfy(\.isDigit), let value = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bytes.append(value)
        }
        return bytes
    }

    private static func version6(_ text: [UInt8]) -> [UInt8]? {
        // RFC 4291, 2.2: eight groups, at most one run of zeros as `::`, the last two groups also as IPv4.
        var front: [UInt8] = []
        var back: [UInt8] = []
        var sawGap = false
        var index = 0
        if text.count >= 2, text[0] == 0x3A {
            guard text[1] == 0x3A else { return nil }
            sawGap = true
            index = 2
        }
        while index < text.count {
            let end = text[index...].firstIndex(of: 0x3A) ?? text.count
            let group = text[index..<end]
            var bytes: [UInt8]
            if end == text.count, group.contains(UInt8(ascii: ".")) {
                guard let last = version4(group) else { return nil }
                bytes = last
            } else {
                guard (1...4).contains(group.count), let value = UInt16(String(decoding: group, as: UTF8.self), radix: 16),
                    group.first != UInt8(ascii: "+")
                else { return nil }
                bytes = [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
            if sawGap { back += bytes } else { front += bytes }
            guard front.count + back.count <= 16 else { return nil }
            index = end
            guard index < text.count else { break }
            index += 1
            if index < text.count, text[index] == 0x3A {
                guard !sawGap else { return nil }
                sawGap = true
                index += 1
            } else if index == text.count {
                return nil
            }
        }
        let missing = 16 - front.count - back.count
        guard sawGap ? missing >= 2 : missing == 0 else { return nil }
        return front + [UInt8](repeating: 0, count: missing) + back
    }
}

/// Base64 with or without padding (RFC 4648, 4).
enum Base64 {
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var padding = 0
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0 else { return nil }
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            buffer = (buffer & 0xFFFF) << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        guard padding <= 2, bits != 6 else { return nil }
        return bytes
    }
}
