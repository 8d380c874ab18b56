import CloudModel
import IAMEvaluator

/// Generated cases as the JSON of `cloudryption iam evaluate`: one value or a list wherever either will do.
extension Cases {
    /// The case, or `nil` where a line cannot say the same: its principal's text tells less, or one test stands twice in a block.
    mutating func json(_ request: AccessRequest, _ layers: NaiveInterpreter.Layers) -> JSONValue? {
        let text = Self.text(request.principal)
        guard RequestPrincipal(parsing: text) == request.principal, request.context.derivesKeys, request.canonicalUser == nil,
            Self.everything(in: layers).allSatisfy({ !$0.hasTestTwice })
        else { return nil }
        return line(request, layers)
    }

    /// The case, as well as a line can say it.
    mutating func line(_ request: AccessRequest, _ layers: NaiveInterpreter.Layers) -> JSONValue {
        var question: [JSONObject.Member] = [
            .init("principal", .string(Self.text(request.principal))), .init("action", .string(request.action)),
            .init("resource", .string(request.resource)),
        ]
        if let owner = request.resourceAccount { question.append(.init("resourceAccount", .string(owner))) }
        let context = request.context.values.sorted { $0.key < $1.key }
        question.append(.init("context", .object(JSONObject(context.map { .init($0.key, texts($0.value)) }))))
        var members: [JSONObject.Member] = [.init("id", "case"), .init("request", .object(JSONObject(question)))]
        members.append(.init("identityPolicies", list(layers.identity)))
        if let policies = layers.boundaries { members.append(.init("permissionsBoundaries", list(policies))) }
        if let policies = layers.session { members.append(.init("sessionPolicies", list(policies))) }
        if let policy = layers.resource { members.append(.init("resourcePolicy", json(policy))) }
        if let levels = layers.serviceControl { members.append(.init("serviceControlPolicies", .array(levels.map { list($0) }))) }
        if let levels = layers.resourceControl { members.append(.init("resourceControlPolicies", .array(levels.map { list($0) }))) }
        if let policies = layers.endpoint { members.append(.init("endpointPolicies", list(policies))) }
        return .object(JSONObject(members.shuffled(using: &random)))
    }

    private static func text(_ principal: RequestPrincipal) -> String {
        switch principal {
        case .user(let arn), .role(let arn), .federatedUser(let arn, _): arn
        case .assumedRole(_, let session): session
        case .root(let account, let partition): "arn:\(partition):iam::\(account):root"
        case .account(let id): id
        case .service(let name), .identityProvider(let name): name
        case .anonymous: "*"
        }
    }

    private static func everything(in layers: NaiveInterpreter.Layers) -> [PolicyDocument] {
        var all = layers.identity + (layers.boundaries ?? []) + (layers.session ?? []) + (layers.endpoint ?? [])
        all += (layers.serviceControl ?? []).flatMap { $0 } + (layers.resourceControl ?? []).flatMap { $0 }
        if let policy = layers.resource { all.append(policy) }
        return all
    }

    private mutating func texts(_ values: [String]) -> JSONValue {
        values.count == 1 && chance(50) ? .string(values[0]) : .array(values.map { .string($0) })
    }

    private mutating func list(_ policies: [PolicyDocument]) -> JSONValue {
        .array(policies.map { policy in chance(10) ? .string(json(policy).canonicalText) : json(policy) })
    }

    private mutating func json(_ policy: PolicyDocument) -> JSONValue {
        var members: [JSONObject.Member] = []
        // A document without a version is of the older one.
        if policy.version == .v2012 || chance(50) { members.append(.init("Version", .string(policy.version.rawValue))) }
        let statements = policy.statements.map { json($0) }
        members.append(.init("Statement", statements.count == 1 && chance(50) ? statements[0] : .array(statements)))
        return .object(JSONObject(members))
    }

    private mutating func json(_ statement: PolicyStatement) -> JSONValue {
        var members: [JSONObject.Member] = [.init("Effect", .string(statement.effect.rawValue))]
        if let sid = statement.sid { members.append(.init("Sid", .string(sid))) }
        if let element = statement.principal { members.append(.init(element.negated ? "NotPrincipal" : "Principal", json(element))) }
        members.append(.init(statement.actions.negated ? "NotAction" : "Action", texts(statement.actions.patterns)))
        if let element = statement.resources {
            members.append(.init(element.negated ? "NotResource" : "Resource", texts(element.patterns)))
        }
        if !statement.conditions.isEmpty { members.append(.init("Condition", json(statement.conditions))) }
        return .object(JSONObject(members.shuffled(using: &random)))
    }

    private mutating func json(_ element: PrincipalElement) -> JSONValue {
        if element.entries == [.everyone], chance(50) { return "*" }
        var texts: [String: [String]] = [:]
        for entry in element.entries {
            switch entry {
            case .everyone: texts["AWS", default: []].append("*")
            case .account(let id): texts["AWS", default: []].append(chance(50) ? id : "arn:aws:iam::\(id):root")
            case .aws(let arn): texts["AWS", default: []].append(arn)
            case .service(let name): texts["Service", default: []].append(name)
            case .federated(let name): texts["Federated", default: []].append(name)
            case .canonicalUser(let id): texts["CanonicalUser", default: []].append(id)
            }
        }
        return .object(JSONObject(texts.sorted { $0.key < $1.key }.map { .init($0.key, self.texts($0.value)) }))
    }

    private mutating func json(_ conditions: [ConditionClause]) -> JSONValue {
        var operators: [(String, [JSONObject.Member])] = []
        for clause in conditions {
            let member = JSONObject.Member(clause.key, texts(clause.values))
            if let index = operators.firstIndex(where: { $0.0 == clause.name }) {
                operators[index].1.append(member)
            } else {
                operators.append((clause.name, [member]))
            }
        }
        return .object(JSONObject(operators.map { .init($0.0, .object(JSONObject($0.1))) }))
    }
}

extension PolicyDocument {
    /// Whether a block has an operator with the same key twice, which JSON cannot say.
    fileprivate var hasTestTwice: Bool {
        statements.contains { statement in
            statement.conditions.indices.contains { index in
                statement.conditions[..<index].contains {
                    $0.name == statement.conditions[index].name && $0.key == statement.conditions[index].key
                }
            }
        }
    }
}
