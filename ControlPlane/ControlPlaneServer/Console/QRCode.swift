/// A QR code (ISO/IEC 18004): bytes, error correction level M, the smallest version that holds them.
///
/// An encoder of our own, because the picture of a secret must come from nowhere else, and what an authenticator app needs is this small part.
struct QRCode {
    /// Modules of a side, without the quiet zone.
    let size: Int
    /// Row by row.
    private(set) var dark: [Bool]
    /// Modules that mean something of their own, and hold no data.
    private var fixed: [Bool]
    private let version: Int

    /// Codewords of error correction in each block, and blocks, by version, for level M (table 9).
    private static let correction = [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28,
    ]
    private static let blocks = [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40,
        43, 45, 47, 49,
    ]

    /// The code of these bytes; `nil` when there are more than 2,331.
    ///
    /// - Parameter mask: one of the eight patterns; without it the one that scanners read best.
    init?(_ bytes: [UInt8], mask: Int? = nil) {
        let fitting = (1...40).first { bytes.count <= Self.dataCodewords($0) - ($0 < 10 ? 2 : 3) }
        guard let version = fitting else { return nil }
        self.version = version
        size = version * 4 + 17
        dark = [Bool](repeating: false, count: size * size)
        fixed = dark
        drawPatterns()
        draw(Self.interleaved(Self.codewords(bytes, version), version))
        var best = (mask: mask ?? 0, penalty: Int.max)
        for candidate in 0..<8 where mask == nil {
            apply(candidate)
            drawFormat(candidate)
            let penalty = penalty()
            if penalty < best.penalty { best = (candidate, penalty) }
            // A second time takes it off again.
            apply(candidate)
        }
        apply(best.mask)
        drawFormat(best.mask)
    }

    /// What fills the dark modules, as an SVG path in a field that is ``side`` wide.
    var path: String {
        var path = ""
        for y in 0..<size {
            var x = 0
            while x < size {
                let start = x
                while x < size, dark[y * size + x] { x += 1 }
                if x > start { path += "M\(start + Self.quiet) \(y + Self.quiet)h\(x - start)v1h-\(x - start)z" }
                x += 1
            }
        }
        return path
    }
    /// Width of the field, the quiet zone included.
    var side: Int { size + 2 * Self.quiet }
    private static let quiet = 4

    // MARK: Codewords

