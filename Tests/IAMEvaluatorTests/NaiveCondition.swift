import Foundation
import IAMEvaluator

/// One test of a `Condition` block, from "Condition operators" and "Single-valued vs. multivalued context keys". Values are read by the C
/// library and Foundation, so that nothing is shared with the evaluator.
struct NaiveCondition {
    private let name: String
    private let quantifier: String
    private let ifExists: Bool
    private let values: [String]
    private let wanted: [String]
    private let text: NaiveText

    init(_ clause: ConditionClause, _ text: NaiveText) {
        var name = clause.name
        var quantifier = ""
        for prefix in ["ForAllValues:", "ForAnyValue:"] where name.hasPrefix(prefix) {
            quantifier = prefix
            name.removeFirst(prefix.count)
        }
        ifExists = name.hasSuffix("IfExists")
        if ifExists { name.removeLast(8) }
        self.name = name
        self.quantifier = quantifier
        values = text.context[clause.key.lowercased()] ?? []
        wanted = clause.values
        self.text = text
    }

    var holds: Bool {
        // "A null dataset, such as an empty string."
        let isNull = values.allSatisfy(\.isEmpty)
        // "True (the key doesn't exist — it is null) or false (the key exists and its value is not null)."
        if name == "Null" { return wanted.contains(isNull ? "true" : "false") }
        let negated = name.contains("Not")
        if values.isEmpty {
            // "If the key is not present, evaluate the condition element as true."
            if ifExists { return true }
            // "If the policy condition requires that the key is not matched … and the right key is not present, the condition is true."
            return quantifier == "ForAllValues:" || (quantifier.isEmpty && negated)
        }
        switch quantifier {
        // "Returns true if there are no context keys in the request or if the context key value resolves to a null dataset."
        case "ForAllValues:": return isNull || values.allSatisfy { matches($0) != negated }
        // "For no matching context key or a null dataset, the condition returns false."
        case "ForAnyValue:": return !isNull && values.contains { matches($0) != negated }
        default: return values.contains(where: matches) != negated
        }
    }

    private func matches(_ value: String) -> Bool {
        wanted.contains { wanted in
            switch name {
            case "StringEquals", "StringNotEquals": text.string(wanted, matches: value, wildcards: false)
            case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase": text.stringIgnoringCase(wanted, matches: value)
            case "StringLike", "StringNotLike": text.string(wanted, matches: value, wildcards: true)
            // "The ArnEquals and ArnLike condition operators behave identically."
            case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike": text.arn(wanted, matches: value)
            case "Bool": ["true", "false"].contains(value.lowercased()) && value.lowercased() == wanted.lowercased()
            case "BinaryEquals": Data(base64Encoded: value).map { $0 == Data(base64Encoded: wanted) } ?? false
            case "IpAddress", "NotIpAddress": Self.address(value, in: wanted)
            case _ where name.hasPrefix("Numeric"): compare(Self.number(value), Self.number(wanted))
            case _ where name.hasPrefix("Date"): compare(Self.date(value), Self.date(wanted))
            default: false
            }
        }
    }

    private func compare(_ value: Decimal?, _ wanted: Decimal?) -> Bool {
        guard let value, let wanted else { return false }
        switch name {
        case _ where name.hasSuffix("LessThan"): return value < wanted
        case _ where name.hasSuffix("LessThanEquals"): return value <= wanted
        case _ where name.hasSuffix("GreaterThan"): return value > wanted
        case _ where name.hasSuffix("GreaterThanEquals"): return value >= wanted
        default: return value == wanted
        }
    }

    private static func number(_ text: String) -> Decimal? {
        guard Double(text) != nil, text.allSatisfy({ "+-.e0123456789".contains($0) }) else { return nil }
        return Decimal(string: text)
    }

    /// Seconds since 1970: "one of the W3C implementations of the ISO 8601 date formats or epoch (UNIX) time".
    private static func date(_ text: String) -> Decimal? {
        if text.count > 4, text.allSatisfy(\.isNumber) { return Decimal(string: text) }
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let days = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
        guard let year = days[0], days.count <= 3, !days.contains(nil), halves.count == 1 || days.count == 3 else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = (days.count > 1 ? days[1] ?? 0 : 1) - 1
        parts.tm_mday = days.count > 2 ? days[2] ?? 0 : 1
        let asked = (parts.tm_mon, parts.tm_mday)
        let midnight = Decimal(timegm(&parts))
        // The C library makes the 1st of March of a 29th of February that there is not.
        guard asked == (parts.tm_mon, parts.tm_mday) else { return nil }
        guard halves.count == 2 else { return midnight }
        let zone = halves[1].drop { $0 != "Z" && $0 != "+" && $0 != "-" }
        let clock = halves[1].dropLast(zone.count).split(separator: ":").map { Decimal(string: String($0)) ?? 0 }
        let shift = zone.dropFirst().split(separator: ":").map { Decimal(string: String($0)) ?? 0 }
        guard clock.count >= 2, zone == "Z" || shift.count == 2 else { return nil }
        let local = midnight + clock[0] * 3600 + clock[1] * 60 + (clock.count == 3 ? clock[2] : 0)
        return zone == "Z" ? local : local - (shift[0] * 3600 + shift[1] * 60) * (zone.hasPrefix("+") ? 1 : -1)
    }

    private static func address(_ value: String, in block: String) -> Bool {
        let parts = block.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = bytes(value), let network = bytes(String(parts[0])), address.count == network.count else { return false }
        let length = parts.count == 2 ? Int(parts[1]) ?? -1 : address.count * 8
        guard (0...address.count * 8).contains(length) else { return false }
        return (0..<length).allSatisfy { bit in (address[bit / 8] ^ network[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0 }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }
}
