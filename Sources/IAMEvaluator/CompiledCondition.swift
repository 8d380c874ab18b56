/// Whether something holds, where that can be unknown (Kleene's three values).
enum Truth: UInt8, Sendable {
    case no, maybe, yes

    static func && (left: Truth, right: @autoclosure () -> Truth) -> Truth { left == .no ? .no : min(left, right()) }
    static func || (left: Truth, right: @autoclosure () -> Truth) -> Truth { left == .yes ? .yes : max(left, right()) }
    static prefix func ! (truth: Truth) -> Truth { truth == .yes ? .no : truth == .no ? .yes : .maybe }
    init(_ value: Bool) { self = value ? .yes : .no }
}

extension Truth: Comparable {
    static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }
}

/// One test of a `Condition` block, compiled ("IAM JSON policy elements: Condition operators").
///
/// A class, so that going over conditions copies one reference and not every list.
final class CompiledCondition: Sendable {
    enum Family: Sendable {
        case patterns(PatternList)
        case numbers(OrderedList<ExactNumber>)
        case dates(OrderedList<Instant>)
        case bools([Bool])
        case binary(BinaryList)
        case addresses([AddressBlock])
        /// Whether `true`, the key being absent, and `false`, the key being present, are among the values.
        case null(absent: Bool, present: Bool)
        case unknown(String)
    }
    enum Quantifier: Sendable { case none, all, any }

    let family: Family
    let isNegated: Bool
    let ifExists: Bool
    let quantifier: Quantifier
    let key: ContextKey
    /// For expressions.
    let test: ConditionTest

