/// Whether a password is one that guessers try first: on the list, a listed word with digits and marks around it or in place of letters, or
/// such a word over and over.
enum CommonPasswords {
    private static let words: Set<String> = Set(
        CommonPasswordList.text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
    /// Below this many characters nothing but digits and marks is too little, whatever they are.
    private static let leastWithoutLetters = 20

    static func contains(_ password: String) -> Bool {
        let lowered = Array(password.utf8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard lowered.contains(where: isLetter) else { return lowered.count < leastWithoutLetters || isListed(lowered) }
        return [lowered, core(lowered), core(lowered.map(plain)), lowered.filter(isLetter)].contains(where: isListed)
    }

    /// Without what is no letter at both ends.
    private static func core(_ bytes: [UInt8]) -> [UInt8] {
        var core = bytes[...]
        while let last = core.last, !isLetter(last) { core.removeLast() }
        while let first = core.first, !isLetter(first) { core.removeFirst() }
        return core.map(plain)
    }

    /// A listed word, once or more often.
    private static func isListed(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return false }
        for length in 1...bytes.count where bytes.count.isMultiple(of: length) {
            let word = bytes[..<length]
            guard words.contains(String(decoding: word, as: UTF8.self)) else { continue }
            if stride(from: 0, to: bytes.count, by: length).allSatisfy({ bytes[$0..<$0 + length].elementsEqual(word) }) { return true }
        }
        return false
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte >= 0x80 }

    /// The letter that a digit or mark often stands for.
    private static func plain(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0"): UInt8(ascii: "o")
        case UInt8(ascii: "1"), UInt8(ascii: "!"): UInt8(ascii: "i")
        case UInt8(ascii: "3"): UInt8(ascii: "e")
        case UInt8(ascii: "4"), UInt8(ascii: "@"): UInt8(ascii: "a")
        case UInt8(ascii: "5"), UInt8(ascii: "$"): UInt8(ascii: "s")
        case UInt8(ascii: "7"): UInt8(ascii: "t")
        default: byte
        }
    }
}
