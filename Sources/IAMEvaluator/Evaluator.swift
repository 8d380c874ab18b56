/// Decides requests by AWS's documented logic ("Policy evaluation logic", IAM User Guide).
///
/// An explicit deny anywhere wins. Service and resource control policies, at every level, and the endpoint's policy must allow. In one account
/// identity policies within boundary and session policies must allow, or the resource's policy: a grant to the user, the session or everyone
/// by itself; a grant to a role within boundary and session policies. Across accounts both sides must allow. A KMS key's policy and a role's
/// trust policy must allow in any case, if only the account.
public enum Evaluator {
    /// Decides, with reasons.
    public static func evaluate(_ request: AccessRequest, _ layers: PolicyLayers) -> AccessDecision {
        evaluate(PreparedRequest(request), layers)
    }

    /// Decides, with reasons.
    public static func evaluate(_ request: PreparedRequest, _ layers: PolicyLayers) -> AccessDecision {
        let facts = truths(request, layers)
        switch verdict(facts) {
        case .allowed:
            return AccessDecision(outcome: .allowed, blockedBy: [], statements: references(request, layers, [.allow]))
        case .explicitlyDenied:
            return AccessDecision(
                outcome: .explicitlyDenied, blockedBy: blockers(facts, request, layers),
                statements: references(request, layers, [.deny], certain: true))
        case .implicitlyDenied:
            return AccessDecision(outcome: .implicitlyDenied, blockedBy: blockers(facts, request, layers), statements: [])
        case .undetermined: break
        }
        let expressions = expressions(request, layers)
        var budget = WorkBudget()
        let allowed = expressions.positive.withoutContradictions(&budget)
        let whole = ConditionExpression.all(of: [allowed, expressions.denied.negated]).withoutContradictions(&budget)
        let outcome: AccessDecision.Outcome
        switch whole {
        case .always: outcome = .allowed
        case .never: outcome = allowed == .never ? .implicitlyDenied : .explicitlyDenied
        default: outcome = whole.hasUnknown ? .unknown(whole.unknowns) : .conditional(whole)
        }
        let blocked = whole == .never ? blockers(facts, request, layers) : []
        let shown: Set<PolicyEffect> = outcome == .allowed ? [.allow] : outcome == .implicitlyDenied ? [] : [.allow, .deny]
        return AccessDecision(outcome: outcome, blockedBy: blocked, statements: references(request, layers, shown))
    }

    /// Decides without reasons. Nothing is allocated, unless a pattern with policy variables is not known whole, mixes stars or is longer than
    /// 256 bytes, or a text is compared without regard to case and is not ASCII.
    public static func verdict(_ request: PreparedRequest, _ layers: PolicyLayers) -> AccessVerdict { verdict(truths(request, layers)) }

    private static func verdict(_ facts: Facts<Truth>) -> AccessVerdict {
        let denied = facts.denied
        if denied == .yes { return .explicitlyDenied }
        switch facts.positive {
        case .no: return .implicitlyDenied
        case .maybe: return .undetermined
        case .yes: return denied == .no ? .allowed : .undetermined
        }
    }

    // MARK: - What each layer says

