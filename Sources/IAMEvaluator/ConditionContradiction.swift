extension ConditionExpression {
    /// The same without branches that cannot hold, ``never`` when no request satisfies it and ``always`` when every one does.
    ///
    /// Exact for tests on keys that have one value, as long as each key is tested by one family of operators without policy variables, the
    /// expression has at most ``mostConjunctions`` ways to hold and the work is bounded; whatever is beyond that is left as it is.
    public var withoutContradictions: ConditionExpression {
        var budget = WorkBudget()
        return withoutContradictions(&budget)
    }

    /// ``withoutContradictions``, as far as a budget reaches; beyond, what is left is as it was.
    func withoutContradictions(_ budget: inout WorkBudget) -> ConditionExpression {
        guard testsSomeKeyTwice else { return self }
        let pruned = withoutDeadBranches(&budget)
        guard pruned.testsSomeKeyTwice else { return pruned }
        if !pruned.canHold(&budget) { return .never }
        return pruned.negated.canHold(&budget) ? pruned : .always
    }

    private func withoutDeadBranches(_ budget: inout WorkBudget) -> ConditionExpression {
        switch self {
        case .all(let parts):
            let tests = parts.compactMap(\.asTest)
            if Self.contradict(tests, &budget) { return .never }
            var kept: [ConditionExpression] = []
            for part in parts {
                guard case .any(let options) = part else {
                    kept.append(part)
                    continue
                }
                kept.append(.any(of: options.filter { !Self.contradict(tests + $0.conjuncts, &budget) }))
            }
            return .all(of: kept)
        case .any(let options): return .any(of: options.map { $0.withoutDeadBranches(&budget) })
        default: return self
        }
    }

    /// Whether some request may satisfy it: every way to choose one part of each alternative is looked at.
    private func canHold(_ budget: inout WorkBudget) -> Bool {
        guard let ways = conjunctions(limit: Self.mostConjunctions) else { return true }
        return ways.contains { !Self.contradict($0, &budget) }
    }

    /// Most ways to hold that are looked at.
    static let mostConjunctions = 256

    /// The expression as alternatives of tests that hold together; `nil` beyond the limit. What cannot be told is left out, so it is taken to hold.
    private func conjunctions(limit: Int) -> [[(ConditionTest, Bool)]]? {
        switch self {
        case .never: return []
        case .always, .unknown: return [[]]
        case .test, .not:
            guard let test = asTest else { return [[]] }
            return [[test]]
        case .any(let options):
            var found: [[(ConditionTest, Bool)]] = []
            for option in options {
                guard let more = option.conjunctions(limit: limit), found.count + more.count <= limit else { return nil }
                found += more
            }
            return found
        case .all(let parts):
            var found: [[(ConditionTest, Bool)]] = [[]]
            for part in parts {
                guard let more = part.conjunctions(limit: limit), found.count * more.count <= limit else { return nil }
                found = found.flatMap { one in more.map { one + $0 } }
            }
            return found
        }
    }

    private var testsSomeKeyTwice: Bool {
        var seen: Set<String> = []
        var isTwice = false
        collect { part in
            guard let (test, _) = part.asTest, !isTwice else { return }
            let key = test.key.asciiLowercased
            if !seen.insert(key).inserted, Self.hasOneValue(key) { isTwice = true }
        }
        return isTwice
    }

    private var asTest: (ConditionTest, Bool)? {
        switch self {
        case .test(let test): (test, true)
        case .not(.test(let test)): (test, false)
        default: nil
        }
    }

    private var conjuncts: [(ConditionTest, Bool)] {
        if case .all(let parts) = self { parts.compactMap(\.asTest) } else { asTest.map { [$0] } ?? [] }
    }

    /// Whether these surely exclude each other.
    private static func contradict(_ tests: [(ConditionTest, Bool)], _ budget: inout WorkBudget) -> Bool {
        guard tests.count > 1, tests.count <= 64 else { return false }
        var groups: [String: [(ConditionTest, Bool)]] = [:]
        for test in tests { groups[test.0.key.asciiLowercased, default: []].append(test) }
        for (key, group) in groups.sorted(by: { $0.key < $1.key }) where group.count > 1 && hasOneValue(key) {
            // Compiling the values again.
            guard budget.spend(group.reduce(0) { $0 + $1.0.values.reduce(200) { $0 + 200 + 10 * $1.utf8.count } }) else { return false }
            if !OneKey(key, group).canHold(&budget) { return true }
        }
        return false
    }

    /// Global keys with one value ("AWS global condition context keys": those not marked as multivalued).
    static func hasOneValue(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.hasPrefix("aws:") else { return false }
        return ![
            "aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths",
            "aws:sourceorgpaths",
        ]
        .contains { key.isSame($0) }
    }
}

/// Tests on one key that has at most one value: whether a value, or its absence, makes them all come out as wanted.
private struct OneKey {
    private let key: String
    private let tests: [(condition: CompiledCondition, wanted: Bool)]

