import FoundationEssentials

/// Points in time as AWS writes them and as the AWS CLI prints them.
enum Timestamp {
    /// `2024-01-02T03:04:05+00:00`, with six digits of a second's fraction when there is one: how the AWS CLI prints a time.
    static func cliText(secondsSinceEpoch seconds: Int64, microseconds: Int64 = 0) -> String {
        var text = civil(seconds)
        if microseconds > 0 { text += "." + padded(microseconds, 6) }
        return text + "+00:00"
    }

    /// The CLI's form of a number of seconds since 1970, as JSON protocols send it; `nil` when it is no date.
    static func cliText(epoch: String) -> String? {
        guard let value = Double(epoch), value.isFinite, abs(value) < 253_402_300_800 else { return nil }
        // As Python's datetime: to the nearest microsecond.
        let micros = Int64((value * 1_000_000).rounded(.toNearestOrEven))
        let seconds = micros >= 0 ? micros / 1_000_000 : (micros - 999_999) / 1_000_000
        return cliText(secondsSinceEpoch: seconds, microseconds: micros - seconds * 1_000_000)
    }

    /// The CLI's form of an ISO 8601 time, its offset kept as the CLI does; `nil` when it is not one.
    static func cliText(iso text: String) -> String? {
        let bytes = Array(text.utf8)
        func digits(_ start: Int, _ count: Int) -> Bool {
            start + count <= bytes.count && bytes[start..<(start + count)].allSatisfy { (0x30...0x39).contains($0) }
        }
        func at(_ index: Int, _ byte: Unicode.Scalar) -> Bool { index < bytes.count && bytes[index] == UInt8(ascii: byte) }
        guard digits(0, 4), at(4, "-"), digits(5, 2), at(7, "-"), digits(8, 2), at(10, "T") || at(10, " "), digits(11, 2), at(13, ":"),
            digits(14, 2)
        else { return nil }
        var position = 16
        var result = String(decoding: bytes[0..<10], as: UTF8.self) + "T" + String(decoding: bytes[11..<16], as: UTF8.self)
        if at(16, ":"), digits(17, 2) {
            result += String(decoding: bytes[16..<19], as: UTF8.self)
            position = 19
        } else {
            result += ":00"
        }
        if at(position, ".") {
            var fraction: [UInt8] = []
            position += 1
            while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
                if fraction.count < 6 { fraction.append(bytes[position]) }
                position += 1
            }
            while fraction.count < 6 { fraction.append(0x30) }
            if fraction.contains(where: { $0 != 0x30 }) { result += "." + String(decoding: fraction, as: UTF8.self) }
        }
        let rest = String(decoding: bytes[position...], as: UTF8.self)
        switch rest {
        case "Z", "z", "": return result + "+00:00"
        default:
            let offset = Array(rest.utf8)
            guard offset.first == UInt8(ascii: "+") || offset.first == UInt8(ascii: "-") else { return nil }
            let numbers = offset.dropFirst().filter { $0 != UInt8(ascii: ":") }
            guard numbers.count == 4, numbers.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let sign = rest.prefix(1)
            return result + sign + String(decoding: numbers.prefix(2), as: UTF8.self) + ":"
                + String(decoding: numbers.suffix(2), as: UTF8.self)
        }
    }

    /// `20150830T123600Z`: the time in a signature.
    static func basic(_ date: Date) -> String {
        civil(Int64(date.timeIntervalSince1970.rounded(.down))).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// `2024-01-02T03:04:05Z`: RFC 3339.
    static func rfc3339(_ date: Date) -> String { civil(Int64(date.timeIntervalSince1970.rounded(.down))) + "Z" }

    /// The date of an ISO 8601 or RFC 3339 time; `nil` when it is not one.
    static func date(_ text: String) -> Date? {
        guard let normal = cliText(iso: text) else { return nil }
        let bytes = Array(normal.utf8)
        func number(_ range: Range<Int>) -> Int64 {
            range.upperBound <= bytes.count ? Int64(String(decoding: bytes[range], as: UTF8.self)) ?? 0 : 0
        }
        let days = daysFromCivil(number(0..<4), number(5..<7), number(8..<10))
        let seconds = days * 86_400 + number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        let end = bytes.count
        let offset = number((end - 5)..<(end - 3)) * 3600 + number((end - 2)..<end) * 60
        return Date(timeIntervalSince1970: Double(bytes[end - 6] == UInt8(ascii: "-") ? seconds + offset : seconds - offset))
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    // Howard Hinnant's algorithms for the proleptic Gregorian calendar.
    private static func civil(_ seconds: Int64) -> String {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - day * 86_400
        let z = day + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let dayOfMonth = doy - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        let year = yoe + era * 400 + (month <= 2 ? 1 : 0)
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
    }

    private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yoe = y - era * 400
        let doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
    }
}
