import CloudModel
import IAMEvaluator

/// Questions about those whose own policies do not count or are not there yet: services, strangers, roots, and what a principal makes.
extension Permissions {
    /// Whether a role's trust policy admits an AWS service; `nil` when not.
    ///
    /// - Parameter context: keys, lower case, that the service's request surely has besides.
    func trusts(_ role: Principal, service: String, context: [String: [String]] = [:]) -> Proof? {
        guard let trust = resourcePolicy(role.trust) else { return nil }
        var values = organisation.resourceKeys(of: role.account)
        // The service acts for the role's own account.
        for (key, value) in organisation.sourceKeys(of: role.account) { values[key] = value }
        values.merge(["aws:sourceaccount": [role.account], "aws:securetransport": ["true"]]) { _, new in new }
        values.merge(context) { _, new in new }
        let action = "sts:AssumeRole"
        let request = AccessRequest(
            principal: .service(service), action: action, resource: role.arn, resourceAccount: role.account,
            context: RequestContext(values: values, absent: .unknown(knownAbsent: absentKeys.union(["sts:externalid"]))))
        let layers = PolicyLayers(
            resource: [library.entries[trust.place].compiled],
            resourceControl: organisation.resourceControl(of: role.account, action: action))
        return proof(RawAnswer(Evaluator.evaluate(request, layers)), nil, trust)
    }

    /// Whether a principal that is not of the snapshot may assume the role by its trust policy; its own permissions are taken as given.
    ///
    /// - Parameters:
    ///   - chosen: keys whose values such a principal picks.
    ///   - absent: keys that its request surely does not have.
    func admits(
        _ role: Principal, _ principal: RequestPrincipal, action: String = "sts:AssumeRole", context: [String: [String]] = [:],
        chosen: Set<String> = [], absent: Set<String> = []
    ) -> Proof? {
        guard let trust = resourcePolicy(role.trust) else { return nil }
        var values = organisation.resourceKeys(of: role.account)
        let account = PreparedPrincipal(principal).account
        if let account {
            values.merge(organisation.principalKeys(of: account)) { _, new in new }
            let document = library.entries[trust.place].document
            values.merge(organisation.strangerKeys(of: account, at: role.account, trust: document)) { _, new in new }
        }
        // Who comes with a token of a provider has no credentials of any account yet.
        if case .identityProvider = principal { values.merge(["aws:principalorgid": [], "aws:principalorgpaths": []]) { _, new in new } }
        values.merge(context) { _, new in new }
        values["aws:securetransport"] = ["true"]
        let request = AccessRequest(
            principal: principal, action: action, resource: role.arn, resourceAccount: role.account,
            context: RequestContext(values: values, absent: .unknown(knownAbsent: absentKeys.union(absent))))
        let all = library.entries[library.allowAll].compiled
        let layers = PolicyLayers(
            identity: [all], resource: [library.entries[trust.place].compiled],
            serviceControl: account.flatMap { organisation.serviceControl(of: $0) },
            resourceControl: organisation.resourceControl(of: role.account, action: action))
        return proof(RawAnswer(Evaluator.evaluate(request, layers), chosen: chosen), nil, trust)
    }

    /// Whether the subject may assume the role once the role's trust policy names it.
    func mayAssumeOnceTrusted(_ subject: Subject, _ role: Principal) -> Proof? {
        mayAssumeOnceTrusted(subject, role.arn, name: role.name, account: role.account, evidence: role.evidence)
    }

    /// Whether the subject may assume a role that it makes, with a trust policy that names it.
    func mayAssumeOnceMade(_ subject: Subject, _ arn: String, as change: Change) -> Proof? {
        mayAssumeOnceTrusted(
            subject, arn, name: arn, account: subject.account, evidence: snapshot.principals[subject.index].evidence, as: change)
    }

    private func mayAssumeOnceTrusted(
        _ subject: Subject, _ arn: String, name: String, account: String, evidence: Evidence, as change: Change = .none
    ) -> Proof? {
        let trust: JSONValue = [
            "Version": "2012-10-17",
            "Statement": [["Effect": "Allow", "Principal": ["AWS": .string(subject.arn)], "Action": "sts:AssumeRole"]],
        ]
        let place = library.place(of: trust, withPrincipal: true, name: arn)
        let source = PolicySource(name: name, kind: .trust, document: trust, evidence: evidence)
        guard
            var proof = may(
                subject, "sts:AssumeRole", on: arn, account: account, policy: ResourcePolicy(place: place, source: source), as: change)
        else { return nil }
        // The rewritten policy is no fact.
        proof.citations.removeAll { $0.record == evidence.record && $0.policy == name && $0.statement != nil }
        return proof
    }

    /// Whether the root user of an account may do everything that makes an administrator; `nil` when not.
    func administrator(root principal: Principal) -> Proof? {
        let partition = ARNParts(principal.arn).map { String($0.partition) } ?? "aws"
        var proof = left(by: .root(account: principal.account, partition: partition), principal.account, partition)
        proof?.citations.insert(citation(principal.evidence), at: 0)
        return proof
    }

    /// Whether a user or role that the maker gives AdministratorAccess to is an administrator; `nil` when the organisation leaves none.
    func administrator(once principal: RequestPrincipal, of maker: Subject) -> Proof? {
        left(by: principal, maker.account, maker.partition)
    }

    private func left(by principal: RequestPrincipal, _ account: String, _ partition: String) -> Proof? {
        guard organisation.serviceControl(of: account) != nil else { return Proof() }
        var known = ["aws:securetransport": ["true"], "aws:viaawsservice": ["false"]]
        known.merge(organisation.principalKeys(of: account)) { _, new in new }
        let ceiling = organisation.ceiling(
            principal, account: account, partition: partition,
            context: RequestContext(values: known, absent: .unknown(knownAbsent: absentKeys)), key: nil)
        return proof(RawAnswer(ceiling.expression, ceiling.statements), nil, nil)
    }
}
