/// A pattern with `*` and `?`, ready to be matched against bytes.
///
/// The time to match is bounded by the product of both lengths, whatever the pattern, and for long ones by a 64th of it; nothing is allocated
/// but for these. A class, so that looking at a pattern copies at most one reference.
final class Pattern: Sendable {
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
    /// Whether the only wildcards are stars that stop nowhere.
    private let isSegments: Bool
    /// The fewest bytes that it can match.
    private let least: Int
    /// The last byte of whatever matches, where the pattern ends with one.
    private let last: UInt8?

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
            kind = Self.mixesStars(tokens) ? .mixed : .general
            self.tokens = tokens
        }
        places = kind == .mixed ? PatternPlaces(tokens) : nil
        isSegments = tokens.allSatisfy { $0 <= Self.star }
        least = tokens.reduce(0) { $1 == Self.star || $1 == Self.starInSegment ? $0 : $0 + 1 }
        last = tokens.last.flatMap { UInt8(exactly: $0) }
    }

    /// Whether a star that stops at colons stands behind one that does not.
    static func mixesStars(_ tokens: some Sequence<Token>) -> Bool {
        var sawStar = false
        for token in tokens {
            if token == star { sawStar = true }
            if token == starInSegment, sawStar { return true }
        }
        return false
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
        isSegments = false
        least = 0
        last = nil
    }
    static let never = Pattern()

    /// The first eight bytes as a number, and which of its bits count.
    static func head(_ bytes: [UInt8]) -> (UInt64, UInt64) {
        var head: UInt64 = 0
        var mask: UInt64 = 0
        for index in 0..<min(8, bytes.count) {
            head |= UInt64(bytes[index]) << UInt64(index * 8)
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
            guard text.count >= least, last == nil || text.last == last else { return false }
            // Longer ones could take their time, and a machine for once costs less.
            let tokens = tokens
            guard tokens.count * text.count > Self.mostSteps else { return Self.walk(tokens.span, text.span) }
            return isSegments ? Self.segments(tokens, text) : PatternPlaces(tokens).matches(text)
        case .mixed: return places?.matches(text) ?? false
        }
    }

    /// Most steps of the method that looks at one place at a time.
    static let mostSteps = 1 << 16

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

    /// What lies between stars, from left to right, each where it first occurs: the time is that of reading pattern and text.
    private static func segments(_ tokens: [Token], _ text: [UInt8]) -> Bool {
        let parts = tokens.split(separator: star, omittingEmptySubsequences: false).map { $0.map { UInt8(truncatingIfNeeded: $0) } }
        guard let first = parts.first, let last = parts.last, parts.count > 1, text.count >= first.count + last.count,
            text.starts(with: first), text.suffix(last.count).elementsEqual(last)
        else { return false }
        var place = first.count
        let end = text.count - last.count
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = firstPlace(of: part, in: text, place..<end) else { return false }
            place = found + part.count
        }
        return true
    }

    /// Knuth, Morris and Pratt's search: no byte of the text is looked at from more than two places on average.
    private static func firstPlace(of part: [UInt8], in text: [UInt8], _ range: Range<Int>) -> Int? {
        guard part.count <= range.count else { return nil }
        // How long the longest beginning of the part is that also ends at each of its places.
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for place in part.indices.dropFirst() {
            while length > 0, part[place] != part[length] { length = borders[length - 1] }
            if part[place] == part[length] { length += 1 }
            borders[place] = length
        }
        length = 0
        for place in range {
            while length > 0, text[place] != part[length] { length = borders[length - 1] }
            if text[place] == part[length] { length += 1 }
            if length == part.count { return place + 1 - length }
        }
        return nil
    }

    /// Where the character after the one at `index` begins.
    @inline(__always)
    private static func next(_ text: Span<UInt8>, _ index: Int) -> Int {
        var index = index + 1
        while index < text.count, text[index] & 0xC0 == 0x80 { index += 1 }
        return index
    }

    /// One star back is enough: what an earlier star could take, a later one can take too.
    static func walk(_ pattern: Span<Token>, _ text: Span<UInt8>) -> Bool {
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
