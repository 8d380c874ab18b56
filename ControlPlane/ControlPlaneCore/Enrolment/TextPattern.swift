/// A text in which `*` stands for any run of characters, none among them. Compared byte for byte; no other character means anything.
public struct TextPattern: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    public let description: String

    /// The pattern that `text` writes; `nil` when it is too long, holds what is not printable ASCII, or begins with fewer than `literal`
    /// characters that stand for themselves.
    public init?(_ text: String, literal: Int) {
        guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            text.utf8.prefix(while: { $0 != UInt8(ascii: "*") }).count >= min(literal, text.utf8.count),
            literal == 0 || text.utf8.first != UInt8(ascii: "*")
        else { return nil }
        description = text
    }

    /// Whether the whole of `text` fits. Linear in both but for the last star.
    public func matches(_ text: String) -> Bool {
        let pattern = Array(description.utf8)
        let text = Array(text.utf8)
        var place = 0
        var at = 0
        var star: (place: Int, at: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == text[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                place = last.place + 1
                at = last.at + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
