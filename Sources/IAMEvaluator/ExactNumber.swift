/// A decimal number of any size, compared digit by digit.
struct ExactNumber: Sendable, Hashable, Comparable {
    private let negative: Bool
    /// The first 18 digits without leading zeros, filled up with zeros at the end; 0 for zero.
    private let lead: UInt64
    /// The digits behind these, without trailing zeros: for most numbers none, and then nothing is allocated.
    private let rest: [UInt8]
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
        var lead: UInt64 = 0
        var rest: [UInt8] = []
        // How many digits were seen, stand before the first that is not zero, were kept, and are zeros of which it is not known yet whether
        // more follows.
        var seen = 0
        var leading = 0
        var kept = 0
        var zeros = 0
        var point: Int?
        func keep(_ digit: UInt8) {
            if kept < 18 { lead = lead * 10 + UInt64(digit - 0x30) } else { rest.append(digit) }
            kept += 1
        }
        while index < text.count {
            let byte = text[index]
            if byte.isDigit {
                seen += 1
                if byte != 0x30 {
                    for _ in 0..<zeros { keep(0x30) }
                    zeros = 0
                    keep(byte)
                } else if kept == 0 {
                    leading += 1
                } else {
                    zeros += 1
                }
            } else if byte == UInt8(ascii: "."), point == nil {
                point = seen
            } else {
                break
            }
            index += 1
        }
        guard seen > 0 else { return nil }
        var exponent = 0
        if index < text.count {
            guard text[index].lowercased == UInt8(ascii: "e"), let value = Self.exponent(text, index + 1) else { return nil }
            exponent = value
        }
        let isZero = kept == 0
        while kept < 18 {
            lead *= 10
            kept += 1
        }
        self.lead = lead
        self.rest = rest
        scale = isZero ? 0 : (point ?? seen) + exponent - leading
        self.negative = isZero ? false : negative
    }

    /// The whole number from `start` on, within ±10,000.
    private static func exponent(_ text: [UInt8], _ start: Int) -> Int? {
        var index = start
        var negative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            guard text[index].isDigit else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
            guard value < 10_000 else { return nil }
            index += 1
        }
        return negative ? -value : value
    }

    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.negative != right.negative { return left.negative }
        return left.negative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// By magnitude.
    private func isSmaller(than other: ExactNumber) -> Bool {
        if lead == 0 || other.lead == 0 { return lead == 0 && other.lead != 0 }
        if scale != other.scale { return scale < other.scale }
        return lead == other.lead ? rest.lexicographicallyPrecedes(other.rest) : lead < other.lead
    }
}
