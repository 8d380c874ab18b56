/// An IPv4 or IPv6 address or a block of them.
struct AddressBlock: Sendable, Hashable {
    private let address: UInt128
    /// How many bits an address has: 32 or 128.
    private let width: Int
    /// How many of them are the block's.
    private let length: Int

    /// `10.0.0.0/8`, `2001:db8::/32`, or one address; `nil` for anything else.
    init?(_ text: [UInt8]) {
        guard text.count <= 64 else { return nil }
        let end = text.firstIndex(of: UInt8(ascii: "/")) ?? text.count
        if text.contains(0x3A) {
            guard let address = Self.version6(text, end) else { return nil }
            self.address = address
            width = 128
        } else {
            guard let address = Self.version4(text, 0, end) else { return nil }
            self.address = UInt128(address)
            width = 32
        }
        guard end < text.count else {
            length = width
            return
        }
        guard (1...3).contains(text.count - end - 1) else { return nil }
        var length = 0
        for index in (end + 1)..<text.count {
            guard text[index].isDigit else { return nil }
            length = length * 10 + Int(text[index] - 0x30)
        }
        guard length <= width else { return nil }
        self.length = length
    }

    /// Whether every address of `other` is in this block.
    func contains(_ other: AddressBlock) -> Bool {
        width == other.width && length <= other.length && (address ^ other.address) >> (width - length) == 0
    }

    /// The bits that differ within the block.
    private var hosts: UInt128 { UInt128.max >> (128 - width + length) }

    /// The first and last address of the block, and those just outside of it where there are any. Blocks are nested or apart, so every set that
    /// blocks cut out of all addresses has a border as a member.
    var borders: [String] {
        let first = address & ~hosts
        let last = address | hosts
        var found = [first, last]
        if first > 0 { found.append(first - 1) }
        if last < UInt128.max >> (128 - width) { found.append(last + 1) }
        return found.map(text)
    }

    private func text(_ address: UInt128) -> String {
        let size = width == 32 ? 8 : 16
        return stride(from: width - size, through: 0, by: -size)
            .map { String((address >> $0) & (width == 32 ? 0xFF : 0xFFFF), radix: width == 32 ? 10 : 16) }
            .joined(separator: width == 32 ? "." : ":")
    }

    /// Whether the address is not the first of its block.
    var hasHostBits: Bool { address & hosts != 0 }

    /// Four numbers from `start` to `end`.
    private static func version4(_ text: [UInt8], _ start: Int, _ end: Int) -> UInt32? {
        var address: UInt32 = 0
        var parts = 0
        var index = start
        while true {
            var part: UInt32 = 0
            let first = index
            while index < end, text[index].isDigit, index - first < 3 {
                part = part * 10 + UInt32(text[index] - 0x30)
                index += 1
            }
            guard index > first, part <= 255 else { return nil }
            address = address << 8 | part
            parts += 1
            guard index < end else { return parts == 4 ? address : nil }
            guard text[index] == UInt8(ascii: "."), parts < 4 else { return nil }
            index += 1
        }
    }

    /// RFC 4291, 2.2: eight groups, at most one run of zeros as `::`, the last two groups also as IPv4.
    private static func version6(_ text: [UInt8], _ end: Int) -> UInt128? {
        var address: UInt128 = 0
        var groups = 0
        // How many groups stand before the run of zeros.
        var gap: Int?
        var index = 0
        if end >= 2, text[0] == 0x3A {
            guard text[1] == 0x3A else { return nil }
            gap = 0
            index = 2
        }
        while index < end {
            let first = index
            var group: UInt32 = 0
            while index < end, index - first < 4, let digit = hexadecimal(text[index]) {
                group = group << 4 | digit
                index += 1
            }
            if index < end, text[index] == UInt8(ascii: ".") {
                guard groups <= 6, let last = version4(text, first, end) else { return nil }
                address = address << 32 | UInt128(last)
                groups += 2
                break
            }
            guard index > first, groups < 8 else { return nil }
            address = address << 16 | UInt128(group)
            groups += 1
            guard index < end else { break }
            guard text[index] == 0x3A else { return nil }
            index += 1
            if index < end, text[index] == 0x3A {
                guard gap == nil else { return nil }
                gap = groups
                index += 1
            } else if index == end {
                return nil
            }
        }
        guard let gap else { return groups == 8 ? address : nil }
        guard groups < 8 else { return nil }
        let behind = UInt128.max >> (16 * (8 - groups + gap))
        // What stands before the zeros moves up by as many groups as they are.
        return (address & ~behind) << (16 * (8 - groups)) | address & behind
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
