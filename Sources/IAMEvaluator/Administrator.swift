/// Whether a principal's own permissions allow every action on every resource.
public struct AdministratorAnswer: Sendable, Hashable {
    /// Whether they do, whatever the request is like.
    public var isAdmin: Bool
    /// When they do only under conditions on the session or the caller (such as MFA): these. `nil` when they do anyway or never do.
    public var conditions: ConditionExpression?
    /// Why it cannot be told; empty when it can.
    public var unknown: [String]
    /// Which kinds of policies leave something out or deny something.
    public var blockedBy: [PolicyType]
    /// The statements that deny something, where identity and boundaries would else allow all.
    public var cuts: [StatementReference]
}

/// Finds effective administrators.
///
/// The question is about the whole space of actions and resources, also those that no policy names: patterns are compared as languages, so that
/// `iam:*` with NotAction `iam:*` adds up and any deny that leaves something out counts.
public enum Administrator {
    /// Which actions there are.
    public enum Actions: Sendable, Hashable {
        /// Also those of services that are not known yet.
        case any
        /// Those of these services, by prefix such as `s3`: then wildcards over all of them add up to everything.
        case services([String])
    }

    /// Whether the principal may do everything, by identity policies, boundary, session policies and service control policies.
    ///
    /// - Parameter context: what is known of the principal's requests. Tests on keys of the request's target (its tags, its region, a
    ///   service's own keys) can never hold for every resource, so they count as not allowing, or as denying something.
    public static func answer(
        _ principal: RequestPrincipal, _ layers: PolicyLayers, context: RequestContext = .unknown, actions: Actions = .any
    ) -> AdministratorAnswer { answer(PreparedPrincipal(principal), layers, context: context, actions: actions) }

    /// Whether the principal may do everything; see ``answer(_:_:context:actions:)-(RequestPrincipal,_,_,_)``.
    public static func answer(
        _ principal: PreparedPrincipal, _ layers: PolicyLayers, context: RequestContext = .unknown, actions: Actions = .any
    ) -> AdministratorAnswer { answer(principal, layers, context: context, actions: actions, budget: WorkBudget()) }

    static func answer(
        _ principal: PreparedPrincipal, _ layers: PolicyLayers, context: RequestContext = .unknown, actions: Actions = .any,
        budget: WorkBudget
    ) -> AdministratorAnswer {
        var question = Question(principal: principal, context: context, actions: actions, budget: budget)
        var blocked: Set<PolicyType> = []
        var whole = ConditionExpression.always
        func need(_ expression: ConditionExpression, _ type: PolicyType) {
            if expression == .never { blocked.insert(type) }
            whole = .all(of: [whole, expression])
        }
        let hasServiceControl = !principal.isServiceLinked
        switch principal.principal {
        case .root, .account: break
        case .user, .role, .assumedRole, .federatedUser:
            need(question.coverage(layers.identity), .identity)
            // Nearly everybody ends here, before anything dear is worked out.
            if whole == .never {
                return AdministratorAnswer(isAdmin: false, conditions: nil, unknown: [], blockedBy: [.identity], cuts: [])
            }
            if let policies = layers.boundaries { need(question.coverage(policies), .boundary) }
            if let policies = layers.session { need(question.coverage(policies), .session) }
        case .service, .identityProvider, .anonymous:
            return AdministratorAnswer(isAdmin: false, conditions: nil, unknown: [], blockedBy: [.identity], cuts: [])
        }
        var groups: [(PolicyType, [CompiledPolicy])] = []
        if principal.principal.hasOwnPolicies {
            groups = [(.identity, layers.identity), (.boundary, layers.boundaries ?? []), (.session, layers.session ?? [])]
        }
        if hasServiceControl {
            for level in layers.serviceControl ?? [] {
                need(question.coverage(level), .scp)
                groups.append((.scp, level))
            }
        }
        var cuts: [StatementReference] = []
        for (type, policies) in groups {
            for policy in policies {
                if policy.isUnknown {
                    // Its statements may deny.
                    whole = .all(of: [whole, .unknown(policy.unknownReason)])
                    continue
                }
                for statement in policy.statements where statement.effect == .deny {
                    let cut = question.cut(statement)
                    guard cut != .never else { continue }
                    cuts.append(
                        StatementReference(
                            policyType: type, policy: policy.tag, statement: statement.index, effect: .deny, conditional: cut != .always))
                    need(cut.negated, type)
                }
            }
        }
        whole = whole.withoutContradictions(&question.budget)
        let order = PolicyType.allCases.filter(blocked.contains)
        switch whole {
        case .always: return AdministratorAnswer(isAdmin: true, conditions: nil, unknown: [], blockedBy: [], cuts: [])
        case .never: return AdministratorAnswer(isAdmin: false, conditions: nil, unknown: [], blockedBy: order, cuts: cuts)
        default:
            let unknown = whole.unknowns
            return AdministratorAnswer(
                isAdmin: false, conditions: unknown.isEmpty ? whole : nil, unknown: unknown, blockedBy: order, cuts: cuts)
        }
    }

