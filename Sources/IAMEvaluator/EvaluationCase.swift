public import CloudModel

/// Why a line is not a case.
public struct EvaluationCaseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of mistakes.
    public enum Code: String, Sendable, CaseIterable { case invalidJSON, invalidCase, invalidPrincipal, invalidPolicy }
    /// The kind of mistake.
    public var code: Code
    /// What is wrong, for showing.
    public var message: String
    /// The message.
    public var description: String { message }
}

/// One question with all its policies, as a line of JSON gives it to `cloudryption iam evaluate`.
public struct EvaluationCase: Sendable {
    /// The line's own identifier, repeated in the answer.
    public var id: JSONValue
    /// The question.
    public var request: AccessRequest
    /// The policies.
    public var layers: PolicyLayers

    /// Reads one case.
    ///
    /// `{"id", "request": {"principal", "action", "resource", "resourceAccount", "context"}, "identityPolicies": […], …}`; everything but `id`
    /// and `request` may be absent or null, and then that kind of policy does not apply.
    /// - Parameter knownAbsent: with a value, keys that the context lacks are free, but for these.
    /// - Throws: ``EvaluationCaseError``.
    public init(parsing json: JSONValue, unknown knownAbsent: Set<String>? = nil) throws(EvaluationCaseError) {
        guard case .object(let object) = json else { throw EvaluationCaseError(code: .invalidCase, message: "a case is a JSON object") }
        let names = [
            "id", "request", "identityPolicies", "permissionsBoundaries", "sessionPolicies", "resourcePolicy", "serviceControlPolicies",
            "resourceControlPolicies", "endpointPolicies",
        ]
        for member in object.members where !names.contains(member.name) {
            throw EvaluationCaseError(code: .invalidCase, message: "unknown member of the case")
        }
        guard let id = object["id"], id.string != nil || id.int != nil else {
            throw EvaluationCaseError(code: .invalidCase, message: "id is missing or neither text nor a whole number")
        }
        self.id = id
        guard let request = object["request"], case .object(let members) = request else {
            throw EvaluationCaseError(code: .invalidCase, message: "request is missing or not an object")
        }
        for member in members.members where !["principal", "action", "resource", "resourceAccount", "context"].contains(member.name) {
            throw EvaluationCaseError(code: .invalidCase, message: "unknown member of request")
        }
        guard let principalText = request["principal"]?.string else {
            throw EvaluationCaseError(code: .invalidCase, message: "request.principal is missing or not text")
        }
        guard let principal = RequestPrincipal(parsing: principalText) else {
            throw EvaluationCaseError(code: .invalidPrincipal, message: "request.principal is not a principal")
        }
        guard let action = request["action"]?.string, Self.isAction(action) else {
            throw EvaluationCaseError(code: .invalidCase, message: "request.action is missing or not SERVICE:NAME")
        }
        let resource: String
        switch request["resource"] {
        case .string(let text): resource = text
        case nil, .null: resource = "*"
        default: throw EvaluationCaseError(code: .invalidCase, message: "request.resource is not text")
        }
        let account: String?
        switch request["resourceAccount"] {
        case .string(let text): account = text
        case nil, .null: account = nil
        default: throw EvaluationCaseError(code: .invalidCase, message: "request.resourceAccount is not text")
        }
        let values = try Self.context(request["context"])
        let context = RequestContext(values: values, absent: knownAbsent.map { .unknown(knownAbsent: $0) } ?? .absent)
        self.request = AccessRequest(principal: principal, action: action, resource: resource, resourceAccount: account, context: context)
        layers = PolicyLayers(
            identity: try Self.list(object["identityPolicies"], "identityPolicies", .withoutPrincipal) ?? [],
            boundaries: try Self.list(object["permissionsBoundaries"], "permissionsBoundaries", .withoutPrincipal),
            session: try Self.list(object["sessionPolicies"], "sessionPolicies", .withoutPrincipal),
            resource: try Self.resource(object["resourcePolicy"]),
            serviceControl: try Self.levels(object["serviceControlPolicies"], "serviceControlPolicies", .withoutPrincipal),
            resourceControl: try Self.levels(object["resourceControlPolicies"], "resourceControlPolicies", .any),
            endpoint: try Self.list(object["endpointPolicies"], "endpointPolicies", .any))
    }

