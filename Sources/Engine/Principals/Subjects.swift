import CloudModel
import IAMEvaluator

/// Principals as the evaluator sees them: as they are, and with other policies than they have.
extension Permissions {
    /// The principal at a place as the evaluator sees it; `nil` for roots.
    func subject(_ index: Int) -> Subject? {
        let principal = snapshot.principals[index]
        guard principal.kind != .root else { return nil }
        var sources = principal.policies
        for group in principal.groups {
            if let place = principalIndex[group] { sources += snapshot.principals[place].policies }
        }
        let policies = sources.map { (place: library.place(of: $0), source: $0) }
        let boundary = principal.boundary.map { (place: library.place(of: $0), source: $0) }
        let allows = allows(policies, boundary)
        let namesAsker = (policies.map(\.place) + (boundary.map { [$0.place] } ?? [])).contains { library.entries[$0].namesAsker }
        let parts = ARNParts(principal.arn)
        let partition = parts.map { String($0.partition) } ?? "aws"
        let arn = principal.kind == .group ? "arn:\(partition):iam::\(principal.account):user/member-of-\(principal.name)" : principal.arn
        var context = ["aws:securetransport": ["true"], "aws:viaawsservice": ["false"]]
        for (key, value) in principal.tags { context["aws:principaltag/" + key.lowercased()] = [value] }
        context.merge(organisation.principalKeys(of: principal.account)) { _, new in new }
        let asker = organisation.asker(arn, principal, index)
        // AWS compares tag keys without case. A condition on a tag that the principal lacks is met by nothing.
        let key = SharedAnswers.PolicySet(
            account: principal.account, policies: policies.map(\.place).sorted(), boundary: boundary?.place,
            only: namesAsker || principal.kind == .group ? index : asker.only, guardrail: asker.asker)
        let alone = principal.kind == .group ? index : asker.only
        let layers = PolicyLayers(
            identity: policies.map { library.entries[$0.place].compiled },
            boundaries: boundary.map { [library.entries[$0.place].compiled] },
            serviceControl: organisation.serviceControl(of: principal.account))
        let unknown = policies.filter { library.entries[$0.place].document == nil }.map { $0.source.name }
        let asking: RequestPrincipal = principal.kind == .role ? .role(arn: arn) : .user(arn: arn)
        return Subject(
            index: index, principal: asking, arn: arn, account: principal.account,
            partition: partition, policies: policies, boundary: boundary, layers: layers, allows: allows, set: answers.place(of: key),
            list: list(policies, boundary, principal.account, alone, asker.asker), alone: alone,
            guardrail: .init(asker: asker.asker, only: asker.only ?? (principal.kind == .group ? index : nil)), context: context,
            prepared: PreparedPrincipal(asking, keys: context), unknownPolicies: unknown)
    }

    /// The set of those of the subject's policies alone that say something of an action, whatever the resource where it is `nil`. What a
    /// principal has besides, such as rights on what is its own, does not keep its answer from others who have the same in common.
    func set(_ subject: Subject, _ action: Int, _ resource: String?) -> Int {
        guard subject.policies.count <= UInt64.bitWidth else { return subject.set }
        // A pattern may be about anything.
        let resource = resource.flatMap { $0.utf8.contains(UInt8(ascii: "*")) ? nil : $0 }
        var part: UInt64 = 0
        for (index, policy) in subject.policies.enumerated() where library.named(action, in: policy.place).concerns(resource) {
            part |= 1 << UInt64(index)
        }
        // The same policies may be asked about different actions; what they leave out is not in the question.
        return answers.place(of: part, in: subject.list) {
            let places = subject.policies.indices.filter { part & (1 << UInt64($0)) != 0 }.map { subject.policies[$0].place }
            let namesAsker = (places + (subject.boundary.map { [$0.place] } ?? [])).contains { library.entries[$0].namesAsker }
            return SharedAnswers.PolicySet(
                account: subject.account, policies: places, boundary: subject.boundary?.place,
                only: subject.alone ?? (namesAsker ? subject.index : nil), guardrail: subject.guardrail.asker)
        }
    }

    /// A user that has, besides its own rights, those of a group.
    func joined(_ user: Subject, _ group: Subject) -> Subject {
        var both = user
        both.policies += group.policies
        both.layers.identity += group.layers.identity
        both.allows.formUnion(group.allows)
        setApart(&both)
        return both
    }

    /// A principal with other policies than it has.
    func with(
        _ subject: Subject, policies: [(place: Int, source: PolicySource)], boundary: (place: Int, source: PolicySource)?
    ) -> Subject {
        var changed = subject
        changed.policies = policies
        changed.boundary = boundary
        changed.layers.identity = policies.map { library.entries[$0.place].compiled }
        changed.layers.boundaries = boundary.map { [library.entries[$0.place].compiled] }
        changed.allows = allows(policies, boundary)
        changed.unknownPolicies = policies.filter { library.entries[$0.place].document == nil }.map { $0.source.name }
        setApart(&changed)
        return changed
    }

    /// Lets nobody else share the answers of a subject whose policies are not what they were.
    private func setApart(_ subject: inout Subject) {
        subject.alone = subject.index
        subject.citations = StatementCitations()
        subject.list = list(subject.policies, subject.boundary, subject.account, subject.index, subject.guardrail.asker)
        subject.set = answers.place(
            of: .init(
                account: subject.account, policies: subject.policies.map(\.place).sorted(), boundary: subject.boundary?.place,
                only: subject.index, guardrail: subject.guardrail.asker))
    }

    /// The place of policies in their order with what else answers depend on.
    private func list(
        _ policies: [(place: Int, source: PolicySource)], _ boundary: (place: Int, source: PolicySource)?, _ account: String, _ alone: Int?,
        _ guardrail: Int
    ) -> Int {
        answers.place(
            of: .init(account: account, policies: policies.map(\.place), boundary: boundary?.place, only: alone, guardrail: guardrail))
    }

    /// The engine's actions that some statement may allow, within the boundary.
    private func allows(_ policies: [(place: Int, source: PolicySource)], _ boundary: (place: Int, source: PolicySource)?) -> ActionSet {
        var allows = ActionSet()
        for policy in policies { allows.formUnion(library.entries[policy.place].allows) }
        if let boundary, library.entries[boundary.place].document != nil {
            allows.formIntersection(library.entries[boundary.place].allows)
        }
        return allows
    }
}