    /// The same, where every service that is known counts as everything: wildcards of single services can add up only so.
    ///
    /// The services are those of ``ActionTable/standard``. They are looked at only for policies that name at least ``fewestServices`` of them.
    public static func answerByKnownServices(
        _ principal: RequestPrincipal, _ layers: PolicyLayers, context: RequestContext = .unknown
    ) -> AdministratorAnswer {
        let asking = PreparedPrincipal(principal)
        let answer = answer(asking, layers, context: context)
        guard !answer.isAdmin, answer.conditions == nil, namesManyServices(layers.identity) else { return answer }
        return Self.answer(asking, layers, context: context, actions: .services(ActionTable.standard.servicePrefixes))
    }

    /// Fewer services than these never add up to all.
    public static let fewestServices = 100

    private static func namesManyServices(_ policies: [CompiledPolicy]) -> Bool {
        var count = 0
        for policy in policies {
            for statement in policy.document?.statements ?? [] where statement.effect == .allow && !statement.actions.negated {
                count += statement.actions.patterns.count
            }
        }
        guard count >= fewestServices else { return false }
        var services: Set<Substring> = []
        for policy in policies {
            for statement in policy.document?.statements ?? [] where statement.effect == .allow && !statement.actions.negated {
                for pattern in statement.actions.patterns { services.insert(pattern.prefix { $0 != ":" }) }
            }
        }
        return services.count >= fewestServices
    }

    private struct Question {
        let context: PreparedContext
        let universe: CoverageAutomaton.Universe
        /// A point of the universe that few policies name.
        let probe: PreparedRequest
        var budget: WorkBudget

        init(principal: PreparedPrincipal, context: RequestContext, actions: Actions, budget: WorkBudget) {
            self.budget = budget
            let service: String
            switch actions {
            case .any:
                universe = .actions(services: nil)
                service = "zz9"
            case .services(let list):
                universe = .actions(services: list)
                service = list.first ?? "zz9"
            }
            probe = PreparedRequest(principal: principal, action: service + ":zz9", resource: "*", context: context)
            // Nothing is known of the target, so not of its account either.
            self.context = PreparedContext(context, principal)
        }

        /// When the conditions of a statement hold for every request that it is about (allow), or for any (deny).
        func condition(_ statement: CompiledStatement) -> ConditionExpression {
            var parts: [ConditionExpression] = []
            for condition in statement.conditions {
                let part = condition.expression(context)
                if case .test(let test) = part, Self.isAboutTarget(test.key.asciiLowercased) {
                    if statement.effect == .allow { return .never }
                    continue
                }
                parts.append(part)
            }
            return .all(of: parts)
        }

        /// Whether a key speaks of what a request is about and not of who makes it, from where and how.
        static func isAboutTarget(_ key: String) -> Bool {
            let bytes = Array(key.utf8)
            guard bytes.hasPrefix("aws:") else {
                return
                    !(bytes.hasPrefix("sts:") || bytes.hasPrefix("saml:") || bytes.hasPrefix("ec2:sourceinstancearn")
                    || bytes.hasPrefix("ec2:roledelivery")
                    || bytes.hasPrefix("lambda:sourcefunctionarn") || bytes.hasPrefix("glue:roleassumedby")
                    || bytes.hasPrefix("identitystore:"))
            }
            return bytes.hasPrefix("aws:resource") || bytes.hasPrefix("aws:request") || bytes.hasPrefix("aws:tagkeys")
        }

