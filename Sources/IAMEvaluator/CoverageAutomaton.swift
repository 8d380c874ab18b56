/// Which memberships in sets of patterns any text can have at all: decides exactly whether patterns together cover everything.
///
/// All patterns are followed at once over a small alphabet (the bytes that occur in them, and one that stands for all others), as a
/// deterministic automaton that is built only as far as it is reached, within a budget.
struct CoverageAutomaton {
    /// The texts that count.
    enum Universe: Sendable {
        /// `service:Name`, in lower case; of these services only, where given.
        case actions(services: [String]?)
        /// Every text that is not empty.
        case resources
    }
    /// A union of patterns, or everything but it.
    struct Region {
        var patterns: [[Pattern.Token]]
        var negated: Bool
    }
    /// Most states; beyond, the question stays open.
    static let mostStates = 20_000

    private struct State: Hashable {
        var places: [UInt64]
        /// Of an action: 0 nothing yet, 1 in the service, 2 after the colon, 3 in the name. Of a resource: 0 nothing yet, 3 something.
        var phase: UInt8
    }

    private let starts: [Int]
    private let tokens: [Pattern.Token]
    private let ends: [Int]
    private let words: Int

    /// For each text of the universe, in which of `regions` it is: all combinations that occur. `nil` when the budget is spent.
    static func memberships(_ regions: [Region], _ universe: Universe, _ budget: inout WorkBudget) -> Set<[Bool]>? {
        guard budget.spend(regions.reduce(0) { $0 + $1.patterns.reduce(0) { $0 + $1.count } }) else { return nil }
        let automaton = CoverageAutomaton(regions.flatMap(\.patterns))
        return automaton.explore(regions, universe, &budget)
    }

    private init(_ patterns: [[Pattern.Token]]) {
        var starts: [Int] = []
        var ends: [Int] = []
        var tokens: [Pattern.Token] = []
        for pattern in patterns {
            starts.append(tokens.count)
            tokens.append(contentsOf: pattern)
            ends.append(tokens.count)
            // A place of its own for the end of each pattern.
            tokens.append(Self.end)
        }
        self.starts = starts
        self.ends = ends
        self.tokens = tokens
        words = (tokens.count + 63) / 64
    }

    private static let end: Pattern.Token = 1000

    private func isStar(_ token: Pattern.Token) -> Bool { token == Pattern.star || token == Pattern.starInSegment }

    private func insert(_ place: Int, into set: inout [UInt64]) {
        var place = place
        while true {
            set[place >> 6] |= 1 << UInt64(place & 63)
            guard isStar(tokens[place]) else { return }
            place += 1
        }
    }

    /// Where a byte leads; `work` counts what that took.
    private func step(_ set: [UInt64], _ byte: UInt8, _ work: inout Int) -> [UInt64] {
        var next = [UInt64](repeating: 0, count: words)
        // For each word going through, clearing, hashing and comparing.
        work += 4 * words + 16
        for word in 0..<words {
            var bits = set[word]
            work += bits.nonzeroBitCount
            while bits != 0 {
                let place = word << 6 | bits.trailingZeroBitCount
                bits &= bits - 1
                switch tokens[place] {
                case Self.end: break
                case Pattern.star: insert(place, into: &next)
                case Pattern.starInSegment: if byte != 0x3A { insert(place, into: &next) }
                case Pattern.one: insert(place + 1, into: &next)
                case Pattern.oneInSegment: if byte != 0x3A { insert(place + 1, into: &next) }
                case let token: if token == Pattern.Token(byte) { insert(place + 1, into: &next) }
                }
            }
        }
        return next
    }

    private func explore(_ regions: [Region], _ universe: Universe, _ budget: inout WorkBudget) -> Set<[Bool]>? {
        var alphabet: Set<UInt8> = [0x3A]
        for token in tokens where token < 256 { alphabet.insert(UInt8(truncatingIfNeeded: token)) }
        let isAction: Bool
        if case .actions = universe { isAction = true } else { isAction = false }
        if let other = (isAction ? Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8) : Array(0x21...0x7E)).first(where: {
            !alphabet.contains($0)
        }) {
            alphabet.insert(other)
        }
        let bytes = alphabet.sorted()
        var initial = [UInt64](repeating: 0, count: words)
        for start in starts { insert(start, into: &initial) }
        var queue: [State] = []
        var work = 0
        if case .actions(let services?) = universe {
            for service in services {
                var places = initial
                for byte in service.utf8 { places = step(places, byte.lowercased, &work) }
                queue.append(State(places: step(places, 0x3A, &work), phase: 2))
            }
        } else {
            queue.append(State(places: initial, phase: 0))
        }
        var seen = Set(queue)
        var found: Set<[Bool]> = []
        var index = 0
        while index < queue.count {
            let state = queue[index]
            index += 1
            if state.phase == 3 {
                found.insert(membership(state.places, regions))
                work += starts.count + regions.count
            }
            guard queue.count <= Self.mostStates, budget.spend(work) else { return nil }
            work = 0
            for byte in bytes {
                guard let phase = isAction ? Self.phase(state.phase, byte) : 3 else { continue }
                let next = State(places: step(state.places, byte, &work), phase: phase)
                if seen.insert(next).inserted { queue.append(next) }
            }
        }
        return found
    }

    private static func phase(_ phase: UInt8, _ byte: UInt8) -> UInt8? {
        let isLetter = (byte >= 0x61 && byte <= 0x7A) || byte.isDigit
        switch phase {
        case 0: return isLetter ? 1 : nil
        case 1: return byte == 0x3A ? 2 : isLetter || byte == UInt8(ascii: "-") ? 1 : nil
        default: return isLetter || (phase == 3 && byte == UInt8(ascii: "_")) ? 3 : nil
        }
    }

    /// Whether a text is surely in the region: one that a single pattern matches. `false` where that is not seen at a glance.
    static func isSurelyInhabited(_ region: Region, _ universe: Universe) -> Bool {
        guard !region.negated else { return region.patterns.isEmpty }
        return region.patterns.contains { pattern in
            let stars = pattern.indices.filter { pattern[$0] == Pattern.star || pattern[$0] == Pattern.starInSegment }
            func text(_ colon: Int?) -> [UInt8] {
                pattern.indices.flatMap { place -> [UInt8] in
                    let token = pattern[place]
                    if token < 256 { return [UInt8(truncatingIfNeeded: token)] }
                    return place == colon && token == Pattern.star ? Array("a:a".utf8) : Array("a".utf8)
                }
            }
            switch universe {
            case .resources: return !pattern.isEmpty
            case .actions(let services):
                return ([nil] + stars.prefix(1).map { $0 }).contains { colon in
                    var phase: UInt8? = 0
                    let text = text(colon)
                    for byte in text { phase = phase.flatMap { Self.phase($0, byte) } }
                    guard phase == 3 else { return false }
                    return services?.contains { $0.utf8.elementsEqual(text.prefix { $0 != 0x3A }) } ?? true
                }
            }
        }
    }

    private func membership(_ places: [UInt64], _ regions: [Region]) -> [Bool] {
        var pattern = 0
        return regions.map { region in
            var inside = false
            for _ in region.patterns {
                let end = ends[pattern]
                if places[end >> 6] & (1 << UInt64(end & 63)) != 0 { inside = true }
                pattern += 1
            }
            return inside != region.negated
        }
    }
}
