import IAMEvaluator

/// What is left of a conditional answer once the attacker has chosen what a caller may choose.
enum ResidualCondition {
    /// Keys, lower case, whose values the caller picks with the request and loses nothing by: where to do it and how to call it.
    private static let always: Set<String> = [
        "aws:requestedregion", "sts:rolesessionname", "iam:associatedresourcearn", "aws:sourcearn", "ec2:instancetype", "ec2:region",
        "ec2:metadatahttptokens", "ec2:metadatahttpendpoint", "ec2:ebsoptimized", "ec2:tenancy", "ec2:rootdevicetype",
        "ec2:instancemarkettype",
        "lambda:functionurlauthtype", "lambda:invokedviafunctionurl", "lambda:principal", "lambda:functionarn", "aws:tagkeys",
        "sts:durationseconds",
        "cloudformation:templateurl", "ec2:imagetype", "ec2:keypairname", "ec2:volumesize", "ec2:volumetype", "ec2:encrypted",
    ]

    private static func isChosen(_ key: String, _ chosen: Set<String>) -> Bool {
        let key = key.lowercased()
        return always.contains(key) || chosen.contains(key) || key.hasPrefix("aws:requesttag/")
    }

    /// The expression with tests on chosen keys taken as met.
    static func reduced(_ expression: ConditionExpression, chosen: Set<String> = []) -> ConditionExpression {
        switch expression {
        case .always, .never, .unknown: return expression
        case .test(let test): return isChosen(test.key, chosen) ? .always : expression
        case .not(let inner):
            if case .test(let test) = inner, isChosen(test.key, chosen) { return .always }
            switch reduced(inner, chosen: chosen) {
            case .always: return mentionsChosen(inner, chosen) ? .always : .never
            case .never: return .always
            case let rest: return .not(rest)
            }
        case .all(let parts):
            var rest: [ConditionExpression] = []
            for part in parts.map({ reduced($0, chosen: chosen) }) {
                if part == .never { return .never }
                if part != .always { rest.append(part) }
            }
            return rest.isEmpty ? .always : rest.count == 1 ? rest[0] : .all(rest)
        case .any(let parts):
            var rest: [ConditionExpression] = []
            for part in parts.map({ reduced($0, chosen: chosen) }) {
                if part == .always { return .always }
                if part != .never { rest.append(part) }
            }
            return rest.isEmpty ? .never : rest.count == 1 ? rest[0] : .any(rest)
        }
    }

    private static func mentionsChosen(_ expression: ConditionExpression, _ chosen: Set<String>) -> Bool {
        switch expression {
        case .always, .never, .unknown: false
        case .test(let test): isChosen(test.key, chosen)
        case .not(let inner): mentionsChosen(inner, chosen)
        case .all(let parts), .any(let parts): parts.contains { mentionsChosen($0, chosen) }
        }
    }

    /// The reasons for which it cannot be told.
    static func unknowns(_ expression: ConditionExpression) -> [String] {
        switch expression {
        case .always, .never, .test: []
        case .unknown(let reason): [reason]
        case .not(let inner): unknowns(inner)
        case .all(let parts), .any(let parts): parts.flatMap(unknowns)
        }
    }

    /// The expression as sentences that must all hold.
    static func texts(_ expression: ConditionExpression) -> [String] {
        switch expression {
        case .always: []
        case .all(let parts): parts.flatMap(texts)
        default: [text(expression)]
        }
    }

    /// The expression as one phrase.
    static func text(_ expression: ConditionExpression) -> String {
        switch expression {
        case .always: "always"
        case .never: "never"
        case .unknown(let reason): reason
        case .test(let test): "\(test.key) \(test.name) \(test.values.joined(separator: ", "))"
        case .not(let inner): "not (\(text(inner)))"
        case .all(let parts): parts.map { "(\(text($0)))" }.joined(separator: " and ")
        case .any(let parts): parts.map { "(\(text($0)))" }.joined(separator: " or ")
        }
    }
}