    private static func isAction(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
    }

    private static func context(_ json: JSONValue?) throws(EvaluationCaseError) -> [String: [String]] {
        guard let json, json != .null else { return [:] }
        guard case .object(let object) = json else {
            throw EvaluationCaseError(code: .invalidCase, message: "request.context is not an object")
        }
        var values: [String: [String]] = [:]
        for member in object.members {
            let list: [JSONValue]
            if case .array(let elements) = member.value { list = elements } else { list = [member.value] }
            var texts: [String] = []
            for value in list {
                switch value {
                case .string(let text), .number(let text): texts.append(text)
                case .bool(let truth): texts.append(truth ? "true" : "false")
                case .null: break
                default:
                    throw EvaluationCaseError(
                        code: .invalidCase, message: "a value of request.context is neither text, number nor truth value")
                }
            }
            values[member.name.asciiLowercased, default: []].append(contentsOf: texts)
        }
        return values
    }

    private static func compiled(_ json: JSONValue, _ form: PolicyDocument.Form, _ tag: PolicyTag, _ place: String)
        throws(EvaluationCaseError)
        -> CompiledPolicy
    {
        var json = json
        // A policy may come as the text that AWS stores.
        if case .string(let text) = json {
            guard let parsed = try? JSONValue(parsing: text) else {
                throw EvaluationCaseError(code: .invalidPolicy, message: "\(place) is not JSON")
            }
            json = parsed
        }
        let policy: CompiledPolicy
        do throws(PolicyError) {
            policy = CompiledPolicy(try PolicyDocument(parsing: json, form: form), tag: tag)
        } catch { throw EvaluationCaseError(code: .invalidPolicy, message: "\(place): \(error)") }
        // AWS stores no policy with such an operator, so there is no answer to give.
        if let statement = policy.statementWithUnknownOperator {
            throw EvaluationCaseError(
                code: .invalidPolicy, message: "\(place): policy.unknownOperator in Condition of statement \(statement)")
        }
        return policy
    }

    private static func list(_ json: JSONValue?, _ name: String, _ form: PolicyDocument.Form, level: Int? = nil) throws(EvaluationCaseError)
        -> [CompiledPolicy]?
    {
        guard let json, json != .null else { return nil }
        guard case .array(let documents) = json else { throw EvaluationCaseError(code: .invalidCase, message: "\(name) is not a list") }
        var policies: [CompiledPolicy] = []
        for (index, document) in documents.enumerated() {
            policies.append(try compiled(document, form, PolicyTag(index, level: level), "\(name)[\(index)]"))
        }
        return policies
    }

    private static func levels(_ json: JSONValue?, _ name: String, _ form: PolicyDocument.Form) throws(EvaluationCaseError)
        -> [[CompiledPolicy]]?
    {
        guard let json, json != .null else { return nil }
        guard case .array(let lists) = json else {
            throw EvaluationCaseError(code: .invalidCase, message: "\(name) is not a list of lists")
        }
        var levels: [[CompiledPolicy]] = []
        for (level, documents) in lists.enumerated() {
            guard let policies = try list(documents, "\(name)[\(level)]", form, level: level) else {
                throw EvaluationCaseError(code: .invalidCase, message: "\(name)[\(level)] is not a list")
            }
            levels.append(policies)
        }
        return levels
    }

    private static func resource(_ json: JSONValue?) throws(EvaluationCaseError) -> [CompiledPolicy]? {
        guard let json, json != .null else { return nil }
        return [try compiled(json, .withPrincipal, PolicyTag(0), "resourcePolicy")]
    }

