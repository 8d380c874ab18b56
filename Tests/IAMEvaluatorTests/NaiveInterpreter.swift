import IAMEvaluator

/// A second evaluator, written step by step from AWS's documents and as slow as it likes: the compiled one is held against it.
///
/// Sources, IAM User Guide unless named: "How AWS enforcement code logic evaluates requests", "Policy evaluation for requests within a single
/// account", "Cross-account policy evaluation logic", "IAM JSON policy elements reference", "AWS global condition context keys"; Organizations
/// User Guide, "Service control policies" and "Resource control policies"; KMS Developer Guide, "Key policies"; STS API Reference.
struct NaiveInterpreter {
    enum Decision { case allowed, explicitlyDenied, implicitlyDenied }
    struct Layers {
        var identity: [PolicyDocument] = []
        var boundaries: [PolicyDocument]?
        var session: [PolicyDocument]?
        var resource: PolicyDocument?
        var serviceControl: [[PolicyDocument]]?
        var resourceControl: [[PolicyDocument]]?
        var endpoint: [PolicyDocument]?
    }
    struct Answer {
        var decision: Decision
        /// Kinds of policies with a statement that denies.
        var denying: Set<PolicyType> = []
        /// Kinds of policies that apply and do not allow.
        var silent: Set<PolicyType> = []
    }
    let principal: NaivePrincipal
    let action: String
    let resource: String
    let owner: String?
    /// By key in lower case.
    let context: [String: [String]]
    let layers: Layers
    private let bounded: Bool

    init(_ request: AccessRequest, _ layers: Layers) {
        principal = NaivePrincipal(request.principal, canonicalUser: request.canonicalUser)
        action = request.action.lowercased()
        resource = request.resource
        let inARN = NaivePrincipal.part(4, of: request.resource)
        owner = request.resourceAccount ?? (inARN?.isEmpty == false ? inARN : nil)
        var context = request.context.derivesKeys ? principal.keys : [:]
        if request.context.derivesKeys, let account = owner ?? principal.account { context["aws:resourceaccount"] = [account] }
        for (key, values) in request.context.values { context[key.lowercased()] = values }
        self.context = context
        self.layers = layers
        bounded = principal.hasPolicies && layers.boundaries != nil
    }

    func decide() -> Answer {
        // "No permissions are required to perform this operation."
        if action == "sts:getcalleridentity", principal.account != nil { return Answer(decision: .allowed) }
        if action == "sts:getsessiontoken", principal.kind == .user || principal.kind == .root { return Answer(decision: .allowed) }

        let isTrust = action.hasPrefix("sts:") && NaivePrincipal.part(2, of: resource) == "iam"
        let isKey = action.hasPrefix("kms:") && NaivePrincipal.part(5, of: resource)?.hasPrefix("key/") == true
        var answer = Answer(decision: .implicitlyDenied)
        func read(_ policies: [PolicyDocument], _ type: PolicyType) -> Bool {
            if says(.deny, policies) { answer.denying.insert(type) }
            let allows = says(.allow, policies)
            if !allows { answer.silent.insert(type) }
            return allows
        }
        /// "An action must be allowed at every level from the root to the account."
        func read(_ levels: [[PolicyDocument]], _ type: PolicyType) -> Bool { levels.reduce(true) { read($1, type) && $0 } }

        // Which policies apply.
        var allowed = true
        if let levels = layers.resourceControl, !principal.isServiceLinked, action != "kms:retiregrant" {
            allowed = read(levels, .rcp) && allowed
        }
        if let levels = layers.serviceControl, !principal.isServiceLinked, principal.account != nil {
            allowed = read(levels, .scp) && allowed
        }
        if let policies = layers.endpoint { allowed = read(policies, .endpoint) && allowed }
        // "By default, all requests are implicitly denied with the exception of the AWS account root user, which has full access."
        var identity = principal.kind == .root || principal.kind == .account
        var boundary = true
        var session = true
        if principal.hasPolicies {
            identity = read(layers.identity, .identity)
            if let policies = layers.boundaries { boundary = read(policies, .boundary) }
            if let policies = layers.session { session = read(policies, .session) }
        }
        let type = isTrust ? PolicyType.trust : .resource
        let grants = layers.resource.map { self.grants($0) } ?? []
        if let policy = layers.resource, says(.deny, [policy]) { answer.denying.insert(type) }
        if grants.isEmpty { answer.silent.insert(type) }

        // "You cannot call AssumeRole by using AWS account root user credentials."
        let isBarred = isTrust && principal.kind == .root && action.hasPrefix("sts:assumerole")
        if isBarred { answer.silent.insert(.identity) }
        // "If the code finds even one explicit deny that applies, the code returns a final decision of Deny."
        guard answer.denying.isEmpty else {
            answer.decision = .explicitlyDenied
            return answer
        }
        guard !isBarred else { return answer }
        let path: Bool
        if principal.account == nil {
            path = !grants.isEmpty
        } else if let owner, owner != principal.account {
            path = identity && boundary && session && !grants.isEmpty
        } else if grants.contains(.direct) {
            path = true
        } else if grants.contains(.parent), boundary, session {
            path = true
        } else {
            // "IAM role trust policies and KMS key policies … must explicitly allow access for principals."
            path = identity && boundary && session && (!(isTrust || isKey) || !grants.isEmpty)
        }
        answer.decision = path && allowed ? .allowed : .implicitlyDenied
        return answer
    }

    private func says(_ effect: PolicyEffect, _ policies: [PolicyDocument]) -> Bool {
        policies.contains { policy in policy.statements.contains { $0.effect == effect && applies($0, policy.version) } }
    }

    private func grants(_ policy: PolicyDocument) -> [NaivePrincipal.Grant] {
        policy.statements.filter { $0.effect == .allow && applies($0, policy.version) }.compactMap { statement in
            guard let element = statement.principal, !element.negated else { return .direct }
            return element.entries.compactMap(principal.grant).max()
        }
    }

    // MARK: - One statement

    private func applies(_ statement: PolicyStatement, _ version: PolicyDocument.Version) -> Bool {
        let text = NaiveText(context: context, version: version)
        let actionMatches = statement.actions.patterns.contains { NaiveText.glob($0.lowercased(), action) }
        guard actionMatches != statement.actions.negated else { return false }
        guard statement.principal.map({ concerns($0, statement.effect) }) ?? true else { return false }
        if let element = statement.resources {
            let matches = element.patterns.contains { text.resource($0, matches: resource) }
            guard matches != element.negated else { return false }
        }
        return statement.conditions.allSatisfy { NaiveCondition($0, text).holds }
    }

    private func concerns(_ element: PrincipalElement, _ effect: PolicyEffect) -> Bool {
        let isNamed = element.entries.contains { principal.grant($0) != nil }
        guard element.negated else { return isNamed }
        guard effect == .deny else { return !isNamed }
        // "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a permissions boundary policy attached."
        return bounded || !principal.isSpared(by: element.entries)
    }
}
