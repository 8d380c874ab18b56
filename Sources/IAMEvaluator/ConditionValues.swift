// The values that conditions compare, read exactly: no rounding, no locale, nothing that traps.

/// A point in time: ISO 8601 as W3C profiles it, or seconds since 1970.
public struct Instant: Sendable, Hashable, Comparable {
    private let seconds: Int
    private let nanoseconds: Int

    /// `2024`, `2024-01`, `2024-01-02`, `2024-01-02T03:04Z`, `2024-01-02T03:04:05.6+07:00`, `1700000000`; `nil` for anything else.
    public init?(_ text: [UInt8]) {
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
        let length = month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
        guard day <= length else { return nil }
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

    /// `-1`, `1700000000`, `1700000000.5`.
    private static func epoch(_ text: [UInt8]) -> Instant? {
        let negative = text.first == UInt8(ascii: "-")
        var index = negative ? 1 : 0
        let start = index
        var seconds = 0
        while index < text.count, text[index].isDigit {
            let (tenfold, isTooMuch) = seconds.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = tenfold.addingReportingOverflow(Int(text[index] - 0x30))
            guard !isTooMuch, !isOver else { return nil }
            seconds = sum
            index += 1
        }
        guard index > start else { return nil }
        guard index < text.count else { return Instant(seconds: negative ? -seconds : seconds, nanoseconds: 0) }
        guard text[index] == UInt8(ascii: "."), index + 1 < text.count, !negative else { return nil }
        var nanoseconds = 0
        var unit = 100_000_000
        for place in (index + 1)..<text.count {
            guard text[place].isDigit else { return nil }
            nanoseconds += Int(text[place] - 0x30) * unit
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

    /// Whole seconds from another point to this one.
    public func seconds(since other: Instant) -> Int { seconds - other.seconds }

    /// Whether one is earlier.
    public static func < (left: Instant, right: Instant) -> Bool { (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds) }
}

/// Base64 with or without padding (RFC 4648, 4).
enum Base64 {
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        return read(text) { bytes.append($0) } ? bytes : nil
    }

    /// Whether a text decodes to these bytes.
    static func decodes(_ text: [UInt8], to bytes: [UInt8]) -> Bool {
        var place = 0
        var isSame = true
        let isValid = read(text) {
            if place >= bytes.count || bytes[place] != $0 { isSame = false }
            place += 1
        }
        return isValid && isSame && place == bytes.count
    }

    private static func read(_ text: [UInt8], _ take: (UInt8) -> Void) -> Bool {
        var padding = 0
        var buffer: UInt32 = 0
        var bits = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0 else { return false }
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return false
            }
            buffer = (buffer & 0xFFFF) << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                take(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return padding <= 2 && bits != 6
    }
}
