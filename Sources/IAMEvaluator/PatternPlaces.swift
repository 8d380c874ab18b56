/// A pattern as a machine that follows all of its places at once: bit `n` says that the first `n` tokens match what was read so far.
///
/// 64 places a step, so that even the worst pattern and the longest text take a 64th of the product of their lengths, and patterns that mix
/// stars need nothing but a number.
final class PatternPlaces: Sendable {
    private let words: Int
    private let last: Int
    /// Bytes that no token tells apart are of one class.
    private let classes: [Int]
    /// Class by class: from which places a byte leads to the next one, and at which it can stay.
    private let steps: [UInt64]
    private let stays: [UInt64]
    /// The places in front of a star; it may match nothing.
    private let stars: [UInt64]

    /// - Parameter tokens: no two stars in a row.
    init(_ tokens: [Pattern.Token]) {
        let words = tokens.count / 64 + 1
        last = tokens.count
        self.words = words
        var named = [Bool](repeating: false, count: 256)
        for token in tokens where token < 256 { named[Int(token)] = true }
        named[0x3A] = true
        // The classes of all other first bytes of characters, and of all other bytes after them.
        var examples: [UInt8?] = [nil, 0x80]
        var classes = (0..<256).map { $0 & 0xC0 == 0x80 ? 1 : 0 }
        for byte in 0..<256 where named[byte] {
            classes[byte] = examples.count
            examples.append(UInt8(byte))
        }
        self.classes = classes
        var steps = [UInt64](repeating: 0, count: examples.count * words)
        var stays = steps
        var stars = [UInt64](repeating: 0, count: words)
        for (place, token) in tokens.enumerated() where token == Pattern.star || token == Pattern.starInSegment {
            stars[place >> 6] |= 1 << UInt64(place & 63)
        }
        for (index, byte) in examples.enumerated() {
            let isColon = byte == 0x3A
            let continues = byte.map { $0 & 0xC0 == 0x80 } ?? false
            // An unnamed byte stands as `nil` or 0x80 and is no token, whatever 0x80 itself may be.
            let literal = index < 2 ? nil : byte.map { Pattern.Token($0) }
            for (place, token) in tokens.enumerated() {
                let bit: UInt64 = 1 << UInt64(place & 63)
                let word = index * words + place >> 6
                switch token {
                case Pattern.star: stays[word] |= bit
                case Pattern.starInSegment: if !isColon { stays[word] |= bit }
                case Pattern.one, Pattern.oneInSegment:
                    // A character's first byte is taken here, the others by the place behind.
                    if continues {
                        let behind = place + 1
                        stays[index * words + behind >> 6] |= 1 << UInt64(behind & 63)
                    } else if token == Pattern.one || !isColon {
                        steps[word] |= bit
                    }
                default: if token == literal { steps[word] |= bit }
                }
            }
        }
        self.steps = steps
        self.stays = stays
        self.stars = stars
    }

    /// Whether all of `text` matches. Nothing is allocated for patterns of fewer than 64 tokens.
    func matches(_ text: [UInt8]) -> Bool {
        guard words == 1 else { return matchesLong(text) }
        var now = 1 | (stars[0] & 1) << 1
        for byte in text {
            let index = classes[Int(byte)]
            now = (now & steps[index]) << 1 | now & stays[index]
            if now == 0 { return false }
            now |= (now & stars[0]) << 1
        }
        return now >> UInt64(last) & 1 == 1
    }

    private func matchesLong(_ text: [UInt8]) -> Bool {
        var now = [UInt64](repeating: 0, count: words)
        now[0] = 1 | (stars[0] & 1) << 1
        for byte in text {
            let base = classes[Int(byte)] * words
            var carry: UInt64 = 0
            var starCarry: UInt64 = 0
            var isAlive = false
            for word in 0..<words {
                let moved = now[word] & steps[base + word]
                let next = moved << 1 | carry | now[word] & stays[base + word]
                let skipped = next & stars[word]
                carry = moved >> 63
                now[word] = next | skipped << 1 | starCarry
                starCarry = skipped >> 63
                if now[word] != 0 { isAlive = true }
            }
            if !isAlive { return false }
        }
        return now[last >> 6] >> UInt64(last & 63) & 1 == 1
    }
}