    private static func rawCodewords(_ version: Int) -> Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let alignments = version / 7 + 2
            modules -= (25 * alignments - 10) * alignments - 55
            if version >= 7 { modules -= 36 }
        }
        return modules / 8
    }

    private static func dataCodewords(_ version: Int) -> Int {
        rawCodewords(version) - correction[version - 1] * blocks[version - 1]
    }

    /// Mode, count, bytes, end and padding (§7.4).
    private static func codewords(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) { for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) } }
        append(0b0100, 4)
        append(bytes.count, version < 10 ? 8 : 16)
        for byte in bytes { append(Int(byte), 8) }
        let capacity = dataCodewords(version)
        append(0, min(4, capacity * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var words = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var padding: UInt8 = 0xEC
        while words.count < capacity {
            words.append(padding)
            padding ^= 0xEC ^ 0x11
        }
        return words
    }

    /// Blocks with their error correction, a codeword of each in turn (§7.6).
    private static func interleaved(_ words: [UInt8], _ version: Int) -> [UInt8] {
        let (count, length) = (blocks[version - 1], correction[version - 1])
        let short = words.count / count
        let shortBlocks = count - words.count % count
        let divisor = ReedSolomon.divisor(length)
        var (data, corrections): ([[UInt8]], [[UInt8]]) = ([], [])
        var start = 0
        for block in 0..<count {
            let end = start + short + (block < shortBlocks ? 0 : 1)
            data.append(Array(words[start..<end]))
            corrections.append(ReedSolomon.remainder(words[start..<end], divisor))
            start = end
        }
        var result: [UInt8] = []
        for index in 0...short { for block in data where index < block.count { result.append(block[index]) } }
        for index in 0..<length { for block in corrections { result.append(block[index]) } }
        return result
    }

    // MARK: Modules

    private mutating func set(_ x: Int, _ y: Int, _ isDark: Bool) {
        dark[y * size + x] = isDark
        fixed[y * size + x] = true
    }

    private mutating func drawPatterns() {
        for index in 0..<size {
            set(6, index, index % 2 == 0)
            set(index, 6, index % 2 == 0)
        }
        for (left, top) in [(3, 3), (size - 4, 3), (3, size - 4)] {
            for y in top - 4...top + 4 {
                for x in left - 4...left + 4 where (0..<size).contains(x) && (0..<size).contains(y) {
                    let distance = max(abs(x - left), abs(y - top))
                    set(x, y, distance != 2 && distance != 4)
                }
            }
        }
        let places = alignments
        for (row, y) in places.enumerated() {
            for (column, x) in places.enumerated() {
                let last = places.count - 1
                // Where the finders are there is none.
                if (row == 0 && column == 0) || (row == 0 && column == last) || (row == last && column == 0) { continue }
                for dy in -2...2 { for dx in -2...2 { set(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) } }
            }
        }
        drawFormat(0)
        if version >= 7 {
            var remainder = version
            for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
            let bits = version << 12 | remainder
            for index in 0..<18 {
                let (along, across) = (size - 11 + index % 3, index / 3)
                set(along, across, bits >> index & 1 == 1)
                set(across, along, bits >> index & 1 == 1)
            }
        }
    }

    /// Middles of the alignment patterns (annex E).
    private var alignments: [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2
        return [6] + (0..<count - 1).map { size - 7 - $0 * step }.reversed()
    }

    /// Level M is 00; the rest is the mask, protected by BCH(15,5) (§7.9).
    private mutating func drawFormat(_ mask: Int) {
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (mask << 10 | remainder) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0...5 { set(8, index, bit(index)) }
        set(8, 7, bit(6))
        set(8, 8, bit(7))
        set(7, 8, bit(8))
        for index in 9..<15 { set(14 - index, 8, bit(index)) }
        for index in 0..<8 { set(size - 1 - index, 8, bit(index)) }
        for index in 8..<15 { set(8, size - 15 + index, bit(index)) }
        set(8, size - 8, true)
    }

    /// Up and down in columns of two, from the right (§7.7.3).
    private mutating func draw(_ words: [UInt8]) {
        var index = 0
        for column in stride(from: size - 1, through: 1, by: -2) {
            let right = column <= 6 ? column - 1 : column
            for step in 0..<size {
                for x in [right, right - 1] {
                    let y = (right + 1) & 2 == 0 ? size - 1 - step : step
                    guard !fixed[y * size + x], index < words.count * 8 else { continue }
                    dark[y * size + x] = words[index / 8] >> (7 - index % 8) & 1 == 1
                    index += 1
                }
            }
        }
    }

    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !fixed[y * size + x] {
                let flips =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if flips { dark[y * size + x].toggle() }
            }
        }
    }

    /// How hard a scanner has it (§7.8.3).
    private func penalty() -> Int {
        let rows = (0..<size).map { y in Array(dark[y * size..<(y + 1) * size]) }
        let columns = (0..<size).map { x in (0..<size).map { y in dark[y * size + x] } }
        var result = 0
        let finder = [true, false, true, true, true, false, true]
        let light = [Bool](repeating: false, count: 4)
        for line in rows + columns {
            var run = 1
            for index in 1...size {
                if index < size, line[index] == line[index - 1] {
                    run += 1
                } else {
                    if run >= 5 { result += run - 2 }
                    run = 1
                }
            }
            for start in 0...size - 11 {
                let window = Array(line[start..<start + 11])
                if window == finder + light || window == light + finder { result += 40 }
            }
        }
        for y in 1..<size {
            for x in 1..<size where Set([rows[y][x], rows[y - 1][x], rows[y][x - 1], rows[y - 1][x - 1]]).count == 1 { result += 3 }
        }
        let share = dark.count { $0 } * 20
        return result + (abs(share - size * size * 10) / (size * size)) * 10
    }
}

/// Error correction over GF(2⁸) with x⁸ + x⁴ + x³ + x² + 1 (ISO/IEC 18004 annex A).
private enum ReedSolomon {
    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var result = 0
        for bit in (0..<8).reversed() {
            result = result << 1 ^ (result >> 7) * 0x11D
            if right >> bit & 1 == 1 { result ^= Int(left) }
        }
        return UInt8(truncatingIfNeeded: result)
    }

    /// The generator polynomial, highest power first, without the leading one.
    static func divisor(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in result.indices {
                result[index] = product(result[index], root) ^ (index + 1 < degree ? result[index + 1] : 0)
            }
            root = product(root, 2)
        }
        return result
    }

    static func remainder(_ data: ArraySlice<UInt8>, _ divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ (result.first ?? 0)
            result = result.dropFirst() + [0]
            for index in result.indices { result[index] ^= product(divisor[index], factor) }
        }
        return result
    }
}
