import IAMEvaluator

/// Patterns and policy variables, from "IAM JSON policy elements: Resource", "Condition operators" and "Variables and tags".
struct NaiveText {
    /// By key in lower case.
    let context: [String: [String]]
    let version: PolicyDocument.Version

    /// One place of a pattern.
    enum Sign: Equatable {
        case character(Unicode.Scalar)
        /// Any number of characters, and one.
        case any, one
    }

    private static let colon = Sign.character(":")

    // MARK: - Variables

    /// The pattern with its variables filled in; `nil` when one has no value: "There is no equal or like value."
    func filled(_ pattern: String, wildcards: Bool) -> [Sign]? {
        var signs: [Sign] = []
        var rest = Array(pattern.unicodeScalars)[...]
        while let first = rest.first {
            // "Earlier versions of the policy language don't support policy variables … treated as literal strings."
            if version == .v2012, rest.starts(with: "${".unicodeScalars), let end = rest.firstIndex(of: "}") {
                guard let value = value(String(String.UnicodeScalarView(rest[(rest.startIndex + 2)..<end]))) else { return nil }
                signs += value.unicodeScalars.map { .character($0) }
                rest = rest[(end + 1)...]
                continue
            }
            signs.append(wildcards && first == "*" ? .any : wildcards && first == "?" ? .one : .character(first))
            rest = rest.dropFirst()
        }
        return signs
    }

    private func value(_ inside: String) -> String? {
        if ["*", "?", "$"].contains(inside) { return inside }
        // "Surround the default value with single quotes, and separate the variable text and the default value with a comma and space."
        let parts = inside.split(separator: ",", maxSplits: 1)
        let values = context[parts[0].lowercased()] ?? []
        // "You cannot use a multivalued context key as a policy variable."
        if !values.isEmpty { return values.count == 1 ? values[0] : nil }
        guard parts.count == 2, let start = parts[1].firstIndex(of: "'") else { return nil }
        return String(parts[1][parts[1].index(after: start)...].dropLast())
    }

    // MARK: - Matching

    func string(_ pattern: String, matches text: String, wildcards: Bool) -> Bool {
        guard let signs = filled(pattern, wildcards: wildcards) else { return false }
        return Self.like(signs[...], Array(text.unicodeScalars)[...])
    }

    func stringIgnoringCase(_ pattern: String, matches text: String) -> Bool {
        guard let signs = filled(pattern, wildcards: false) else { return false }
        let wanted = signs.compactMap { if case .character(let scalar) = $0 { scalar } else { nil } }
        return String(String.UnicodeScalarView(wanted)).lowercased().unicodeScalars.elementsEqual(text.lowercased().unicodeScalars)
    }

    /// "Each of the six colon-delimited components of the ARN is checked separately."
    func arn(_ pattern: String, matches text: String) -> Bool {
        guard let signs = filled(pattern, wildcards: true) else { return false }
        if signs == [.any] { return true }
        let wanted = signs.split(separator: Self.colon, maxSplits: 5, omittingEmptySubsequences: false)
        let parts = Array(text.unicodeScalars).split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return wanted.count == parts.count && zip(wanted, parts).allSatisfy { Self.like($0, $1) }
    }

    /// "You can use wildcard characters within the individual segments of an ARN … If the * wildcard is the last character of a resource ARN
    /// segment, it can expand to match beyond the colon boundaries."
    func resource(_ pattern: String, matches text: String) -> Bool {
        guard let signs = filled(pattern, wildcards: true) else { return false }
        let characters = Array(text.unicodeScalars)[...]
        var segment = 0
        return Self.like(signs[...], characters) { index in
            if signs[index] == Self.colon { segment += 1 }
            let isLast = index + 1 == signs.count || signs[index + 1] == Self.colon
            return segment >= 5 || (signs[index] == .any && isLast)
        }
    }

    static func glob(_ pattern: String, _ text: String) -> Bool {
        NaiveText(context: [:], version: .v2008).string(pattern, matches: text, wildcards: true)
    }

    /// Which beginnings of the text the pattern's beginnings match; `passes` says whether a wildcard at a place may take a colon.
    private static func like(_ signs: ArraySlice<Sign>, _ text: ArraySlice<Unicode.Scalar>, passes: (Int) -> Bool = { _ in true }) -> Bool {
        let text = Array(text)
        var ends = [0]
        for index in signs.indices {
            let passes = passes(index)
            switch signs[index] {
            case .character(let scalar): ends = ends.filter { $0 < text.count && text[$0] == scalar }.map { $0 + 1 }
            case .one: ends = ends.filter { $0 < text.count && (passes || text[$0] != ":") }.map { $0 + 1 }
            case .any:
                var next: [Int] = []
                for (place, end) in ends.enumerated() {
                    // Up to where the next beginning goes on.
                    let limit = place + 1 < ends.count ? ends[place + 1] : text.count + 1
                    var end = end
                    next.append(end)
                    while end + 1 < limit, passes || text[end] != ":" {
                        end += 1
                        next.append(end)
                    }
                }
                ends = next
            }
            if ends.isEmpty { return false }
        }
        return ends.last == text.count
    }
}
