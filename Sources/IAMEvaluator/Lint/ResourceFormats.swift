/// Whether a `Resource` pattern and the ARNs of a kind of resource have any text in common.
struct ResourceFormats {
    typealias Token = Pattern.Token
    /// One character, or any number of them, other than a colon or a slash.
    private static let oneInName: Token = 260
    private static let starInName: Token = 261
    /// Most steps of all comparisons of a run; beyond, everything counts as fitting, so that nothing wrong is said.
    private static let mostWork = 60_000_000

    private var formats: [Int: [Token]] = [:]
    private var answers: [Int: Bool] = [:]
    private var work = 0

    /// A `Resource` pattern ready to be compared. Its variables can be any text.
    struct Resource {
        var tokens: [Token]
        /// The same with stars that stay within the first five parts.
        var bound: [Token]
        /// The service's name where it is written out.
        var service: [UInt8]?
        /// Whether it covers everything, also the `*` of actions that have no resource.
        var isEverything: Bool

        init(_ template: PatternTemplate) {
            var tokens: [Token] = []
            for part in template.parts {
                switch part {
                case .tokens(let list): tokens += list
                case .variable: tokens.append(Pattern.star)
                }
            }
            self.tokens = tokens
            var colons = 0
            bound = tokens.map { token in
                if token == 0x3A { colons += 1 }
                return token == Pattern.star && colons < 5 ? Pattern.starInSegment : token
            }
            // With fewer parts, some star has to run on.
            if colons < 5 { bound = tokens }
            isEverything =
                !tokens.isEmpty && tokens.allSatisfy { $0 == Pattern.star || $0 == Pattern.starInSegment } && template.fixed != nil
            let parts = tokens.split(separator: 0x3A, omittingEmptySubsequences: false)
            if parts.count > 2, parts[0].allSatisfy({ $0 < 256 }), parts[1].allSatisfy({ $0 != Pattern.star }),
                parts[2].allSatisfy({ $0 < 256 })
            {
                service = parts[2].map { UInt8(truncatingIfNeeded: $0) }
            }
        }
    }

    /// Whether some resource of the type is covered by the pattern, which is the `place`th of its statement.
    mutating func fits(_ resource: Resource, key: Int, _ action: ActionTable.Action, type: Int) -> Bool {
        if resource.isEverything { return true }
        let number = action.service << 12 | type
        let answerKey = key << 24 | number
        if let known = answers[answerKey] { return known }
        let format = format(action, type: type, number: number)
        if let service = resource.service, let other = Self.service(format), service != other {
            answers[answerKey] = false
            return false
        }
        work += resource.tokens.count * format.count
        guard work <= Self.mostWork else { return true }
        // A star that ends a part runs on over colons, so `arn:aws:ec2:*:*:volume/*` takes in an instance with `:volume/` in its name. That names
        // have colons and stars run on is not looked for at once.
        let answer =
            Self.intersect(resource.bound, format)
            || (resource.bound != resource.tokens && Self.intersect(resource.tokens, Self.plain(format)))
        answers[answerKey] = answer
        return answer
    }

    /// The format with names that have no colons.
    private static func plain(_ format: [Token]) -> [Token] {
        format.map { $0 == Pattern.star ? Pattern.starInSegment : $0 == Pattern.one ? Pattern.oneInSegment : $0 }
    }

    private static func service(_ format: [Token]) -> [UInt8]? {
        let parts = format.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard parts.count > 2, parts[2].allSatisfy({ $0 < 256 }) else { return nil }
        return parts[2].map { UInt8(truncatingIfNeeded: $0) }
    }

    private mutating func format(_ action: ActionTable.Action, type: Int, number: Int) -> [Token] {
        if let known = formats[number] { return known }
        let types = action.owner.types
        let shapes = types.map { Self.shape($0.arn) }
        let own = shapes[type]
        // A name at the end has no slash where another type of the service is what follows the slash: a bucket is not `bucket/key`.
        let hasParts =
            own.last == Self.placeholder && shapes.contains { $0.count > own.count && $0.starts(with: own) && $0[own.count] == 0x2F }
        let tokens = Self.tokens(types[type].arn, lastIsName: hasParts)
        formats[number] = tokens
        return tokens
    }

    private static let placeholder: UInt8 = 0

    /// An ARN with each placeholder as one byte.
    private static func shape(_ arn: String) -> [UInt8] {
        var shape: [UInt8] = []
        var isInside = false
        for byte in arn.utf8 {
            switch byte {
            case UInt8(ascii: "$"): break
            case UInt8(ascii: "{"):
                isInside = true
                shape.append(placeholder)
            case UInt8(ascii: "}"): isInside = false
            default: if !isInside { shape.append(byte) }
            }
        }
        return shape
    }

    static func tokens(_ arn: String, lastIsName: Bool) -> [Token] {
        let shape = shape(arn)
        var tokens: [Token] = []
        var colons = 0
        for (index, byte) in shape.enumerated() {
            if byte == 0x3A { colons += 1 }
            if byte == UInt8(ascii: "*") {
                tokens.append(colons < 5 ? Pattern.starInSegment : Pattern.star)
            } else if byte != placeholder {
                tokens.append(Token(byte))
            } else if colons < 5 {
                // Regions and accounts are left out in some ARNs of the same type.
                tokens.append(Pattern.starInSegment)
            } else if lastIsName, index == shape.count - 1 {
                tokens += [oneInName, starInName]
            } else {
                tokens += [Pattern.one, Pattern.star]
            }
        }
        return tokens
    }

    private static func isStar(_ token: Token) -> Bool { token == Pattern.star || token == Pattern.starInSegment || token == starInName }

    /// Whether one byte can be what both tokens take.
    private static func meet(_ left: Token, _ right: Token) -> Bool {
        if left < 256 { return takes(right, left) }
        if right < 256 { return takes(left, right) }
        return true
    }

    private static func takes(_ token: Token, _ byte: Token) -> Bool {
        switch token {
        case Pattern.star, Pattern.one: true
        case Pattern.starInSegment, Pattern.oneInSegment: byte != 0x3A
        case oneInName, starInName: byte != 0x3A && byte != 0x2F
        default: token == byte
        }
    }

    /// Whether some text matches both: all pairs of places that can be reached together.
    static func intersect(_ left: [Token], _ right: [Token]) -> Bool {
        let width = right.count + 1
        var seen = [Bool](repeating: false, count: (left.count + 1) * width)
        var stack = [0]
        seen[0] = true
        func visit(_ place: Int) {
            guard !seen[place] else { return }
            seen[place] = true
            stack.append(place)
        }
        while let place = stack.popLast() {
            let (i, j) = (place / width, place % width)
            if i == left.count, j == right.count { return true }
            if i < left.count, isStar(left[i]) { visit(place + width) }
            if j < right.count, isStar(right[j]) { visit(place + 1) }
            guard i < left.count, j < right.count, meet(left[i], right[j]) else { continue }
            visit((isStar(left[i]) ? i : i + 1) * width + (isStar(right[j]) ? j : j + 1))
        }
        return false
    }
}
