import CloudModel

// Operators, keys, values and what follows when a key is missing ("IAM JSON policy elements: Condition operators").
extension Linter {
    static let operators = [
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
        "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
        "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool",
        "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
    ]

    mutating func lookAtConditions(_ statement: LintStatement) {
        var isKnown = true
        for (place, clause) in statement.source.conditions.enumerated() {
            guard statement.compiled.conditions.indices.contains(place) else { continue }
            let condition = statement.compiled.conditions[place]
            if case .unknown = condition.family {
                isKnown = false
                addUnknownOperator(clause, statement)
                continue
            }
            if clause.values.isEmpty {
                isKnown = false
                add(.emptyList, .error, statement, statement.path(clause), "The condition compares with no value.")
                continue
            }
            let key = lookAtKey(clause, condition, statement)
            lookAtValues(clause, condition, key, statement)
            if let key { lookAtKind(clause, condition, key, statement) }
            lookAtAbsence(clause, condition, key, statement)
        }
        if isKnown, !statement.source.conditions.isEmpty { lookAtTruth(statement) }
    }

    private mutating func addUnknownOperator(_ clause: ConditionClause, _ statement: LintStatement) {
        var name = clause.name
        var prefix = ""
        for quantifier in ["ForAllValues:", "ForAnyValue:"] where name.asciiLowercased.hasPrefix(quantifier.asciiLowercased) {
            prefix = quantifier
            name = String(decoding: Array(name.utf8.dropFirst(quantifier.utf8.count)), as: UTF8.self)
        }
        let suffix = name.asciiLowercased.hasSuffix("ifexists") ? "IfExists" : ""
        if !suffix.isEmpty { name = String(decoding: Array(name.utf8.dropLast(8)), as: UTF8.self) }
        let message: String
        if name.asciiLowercased == "null" {
            message = "Null asks whether the key is there; it takes neither IfExists nor ForAllValues or ForAnyValue."
        } else if mayGuess(), let near = LintText.nearest(name, Self.operators) {
            message = "There is no condition operator \(LintText.quoted(clause.name)); did you mean \(prefix)\(near)\(suffix)?"
        } else {
            message = "There is no condition operator \(LintText.quoted(clause.name))."
        }
        add(.unknownOperator, .error, statement, statement.path(clause), message)
    }

    // MARK: - Keys

    private mutating func lookAtKey(_ clause: ConditionClause, _ condition: CompiledCondition, _ statement: LintStatement) -> ConditionKey?
    {
        let lowered = Array(clause.key.utf8).lowercased
        let key = table.conditionKey(clause.key)
        if key == nil, !ConditionKey.isOfToken(lowered) {
            let prefix = String(decoding: lowered.prefix { $0 != 0x3A }, as: UTF8.self)
            // A service that the table does not have may have any keys.
            let isNew = lowered.contains(0x3A) && prefix != "aws" && !table.hasService(prefix)
            let near = (mayGuess() ? LintText.nearest(clause.key, nearKeys(prefix, statement)) : nil).map { "; did you mean \($0)?" } ?? "."
            add(
                .unknownConditionKey, isNew ? .info : .warning, statement, statement.path(clause),
                lowered.contains(0x3A)
                    ? "No action has a condition key \(LintText.quoted(clause.key)) in the table of actions\(near) \(Self.absent(condition, statement))"
                    : "\(LintText.quoted(clause.key)) is no condition key: it has no prefix such as aws:. \(Self.absent(condition, statement))"
            )
            return nil
        }
        guard let key else { return nil }
        if ConditionKey.everywhere(lowered) == nil || ConditionKey.dependsOnAction(lowered) {
            if !ConditionKey.isOfToken(lowered) || kind == .trust { lookAtKeyOfActions(clause, lowered, condition, statement) }
        }
        return key
    }

    private func nearKeys(_ prefix: String, _ statement: LintStatement) -> [String] {
        if prefix == "aws" { return ConditionKey.global.map(\.name) }
        return Set(statement.actions.representatives.flatMap { $0.conditionKeys.map(\.name) }).sorted()
    }

    /// What follows from a key that no request has.
    private static func absent(_ condition: CompiledCondition, _ statement: LintStatement) -> String {
        let verb = statement.isAllow ? "allows" : "denies"
        return holdsWithoutKey(condition)
            ? "Without the key the condition always holds, so it limits nothing."
            : "Without the key the condition never holds, so the statement \(verb) nothing."
    }

    private static func holdsWithoutKey(_ condition: CompiledCondition) -> Bool {
        if case .null(let absent, _) = condition.family { return absent }
        return condition.ifExists || condition.quantifier == .all || (condition.quantifier == .none && condition.isNegated)
    }

    private mutating func lookAtKeyOfActions(
        _ clause: ConditionClause, _ lowered: [UInt8], _ condition: CompiledCondition, _ statement: LintStatement
    ) {
        let actions = statement.actions
        guard !actions.isOpen, !actions.hasUnknown, !actions.representatives.isEmpty, table.isOfSomeAction(lowered) else { return }
        var supports: [Int: Bool] = [:]
        for action in actions.representatives { supports[action.groupNumber] = action.has(key: lowered) }
        let without = actions.entries.filter { entry in !entry.matches.contains { supports[$0.groupNumber] ?? true } }
        if without.isEmpty { return }
        if without.count == actions.entries.count {
            add(
                .keyNotOfAction, .warning, statement, statement.path(clause),
                "None of the statement's actions has the condition key \(LintText.quoted(clause.key)). \(Self.absent(condition, statement))"
            )
        } else {
            // Where only some have it, an Allow is narrower than it looks. A Deny, or a test that holds without the key, is often meant so.
            let isCertain = statement.isAllow && !ConditionKey.dependsOnAction(lowered) && !Self.holdsWithoutKey(condition)
            add(
                .keyNotOfAction, isCertain ? .warning : .info, statement, statement.path(clause),
                "\(LintText.list(without.map(\.text))) \(without.count == 1 ? "does" : "do") not have the condition key "
                    + "\(LintText.quoted(clause.key)). \(Self.absent(condition, statement).replacingStatement(with: statement.isAllow))")
        }
    }

