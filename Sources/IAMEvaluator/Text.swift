// Names are compared byte by byte: Swift's `==` on String holds canonically equivalent texts for equal, and AWS does not.

extension UInt8 {
    /// The lower-case letter of an upper-case ASCII one; anything else is left alone.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
}

extension [UInt8] {
    /// These bytes with ASCII letters in lower case.
    var lowercased: [UInt8] { map(\.lowercased) }

    func contains(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard length > 0, length <= count else { return false }
        for start in 0...(count - length) where matches(word, at: start) { return true }
        return false
    }

    func hasPrefix(_ word: StaticString) -> Bool { word.utf8CodeUnitCount <= count && matches(word, at: 0) }

    func hasSuffix(_ word: StaticString) -> Bool {
        word.utf8CodeUnitCount <= count && matches(word, at: count - word.utf8CodeUnitCount)
    }

    /// Whether these bytes are a word, which is given in lower case, in any case.
    func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index].lowercased != word.utf8Start[index] { return false }
        return true
    }

    private func matches(_ word: StaticString, at start: Int) -> Bool {
        for index in 0..<word.utf8CodeUnitCount where self[start + index] != word.utf8Start[index] { return false }
        return true
    }
}

extension String {
    /// This text with ASCII letters in lower case; other letters are left alone, as condition keys and actions are ASCII.
    var asciiLowercased: String {
        utf8.contains { $0 >= 0x41 && $0 <= 0x5A } ? String(decoding: Array(utf8).lowercased, as: UTF8.self) : self
    }

    /// Whether both texts are the same bytes.
    func isSame(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// The parts of an ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, as places in its bytes.
struct ARN {
    private let bytes: [UInt8]
    /// Where the five colons are.
    private let colons: [Int]

    /// The parts of `bytes`; `nil` when they are not an ARN's six.
    init?(_ bytes: [UInt8]) {
        guard bytes.hasPrefix("arn:") else { return nil }
        var colons: [Int] = []
        for (index, byte) in bytes.enumerated() where byte == 0x3A {
            colons.append(index)
            if colons.count == 5 { break }
        }
        guard colons.count == 5 else { return nil }
        self.bytes = bytes
        self.colons = colons
    }

    private func part(_ index: Int) -> ArraySlice<UInt8> { bytes[(colons[index - 1] + 1)..<(index < 5 ? colons[index] : bytes.count)] }
    var partitionText: String { String(decoding: part(1), as: UTF8.self) }
    var service: ArraySlice<UInt8> { part(2) }
    var account: ArraySlice<UInt8> { part(4) }
    var accountText: String { String(decoding: account, as: UTF8.self) }
    var resource: ArraySlice<UInt8> { part(5) }
    var isIAM: Bool { service.elementsEqual("iam".utf8) }
    var isSTS: Bool { service.elementsEqual("sts".utf8) }
}
