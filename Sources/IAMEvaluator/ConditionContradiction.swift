extension ConditionExpression {
    /// The same without branches that cannot hold, such as a key that must be absent and present. Looks only at tests for equality, truth and
    /// presence, on keys that have one value; for those it is complete within one conjunction.
    public var withoutContradictions: ConditionExpression {
        switch self {
        case .all(let parts):
            let tests = parts.compactMap(\.asTest)
            if Self.contradict(tests) { return .never }
            return .all(
                of: parts.map { part in
                    guard case .any(let options) = part else { return part }
                    return .any(of: options.filter { !Self.contradict(tests + $0.conjuncts) })
                })
        case .any(let options): return .any(of: options.map(\.withoutContradictions))
        default: return self
        }
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

    private static func contradict(_ tests: [(ConditionTest, Bool)]) -> Bool {
        guard tests.count > 1, tests.count <= 64 else { return false }
        var groups: [String: [(ConditionTest, Bool)]] = [:]
        for test in tests { groups[test.0.key.asciiLowercased, default: []].append(test) }
        return groups.contains { key, group in group.count > 1 && hasOneValue(key) && contradict(key, group) }
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

    /// Tries the key absent, with every value that a test names, and with one that none does.
    private static func contradict(_ key: String, _ tests: [(ConditionTest, Bool)]) -> Bool {
        var compiled: [(CompiledCondition, Bool)] = []
        var candidates: Set<String> = ["\u{1}"]
        for (test, expected) in tests {
            let condition = CompiledCondition(ConditionClause(test.name, test.key, test.values), variables: true)
            switch condition.family {
            case .null: break
            case .bools: candidates.formUnion(["true", "false"])
            case .patterns(let patterns, false):
                for pattern in patterns {
                    guard let fixed = pattern.fixed, fixed.kind == .literal else { return false }
                    candidates.insert(String(decoding: fixed.bytes, as: UTF8.self))
                }
            default: return false
            }
            compiled.append((condition, expected))
        }
        func holds(_ values: [String: [String]]) -> Bool {
            let context = PreparedContext(RequestContext(values: values, derivesKeys: false), derived: [:], resourceAccount: nil)
            return compiled.allSatisfy { ($0.holds(context) == .yes) == $1 }
        }
        return !holds([:]) && !candidates.contains { holds([key: [$0]]) }
    }
}

extension ConditionExpression {
    /// What is left of the expression once this is known of the request: tests on known keys are decided, the others stay.
    public func assuming(_ context: RequestContext) -> ConditionExpression {
        assuming(PreparedContext(context, derived: [:], resourceAccount: nil))
    }

    func assuming(_ context: PreparedContext) -> ConditionExpression {
        switch self {
        case .always, .never, .unknown: self
        case .test(let test):
            if test.name.isSame(ConditionTest.resourceLike) || test.name.isSame(ConditionTest.resourceNotLike) {
                test.assumingResource(context)
            } else {
                CompiledCondition(ConditionClause(test.name, test.key, test.values), variables: true).expression(context)
            }
        case .not(let inner): inner.assuming(context).negated
        case .all(let parts): .all(of: parts.map { $0.assuming(context) })
        case .any(let parts): .any(of: parts.map { $0.assuming(context) })
        }
    }
}

extension ConditionTest {
    /// The operator for a resource that is covered when the variables in a policy's pattern have the right values: the key is the resource's
    /// ARN, the value the pattern. Not one of AWS's; it occurs in answers only.
    public static let resourceLike = "ResourceLike"
    /// The opposite of ``resourceLike``.
    public static let resourceNotLike = "ResourceNotLike"

    fileprivate func assumingResource(_ context: PreparedContext) -> ConditionExpression {
        let negated = name.isSame(Self.resourceNotLike)
        var isOpen = false
        let resource = Array(key.utf8)
        for value in values {
            switch PatternTemplate(value, variables: true, mode: .resource).resolved(context) {
            case .pattern(let pattern): if pattern.matches(resource) { return negated ? .never : .always }
            case .open(let pattern): if pattern.matches(resource) { isOpen = true }
            }
        }
        return isOpen ? .test(self) : negated ? .always : .never
    }
}