    // MARK: - Missing keys

    private mutating func lookAtAbsence(
        _ clause: ConditionClause, _ condition: CompiledCondition, _ key: ConditionKey?, _ statement: LintStatement
    ) {
        let lowered = clause.key.asciiLowercased
        let path = statement.path(clause)
        let name = LintText.quoted(clause.key)
        if lowered == "aws:multifactorauthpresent", case .bools(let values) = condition.family {
            if statement.isAllow, condition.ifExists, values == [true] {
                add(
                    .mfaAbsentForAccessKeys, .warning, statement, path,
                    "Requests with long-term access keys do not have \(name), so BoolIfExists lets them in without MFA: use Bool.")
            } else if !statement.isAllow, !condition.ifExists, condition.quantifier == .none, values == [false] {
                add(
                    .mfaAbsentForAccessKeys, .warning, statement, path,
                    "Requests with long-term access keys do not have \(name), so this does not deny them: use BoolIfExists.")
            }
            return
        }
        if case .null = condition.family { return }
        switch condition.quantifier {
        case .all:
            guard !requiresPresence(lowered, statement) else { break }
            if statement.isAllow {
                add(
                    .allowForAllValues, isAlwaysThere(lowered, statement) ? .info : .warning, statement, path,
                    "ForAllValues also holds where the request does not have \(name): add \"Null\": {\(name): \"false\"}.")
            } else {
                add(
                    .denyForAllValues, .info, statement, path,
                    "ForAllValues also holds where the request does not have \(name), so such requests are denied.")
            }
        case .any:
            if !statement.isAllow {
                add(
                    .denyForAnyValue, .info, statement, path,
                    "ForAnyValue does not hold where the request does not have \(name), so such requests are not denied.")
            }
        case .none:
            guard !statement.isAllow, condition.isNegated, !condition.ifExists, let reason = Self.oftenAbsent[lowered],
                !requiresPresence(lowered, statement),
                !statement.hasCondition(on: ["aws:viaawsservice", "aws:principalisawsservice", "aws:calledvia", "aws:calledviafirst"])
            else { break }
            add(
                .denyWhenKeyIsAbsent, .info, statement, path,
                "\(reason): such requests are denied too, unless a condition on aws:ViaAWSService or aws:PrincipalIsAWSService, or IfExists, spares them."
            )
        }
    }

    /// Keys that requests of AWS services, or through other ways, do not have or have with another value.
    private static let oftenAbsent = [
        "aws:sourceip": "When a service acts for the caller, aws:SourceIp is not the caller's address",
        "aws:sourcevpc": "Requests that pass no VPC endpoint do not have aws:SourceVpc",
        "aws:sourcevpce": "Requests that pass no VPC endpoint do not have aws:SourceVpce",
        "aws:principalorgid": "Requests of AWS services do not have aws:PrincipalOrgID",
        "aws:principalorgpaths": "Requests of AWS services do not have aws:PrincipalOrgPaths",
        "aws:principalaccount": "Requests of AWS services do not have aws:PrincipalAccount",
    ]

    /// Whether all requests of the statement have the key: those for single items name their partition, while a Scan names none ("Using IAM policy
    /// conditions for fine-grained access control", Amazon DynamoDB).
    private func isAlwaysThere(_ key: String, _ statement: LintStatement) -> Bool {
        let items = ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"].map { "dynamodb:" + $0 }
        return key.isSame("dynamodb:leadingkeys") && !statement.actions.isOpen && !statement.actions.hasUnknown
            && statement.actions.entries.allSatisfy { $0.matches.allSatisfy { action in items.contains { $0.isSame(action.name) } } }
    }

    /// Whether another condition of the statement holds only where the request has the key.
    private func requiresPresence(_ key: String, _ statement: LintStatement) -> Bool {
        statement.compiled.conditions.contains { other in
            // A request with a tag has its key among aws:TagKeys.
            let proves = key.isSame("aws:tagkeys") && other.key.bytes.hasPrefix("aws:requesttag/")
            guard other.key.text.isSame(key) || proves else { return false }
            if case .null(let absent, let present) = other.family { return present && !absent }
            return !other.ifExists && (other.quantifier == .any || (other.quantifier == .none && !other.isNegated))
        }
    }

    // MARK: - All conditions together

    private mutating func lookAtTruth(_ statement: LintStatement) {
        let context = PreparedContext(.unknown)
        let whole = ConditionExpression.all(of: statement.compiled.conditions.map { $0.expression(context) })
            .withoutContradictions(&budget)
        let path = statement.path("Condition")
        if whole == .never {
            add(
                .conditionNeverHolds, .error, statement, path,
                "The conditions contradict each other or can never hold, so the statement \(statement.isAllow ? "allows" : "denies") nothing."
            )
        } else if whole == .always {
            add(.conditionAlwaysHolds, .warning, statement, path, "The conditions hold for every request, so they limit nothing.")
        }
    }
}

extension String {
    /// The sentence about a whole statement, said of some of its actions.
    fileprivate func replacingStatement(with isAllow: Bool) -> String {
        let verb = isAllow ? "allows" : "denies"
        guard hasSuffix("so the statement \(verb) nothing.") else { return self }
        return dropLast("so the statement \(verb) nothing.".count) + (isAllow ? "so they are not allowed." : "so they are not denied.")
    }
}
