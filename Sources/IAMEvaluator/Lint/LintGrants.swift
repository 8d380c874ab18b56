import CloudModel

// What statements give, alone and together.
extension Linter {
    mutating func lookAtGrant(_ statement: LintStatement) {
        guard statement.isAllow, kind.grants else { return }
        let isUnconditional = statement.source.conditions.isEmpty
        if kind == .identity, statement.allowsEverything {
            add(
                .fullAdministrator, .warning, statement, statement.path("Action"),
                "The statement allows every action on every resource: whoever has the policy is an administrator.")
        }
        if statement.source.actions.negated {
            let isWide = statement.source.resources.map { Self.coversEverything($0) } ?? true
            add(
                .allowNotAction, isWide && isUnconditional ? .warning : .info, statement, statement.path("NotAction"),
                "Allow with NotAction allows every other action, of every service, also those that AWS adds later.")
        }
        if let resources = statement.source.resources, resources.negated {
            add(
                .allowNotResource, .warning, statement, statement.path("NotResource"),
                "Allow with NotResource allows the actions on every other resource, also those that are made later.")
        }
        lookAtPassRole(statement)
    }

    private static func coversEverything(_ resources: PatternSet) -> Bool {
        resources.negated || resources.patterns.contains { !$0.isEmpty && $0.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
    }

    /// "Granting a user permissions to pass a role to an AWS service".
    private mutating func lookAtPassRole(_ statement: LintStatement) {
        guard kind == .identity, !statement.actions.isOpen, let resources = statement.source.resources, !resources.negated,
            !statement.hasCondition(on: ["iam:passedtoservice", "iam:associatedresourcearn"])
        else { return }
        let covering = statement.actions.entries.filter { entry in entry.matches.contains { $0.name.isSame("iam:PassRole") } }
        let wide = resources.patterns.enumerated().filter { _, text in Self.isEveryRole(text) }
        guard let entry = covering.first, let resource = wide.first else { return }
        add(
            .passRoleUnlimited, .warning, statement, statement.path("Resource", resource.offset),
            "\(LintText.quoted(entry.text)) on \(LintText.quoted(resource.element)) lets the caller hand every role, administrators' too, to any "
                + "service: name the roles, or add a condition on iam:PassedToService.")
    }

    /// `*`, and ARNs that end in all roles.
    private static func isEveryRole(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { return false }
        if bytes.allSatisfy({ $0 == UInt8(ascii: "*") }) { return true }
        guard bytes.hasPrefix("arn:"), text.has(":iam:") || text.has(":*:") else { return false }
        let resource = segments(text).last ?? ""
        return ["*", "role/*", "role*", "role/**", "*/*"].contains { $0.isSame(resource) }
    }

    // MARK: - The whole policy

    mutating func lookAtWhole() {
        lookAtAdministrator()
        lookAtOverlaps()
    }

    /// Whether statements that look harmless add up to everything.
    private mutating func lookAtAdministrator() {
        guard kind == .identity, !statements.isEmpty,
            !statements.contains(where: \.allowsEverything)
        else { return }
        let document = PolicyDocument(version: version, statements: statements.map(\.source))
        let layers = PolicyLayers(identity: [CompiledPolicy(document)])
        let principal = PreparedPrincipal(.user(arn: "arn:aws:iam::000000000000:user/lint"))
        var answer = Administrator.answer(principal, layers, budget: budget)
        var how = "together they allow every action on every resource"
        if !answer.isAdmin, answer.conditions == nil {
            answer = Administrator.answer(principal, layers, actions: .services(table.servicePrefixes), budget: budget)
            how = "together they allow every action of every service in the table of actions, on every resource"
        }
        guard answer.isAdmin || answer.conditions != nil else { return }
        let allows = statements.filter(\.isAllow)
        let names = allows.map { String($0.index) }.prefix(8).joined(separator: ", ") + (allows.count > 8 ? ", …" : "")
        let when = answer.conditions.map { " under conditions (\(LintText.safe($0.text, limit: 200)))" } ?? ""
        add(
            .administratorByParts, answer.isAdmin ? .warning : .info, "Statement",
            "No statement is Action \"*\" on Resource \"*\", but \(how)\(when): statements \(names). Whoever has the policy is an administrator."
        )
    }

    /// Most comparisons of two statements, and most bytes of patterns in one.
    private static let mostPairs = 2_000
    private static let mostBytes = 6_000

    /// Allows that a Deny without conditions undoes, and Allows that another one contains.
    private mutating func lookAtOverlaps() {
        var pairs = 0
        for statement in statements where statement.isAllow {
            for other in statements where other.index != statement.index && other.source.conditions.isEmpty {
                pairs += 1
                guard pairs <= Self.mostPairs else { return }
                guard covers(other, statement) else { continue }
                if !other.isAllow {
                    add(
                        .allowShadowedByDeny, .warning, statement, statement.path,
                        "Statement \(other.index) denies all that this statement allows, without conditions: it allows nothing.")
                    break
                }
                // Of two that contain each other, the later one is the idle one.
                if statement.index > other.index || !statement.source.conditions.isEmpty || !covers(statement, other) {
                    add(
                        .redundantStatement, .info, statement, statement.path,
                        "Statement \(other.index) allows all that this statement allows, without conditions.")
                    break
                }
            }
        }
    }

    /// Whether `wide` is about all that `narrow` is about, its conditions aside.
    private mutating func covers(_ wide: LintStatement, _ narrow: LintStatement) -> Bool {
        if let principal = wide.source.principal {
            let isEveryone = !principal.negated && principal.entries.contains(.everyone)
            guard isEveryone || principal == narrow.source.principal else { return false }
        } else if narrow.source.principal != nil {
            return false
        }
        guard bytes(wide) + bytes(narrow) <= Self.mostBytes, mayCover(wide, narrow) else { return false }
        let actions = [
            CoverageAutomaton.Region(patterns: narrow.compiled.actions.map(\.allTokens), negated: narrow.source.actions.negated),
            CoverageAutomaton.Region(patterns: wide.compiled.actions.map(\.allTokens), negated: wide.source.actions.negated),
        ]
        guard let found = CoverageAutomaton.memberships(actions, .actions(services: nil), &budget), !found.contains([true, false]) else {
            return false
        }
        guard let some = wide.source.resources else { return true }
        if !some.negated, some.patterns.contains(where: { $0.isSame("*") }) { return true }
        let resources = [region(narrow, isWide: true), region(wide, isWide: false)]
        guard let found = CoverageAutomaton.memberships(resources, .resources, &budget) else { return false }
        return !found.contains([true, false])
    }

    private func bytes(_ statement: LintStatement) -> Int {
        (statement.source.actions.patterns + (statement.source.resources?.patterns ?? [])).reduce(0) { $0 + $1.utf8.count }
    }

    /// A quick refusal: one action of each of the narrow statement's patterns must be covered by the wide one.
    private func mayCover(_ wide: LintStatement, _ narrow: LintStatement) -> Bool {
        guard !narrow.source.actions.negated else { return true }
        return narrow.source.actions.patterns.allSatisfy { pattern in
            var text: [UInt8] = []
            for byte in pattern.utf8 where byte != UInt8(ascii: "*") { text.append(byte == UInt8(ascii: "?") ? 0x61 : byte.lowercased) }
            if !text.contains(0x3A) { text = Array("zz9:zz9".utf8) } else if text.last == 0x3A { text += Array("zz9".utf8) }
            return wide.compiled.covers(text, head: Pattern.head(text).0, bit: PreparedQuestion.serviceBit(text))
        }
    }

    /// The statement's resources, with variables so that the region is too large or too small.
    private func region(_ statement: LintStatement, isWide: Bool) -> CoverageAutomaton.Region {
        guard statement.source.resources != nil else { return CoverageAutomaton.Region(patterns: [[Pattern.star]], negated: false) }
        let isNegated = statement.compiled.resourcesNegated
        var patterns: [[Pattern.Token]] = []
        for template in statement.compiled.resources {
            if template.fixed == nil, isWide == isNegated { continue }
            patterns.append(ResourceFormats.Resource(template).tokens)
        }
        return CoverageAutomaton.Region(patterns: patterns, negated: isNegated)
    }
}
