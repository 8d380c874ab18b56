/// One statement's say about an action: on which resources, and whether conditions stand with it.
public struct ResourceGrant: Sendable, Hashable {
    /// Which statement.
    public var statement: StatementReference
    /// The resource patterns as written, variables not filled in, or all but them; `nil` for whatever the policy is attached to.
    public var resources: PatternSet?
    /// Under which conditions, with what is known; never ``ConditionExpression/never``.
    public var conditions: ConditionExpression
    /// Whether it is about every resource.
    public var coversEverything: Bool {
        guard let resources else { return false }
        return resources.negated
            ? resources.patterns.isEmpty : resources.patterns.contains { !$0.isEmpty && $0.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
    }
}

extension Evaluator {
    /// Whether some layer that must allow has no statement at all about the action: then no resource can be reached by it.
    ///
    /// Quick: it looks at actions only, so `true` promises nothing. It looks at identity policies, boundary, session and service control
    /// policies; grants of resource policies are not seen.
    public static func mayAllow(action: String, _ layers: PolicyLayers) -> Bool {
        let lowered = Array(action.utf8).lowercased
        let head = Pattern.head(lowered).0
        let bit = PreparedQuestion.serviceBit(lowered)
        func any(_ policies: [CompiledPolicy]) -> Bool {
            for index in policies.indices where policies[index].mayAllow(lowered, head: head, bit: bit) { return true }
            return false
        }
        guard any(layers.identity) else { return false }
        if let policies = layers.boundaries, !any(policies) { return false }
        if let policies = layers.session, !any(policies) { return false }
        return layers.serviceControl?.allSatisfy(any) ?? true
    }

    /// What the identity policies say about an action: every statement about it that can apply to this principal, denies included.
    ///
    /// For graphs: which resources to look at. Whether one of them is allowed is still for ``evaluate(_:_:)-(AccessRequest,_)`` to say.
    public static func grants(action: String, principal: PreparedPrincipal, context: RequestContext = .unknown, _ layers: PolicyLayers)
        -> [ResourceGrant]
    {
        let request = PreparedRequest(principal: principal, action: action, resource: "*", context: context)
        var found: [ResourceGrant] = []
        for policy in layers.identity {
            for statement in policy.statements where statement.coversAction(request) {
                let expression = ConditionExpression.all(of: statement.conditions.map { $0.expression(request.context) })
                guard expression != .never else { continue }
                found.append(
                    ResourceGrant(
                        statement: StatementReference(
                            policyType: .identity, policy: policy.tag, statement: statement.index, effect: statement.effect,
                            conditional: expression != .always), resources: statement.source.resources, conditions: expression))
            }
        }
        return found
    }

    /// Whether a `Resource` pattern as written, without variables filled in, covers a resource. For prefilters of lists of resources.
    public static func pattern(_ pattern: String, covers resource: String) -> Bool {
        let template = PatternTemplate(pattern, variables: false, mode: .resource)
        return template.fixed?.matches(Array(resource.utf8)) ?? false
    }
}