    init(_ clause: ConditionClause, variables: Bool) {
        key = ContextKey(clause.key)
        var name = Array(clause.name.utf8).lowercased
        var prefix = ""
        if name.hasPrefix("forallvalues:") {
            quantifier = .all
            name.removeFirst(13)
            prefix = "ForAllValues:"
        } else if name.hasPrefix("foranyvalue:") {
            quantifier = .any
            name.removeFirst(12)
            prefix = "ForAnyValue:"
        } else {
            quantifier = .none
        }
        var suffix = ""
        if name.hasSuffix("ifexists") {
            ifExists = true
            name.removeLast(8)
            suffix = "IfExists"
        } else {
            ifExists = false
        }
        func patterns(_ mode: PatternTemplate.Mode, ignoresCase: Bool = false) -> Family {
            let templates = clause.values.map { PatternTemplate($0, variables: variables, mode: mode) }
            let folded = ignoresCase ? templates.map { $0.folded(PatternList.folded) } : templates
            return .patterns(PatternList(folded, ignoresCase: ignoresCase))
        }
        func numbers(_ order: ConditionOrder) -> Family {
            .numbers(OrderedList(clause.values.compactMap { ExactNumber(Array($0.utf8)) }, order))
        }
        func dates(_ order: ConditionOrder) -> Family { .dates(OrderedList(clause.values.compactMap { Instant(Array($0.utf8)) }, order)) }
        func truths() -> [Bool] { clause.values.compactMap { Self.bool(Array($0.utf8)) } }
        var negated = false
        let base: String
        switch String(decoding: name, as: UTF8.self) {
        case "stringequals": (base, family) = ("StringEquals", patterns(.literal))
        case "stringnotequals": (base, family, negated) = ("StringNotEquals", patterns(.literal), true)
        case "stringequalsignorecase": (base, family) = ("StringEqualsIgnoreCase", patterns(.literal, ignoresCase: true))
        case "stringnotequalsignorecase":
            (base, family, negated) = ("StringNotEqualsIgnoreCase", patterns(.literal, ignoresCase: true), true)
        case "stringlike": (base, family) = ("StringLike", patterns(.wildcards))
        case "stringnotlike": (base, family, negated) = ("StringNotLike", patterns(.wildcards), true)
        case "numericequals": (base, family) = ("NumericEquals", numbers(.equal))
        case "numericnotequals": (base, family, negated) = ("NumericNotEquals", numbers(.equal), true)
        case "numericlessthan": (base, family) = ("NumericLessThan", numbers(.less))
        case "numericlessthanequals": (base, family) = ("NumericLessThanEquals", numbers(.lessOrEqual))
        case "numericgreaterthan": (base, family) = ("NumericGreaterThan", numbers(.greater))
        case "numericgreaterthanequals": (base, family) = ("NumericGreaterThanEquals", numbers(.greaterOrEqual))
        case "dateequals": (base, family) = ("DateEquals", dates(.equal))
        case "datenotequals": (base, family, negated) = ("DateNotEquals", dates(.equal), true)
        case "datelessthan": (base, family) = ("DateLessThan", dates(.less))
        case "datelessthanequals": (base, family) = ("DateLessThanEquals", dates(.lessOrEqual))
        case "dategreaterthan": (base, family) = ("DateGreaterThan", dates(.greater))
        case "dategreaterthanequals": (base, family) = ("DateGreaterThanEquals", dates(.greaterOrEqual))
        case "bool": (base, family) = ("Bool", .bools(truths()))
        case "binaryequals":
            (base, family) = ("BinaryEquals", .binary(BinaryList(clause.values.compactMap { Base64.decode(Array($0.utf8)) })))
        case "ipaddress": (base, family) = ("IpAddress", .addresses(clause.values.compactMap { AddressBlock(Array($0.utf8)) }))
        case "notipaddress":
            (base, family, negated) = ("NotIpAddress", .addresses(clause.values.compactMap { AddressBlock(Array($0.utf8)) }), true)
        case "arnequals", "arnlike": (base, family) = ("ArnLike", patterns(.arn))
        case "arnnotequals", "arnnotlike": (base, family, negated) = ("ArnNotLike", patterns(.arn), true)
        case "null" where suffix.isEmpty && prefix.isEmpty:
            let values = truths()
            (base, family) = ("Null", .null(absent: values.contains(true), present: values.contains(false)))
        default: (base, family) = (clause.name, .unknown("the condition operator \(clause.name) is not known"))
        }
        isNegated = negated
        var values: Set<String> = []
        for value in clause.values {
            // In the older version `${` is plain text; in an expression it is written so that it stays that.
            values.insert(base == "Bool" || base == "Null" ? value.asciiLowercased : variables ? value : Self.escaped(value))
        }
        let sorted = values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if case .unknown = family {
            test = ConditionTest(clause.name, clause.key, sorted)
        } else {
            test = ConditionTest(prefix + base + suffix, clause.key, sorted)
        }
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "$") { bytes.append(contentsOf: "{$}".utf8) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func bool(_ text: [UInt8]) -> Bool? {
        text.isWord("true") ? true : text.isWord("false") ? false : nil
    }

    /// Whether the test holds.
    func holds(_ context: PreparedContext) -> Truth {
        if case .unknown = family { return .maybe }
        switch context.lookup(key) {
        case .unknown: return alwaysHolds ? .yes : neverHolds ? .no : .maybe
        case .absent:
            switch family {
            case .null(let absent, _): return Truth(absent)
            default: break
            }
            if ifExists { return .yes }
            switch quantifier {
            case .all: return .yes
            case .any: return .no
            case .none: return Truth(isNegated)
            }
        case .values(let values):
            // Documented as "null": a key without values, and one whose values are empty ("Condition operators", ForAllValues and Null).
            let isNull = values.allSatisfy(\.isEmpty)
            if case .null(let absent, let present) = family { return Truth(isNull ? absent : present) }
            if case .patterns(let patterns) = family {
                if let (list, open) = patterns.filled(for: values.count, context) {
                    return combine(values, isNull: isNull) { Self.matches($0, list, open, context) }
                }
                return combine(values, isNull: isNull) { patterns.matches($0, context) }
            }
            return combine(values, isNull: isNull) { Truth(matches($0)) }
        }
    }

    /// What matching each value adds up to.
    private func combine(_ values: [[UInt8]], isNull: Bool, _ matches: ([UInt8]) -> Truth) -> Truth {
        switch quantifier {
        case .none:
            var result = Truth.no
            for value in values {
                result = result || matches(value)
                if result == .yes { break }
            }
            return isNegated ? !result : result
        case .all:
            // "Returns true if … the context key value resolves to a null dataset, such as an empty string."
            if isNull { return .yes }
            var holds = Truth.yes
            for value in values {
                holds = holds && (isNegated ? !matches(value) : matches(value))
                if holds == .no { break }
            }
            return holds
        case .any:
            // "For no matching context key or a null dataset, the condition returns false" ("Multivalued context keys").
            if isNull { return .no }
            var holds = Truth.no
            for value in values {
                holds = holds || (isNegated ? !matches(value) : matches(value))
                if holds == .yes { break }
            }
            return holds
        }
    }

    /// Whether the test holds whatever the key is.
    private var alwaysHolds: Bool {
        switch family {
        case .null(let absent, let present): return absent && present
        case .patterns(let patterns) where !patterns.ignoresCase && !isNegated && (ifExists || quantifier == .all):
            return quantifier != .any && patterns.all.contains { $0.fixed?.kind == .any }
        default: return false
        }
    }

    /// Whether the test fails whatever the key is.
    private var neverHolds: Bool {
        switch family {
        case .null(let absent, let present): return !absent && !present
        case .patterns(let patterns): return patterns.all.isEmpty && fails
        case .numbers(let list): return list.all.isEmpty && fails
        case .dates(let list): return list.all.isEmpty && fails
        case .bools(let list): return list.isEmpty && fails
        case .binary(let list): return list.all.isEmpty && fails
        case .addresses(let list): return list.isEmpty && fails
        case .unknown: return false
        }
    }

    /// Whether the test fails once no value matches.
    private var fails: Bool { !isNegated && !ifExists && quantifier != .all }

    private static func matches(_ value: [UInt8], _ list: PatternList, _ open: [Pattern], _ context: PreparedContext) -> Truth {
        let truth = list.matches(value, context)
        guard truth == .no, !open.isEmpty else { return truth }
        return Truth.maybe && Truth(list.ignoresCase || open.contains { $0.matches(value) })
    }

    /// Whether one value of the request matches one of the policy's; texts and ARNs aside.
    private func matches(_ value: [UInt8]) -> Bool {
        switch family {
        case .numbers(let list): return ExactNumber(value).map(list.holds) ?? false
        case .dates(let list): return Instant(value).map(list.holds) ?? false
        case .bools(let list): return Self.bool(value).map(list.contains) ?? false
        case .binary(let list): return list.matches(value)
        case .addresses(let list):
            guard let address = AddressBlock(value) else { return false }
            for index in list.indices where list[index].contains(address) { return true }
            return false
        case .patterns, .null, .unknown: return false
        }
    }

    /// When the test holds, as far as that is open.
    func expression(_ context: PreparedContext) -> ConditionExpression {
        switch holds(context) {
        case .yes: return .always
        case .no: return .never
        case .maybe: break
        }
        if case .unknown(let reason) = family { return .unknown(reason) }
        return .test(test)
    }
}
