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
struct CompiledCondition: Sendable {
    enum Order: Sendable { case equal, less, lessOrEqual, greater, greaterOrEqual }
    enum Family: Sendable {
        case patterns([PatternTemplate], ignoresCase: Bool)
        case numbers([ExactNumber], Order)
        case dates([Instant], Order)
        case bools([Bool])
        case binary([[UInt8]])
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
    /// In lower case.
    let key: String
    /// For expressions.
    let test: ConditionTest

    init(_ clause: ConditionClause, variables: Bool) {
        key = clause.key.asciiLowercased
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
            return .patterns(ignoresCase ? templates.map { $0.folded(Self.folded) } : templates, ignoresCase: ignoresCase)
        }
        func numbers(_ order: Order) -> Family { .numbers(clause.values.compactMap { ExactNumber(Array($0.utf8)) }, order) }
        func dates(_ order: Order) -> Family { .dates(clause.values.compactMap { Instant(Array($0.utf8)) }, order) }
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
        case "binaryequals": (base, family) = ("BinaryEquals", .binary(clause.values.compactMap { Base64.decode(Array($0.utf8)) }))
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
        let text = text.lowercased
        return text == Array("true".utf8) ? true : text == Array("false".utf8) ? false : nil
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
            switch quantifier {
            case .none:
                var matches = Truth.no
                for value in values { matches = matches || anyMatches(value, context) }
                return isNegated ? !matches : matches
            case .all:
                // "Returns true if … the context key value resolves to a null dataset, such as an empty string."
                if isNull { return .yes }
                var holds = Truth.yes
                for value in values { holds = holds && one(value, context) }
                return holds
            case .any:
                // "For no matching context key or a null dataset, the condition returns false" ("Multivalued context keys").
                if isNull { return .no }
                var holds = Truth.no
                for value in values { holds = holds || one(value, context) }
                return holds
            }
        }
    }

    private func one(_ value: [UInt8], _ context: PreparedContext) -> Truth {
        let matches = anyMatches(value, context)
        return isNegated ? !matches : matches
    }

    /// Whether the test holds whatever the key is.
    private var alwaysHolds: Bool {
        switch family {
        case .null(let absent, let present): return absent && present
        case .patterns(let patterns, false) where !isNegated && (ifExists || quantifier == .all):
            return quantifier != .any && patterns.contains { $0.fixed?.kind == .any }
        default: return false
        }
    }

    /// Whether the test fails whatever the key is.
    private var neverHolds: Bool {
        switch family {
        case .null(let absent, let present): return !absent && !present
        case .patterns(let patterns, _): return patterns.isEmpty && fails
        case .numbers(let list, _): return list.isEmpty && fails
        case .dates(let list, _): return list.isEmpty && fails
        case .bools(let list): return list.isEmpty && fails
        case .binary(let list): return list.isEmpty && fails
        case .addresses(let list): return list.isEmpty && fails
        case .unknown: return false
        }
    }

    /// Whether the test fails once no value matches.
    private var fails: Bool { !isNegated && !ifExists && quantifier != .all }

    /// Whether one value of the request matches one of the policy's.
    private func anyMatches(_ value: [UInt8], _ context: PreparedContext) -> Truth {
        switch family {
        case .patterns(let patterns, let ignoresCase):
            let value = ignoresCase ? Self.folded(value) : value
            let head = Pattern.head(value).0
            var result = Truth.no
            for pattern in patterns {
                if let fixed = pattern.fixed {
                    if fixed.matches(value, head: head) { return .yes }
                    continue
                }
                switch pattern.resolved(context) {
                case .pattern(let resolved):
                    if ignoresCase ? Self.same(resolved, value) : resolved.matches(value, head: head) { return .yes }
                case .open(let resolved): if ignoresCase || resolved.matches(value, head: head) { result = .maybe }
                }
            }
            return result
        case .numbers(let list, let order):
            guard let number = ExactNumber(value) else { return .no }
            return Truth(list.contains { Self.compare(number, $0, order) })
        case .dates(let list, let order):
            guard let date = Instant(value) else { return .no }
            return Truth(list.contains { Self.compare(date, $0, order) })
        case .bools(let list):
            guard let truth = Self.bool(value) else { return .no }
            return Truth(list.contains(truth))
        case .binary(let list):
            guard let bytes = Base64.decode(value) else { return .no }
            return Truth(list.contains(bytes))
        case .addresses(let list):
            guard let address = AddressBlock(value) else { return .no }
            return Truth(list.contains { $0.contains(address) })
        case .null, .unknown: return .no
        }
    }

    private static func compare<Value: Comparable>(_ left: Value, _ right: Value, _ order: Order) -> Bool {
        switch order {
        case .equal: left == right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }

    private static func folded(_ text: [UInt8]) -> [UInt8] {
        text.allSatisfy { $0 < 0x80 } ? text.lowercased : Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
    }

    /// Whether a pattern without wildcards is `text`, which is in lower case already.
    private static func same(_ pattern: Pattern, _ text: [UInt8]) -> Bool { pattern.kind == .literal && folded(pattern.bytes) == text }

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
