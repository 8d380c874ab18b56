// What a condition compares with, made so that many values of a policy against many of a request take the sum of both and not the product.

/// The patterns of a test on texts or ARNs: plain texts are found by hashing, where there are many.
final class PatternList: Sendable {
    let all: [PatternTemplate]
    let ignoresCase: Bool
    private let texts: Set<[UInt8]>
    /// Those that are not among ``texts``.
    private let others: [PatternTemplate]
    private let hasVariables: Bool

    /// So few are compared one by one.
    private static let few = 8

    init(_ all: [PatternTemplate], ignoresCase: Bool) {
        self.all = all
        self.ignoresCase = ignoresCase
        hasVariables = all.contains { $0.fixed == nil }
        guard all.count > Self.few else {
            texts = []
            others = all
            return
        }
        var texts: Set<[UInt8]> = []
        others = all.filter {
            guard let fixed = $0.fixed, fixed.kind == .literal else { return true }
            texts.insert(fixed.bytes)
            return false
        }
        self.texts = texts
    }

    /// The list with its variables filled in, and what stays open, where that is worth it for so many values.
    func filled(for values: Int, _ context: PreparedContext) -> (list: PatternList, open: [Pattern])? {
        guard hasVariables, values > Self.few else { return nil }
        var patterns: [PatternTemplate] = []
        var open: [Pattern] = []
        for template in all {
            guard template.fixed == nil else {
                patterns.append(template)
                continue
            }
            switch template.resolved(context) {
            case .pattern(let pattern): if pattern.kind != .never { patterns.append(PatternTemplate(pattern)) }
            case .open(let pattern): open.append(pattern)
            }
        }
        if ignoresCase { patterns = patterns.map { $0.folded(Self.folded) } }
        return (PatternList(patterns, ignoresCase: ignoresCase), open)
    }

    /// Whether a value matches one of them.
    func matches(_ value: [UInt8], _ context: PreparedContext) -> Truth {
        if ignoresCase { return matchesFolded(value, context) }
        if !texts.isEmpty, texts.contains(value) { return .yes }
        let head = Pattern.head(value).0
        var result = Truth.no
        for index in others.indices {
            result = max(result, others[index].matches(value, head: head, context))
            if result == .yes { return .yes }
        }
        return result
    }

    private func matchesFolded(_ value: [UInt8], _ context: PreparedContext) -> Truth {
        let isPlain = value.allSatisfy { $0 < 0x80 }
        if !texts.isEmpty, texts.contains(isPlain ? value.lowercased : Self.folded(value)) { return .yes }
        var result = Truth.no
        for index in others.indices {
            let template = others[index]
            if let fixed = template.fixed {
                if Self.isSame(value, isPlain, fixed) { return .yes }
                continue
            }
            switch template.resolved(context) {
            case .pattern(let pattern): if pattern.kind == .literal, Self.folded(value) == Self.folded(pattern.bytes) { return .yes }
            case .open: result = .maybe
            }
        }
        return result
    }

    /// Whether a value is a text that was folded.
    private static func isSame(_ value: [UInt8], _ isPlain: Bool, _ pattern: Pattern) -> Bool {
        guard pattern.kind == .literal else { return false }
        guard isPlain else { return folded(value) == pattern.bytes }
        guard value.count == pattern.bytes.count else { return false }
        for index in value.indices where value[index].lowercased != pattern.bytes[index] { return false }
        return true
    }

    static func folded(_ text: [UInt8]) -> [UInt8] {
        text.allSatisfy { $0 < 0x80 } ? text.lowercased : Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
    }
}

/// The numbers or dates of a test: for an order the one that decides, else all of them.
final class OrderedList<Value: Comparable & Hashable & Sendable>: Sendable {
    let all: [Value]
    private let order: ConditionOrder
    private let least: Value?
    private let greatest: Value?
    private let set: Set<Value>

    init(_ all: [Value], _ order: ConditionOrder) {
        self.all = all
        self.order = order
        least = all.min()
        greatest = all.max()
        set = order == .equal && all.count > 8 ? Set(all) : []
    }

    /// Whether a value stands so to one of them.
    func holds(_ value: Value) -> Bool {
        guard let least, let greatest else { return false }
        switch order {
        case .equal:
            guard set.isEmpty else { return set.contains(value) }
            for index in all.indices where all[index] == value { return true }
            return false
        case .less: return value < greatest
        case .lessOrEqual: return value <= greatest
        case .greater: return value > least
        case .greaterOrEqual: return value >= least
        }
    }
}

/// How a number or date must stand to a policy's.
enum ConditionOrder: Sendable { case equal, less, lessOrEqual, greater, greaterOrEqual }

/// The values of `BinaryEquals`, decoded.
final class BinaryList: Sendable {
    let all: [[UInt8]]
    private let set: Set<[UInt8]>

    init(_ all: [[UInt8]]) {
        self.all = all
        set = all.count > 8 ? Set(all) : []
    }

    /// Whether a text decodes to one of them.
    func matches(_ text: [UInt8]) -> Bool {
        guard set.isEmpty else { return Base64.decode(text).map(set.contains) ?? false }
        for index in all.indices where Base64.decodes(text, to: all[index]) { return true }
        return false
    }
}
