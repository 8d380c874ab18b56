/// An IPv4 or IPv6 range (RFC 4632, RFC 4291).
struct AddressRange: Hashable {
    var isIPv6: Bool
    var first: UInt128
    var last: UInt128

    /// Reads `ADDRESS/LENGTH` or `ADDRESS`; `nil` when it is neither.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let addressPart = parts.first, let address = Self.address(Array(addressPart)) else { return nil }
        let width = address.isIPv6 ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard parts[1].count <= 3, let number = Int(String(parts[1]) ?? ""), (0...width).contains(number) else { return nil }
            length = number
        }
        let size: UInt128 = length == width ? 0 : (width - length == 128 ? .max : (UInt128(1) << UInt128(width - length)) - 1)
        isIPv6 = address.isIPv6
        first = address.value & ~size
        last = first | size
    }

    init(isIPv6: Bool, first: UInt128, last: UInt128) {
        self.isIPv6 = isIPv6
        self.first = first
        self.last = last
    }

    static let everyIPv4 = AddressRange(isIPv6: false, first: 0, last: 0xFFFF_FFFF)
    static let everyIPv6 = AddressRange(isIPv6: true, first: 0, last: .max)

    var isEverything: Bool { self == .everyIPv4 || self == .everyIPv6 }
    func contains(_ other: AddressRange) -> Bool { isIPv6 == other.isIPv6 && first <= other.first && other.last <= last }
    func overlaps(_ other: AddressRange) -> Bool { isIPv6 == other.isIPv6 && first <= other.last && other.first <= last }

    /// Ranges that no packet from the internet comes from (RFC 6890).
    static let notInternet: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    ].compactMap { AddressRange($0) }

    /// This range cut at the edges of `others`, so that each piece lies wholly inside or outside each of them.
    func pieces(cutBy others: [AddressRange]) -> [AddressRange] {
        var starts: Set<UInt128> = [first]
        for other in others where other.isIPv6 == isIPv6 {
            if other.first > first, other.first <= last { starts.insert(other.first) }
            if other.last >= first, other.last < last { starts.insert(other.last + 1) }
        }
        let sorted = starts.sorted()
        return sorted.indices.map { index in
            AddressRange(isIPv6: isIPv6, first: sorted[index], last: index + 1 < sorted.count ? sorted[index + 1] - 1 : last)
        }
    }

    /// Whether some address of it is on the internet.
    var hasPublicPart: Bool {
        pieces(cutBy: Self.notInternet).contains { piece in !Self.notInternet.contains { $0.contains(piece) } }
    }

    /// Whether `ranges` together hold every address of the internet of a family.
    static func coverInternet(_ ranges: [AddressRange], ofFamily family: AddressRange) -> Bool {
        if ranges.contains(where: { $0.contains(family) }) { return true }
        // Less than half of all addresses is surely not everything.
        let size = ranges.reduce(0.0) { $0 + Double($1.last - $1.first) + 1 }
        guard size > Double(family.last) / 2 else { return false }
        return family.pieces(cutBy: notInternet + ranges).allSatisfy { piece in
            notInternet.contains { $0.contains(piece) } || ranges.contains { $0.contains(piece) }
        }
    }

    private static func address(_ bytes: [UInt8]) -> (isIPv6: Bool, value: UInt128)? {
        bytes.contains(UInt8(ascii: ":")) ? ipv6(bytes).map { (true, $0) } : ipv4(bytes).map { (false, UInt128($0)) }
    }

    private static func ipv4(_ bytes: [UInt8]) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            value = value << 8 | UInt32(number)
        }
        return value
    }

    private static func ipv6(_ bytes: [UInt8]) -> UInt128? {
        guard bytes.count <= 45 else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        var halves: [[UInt16]] = [[]]
        var rest = text[...]
        if rest.hasPrefix("::") {
            halves.append([])
            rest = rest.dropFirst(2)
        }
        if !rest.isEmpty {
            let groups = rest.split(separator: ":", omittingEmptySubsequences: false)
            for (index, group) in groups.enumerated() {
                if group.isEmpty {
                    // `::`, once, and not as a lone colon at an end.
                    guard halves.count == 1, index > 0 else { return nil }
                    halves.append([])
                    if index == groups.count - 1 { return nil }
                    if index == groups.count - 2, groups[index + 1].isEmpty { break }
                    continue
                }
                if group.utf8.contains(UInt8(ascii: ".")) {
                    guard index == groups.count - 1, let tail = ipv4(Array(group.utf8)) else { return nil }
                    halves[halves.count - 1] += [UInt16(tail >> 16), UInt16(tail & 0xFFFF)]
                    continue
                }
                guard group.utf8.count <= 4, group.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                    let number = UInt16(group, radix: 16)
                else { return nil }
                halves[halves.count - 1].append(number)
            }
        }
        let count = halves.reduce(0) { $0 + $1.count }
        let groups: [UInt16]
        if halves.count == 2 {
            guard count <= 7 else { return nil }
            groups = halves[0] + Array(repeating: 0, count: 8 - count) + halves[1]
        } else {
            guard count == 8 else { return nil }
            groups = halves[0]
        }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

/// A set of ports: ordered ranges that neither overlap nor touch.
struct PortSet: Hashable {
    private(set) var ranges: [ClosedRange<Int>]

    static let all = PortSet([0...65535])
    static let none = PortSet([])

    init(_ ranges: [ClosedRange<Int>]) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// `from` to `to`; all ports where one is missing, none where they make no range.
    init(from: Int?, to: Int?) {
        guard let from, let to, from >= 0, to >= 0 else {
            self = .all
            return
        }
        let low = min(from, 65535)
        let high = min(to, 65535)
        self = from <= to ? PortSet([low...high]) : .none
    }

    var isEmpty: Bool { ranges.isEmpty }
    func union(_ other: PortSet) -> PortSet { PortSet(ranges + other.ranges) }
    func intersection(_ other: PortSet) -> PortSet {
        PortSet(
            ranges.flatMap { mine in
                other.ranges.compactMap { theirs in mine.overlaps(theirs) ? mine.clamped(to: theirs) : nil }
            })
    }
    func subtracting(_ other: PortSet) -> PortSet {
        var rest = ranges
        for cut in other.ranges {
            rest = rest.flatMap { range -> [ClosedRange<Int>] in
                guard range.overlaps(cut) else { return [range] }
                var parts: [ClosedRange<Int>] = []
                if range.lowerBound < cut.lowerBound { parts.append(range.lowerBound...(cut.lowerBound - 1)) }
                if range.upperBound > cut.upperBound { parts.append((cut.upperBound + 1)...range.upperBound) }
                return parts
            }
        }
        return PortSet(rest)
    }
    func contains(_ port: Int) -> Bool { ranges.contains { $0.contains(port) } }

    /// `22, 80-443`, or `all ports`.
    var text: String {
        if self == .all { return "all ports" }
        let parts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        return (ranges.count == 1 && ranges[0].count == 1 ? "port " : "ports ") + parts.joined(separator: ", ")
    }
}