    private static func truths(_ request: PreparedRequest, _ layers: PolicyLayers) -> Facts<Truth> {
        var facts = Facts<Truth>(request, layers)
        let bounded = layers.boundaries != nil && facts.hasIdentity
        if facts.hasIdentity {
            (facts.identity, facts.identityDenies) = scan(layers.identity, request)
            if let policies = layers.boundaries { (facts.boundary, facts.boundaryDenies) = scan(policies, request) }
            if let policies = layers.session { (facts.session, facts.sessionDenies) = scan(policies, request) }
        }
        if facts.hasServiceControl, let levels = layers.serviceControl {
            (facts.serviceControl, facts.serviceControlDenies) = scan(levels, request)
        }
        if facts.hasResourceControl, let levels = layers.resourceControl {
            (facts.resourceControl, facts.resourceControlDenies) = scan(levels, request)
        }
        if let policies = layers.endpoint {
            (facts.endpoint, facts.endpointDenies) = scan(policies, request, bounded: bounded)
        }
        if let policies = layers.resource {
            for policy in policies {
                guard !policy.isUnknown else {
                    facts.resourceDenies = facts.resourceDenies || .maybe
                    facts.resourceDirect = facts.resourceDirect || .maybe
                    continue
                }
                guard policy.services & request.question.serviceBit != 0 else { continue }
                for statement in policy.statements {
                    let (match, truth) = statement.applies(request, bounded: bounded)
                    guard truth != .no else { continue }
                    if statement.effect == .deny {
                        facts.resourceDenies = facts.resourceDenies || truth
                    } else {
                        switch match {
                        case .none: break
                        case .account: facts.resourceAccount = facts.resourceAccount || truth
                        case .role: facts.resourceRole = facts.resourceRole || truth
                        case .direct: facts.resourceDirect = facts.resourceDirect || truth
                        }
                    }
                }
            }
        }
        return facts
    }

    private static func scan(_ policies: [CompiledPolicy], _ request: PreparedRequest, bounded: Bool = false) -> (allow: Truth, deny: Truth)
    {
        let bit = request.question.serviceBit
        var allow = Truth.no
        var deny = Truth.no
        for index in policies.indices where policies[index].services & bit != 0 {
            policies[index].scan(request, bounded: bounded, &allow, &deny)
        }
        return (allow, deny)
    }

    /// Every level must allow; a deny at any level counts.
    private static func scan(_ levels: [[CompiledPolicy]], _ request: PreparedRequest) -> (allow: Truth, deny: Truth) {
        var allow = Truth.yes
        var deny = Truth.no
        for level in levels {
            let found = scan(level, request)
            allow = allow && found.allow
            deny = deny || found.deny
        }
        return (allow, deny)
    }

    // MARK: - The same as expressions

    private static func expressions(_ request: PreparedRequest, _ layers: PolicyLayers) -> Facts<ConditionExpression> {
        var facts = Facts<ConditionExpression>(request, layers)
        let bounded = layers.boundaries != nil && facts.hasIdentity
        func say(_ policies: [CompiledPolicy], _ effect: PolicyEffect, _ match: PrincipalMatch? = nil) -> ConditionExpression {
            var options: [ConditionExpression] = []
            for policy in policies {
                guard !policy.isUnknown else {
                    if match == nil || match == .direct { options.append(.unknown(policy.unknownReason)) }
                    continue
                }
                for statement in policy.statements where statement.effect == effect {
                    let (found, truth) = statement.applies(request, bounded: bounded)
                    guard truth != .no, match == nil || match == found else { continue }
                    options.append(truth == .yes ? .always : statement.expression(request, hasBoundary: bounded))
                }
            }
            return .any(of: options)
        }
        func say(_ levels: [[CompiledPolicy]], _ effect: PolicyEffect) -> ConditionExpression {
            let parts = levels.map { say($0, effect) }
            return effect == .allow ? .all(of: parts) : .any(of: parts)
        }
        if facts.hasIdentity {
            (facts.identity, facts.identityDenies) = (say(layers.identity, .allow), say(layers.identity, .deny))
            if let policies = layers.boundaries { (facts.boundary, facts.boundaryDenies) = (say(policies, .allow), say(policies, .deny)) }
            if let policies = layers.session { (facts.session, facts.sessionDenies) = (say(policies, .allow), say(policies, .deny)) }
        }
        if facts.hasServiceControl, let levels = layers.serviceControl {
            (facts.serviceControl, facts.serviceControlDenies) = (say(levels, .allow), say(levels, .deny))
        }
        if facts.hasResourceControl, let levels = layers.resourceControl {
            (facts.resourceControl, facts.resourceControlDenies) = (say(levels, .allow), say(levels, .deny))
        }
        if let policies = layers.endpoint { (facts.endpoint, facts.endpointDenies) = (say(policies, .allow), say(policies, .deny)) }
        if let policies = layers.resource {
            facts.resourceAccount = say(policies, .allow, .account)
            facts.resourceRole = say(policies, .allow, .role)
            facts.resourceDirect = say(policies, .allow, .direct)
            facts.resourceDenies = say(policies, .deny)
        }
        return facts
    }

