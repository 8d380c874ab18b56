/// A pattern with `*` and `?`, ready to be matched against bytes.
///
/// The time to match is bounded by the product of both lengths, whatever the pattern, and for long ones by a 64th of it; nothing is allocated
/// but for these.
struct Pattern: Sendable {
    /// A literal byte below 256, or one of these.
    typealias Token = UInt16
    /// Any number of any characters.
    static let star: Token = 256
    /// One character.
    static let one: Token = 257
    /// Any number of characters other than a colon.
    static let starInSegment: Token = 258
    /// One character other than a colon.
    static let oneInSegment: Token = 259

    enum Kind: Sendable {
        /// Matches nothing: a pattern whose variable has no value.
        case never
        case any, literal, prefix
        /// Any other that the one-star-back method decides.
        case general
        /// A star that stops at colons after one that does not: needs all places.
        case mixed
    }
    let kind: Kind
    let tokens: [Token]
    /// The literal bytes before the first wildcard.
    let bytes: [UInt8]
    /// The first eight of ``bytes``, to refuse at a glance.
    let head: UInt64
    let headMask: UInt64
    /// For ``Kind/mixed``.
    private let places: PatternPlaces?

    init(_ written: [Token]) {
        let tokens = Self.withoutNeedlessStars(written)
        var bytes: [UInt8] = []
        for token in tokens {
            guard token < 256 else { break }
            bytes.append(UInt8(truncatingIfNeeded: token))
        }
        self.bytes = bytes
        (head, headMask) = Self.head(bytes)
        if bytes.count == tokens.count {
            kind = .literal
            self.tokens = []
        } else if bytes.count + 1 == tokens.count, tokens.last == Self.star {
            kind = bytes.isEmpty ? .any : .prefix
            self.tokens = tokens
        } else {
            var sawStar = false
            var mixed = false
            for token in tokens {
                if token == Self.star { sawStar = true }
                if token == Self.starInSegment, sawStar { mixed = true }
            }
            kind = mixed ? .mixed : .general
            self.tokens = tokens
        }
        places = kind == .mixed ? PatternPlaces(tokens) : nil
    }

    /// Of stars in a row one is enough: the one that stops nowhere, if it is among them.
    private static func withoutNeedlessStars(_ tokens: [Token]) -> [Token] {
        func isStar(_ token: Token) -> Bool { token == star || token == starInSegment }
        guard zip(tokens, tokens.dropFirst()).contains(where: { isStar($0) && isStar($1) }) else { return tokens }
        var kept: [Token] = []
        for token in tokens {
            guard isStar(token), let before = kept.last, isStar(before) else {
                kept.append(token)
                continue
            }
            if token == star { kept[kept.count - 1] = star }
        }
        return kept
    }

    private init() {
        kind = .never
        tokens = []
        bytes = []
        head = 0
        headMask = 0
        places = nil
    }
    static let never = Pattern()

    /// The first eight bytes as a number, and which of its bits count.
    static func head(_ bytes: [UInt8]) -> (UInt64, UInt64) {
        var head: UInt64 = 0
        var mask: UInt64 = 0
        for (index, byte) in bytes.prefix(8).enumerated() {
            head |= UInt64(byte) << UInt64(index * 8)
            mask |= 0xFF << UInt64(index * 8)
        }
        return (head, mask)
    }

    /// Whether all of `text` matches; `head` is ``head(_:)`` of it.
    func matches(_ text: [UInt8], head textHead: UInt64) -> Bool {
        guard textHead & headMask == head else { return false }
        switch kind {
        case .never: return false
        case .any: return true
        case .literal: return text.count == bytes.count && Self.starts(text, with: bytes)
        case .prefix: return text.count >= bytes.count && Self.starts(text, with: bytes)
        case .general:
            guard text.count >= bytes.count else { return false }
            // Longer ones could take their time, and a machine for once costs less.
            guard tokens.count * text.count > Self.mostSteps else { return Self.walk(tokens, text) }
            return PatternPlaces(tokens).matches(text)
        case .mixed: return places?.matches(text) ?? false
        }
    }

