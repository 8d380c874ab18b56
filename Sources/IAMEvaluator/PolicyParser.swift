import CloudModel

/// Reads policies. Nesting is fixed by the grammar, so nothing here recurses.
struct PolicyParser {
    let form: PolicyDocument.Form
    /// Most statements, patterns and values of one document; AWS's largest policy has 20,480 characters, so real ones stay far below.
    static let mostElements = 100_000

    func document(_ json: JSONValue) throws(PolicyError) -> PolicyDocument {
        guard case .object(let object) = json else { throw PolicyError(code: .notAnObject, statement: nil, element: "") }
        var version = PolicyDocument.Version.v2008
        var id: String?
        var statements: [JSONValue]?
        for member in object.members {
            switch member.name {
            case "Version":
                guard case .string(let text) = member.value else {
                    throw PolicyError(code: .invalidType, statement: nil, element: "Version")
                }
                guard let known = PolicyDocument.Version(rawValue: text) else {
                    throw PolicyError(code: .invalidVersion, statement: nil, element: "Version")
                }
                version = known
            case "Id":
                guard case .string(let text) = member.value else { throw PolicyError(code: .invalidType, statement: nil, element: "Id") }
                id = text
            case "Statement":
                switch member.value {
                case .array(let list): statements = list
                case .object: statements = [member.value]
                default: throw PolicyError(code: .invalidType, statement: nil, element: "Statement")
                }
            default: throw PolicyError(code: .unknownElement, statement: nil, element: "")
            }
        }
        guard let statements else { throw PolicyError(code: .missingStatement, statement: nil, element: "Statement") }
        var elements = 0
        var parsed: [PolicyStatement] = []
        parsed.reserveCapacity(statements.count)
        for (index, value) in statements.enumerated() {
            let statement = try statement(value, index)
            elements += 1 + statement.actions.patterns.count + (statement.resources?.patterns.count ?? 0)
            elements += statement.principal?.entries.count ?? 0
            for clause in statement.conditions { elements += 1 + clause.values.count }
            guard elements <= Self.mostElements else { throw PolicyError(code: .tooLarge, statement: index, element: "") }
            parsed.append(statement)
        }
        return PolicyDocument(version: version, id: id, statements: parsed)
    }

    private func statement(_ json: JSONValue, _ index: Int) throws(PolicyError) -> PolicyStatement {
        guard case .object(let object) = json else { throw PolicyError(code: .invalidType, statement: index, element: "Statement") }
        var sid: String?
        var effect: PolicyEffect?
        var principal: PrincipalElement?
        var actions: PatternSet?
        var resources: PatternSet?
        var conditions: [ConditionClause] = []
        for member in object.members {
            let name = member.name
            switch name {
            case "Sid":
                guard case .string(let text) = member.value else { throw PolicyError(code: .invalidType, statement: index, element: name) }
                sid = text
            case "Effect":
                guard case .string(let text) = member.value else { throw PolicyError(code: .invalidType, statement: index, element: name) }
                guard let known = PolicyEffect(rawValue: text) else {
                    throw PolicyError(code: .invalidEffect, statement: index, element: name)
                }
                effect = known
            case "Principal", "NotPrincipal":
                guard principal == nil else { throw PolicyError(code: .exclusiveElements, statement: index, element: name) }
                guard form != .withoutPrincipal else { throw PolicyError(code: .principalNotAllowed, statement: index, element: name) }
                principal = PrincipalElement(try principals(member.value, index, name), negated: name == "NotPrincipal")
            case "Action", "NotAction":
                guard actions == nil else { throw PolicyError(code: .exclusiveElements, statement: index, element: name) }
                let list = try strings(member.value, index, name)
                for pattern in list where !isAction(pattern) { throw PolicyError(code: .invalidAction, statement: index, element: name) }
                actions = PatternSet(list, negated: name == "NotAction")
            case "Resource", "NotResource":
                guard resources == nil else { throw PolicyError(code: .exclusiveElements, statement: index, element: name) }
                resources = PatternSet(try strings(member.value, index, name), negated: name == "NotResource")
            case "Condition": conditions = try clauses(member.value, index)
            default: throw PolicyError(code: .unknownElement, statement: index, element: "")
            }
        }
        guard let effect else { throw PolicyError(code: .missingEffect, statement: index, element: "Effect") }
        guard let actions else { throw PolicyError(code: .missingAction, statement: index, element: "Action") }
        if form == .withPrincipal, principal == nil { throw PolicyError(code: .missingPrincipal, statement: index, element: "Principal") }
        if form == .withoutPrincipal, resources == nil { throw PolicyError(code: .missingResource, statement: index, element: "Resource") }
        return PolicyStatement(
            sid: sid, effect: effect, principal: principal, actions: actions, resources: resources, conditions: conditions)
    }