    // MARK: - Reasons

    /// Which kinds of policies denied, or had to allow and did not.
    private static func blockers(_ facts: Facts<Truth>, _ request: PreparedRequest, _ layers: PolicyLayers) -> [PolicyType] {
        let resource: PolicyType = request.question.special == .trust ? .trust : .resource
        var blocked: Set<PolicyType> = []
        if facts.identityDenies == .yes { blocked.insert(.identity) }
        if facts.boundaryDenies == .yes { blocked.insert(.boundary) }
        if facts.sessionDenies == .yes { blocked.insert(.session) }
        if facts.resourceDenies == .yes { blocked.insert(resource) }
        if facts.serviceControlDenies == .yes || facts.serviceControl == .no { blocked.insert(.scp) }
        if facts.resourceControlDenies == .yes || facts.resourceControl == .no { blocked.insert(.rcp) }
        if facts.endpointDenies == .yes || facts.endpoint == .no { blocked.insert(.endpoint) }
        if facts.path == .no {
            let granted = facts.resourceAccount || facts.resourceRole || facts.resourceDirect
            if facts.requirement == .resourceOnly {
                blocked.insert(resource)
            } else {
                let byRole = facts.requirement != .both && facts.resourceRole != .no
                if facts.identity == .no, !byRole { blocked.insert(.identity) }
                if facts.boundary == .no { blocked.insert(.boundary) }
                if facts.session == .no { blocked.insert(.session) }
                let mustGrant = facts.requirement != .either
                if granted == .no, mustGrant || (layers.resource != nil && facts.identity == .no) { blocked.insert(resource) }
            }
        }
        return PolicyType.allCases.filter(blocked.contains)
    }

    private static func references(_ request: PreparedRequest, _ layers: PolicyLayers, _ effects: Set<PolicyEffect>, certain: Bool = false)
        -> [StatementReference]
    {
        guard !effects.isEmpty else { return [] }
        let facts = Facts<Truth>(request, layers)
        let bounded = layers.boundaries != nil && facts.hasIdentity
        var found: [StatementReference] = []
        func add(_ policies: [CompiledPolicy]?, _ type: PolicyType) {
            for policy in policies ?? [] {
                for statement in policy.statements where effects.contains(statement.effect) {
                    let truth = statement.applies(request, bounded: bounded).1
                    guard truth == .yes || (truth == .maybe && !certain) else { continue }
                    found.append(
                        StatementReference(
                            policyType: type, policy: policy.tag, statement: statement.index, effect: statement.effect,
                            conditional: truth == .maybe))
                }
            }
        }
        if facts.hasIdentity {
            add(layers.identity, .identity)
        }
        add(layers.resource, request.question.special == .trust ? .trust : .resource)
        if facts.hasIdentity {
            add(layers.boundaries, .boundary)
            add(layers.session, .session)
        }
        if facts.hasServiceControl { for level in layers.serviceControl ?? [] { add(level, .scp) } }
        if facts.hasResourceControl { for level in layers.resourceControl ?? [] { add(level, .rcp) } }
        add(layers.endpoint, .endpoint)
        return found
    }
}

/// What can be combined by and, or and not.
protocol Logic: Sendable {
    static var no: Self { get }
    static var yes: Self { get }
    static func && (left: Self, right: @autoclosure () -> Self) -> Self
    static func || (left: Self, right: @autoclosure () -> Self) -> Self
}