    /// Most steps of the method that looks at one place at a time.
    private static let mostSteps = 1 << 16

    func matches(_ text: [UInt8]) -> Bool { matches(text, head: Self.head(text).0) }

    private static func starts(_ text: [UInt8], with bytes: [UInt8]) -> Bool {
        var index = 8
        let end = bytes.count
        while index < end {
            if text[index] != bytes[index] { return false }
            index += 1
        }
        return true
    }

    /// Where the character after the one at `index` begins.
    @inline(__always)
    private static func next(_ text: [UInt8], _ index: Int) -> Int {
        var index = index + 1
        while index < text.count, text[index] & 0xC0 == 0x80 { index += 1 }
        return index
    }

    /// One star back is enough: what an earlier star could take, a later one can take too.
    private static func walk(_ pattern: [Token], _ text: [UInt8]) -> Bool {
        var place = 0
        var at = 0
        var star = -1
        var mark = 0
        while at < text.count {
            if place < pattern.count {
                let token = pattern[place]
                if token < 256 {
                    if token == Token(text[at]) {
                        place += 1
                        at += 1
                        continue
                    }
                } else if token == Self.star || token == starInSegment {
                    star = place
                    mark = at
                    place += 1
                    continue
                } else if token == one || text[at] != 0x3A {
                    place += 1
                    at = next(text, at)
                    continue
                }
            }
            guard star >= 0, pattern[star] == Self.star || text[mark] != 0x3A else { return false }
            mark = next(text, mark)
            at = mark
            place = star + 1
        }
        while place < pattern.count, pattern[place] == Self.star || pattern[place] == starInSegment { place += 1 }
        return place == pattern.count
    }
}

/// A pattern with policy variables, such as `arn:aws:s3:::home/${aws:username}/*` (version 2012-10-17 only).
struct PatternTemplate: Sendable {
    enum Part: Sendable {
        case tokens([Pattern.Token])
        /// The variable's key in lower case and its default.
        case variable(key: String, standard: [UInt8]?)
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

    init(_ text: String, variables: Bool, mode: Mode) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var tokens: [Pattern.Token] = []
        var colons = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if variables, byte == UInt8(ascii: "$"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "{"),
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
        self.parts = parts
        switch parts.count {
        case 0: fixed = Pattern([])
        case 1: if case .tokens(let tokens) = parts[0] { fixed = Pattern(tokens) } else { fixed = nil }
        default: fixed = nil
        }
    }

    /// The template of a text that is compared without regard to case; what its variables stand for is folded once they are filled in.
    func folded(_ fold: ([UInt8]) -> [UInt8]) -> PatternTemplate {
        guard let fixed, fixed.kind == .literal else { return self }
        return PatternTemplate(parts: parts, fixed: Pattern(fold(fixed.bytes).map { Pattern.Token($0) }))
    }

    private init(parts: [Part], fixed: Pattern) {
        self.parts = parts
        self.fixed = fixed
    }

    /// `key` or `key, 'default'`.
    private static func variable(_ inside: ArraySlice<UInt8>) -> Part {
        guard let comma = inside.firstIndex(of: UInt8(ascii: ",")) else { return .variable(key: name(inside), standard: nil) }
        var rest = inside[(comma + 1)...].drop { $0 == 0x20 }
        while rest.last == 0x20 { rest.removeLast() }
        guard rest.count >= 2, rest.first == 0x27, rest.last == 0x27 else { return .variable(key: name(inside), standard: nil) }
        return .variable(key: name(inside[..<comma]), standard: Array(rest.dropFirst().dropLast()))
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes.drop { $0 == 0x20 }
        while bytes.last == 0x20 { bytes.removeLast() }
        return String(decoding: Array(bytes).lowercased, as: UTF8.self)
    }

    /// The keys of its variables, in lower case.
    var keys: [String] { parts.compactMap { if case .variable(let key, _) = $0 { key } else { nil } } }

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
}