    /// The answer to a case whose context is wholly known: `{"id", "decision", "blockedBy", "statements"}`.
    public func answer() -> JSONValue {
        let decision = Evaluator.evaluate(request, layers)
        let word: String
        switch decision.outcome {
        case .allowed: word = "allowed"
        case .explicitlyDenied: word = "explicitlyDenied"
        case .implicitlyDenied: word = "implicitlyDenied"
        // Nothing is open when the whole context is known and every policy was read.
        case .conditional, .unknown: word = "unknown"
        }
        return .object(
            JSONObject([
                .init("id", id), .init("decision", .string(word)),
                .init("blockedBy", .array(decision.blockedBy.map { .string($0.rawValue) })),
                .init("statements", .array(decision.statements.map(Self.json))),
            ]))
    }

    /// The answer to a case whose context is known in part: `{"id", "decision": "allowed" | "denied" | "conditional" | "unknown", "conditions",
    /// "text", …}`.
    public func partialAnswer() -> JSONValue {
        let decision = Evaluator.evaluate(request, layers)
        var members: [JSONObject.Member] = [.init("id", id)]
        switch decision.outcome {
        case .allowed: members.append(.init("decision", "allowed"))
        case .explicitlyDenied, .implicitlyDenied: members.append(.init("decision", "denied"))
        case .conditional(let expression):
            members.append(.init("decision", "conditional"))
            members.append(.init("conditions", expression.json))
            members.append(.init("text", .string(expression.text)))
        case .unknown(let reasons):
            members.append(.init("decision", "unknown"))
            members.append(.init("why", .array(reasons.map { .string($0) })))
        }
        members.append(.init("blockedBy", .array(decision.blockedBy.map { .string($0.rawValue) })))
        members.append(.init("statements", .array(decision.statements.map(Self.json))))
        return .object(JSONObject(members))
    }

    /// The answer to a line that is not a case: `{"id", "error": {"code", "message"}}`.
    public static func errorAnswer(id: JSONValue?, _ error: EvaluationCaseError) -> JSONValue {
        ["id": id ?? .null, "error": ["code": .string(error.code.rawValue), "message": .string(error.message)]]
    }

    /// Answers one line of JSON Lines; the second value tells whether the line was a case.
    ///
    /// - Parameter knownAbsent: with a value, answers for a context that is known in part; see ``init(parsing:unknown:)``.
    public static func answer(line: [UInt8], unknown knownAbsent: Set<String>? = nil) -> (answer: JSONValue, isCase: Bool) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: line, limits: .message) } catch {
            return (errorAnswer(id: nil, EvaluationCaseError(code: .invalidJSON, message: error.description)), false)
        }
        do throws(EvaluationCaseError) {
            let question = try EvaluationCase(parsing: json, unknown: knownAbsent)
            return (knownAbsent == nil ? question.answer() : question.partialAnswer(), true)
        } catch {
            let id = json["id"].flatMap { $0.string != nil || $0.int != nil ? $0 : nil }
            return (errorAnswer(id: id, error), false)
        }
    }

    private static func json(_ statement: StatementReference) -> JSONValue {
        var members: [JSONObject.Member] = [
            .init("policyType", .string(statement.policyType.rawValue)), .init("policy", .number(String(statement.policy.index))),
            .init("statement", .number(String(statement.statement))), .init("effect", .string(statement.effect.rawValue)),
        ]
        if let level = statement.policy.level { members.append(.init("level", .number(String(level)))) }
        if statement.conditional { members.append(.init("conditional", true)) }
        return .object(JSONObject(members))
    }
}

extension ConditionExpression {
    /// The expression as JSON: `{"all": […]}`, `{"any": […]}`, `{"not": …}`, `{"operator", "key", "values"}`, `{"unknown": reason}`, `true`, `false`.
    public var json: JSONValue {
        switch self {
        case .always: true
        case .never: false
        case .test(let test):
            ["operator": .string(test.name), "key": .string(test.key), "values": .array(test.values.map { .string($0) })]
        case .not(let inner): ["not": inner.json]
        case .all(let parts): ["all": .array(parts.map(\.json))]
        case .any(let parts): ["any": .array(parts.map(\.json))]
        case .unknown(let reason): ["unknown": .string(reason)]
        }
    }
}
