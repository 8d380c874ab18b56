extension ConditionExpression {
    /// All of these hold; simplified.
    public static func all(of parts: some Sequence<ConditionExpression>) -> ConditionExpression { combine(parts, all: true) }

    /// At least one of these holds; simplified.
    public static func any(of parts: some Sequence<ConditionExpression>) -> ConditionExpression { combine(parts, all: false) }

    /// The opposite; simplified: a negation stands only in front of tests.
    public var negated: ConditionExpression {
        switch self {
        case .always: .never
        case .never: .always
        case .not(let inner): inner
        case .test(let test): test.opposite.map { .test($0) } ?? .not(self)
        // What cannot be told is not known to be the same thing twice, so it is never weighed against itself.
        case .unknown: self
        case .all(let parts): .any(of: parts.map(\.negated))
        case .any(let parts): .all(of: parts.map(\.negated))
        }
    }

    /// Whether anything in it cannot be told at all.
    public var hasUnknown: Bool {
        switch self {
        case .always, .never, .test: false
        case .unknown: true
        case .not(let inner): inner.hasUnknown
        case .all(let parts), .any(let parts): parts.contains(where: \.hasUnknown)
        }
    }

    /// The reasons for which it cannot be told, sorted.
    public var unknowns: [String] {
        var found: Set<String> = []
        collect { if case .unknown(let reason) = $0 { found.insert(reason) } }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The keys that it tests, in lower case, sorted.
    public var keys: [String] {
        var found: Set<String> = []
        collect {
            guard case .test(let test) = $0 else { return }
            if test.name.isSame(ConditionTest.resourceLike) || test.name.isSame(ConditionTest.resourceNotLike) {
                for value in test.values { found.formUnion(PatternTemplate(value, variables: true, mode: .resource).keys) }
            } else {
                found.insert(test.key.asciiLowercased)
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func collect(_ body: (ConditionExpression) -> Void) {
        switch self {
        case .not(let inner): inner.collect(body)
        case .all(let parts), .any(let parts): for part in parts { part.collect(body) }
        default: body(self)
        }
    }

    // Depth is bounded by how this package builds expressions (four levels above a statement), never by a policy's text.
    private static func combine(_ parts: some Sequence<ConditionExpression>, all: Bool) -> ConditionExpression {
        let absorbing: ConditionExpression = all ? .never : .always
        let neutral: ConditionExpression = all ? .always : .never
        var flat: [ConditionExpression] = []
        var seen: Set<ConditionExpression> = []
        for part in parts {
            let inner: [ConditionExpression]
            switch (part, all) {
            case (.all(let list), true), (.any(let list), false): inner = list
            default: inner = [part]
            }
            for piece in inner {
                if piece == absorbing { return absorbing }
                if piece != neutral, seen.insert(piece).inserted { flat.append(piece) }
            }
        }
        for piece in flat where seen.contains(piece.complement) { return absorbing }
        flat = absorb(flat, seen, all: all)
        guard flat.count > 1 else { return flat.first ?? neutral }
        let texts = flat.map { ($0, Array($0.text.utf8)) }
        let sorted = texts.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
        return all ? .all(sorted) : .any(sorted)
    }

    /// What a part's opposite would look like as a part; only leaves have one that is worth looking for.
    private var complement: ConditionExpression {
        switch self {
        case .test, .not: negated
        default: .never
        }
    }

    /// Drops parts that another part makes needless: a and (a or b) is a; a or (a and b) is a.
    private static func absorb(_ parts: [ConditionExpression], _ seen: Set<ConditionExpression>, all: Bool) -> [ConditionExpression] {
        parts.filter { part in
            switch (part, all) {
            case (.any(let inner), true), (.all(let inner), false): !inner.contains(where: seen.contains)
            default: true
            }
        }
    }
}

extension ConditionTest {
    /// The test that holds exactly when this one does not, where AWS has one: only for operators whose missing-key rule is the opposite too.
    var opposite: ConditionTest? {
        guard !name.contains(":"), !name.utf8.elementsEqual("Bool".utf8), !Array(name.utf8).hasSuffix("IfExists") else { return nil }
        if name.isSame("Null"), values.count == 1, let value = values.first {
            return ConditionTest("Null", key, [value.isSame("true") ? "false" : "true"])
        }
        for (positive, negative) in Self.pairs {
            if name.isSame(positive) { return ConditionTest(negative, key, values) }
            if name.isSame(negative) { return ConditionTest(positive, key, values) }
        }
        return nil
    }

    private static let pairs = [
        ("StringEquals", "StringNotEquals"), ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"), ("StringLike", "StringNotLike"),
        ("NumericEquals", "NumericNotEquals"), ("DateEquals", "DateNotEquals"), ("IpAddress", "NotIpAddress"), ("ArnLike", "ArnNotLike"),
        ("ArnEquals", "ArnNotEquals"), (resourceLike, resourceNotLike),
    ]
}

extension ConditionExpression: CustomStringConvertible {
    /// The expression in words, such as `aws:MultiFactorAuthPresent is true and aws:SourceIp is in 10.0.0.0/8`.
    public var text: String { written(inside: nil) }
    /// ``text``.
    public var description: String { text }

    private func written(inside outer: Bool?) -> String {
        switch self {
        case .always: return "always"
        case .never: return "never"
        case .test(let test): return test.text
        case .unknown(let reason): return "unknown (\(reason))"
        case .not(let inner): return "not (\(inner.text))"
        case .all(let parts):
            let text = parts.map { $0.written(inside: true) }.joined(separator: " and ")
            return outer == false ? "(\(text))" : text
        case .any(let parts):
            let text = parts.map { $0.written(inside: false) }.joined(separator: " or ")
            return outer == true ? "(\(text))" : text
        }
    }
}

extension ConditionTest {
    /// The test in words.
    public var text: String {
        var name = Array(self.name.utf8)
        var subject = key
        if name.hasPrefix("ForAllValues:") {
            name.removeFirst(13)
            subject = "every value of \(key)"
        } else if name.hasPrefix("ForAnyValue:") {
            name.removeFirst(12)
            subject = "some value of \(key)"
        }
        var suffix = ""
        if name.hasSuffix("IfExists") {
            name.removeLast(8)
            suffix = " (or there is none)"
        }
        let shown = values.count > 8 ? Array(values.prefix(8)) + ["… \(values.count - 8) more"] : values
        let list = shown.count == 1 ? shown[0] : "one of " + shown.joined(separator: ", ")
        let none = shown.count == 1 ? shown[0] : "any of " + shown.joined(separator: ", ")
        let base = String(decoding: name, as: UTF8.self)
        let words: String
        switch base {
        case "Null": words = values.count == 1 && values[0].isSame("true") ? "is absent" : "is present"
        case "Bool", "StringEquals", "NumericEquals", "DateEquals", "BinaryEquals": words = "is \(list)"
        case "StringNotEquals", "NumericNotEquals", "DateNotEquals": words = "is not \(none)"
        case "StringEqualsIgnoreCase": words = "is \(list) in any case"
        case "StringNotEqualsIgnoreCase": words = "is not \(none) in any case"
        case "StringLike", "ArnLike", "ArnEquals", Self.resourceLike: words = "matches \(list)"
        case "StringNotLike", "ArnNotLike", "ArnNotEquals", Self.resourceNotLike: words = "does not match \(none)"
        case "IpAddress": words = "is in \(list)"
        case "NotIpAddress": words = "is not in \(none)"
        case "NumericLessThan": words = "is less than \(list)"
        case "NumericLessThanEquals": words = "is at most \(list)"
        case "NumericGreaterThan": words = "is more than \(list)"
        case "NumericGreaterThanEquals": words = "is at least \(list)"
        case "DateLessThan": words = "is before \(list)"
        case "DateLessThanEquals": words = "is not after \(list)"
        case "DateGreaterThan": words = "is after \(list)"
        case "DateGreaterThanEquals": words = "is not before \(list)"
        default: words = "\(base) \(list)"
        }
        return "\(subject) \(words)\(suffix)"
    }
}