    init(_ key: String, _ tests: [(ConditionTest, Bool)]) {
        self.key = key
        self.tests = tests.map { (CompiledCondition(ConditionClause($0.0.name, $0.0.key, $0.0.values), variables: true), $0.1) }
    }

    /// `true` also when it cannot be told.
    func canHold(_ budget: inout WorkBudget) -> Bool {
        if holds([:]) { return true }
        guard let witnesses else { return true }
        let size = tests.reduce(0) { $0 + 20 + $1.condition.test.values.count }
        for witness in witnesses {
            guard budget.spend(20 * size) else { return true }
            if holds([key: [witness]]) { return true }
        }
        return textCanHold(&budget) ?? true
    }

    private func holds(_ values: [String: [String]]) -> Bool {
        let context = PreparedContext(RequestContext(values: values, derivesKeys: false))
        return tests.allSatisfy { ($0.condition.holds(context) == .yes) == $0.wanted }
    }

    private enum Kind { case texts, foldedTexts, truths, numbers, dates, addresses }

    /// Values of which at least one satisfies the tests if any value does, wildcards aside; `nil` when there is no such list.
    private var witnesses: [String]? {
        // A value that nothing names, and one that is nothing.
        var found: Set<String> = ["\u{1}", ""]
        var kinds: Set<Kind> = []
        for (condition, _) in tests {
            switch condition.family {
            case .null: break
            case .bools:
                kinds.insert(.truths)
                found.formUnion(["true", "false", "TRUE", "FALSE"])
            case .patterns(let patterns):
                kinds.insert(patterns.ignoresCase ? .foldedTexts : .texts)
                for pattern in patterns.all {
                    guard let fixed = pattern.fixed else { return nil }
                    if fixed.kind == .literal { found.insert(String(decoding: fixed.bytes, as: UTF8.self)) }
                }
            case .numbers(let numbers):
                kinds.insert(.numbers)
                guard numbers.all.count == condition.test.values.count, let near = Self.near(numbers: condition.test.values) else {
                    return nil
                }
                found.formUnion(near)
            case .dates(let dates):
                kinds.insert(.dates)
                guard let near = Self.near(dates: dates.all) else { return nil }
                found.formUnion(near)
            case .addresses(let blocks):
                kinds.insert(.addresses)
                found.formUnion(["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
                for block in blocks { found.formUnion(block.borders) }
            case .binary, .unknown: return nil
            }
        }
        guard kinds.count < 2 || kinds == [.texts, .truths] else { return nil }
        return found.sorted()
    }

    /// Whether some text satisfies tests with wildcards; `nil` when it cannot be told. A text is all that matters about such a test: in which of
    /// the sets of patterns it is.
    private func textCanHold(_ budget: inout WorkBudget) -> Bool? {
        let hasWildcard = tests.contains {
            guard case .patterns(let patterns) = $0.condition.family else { return false }
            return patterns.all.contains { $0.fixed?.kind != .literal }
        }
        guard hasWildcard else { return false }
        var regions: [CoverageAutomaton.Region] = []
        var places: [Int?] = []
        for (condition, _) in tests {
            switch condition.family {
            case .null: places.append(nil)
            case .patterns(let patterns) where !patterns.ignoresCase:
                places.append(regions.count)
                let fixed = patterns.all.compactMap(\.fixed).filter { $0.kind != .never }
                // The automaton takes a byte for a character.
                guard fixed.allSatisfy({ $0.allTokens.allSatisfy { $0 < 0x80 || $0 > 0xFF } }) else { return nil }
                regions.append(.init(patterns: fixed.map(\.allTokens), negated: condition.isNegated))
            default: return nil
            }
        }
        guard let memberships = CoverageAutomaton.memberships(regions, .resources, &budget) else { return nil }
        return memberships.contains { membership in
            zip(tests, places).allSatisfy { test, place in
                guard let place else {
                    guard case .null(_, let present) = test.condition.family else { return true }
                    return present == test.wanted
                }
                return membership[place] == test.wanted
            }
        }
    }

    /// Each number, one in each gap between two, and one beyond each end; `nil` for numbers that are not written plainly.
    private static func near(numbers: [String]) -> [String]? {
        var found = ["0", "-1e300", "1e300", "0.00000000000000000001", "-0.00000000000000000001"]
        for text in numbers {
            let bytes = Array(text.utf8)
            guard bytes.count <= 15, bytes.last?.isDigit == true, bytes.allSatisfy({ $0.isDigit || $0 == 0x2E || $0 == 0x2D }) else {
                return nil
            }
            found.append(text)
            // Away from zero by less than any two of them differ.
            found.append(text + (bytes.contains(0x2E) ? "" : ".") + "00000000000000000001")
        }
        return found
    }

    /// Each point in time, one in each gap, and one beyond each end.
    private static func near(dates: [Instant]) -> [String]? {
        var found = ["0"]
        for date in dates {
            guard let texts = date.epochTexts else { return nil }
            found += texts
        }
        return found
    }
}
