/// A statement, or a grant of an access-control list, that an answer rests on, as it stands in the collected answers.
public struct QuotedStatement: Sendable, Hashable {
    /// The file within the folder that was asked, such as `iam.get-account-authorization-details.json`.
    public var file: String
    /// ``CollectedRecord/id``.
    public var record: String
    /// RFC 6901 pointer to the policy's document, or to what names the policy, in the record's payload.
    public var pointer: String?
    /// The part that the policy plays: `identity`, `resource`, `boundary`, `session`, `scp`, `rcp`, `trust`, `acl`, `grant`.
    public var policyType: String
    /// The policy's name; for a resource's own the resource's.
    public var policy: String
    /// A managed policy's ARN.
    public var policyARN: String?
    /// What the policy is attached to: a principal, a group, a resource, or a node of the organisation.
    public var attachedTo: String?
    /// The statement's place in the policy, from 0; `nil` for grants of an access-control list or a key.
    public var statement: Int?
    /// `Allow` or `Deny`.
    public var effect: String
    /// Whether the statement applies only under conditions that are not known to hold.
    public var isConditional: Bool
    /// The statement itself.
    public var text: JSONValue
    /// A quotation of these parts.
    public init(
        file: String, record: String, pointer: String?, policyType: String, policy: String, policyARN: String?, attachedTo: String?,
        statement: Int?, effect: String, isConditional: Bool, text: JSONValue
    ) {
        self.file = file
        self.record = record
        self.pointer = pointer
        self.policyType = policyType
        self.policy = policy
        self.policyARN = policyARN
        self.attachedTo = attachedTo
        self.statement = statement
        self.effect = effect
        self.isConditional = isConditional
        self.text = text
    }
}

/// What one principal may do, as one answer of `cloudryption query can` and one line of `who-can`.
public struct AccessAnswer: Sendable, Hashable {
    /// The answers.
    public enum Decision: String, Sendable, Hashable, Codable, CaseIterable {
        case allowed, conditional, unknown, denied
    }
    /// Whom it is about: an ARN, an account's twelve digits, a service principal, `*` for anyone without credentials, or `any-account` for
    /// principals of accounts that were not collected.
    public var principal: String
    /// Whether it is none of the collected accounts' own.
    public var isExternal: Bool
    /// The answer.
    public var decision: Decision
    /// Whether a statement denies it; `nil` unless it is denied.
    public var isExplicit: Bool?
    /// When it is unknown, what the answer is by what was collected; `nil` where that says nothing.
    public var known: Decision?
    /// Under what conditions it is allowed, as `cloudryption iam evaluate --unknown` writes them, when it is conditional.
    public var conditions: JSONValue?
    /// ``conditions`` in words.
    public var text: String?
    /// What denied or had to allow and did not: policy types, and `publicAccessBlock`.
    public var blockedBy: [String]
    /// What is not known, or what beside policies decided, in sentences.
    public var why: [String]
    /// The statements that decided.
    public var statements: [QuotedStatement]
    /// An answer without reasons yet.
    public init(principal: String, isExternal: Bool, decision: Decision) {
        self.principal = principal
        self.isExternal = isExternal
        self.decision = decision
        blockedBy = []
        why = []
        statements = []
    }
}

/// What was asked, and what is known of the resource.
public struct AccessQuestion: Sendable, Hashable {
    /// The action as asked.
    public var action: String
    /// The resource as asked.
    public var resource: String
    /// The account that owns the resource, where known.
    public var resourceAccount: String?
    /// Whether the resource is in the collected accounts; `nil` where that cannot be told.
    public var exists: Bool?
    /// What bears on the answers and is not in them, in sentences.
    public var notes: [String]
    /// A question of these parts.
    public init(action: String, resource: String, resourceAccount: String?, exists: Bool?, notes: [String]) {
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.exists = exists
        self.notes = notes
    }
}

/// The answer to "may this principal do this action on this resource?"
public struct CanAnswer: Sendable, Hashable {
    /// What was asked.
    public var question: AccessQuestion
    /// The answer.
    public var answer: AccessAnswer
    /// An answer of these parts.
    public init(question: AccessQuestion, answer: AccessAnswer) {
        self.question = question
        self.answer = answer
    }
}

/// The answer to "who may do this action on this resource?"
public struct WhoCanAnswer: Sendable, Hashable {
    /// What was asked.
    public var question: AccessQuestion
    /// How many principals got which answer; external ones that are denied are not counted.
    public var counts: [AccessAnswer.Decision: Int]
    /// Those that may, or may under conditions, by name.
    public var able: [AccessAnswer]
    /// Those for whom it cannot be told, by name.
    public var unknown: [AccessAnswer]
    /// Those of the collected accounts that may not, by name; `nil` unless asked for.
    public var denied: [AccessAnswer]?
    /// An answer of these parts.
    public init(
        question: AccessQuestion, counts: [AccessAnswer.Decision: Int], able: [AccessAnswer], unknown: [AccessAnswer],
        denied: [AccessAnswer]?
    ) {
        self.question = question
        self.counts = counts
        self.able = able
        self.unknown = unknown
        self.denied = denied
    }
}

extension QuotedStatement {
    /// As JSON.
    public var json: JSONValue {
        .present([
            "file": .string(file), "record": .string(record), "pointer": pointer.map { .string($0) }, "policyType": .string(policyType),
            "policy": .string(policy), "policyArn": policyARN.map { .string($0) }, "attachedTo": attachedTo.map { .string($0) },
            "statement": statement.map { .number(String($0)) }, "effect": .string(effect), "conditional": isConditional ? true : nil,
            "text": text,
        ])
    }
}

extension AccessAnswer {
    fileprivate var members: [JSONObject.Member] {
        JSONValue.present([
            "principal": .string(principal), "external": isExternal ? true : nil, "decision": .string(decision.rawValue),
            "explicit": isExplicit.map { .bool($0) }, "known": known.map { .string($0.rawValue) }, "conditions": conditions,
            "text": text.map { .string($0) }, "blockedBy": .strings(blockedBy), "why": .strings(why),
            "statements": .array(statements.map(\.json)),
        ]).object?.members ?? []
    }
    /// As JSON.
    public var json: JSONValue { .object(JSONObject(members)) }
}

extension AccessQuestion {
    fileprivate var members: [JSONObject.Member] {
        JSONValue.present([
            "action": .string(action), "resource": .string(resource), "resourceAccount": resourceAccount.map { .string($0) },
            "exists": exists.map { .bool($0) }, "notes": .strings(notes),
        ]).object?.members ?? []
    }
}

extension CanAnswer {
    /// As JSON: one object of the question and the answer.
    public var json: JSONValue { .object(JSONObject(question.members + answer.members)) }
}

extension WhoCanAnswer {
    /// As JSON.
    public var json: JSONValue {
        let counts = AccessAnswer.Decision.allCases.map { JSONObject.Member($0.rawValue, .number(String(self.counts[$0] ?? 0))) }
        var members = question.members
        members.append(.init("counts", .object(JSONObject(counts))))
        members.append(.init("principals", .array(able.map(\.json))))
        members.append(.init("unknown", .array(unknown.map(\.json))))
        if let denied { members.append(.init("denied", .array(denied.map(\.json)))) }
        return .object(JSONObject(members))
    }
}

extension JSONValue {
    /// An object of the members that are there.
    fileprivate static func present(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(JSONObject(members.compactMap { name, value in value.map { .init(name, $0) } }))
    }
    fileprivate static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
}