extension Truth: Logic {}

extension ConditionExpression: Logic {
    static var no: ConditionExpression { .never }
    static var yes: ConditionExpression { .always }
    static func && (left: ConditionExpression, right: @autoclosure () -> ConditionExpression) -> ConditionExpression {
        .all(of: [left, right()])
    }
    static func || (left: ConditionExpression, right: @autoclosure () -> ConditionExpression) -> ConditionExpression {
        .any(of: [left, right()])
    }
}

/// What every layer says about one request, and how that adds up.
struct Facts<Value: Logic>: Sendable {
    /// Whose word is needed.
    enum Requirement: Sendable {
        /// Identity or resource policies, in one account.
        case either
        /// In one account, but the resource's policy must let at least the account in.
        case resourceFirst
        /// Identity and resource policies, across accounts.
        case both
        /// The resource's policy alone: who asks has no policies of their own.
        case resourceOnly
    }
    let requirement: Requirement
    /// Whether identity, boundary and session policies bear on who asks.
    let hasIdentity: Bool
    let hasServiceControl: Bool
    let hasResourceControl: Bool
    /// Whether AWS refuses such a request whatever policies say.
    let isBarred: Bool
    /// Whether AWS grants such a request whatever policies say.
    let isFree: Bool

    var identity = Value.no
    var boundary = Value.yes
    var session = Value.yes
    var serviceControl = Value.yes
    var resourceControl = Value.yes
    var endpoint = Value.yes
    var resourceAccount = Value.no
    var resourceRole = Value.no
    var resourceDirect = Value.no
    var identityDenies = Value.no
    var boundaryDenies = Value.no
    var sessionDenies = Value.no
    var serviceControlDenies = Value.no
    var resourceControlDenies = Value.no
    var endpointDenies = Value.no
    var resourceDenies = Value.no

    init(_ request: PreparedRequest, _ layers: PolicyLayers) {
        let asking = request.principal
        let kind = asking.kind
        switch kind {
        case .user, .role, .assumedRole, .federatedUser: hasIdentity = true
        case .root, .account, .service, .identityProvider, .anonymous: hasIdentity = false
        }
        if asking.accountBytes == nil {
            requirement = .resourceOnly
        } else if !request.isSameAccount {
            requirement = .both
        } else {
            requirement = request.question.special == .none ? .either : .resourceFirst
        }
        // Organizations: "SCPs do not affect any service-linked role"; "RCPs … don't affect service-linked roles"; "kms:RetireGrant".
        hasServiceControl = asking.accountBytes != nil && !asking.isServiceLinked
        hasResourceControl = !asking.isServiceLinked && !request.question.isRetiringGrant
        // "You cannot call AssumeRole by using AWS account root user credentials" (AssumeRole, STS API Reference).
        isBarred = kind == .root && request.question.isAssumingRole
        isFree = request.isFree
        switch kind {
        // The root user may do everything in its account that no policy denies.
        case .root: identity = isBarred ? .no : .yes
        case .account: identity = .yes
        default: break
        }
    }

    var denied: Value {
        guard !isFree else { return .no }
        return identityDenies || boundaryDenies || sessionDenies || serviceControlDenies || resourceControlDenies || endpointDenies
            || resourceDenies
    }

    /// Whether identity and resource policies together allow.
    var path: Value {
        guard !isBarred else { return .no }
        let own = identity && boundary && session
        let granted = resourceAccount || resourceRole || resourceDirect
        switch requirement {
        case .resourceOnly: return granted
        case .both: return own && granted
        case .either: return own || (resourceRole && boundary && session) || resourceDirect
        case .resourceFirst: return (own && granted) || (resourceRole && boundary && session) || resourceDirect
        }
    }

    /// Whether everything that must allow does, denies aside.
    var positive: Value { isFree ? .yes : path && serviceControl && resourceControl && endpoint }
}
