/// A pattern with policy variables, such as `arn:aws:s3:::home/${aws:username}/*` (version 2012-10-17 only).
///
/// A class, so that looking at one copies at most one reference.
final class PatternTemplate: Sendable {
    enum Part: Sendable {
        case tokens([Pattern.Token])
        /// The variable's key in lower case and its default.
        case variable(key: ContextKey, standard: [UInt8]?)
    }
    /// How wildcards are read.
    enum Mode: Sendable, Hashable {
        /// They are plain characters, but for `${*}` and `${?}` which are too.
        case literal
        /// They match across everything.
        case wildcards
        /// ARN of a `Resource`: a `*` at the end of a segment runs on over colons, others stop there
        /// ("IAM JSON policy elements: Resource", Using wildcards in resource ARNs).
        case resource
        /// ARN in a condition: each of the six parts is matched by itself ("Condition operators", ARN condition operators).
        case arn
    }
    let parts: [Part]
    /// The pattern, where there is no variable in it.
    let fixed: Pattern?
    /// What it begins with before the first wildcard or variable.
    private let lead: [UInt8]
    private let leadHead: UInt64
    private let leadMask: UInt64
    private let mixesStars: Bool

    convenience init(_ text: String, variables: Bool, mode: Mode) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var tokens: [Pattern.Token] = []
        var colons = 0
        var index = 0
        // Behind the last one no variable ends, and looking again would take the square of the length.
        let lastBrace = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
        while index < bytes.count {
            let byte = bytes[index]
            if variables, byte == UInt8(ascii: "$"), index + 1 < lastBrace, bytes[index + 1] == UInt8(ascii: "{"),
                let end = bytes[(index + 2)...].firstIndex(of: UInt8(ascii: "}"))
            {
                let inside = bytes[(index + 2)..<end]
                if inside.count == 1, let escaped = inside.first, escaped == 0x2A || escaped == 0x3F || escaped == 0x24 {
                    tokens.append(Pattern.Token(escaped))
                } else {
                    if !tokens.isEmpty { parts.append(.tokens(tokens)) }
                    tokens = []
                    parts.append(Self.variable(inside))
                }
                index = end + 1
                continue
            }
            if byte == 0x3A { colons += 1 }
            let atEnd = index + 1 == bytes.count || bytes[index + 1] == 0x3A
            let bound: Bool
            switch mode {
            case .literal, .wildcards: bound = false
            case .resource: bound = colons < 5 && !atEnd
            case .arn: bound = colons < 5 && bytes.count > 1
            }
            switch byte {
            case UInt8(ascii: "*") where mode != .literal:
                let token = bound ? Pattern.starInSegment : Pattern.star
                if tokens.last == Pattern.star || tokens.last == Pattern.starInSegment { tokens.removeLast() }
                tokens.append(token)
            case UInt8(ascii: "?") where mode != .literal:
                tokens.append(colons < 5 && mode != .wildcards ? Pattern.oneInSegment : Pattern.one)
            default: tokens.append(Pattern.Token(byte))
            }
            index += 1
        }
        if !tokens.isEmpty { parts.append(.tokens(tokens)) }
        self.init(parts)
    }

    /// A pattern that is ready.
    convenience init(_ pattern: Pattern) { self.init([.tokens(pattern.allTokens)]) }

    private init(_ parts: [Part]) {
        self.parts = parts
        var tokens: [Pattern.Token] = []
        var isFixed = true
        var all: [Pattern.Token] = []
        for part in parts {
            switch part {
            case .tokens(let list):
                if isFixed { tokens += list }
                all += list
            case .variable: isFixed = false
            }
        }
        fixed = isFixed ? Pattern(tokens) : nil
        lead = isFixed ? [] : tokens.prefix { $0 < 256 }.map { UInt8(truncatingIfNeeded: $0) }
        (leadHead, leadMask) = Pattern.head(lead)
        mixesStars = !isFixed && Pattern.mixesStars(all)
    }

    /// The template of a text that is compared without regard to case; what its variables stand for is folded once they are filled in.
    func folded(_ fold: ([UInt8]) -> [UInt8]) -> PatternTemplate {
        guard let fixed, fixed.kind == .literal else { return self }
        return PatternTemplate([.tokens(fold(fixed.bytes).map { Pattern.Token($0) })])
    }

    /// `key` or `key, 'default'`.
    private static func variable(_ inside: ArraySlice<UInt8>) -> Part {
        guard let comma = inside.firstIndex(of: UInt8(ascii: ",")) else { return .variable(key: name(inside), standard: nil) }
        var rest = inside[(comma + 1)...].drop { $0 == 0x20 }
        while rest.last == 0x20 { rest.removeLast() }
        guard rest.count >= 2, rest.first == 0x27, rest.last == 0x27 else { return .variable(key: name(inside), standard: nil) }
        return .variable(key: name(inside[..<comma]), standard: Array(rest.dropFirst().dropLast()))
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> ContextKey {
        var bytes = bytes.drop { $0 == 0x20 }
        while bytes.last == 0x20 { bytes.removeLast() }
        return ContextKey(bytes: Array(bytes))
    }

    /// The keys of its variables, in lower case.
    var keys: [String] { parts.compactMap { if case .variable(let key, _) = $0 { key.text } else { nil } } }

    /// What the template is once its variables are filled in.
    enum Resolved {
        case pattern(Pattern)
        /// Some variable's value is not known; every value would make it match something that this pattern matches.
        case open(Pattern)
    }

    /// Fills the variables in. A variable without value or default, or with several values, matches nothing.
    func resolved(_ context: PreparedContext) -> Resolved {
        if let fixed { return .pattern(fixed) }
        var tokens: [Pattern.Token] = []
        var open = false
        for part in parts {
            switch part {
            case .tokens(let list): tokens.append(contentsOf: list)
            case .variable(let key, let standard):
                switch context.lookup(key) {
                case .values(let values):
                    guard values.count == 1 else { return .pattern(.never) }
                    for byte in values[0] { tokens.append(Pattern.Token(byte)) }
                case .absent:
                    guard let standard else { return .pattern(.never) }
                    for byte in standard { tokens.append(Pattern.Token(byte)) }
                case .unknown:
                    open = true
                    tokens.append(Pattern.star)
                }
            }
        }
        return open ? .open(Pattern(tokens)) : .pattern(Pattern(tokens))
    }

    // MARK: - Matching

    /// Most tokens that are filled in without allocating.
    private static let mostShort = 256

    /// Whether all of `text` matches once the variables are filled in; `head` is ``Pattern/head(_:)`` of it.
    func matches(_ text: [UInt8], head: UInt64, _ context: PreparedContext) -> Truth {
        if let fixed { return Truth(fixed.matches(text, head: head)) }
        guard head & leadMask == leadHead, text.count >= lead.count else { return .no }
        var place = 8
        while place < lead.count {
            if text[place] != lead[place] { return .no }
            place += 1
        }
        if !mixesStars, let answer = matchesShort(text, context) { return answer }
        // What is longer than the text is not worth filling in, and cannot cost more than the text is long.
        guard leastLength(context, upTo: text.count) <= text.count else { return .no }
        switch resolved(context) {
        case .pattern(let pattern): return Truth(pattern.matches(text, head: head))
        case .open(let pattern): return pattern.matches(text, head: head) ? .maybe : .no
        }
    }

    /// The same for what is short once all of it is known; `nil` for anything else.
    private func matchesShort(_ text: [UInt8], _ context: PreparedContext) -> Truth? {
        guard text.count <= Self.mostShort else { return nil }
        var tokens = InlineArray<256, Pattern.Token>(repeating: 0)
        var count = 0
        for index in parts.indices {
            switch parts[index] {
            case .tokens(let list):
                guard count + list.count <= Self.mostShort else { return nil }
                for token in list {
                    tokens[count] = token
                    count += 1
                }
            case .variable(let key, let standard):
                let value: [UInt8]
                switch context.lookup(key) {
                case .values(let values):
                    guard values.count == 1 else { return .no }
                    value = values[0]
                case .absent:
                    guard let standard else { return .no }
                    value = standard
                case .unknown: return nil
                }
                guard count + value.count <= Self.mostShort else { return nil }
                for byte in value {
                    tokens[count] = Pattern.Token(byte)
                    count += 1
                }
            }
        }
        let pattern = tokens.span.extracting(0..<count)
        return Truth(Pattern.walk(pattern, text.span))
    }

    /// The fewest bytes that it can match once it is filled in; counting ends beyond `limit`.
    private func leastLength(_ context: PreparedContext, upTo limit: Int) -> Int {
        var length = 0
        for part in parts {
            guard length <= limit else { break }
            switch part {
            case .tokens(let list): for token in list where token != Pattern.star && token != Pattern.starInSegment { length += 1 }
            case .variable(let key, let standard):
                switch context.lookup(key) {
                case .values(let values): length += values.count == 1 ? values[0].count : 0
                case .absent: length += standard?.count ?? 0
                case .unknown: break
                }
            }
        }
        return length
    }
}
