import CloudModel
import IAMEvaluator

extension AccessQuery {
    /// A decision with its statements quoted.
    func answer(_ judgement: AccessJudgement, _ asker: Asker, _ question: Question) -> AccessAnswer {
        var answer = AccessAnswer(principal: asker.name, isExternal: asker.isExternal, decision: judgement.decision)
        answer.isExplicit = judgement.isExplicit
        answer.known = judgement.known
        if let conditions = judgement.conditions {
            answer.conditions = conditions.json
            answer.text = conditions.text
        }
        answer.blockedBy = judgement.blockedBy
        answer.why = judgement.why
        answer.statements = quotations(judgement.statements, asker, question)
        return answer
    }

    /// The file that a record was read from, as far as it is known, else what it would be called.
    func file(of record: String) -> String {
        if let file = files[record] { return file }
        // A record whose account could not be told has none in its name.
        if record.hasPrefix("unknown/"), let file = files[String(record.dropFirst("unknown/".utf8.count))] { return file }
        return record + ".json"
    }

    private func quotations(_ references: [StatementReference], _ asker: Asker, _ question: Question) -> [QuotedStatement] {
        var found: [QuotedStatement] = []
        var seen: Set<StatementReference> = []
        // A text that is attached twice is decided by twice, and cited at each of its places once.
        for reference in references where seen.insert(reference).inserted {
            switch reference.policyType {
            case .identity:
                for (source, holder) in identitySources(of: asker, reference.policy.index) {
                    found.append(quotation(reference, source, holder))
                }
            case .boundary:
                if let boundary = asker.subject?.boundary, boundary.place == reference.policy.index {
                    found.append(quotation(reference, boundary.source, asker.name))
                }
            case .resource, .trust:
                if reference.policy.index == BucketAccess.listTag {
                    if let grant = grant(reference, question) { found.append(grant) }
                } else if let text = question.texts.first(where: { $0.place == reference.policy.index }) {
                    let holder = question.side.bucket?.arn ?? question.side.resource
                    found.append(text.grant.map { quotation($0, holder) } ?? quotation(reference, text.source, holder))
                }
            case .scp, .rcp:
                // A statement that leaves everything open is no reason for anything.
                if let limit = permissions.organisation.limit(reference), !limit.source.evidence.record.isEmpty {
                    found.append(quotation(reference, limit.source, nil))
                }
            case .session, .endpoint: break
            }
        }
        return found
    }

    /// Where a text of the principal's is attached: to itself or to a group.
    private func identitySources(of asker: Asker, _ place: Int) -> [(source: PolicySource, holder: String)] {
        guard let subject = asker.subject else { return [] }
        let principal = snapshot.principals[subject.index]
        let groups = principal.groups.compactMap { permissions.principalIndex[$0] }.map { snapshot.principals[$0] }
        return ([principal] + groups).flatMap { holder in
            holder.policies.filter { permissions.library.place(of: $0) == place }.map { ($0, holder.arn) }
        }
    }

    private func quotation(_ reference: StatementReference, _ source: PolicySource, _ holder: String?) -> QuotedStatement {
        var text = JSONValue.null
        if let statements = source.document?["Statement"] {
            if let list = statements.array {
                if list.indices.contains(reference.statement) { text = list[reference.statement] }
            } else if reference.statement == 0 {
                text = statements
            }
        }
        return QuotedStatement(
            file: file(of: source.evidence.record), record: source.evidence.record, pointer: source.evidence.pointer,
            policyType: reference.policyType.rawValue, policy: source.name, policyARN: source.kind == .trust ? nil : source.arn,
            attachedTo: holder, statement: reference.statement, effect: reference.effect.rawValue, isConditional: reference.conditional,
            text: text)
    }

    /// A grant of a key.
    private func quotation(_ grant: KeyGrant, _ key: String) -> QuotedStatement {
        func pairs(_ pairs: [String: String]) -> JSONValue { .object(JSONObject(pairs.map { .init($0.key, .string($0.value)) })) }
        var constraints = JSONObject()
        if !grant.contextSubset.isEmpty { constraints["EncryptionContextSubset"] = pairs(grant.contextSubset) }
        if let whole = grant.contextEquals { constraints["EncryptionContextEquals"] = pairs(whole) }
        var text: JSONObject = ["GranteePrincipal": .string(grant.grantee), "Operations": .array(grant.operations.map { .string($0) })]
        if !constraints.isEmpty { text["Constraints"] = .object(constraints) }
        return QuotedStatement(
            file: file(of: grant.evidence.record), record: grant.evidence.record, pointer: grant.evidence.pointer, policyType: "grant",
            policy: grant.id, policyARN: nil, attachedTo: key, statement: nil, effect: "Allow",
            isConditional: !constraints.isEmpty, text: .object(text))
    }

    /// A grant of a bucket's access-control list.
    private func grant(_ reference: StatementReference, _ question: Question) -> QuotedStatement? {
        guard let bucket = question.bucket?.bucket, let grants = bucket.grants, grants.indices.contains(reference.statement),
            let evidence = bucket.facts["acl"]
        else { return nil }
        let grant = grants[reference.statement]
        return QuotedStatement(
            file: file(of: evidence.record), record: evidence.record, pointer: "/Grants", policyType: "acl", policy: bucket.name,
            policyARN: nil, attachedTo: bucket.arn, statement: nil, effect: "Allow", isConditional: reference.conditional,
            text: ["Grantee": .string(grant.grantee), "Permission": .string(grant.permission)])
    }
}