        /// The statement's resources as a region; variables count so that an allow gets too little and a deny too much.
        func resources(_ statement: CompiledStatement) -> CoverageAutomaton.Region {
            guard statement.hasResource else { return CoverageAutomaton.Region(patterns: [[Pattern.star]], negated: false) }
            let wide = (statement.effect == .deny) != statement.resourcesNegated
            var patterns: [[Pattern.Token]] = []
            for template in statement.resources {
                switch template.resolved(context) {
                case .pattern(let pattern): if pattern.kind != .never { patterns.append(pattern.allTokens) }
                case .open(let pattern): if wide { patterns.append(pattern.allTokens) }
                }
            }
            return CoverageAutomaton.Region(patterns: patterns, negated: statement.resourcesNegated)
        }

        func actions(_ statement: CompiledStatement) -> CoverageAutomaton.Region {
            CoverageAutomaton.Region(patterns: statement.actions.map(\.allTokens), negated: statement.actionsNegated)
        }

        /// When the policies together allow everything, denies aside.
        mutating func coverage(_ policies: [CompiledPolicy]) -> ConditionExpression {
            var open: [ConditionExpression] = []
            var pieces: [(statement: CompiledStatement, condition: ConditionExpression)] = []
            for policy in policies {
                if policy.isUnknown { open.append(.unknown(policy.unknownReason)) }
                for statement in policy.statements where statement.effect == .allow {
                    // Only what names the probe, or adds to something that does, can matter; this says whether anything does.
                    let condition = condition(statement)
                    guard condition != .never else { continue }
                    if condition == .always, statement.isEverything { return .always }
                    pieces.append((statement, condition))
                }
            }
            guard pieces.contains(where: { $0.statement.coversAction(probe) }) else { return .any(of: open) }
            guard let actions = CoverageAutomaton.memberships(pieces.map { self.actions($0.statement) }, universe, &budget),
                let resources = CoverageAutomaton.memberships(pieces.map { self.resources($0.statement) }, .resources, &budget)
            else { return .any(of: open + [.unknown("the policies' patterns are too many to compare")]) }
            guard budget.spend(actions.count * resources.count * pieces.count) else {
                return .any(of: open + [.unknown("the policies' patterns are too many to compare")])
            }
            var needs: Set<ConditionExpression> = []
            for action in actions {
                for resource in resources {
                    let options = pieces.indices.filter { action[$0] && resource[$0] }.map { pieces[$0].condition }
                    needs.insert(.any(of: options))
                }
                if needs.contains(.never) { return .any(of: open) }
            }
            return .any(of: open + [.all(of: needs)])
        }

        /// When a deny takes something away.
        mutating func cut(_ statement: CompiledStatement) -> ConditionExpression {
            let condition = condition(statement)
            guard condition != .never else { return .never }
            var isOpen = false
            let regions: [(CoverageAutomaton.Region, CoverageAutomaton.Universe)] = [
                (actions(statement), universe), (resources(statement), .resources),
            ]
            for (region, universe) in regions {
                if CoverageAutomaton.isSurelyInhabited(region, universe) { continue }
                if region.patterns.isEmpty || region.negated && region.patterns.contains([Pattern.star]) { return .never }
                guard let found = CoverageAutomaton.memberships([region], universe, &budget) else {
                    isOpen = true
                    continue
                }
                if !found.contains([true]) { return .never }
            }
            return isOpen ? .all(of: [condition, .unknown("the policies' patterns are too many to compare")]) : condition
        }
    }
}

extension RequestPrincipal {
    /// Whether identity, boundary and session policies can be attached.
    var hasOwnPolicies: Bool {
        switch self {
        case .user, .role, .assumedRole, .federatedUser: true
        case .root, .account, .service, .identityProvider, .anonymous: false
        }
    }
}

extension Pattern {
    /// The whole pattern as tokens.
    var allTokens: [Token] { kind == .literal ? bytes.map { Token($0) } : kind == .any ? [Self.star] : tokens }
}

extension CompiledStatement {
    /// Whether it is plainly about all actions on all resources.
    var isEverything: Bool {
        let allActions = actionsNegated ? actions.isEmpty : actions.contains { $0.kind == .any }
        let allResources = !hasResource || (resourcesNegated ? resources.isEmpty : resources.contains { $0.fixed?.kind == .any })
        return allActions && allResources
    }
}