    /// One text or a list of texts.
    private func strings(_ json: JSONValue, _ index: Int, _ element: String) throws(PolicyError) -> [String] {
        switch json {
        case .string(let text): return [text]
        case .array(let list):
            var texts: [String] = []
            texts.reserveCapacity(list.count)
            for value in list {
                guard case .string(let text) = value else { throw PolicyError(code: .invalidType, statement: index, element: element) }
                texts.append(text)
            }
            return texts
        default: throw PolicyError(code: .invalidType, statement: index, element: element)
        }
    }

    /// `*`, or a vendor, a colon and a name ("IAM JSON policy elements: Action").
    private func isAction(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, bytes.allSatisfy({ $0 == UInt8(ascii: "*") }) { return true }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return colon > 0 && colon + 1 < bytes.count
    }

    private func principals(_ json: JSONValue, _ index: Int, _ element: String) throws(PolicyError) -> [PrincipalElement.Entry] {
        if case .string(let text) = json {
            guard text.isSame("*") else { throw PolicyError(code: .invalidPrincipal, statement: index, element: element) }
            return [.everyone]
        }
        guard case .object(let object) = json else { throw PolicyError(code: .invalidType, statement: index, element: element) }
        var entries: [PrincipalElement.Entry] = []
        for member in object.members {
            let texts = try strings(member.value, index, element)
            for text in texts {
                switch member.name {
                case "AWS": entries.append(Self.awsEntry(text))
                case "Service": entries.append(.service(text))
                case "Federated": entries.append(.federated(text))
                case "CanonicalUser": entries.append(.canonicalUser(text))
                default: throw PolicyError(code: .invalidPrincipal, statement: index, element: element)
                }
            }
        }
        return entries
    }

    static func awsEntry(_ text: String) -> PrincipalElement.Entry {
        if text.isSame("*") { return .everyone }
        let bytes = Array(text.utf8)
        if bytes.count == 12, bytes.allSatisfy(\.isDigit) { return .account(text) }
        if let arn = ARN(bytes), arn.isIAM, arn.resource.elementsEqual("root".utf8), arn.account.count == 12 {
            return .account(arn.accountText)
        }
        return .aws(text)
    }

    private func clauses(_ json: JSONValue, _ index: Int) throws(PolicyError) -> [ConditionClause] {
        guard case .object(let operators) = json else { throw PolicyError(code: .invalidType, statement: index, element: "Condition") }
        var clauses: [ConditionClause] = []
        for test in operators.members {
            guard case .object(let keys) = test.value else { throw PolicyError(code: .invalidType, statement: index, element: "Condition") }
            for key in keys.members {
                let list: [JSONValue]
                if case .array(let values) = key.value { list = values } else { list = [key.value] }
                var values: [String] = []
                values.reserveCapacity(list.count)
                for value in list {
                    switch value {
                    case .string(let text), .number(let text): values.append(text)
                    case .bool(let truth): values.append(truth ? "true" : "false")
                    default: throw PolicyError(code: .invalidType, statement: index, element: "Condition")
                    }
                }
                clauses.append(ConditionClause(test.name, key.name, values))
            }
        }
        return clauses
    }
}
