/// A `Principal` or `NotPrincipal` element, compiled.
struct CompiledPrincipal: Sendable {
    enum Entry: Sendable, Hashable {
        case everyone
        case account([UInt8])
        case aws([UInt8])
        case service([UInt8])
        case federated([UInt8])
        case canonicalUser([UInt8])
    }
    let entries: [Entry]
    let isNegated: Bool

    init(_ element: PrincipalElement) {
        isNegated = element.negated
        entries = element.entries.map { entry in
            switch entry {
            case .everyone: .everyone
            case .account(let id): .account(Array(id.utf8))
            case .aws(let arn): .aws(Array(arn.utf8))
            case .service(let name): .service(Array(name.utf8))
            case .federated(let name): .federated(Array(name.utf8))
            case .canonicalUser(let id): .canonicalUser(Array(id.utf8))
            }
        }
    }
}

/// A statement, compiled. A class, so that going over statements copies one reference and not every array.
final class CompiledStatement: Sendable {
    let index: Int
    let effect: PolicyEffect
    let principal: CompiledPrincipal?
    /// In lower case.
    let actions: [Pattern]
    let actionsNegated: Bool
    /// Which services' bits the actions can have.
    let services: UInt64
    let resources: [PatternTemplate]
    let resourcesNegated: Bool
    /// `false` when the statement is about whatever it is attached to.
    let hasResource: Bool
    let conditions: [CompiledCondition]
    let source: PolicyStatement

    init(_ statement: PolicyStatement, index: Int, version: PolicyDocument.Version) {
        self.index = index
        source = statement
        effect = statement.effect
        principal = statement.principal.map { CompiledPrincipal($0) }
        let variables = version == .v2012
        let lowered = statement.actions.patterns.map { Array($0.utf8).lowercased }
        actions = lowered.map { PatternTemplate(String(decoding: $0, as: UTF8.self), variables: false, mode: .wildcards).fixed ?? .never }
        actionsNegated = statement.actions.negated
        services = statement.actions.negated ? .max : lowered.reduce(0) { $0 | PreparedRequest.serviceBit($1) }
        hasResource = statement.resources != nil
        resources = (statement.resources?.patterns ?? []).map { PatternTemplate($0, variables: variables, mode: .resource) }
        resourcesNegated = statement.resources?.negated ?? false
        conditions = statement.conditions.map { CompiledCondition($0, variables: variables) }
    }

    func coversAction(_ request: PreparedRequest) -> Bool {
        covers(request.action, head: request.actionHead, bit: request.serviceBit)
    }

    func coversResource(_ request: PreparedRequest) -> Truth {
        guard hasResource else { return .yes }
        var result = Truth.no
        for index in resources.indices {
            if let fixed = resources[index].fixed {
                if fixed.matches(request.resource, head: request.resourceHead) {
                    result = .yes
                    break
                }
                continue
            }
            switch resources[index].resolved(request.context) {
            case .pattern(let pattern): if pattern.matches(request.resource, head: request.resourceHead) { result = .yes }
            case .open(let pattern): if pattern.matches(request.resource, head: request.resourceHead) { result = result || .maybe }
            }
        }
        return resourcesNegated ? !result : result
    }

    /// How the statement's principal element meets the one who asks, and whether that is certain.
    func matchesPrincipal(_ request: PreparedRequest, hasBoundary: Bool) -> (PrincipalMatch, Truth) {
        guard let principal else { return (.direct, .yes) }
        let asking = request.principal
        if principal.isNegated {
            if effect == .deny {
                // A boundary's holder is denied whoever is named ("Permissions boundaries for IAM entities", Important).
                if hasBoundary { return (.direct, .yes) }
                return asking.isSpared(by: principal.entries) ? (.none, .no) : (.direct, .yes)
            }
            for entry in principal.entries where asking.match(entry) != .none { return (.none, .no) }
            return (.direct, .yes)
        }
        var best = PrincipalMatch.none
        for entry in principal.entries {
            best = max(best, asking.match(entry))
            if best == .direct { return (best, .yes) }
        }
        if request.context.isPartial, asking.unknownSession, principal.entries.contains(where: asking.mayBeSession) {
            // Only a grant that needs less is worth a condition; what is certain comes first.
            return best == .none || effect == .deny && best < .role
                ? (best == .none ? .direct : best, best == .none ? .maybe : .yes) : (best, .yes)
        }
        return (best, best == .none ? .no : .yes)
    }

    /// Whether all conditions hold.
    func conditionsHold(_ context: PreparedContext) -> Truth {
        var result = Truth.yes
        for condition in conditions {
            result = result && condition.holds(context)
            if result == .no { return .no }
        }
        return result
    }

    /// Under which conditions the statement applies, given that its action does.
    func expression(_ request: PreparedRequest, hasBoundary: Bool) -> ConditionExpression {
        var parts: [ConditionExpression] = []
        switch matchesPrincipal(request, hasBoundary: hasBoundary).1 {
        case .no: return .never
        case .yes: break
        case .maybe:
            let sessions = (principal?.entries ?? []).filter(request.principal.mayBeSession).compactMap { entry -> String? in
                guard case .aws(let arn) = entry else { return nil }
                return arn.split(separator: UInt8(ascii: "/"), maxSplits: 2).last.map { String(decoding: $0, as: UTF8.self) }
            }
            parts.append(.test(ConditionTest("StringEquals", "sts:RoleSessionName", sessions.sorted())))
        }
        if hasResource {
            switch coversResource(request) {
            case .no: return .never
            case .yes: break
            case .maybe: parts.append(resourceExpression(request))
            }
        }
        for condition in conditions { parts.append(condition.expression(request.context)) }
        return .all(of: parts)
    }

    /// When the resource is covered although a variable's value is open.
    private func resourceExpression(_ request: PreparedRequest) -> ConditionExpression {
        var options: [ConditionExpression] = []
        for (template, text) in zip(resources, source.resources?.patterns ?? []) where template.fixed == nil {
            guard case .open(let pattern) = template.resolved(request.context), pattern.matches(request.resource) else { continue }
            options.append(Self.solved(template, text, request))
        }
        let covered = ConditionExpression.any(of: options)
        return resourcesNegated ? covered.negated : covered
    }

    /// `HEAD${key}TAIL` matches when the key is what lies between; other shapes become ``ConditionTest/resourceLike``.
    private static func solved(_ template: PatternTemplate, _ text: String, _ request: PreparedRequest) -> ConditionExpression {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var key: String?
        var plain = true
        for part in template.parts {
            switch part {
            case .variable(let name, nil) where key == nil: key = name
            case .variable: plain = false
            case .tokens(let tokens):
                for token in tokens {
                    guard token < 256 else {
                        plain = false
                        break
                    }
                    if key == nil { head.append(UInt8(truncatingIfNeeded: token)) } else { tail.append(UInt8(truncatingIfNeeded: token)) }
                }
            }
        }
        let resource = request.resource
        if plain, let key, ConditionExpression.hasOneValue(key), resource.count >= head.count + tail.count, resource.starts(with: head),
            resource.suffix(tail.count).elementsEqual(tail)
        {
            let value = String(decoding: resource[head.count..<(resource.count - tail.count)], as: UTF8.self)
            return .test(ConditionTest("StringEquals", key, [value]))
        }
        return .test(ConditionTest(ConditionTest.resourceLike, String(decoding: resource, as: UTF8.self), [text]))
    }
}

/// A policy ready for evaluation: parsed once, evaluated many times. Copies share what was compiled.
public struct CompiledPolicy: Sendable {
    private final class Storage: Sendable {
        let tag: PolicyTag
        let document: PolicyDocument?
        let statements: [CompiledStatement]
        let allowServices: UInt64
        let denyServices: UInt64
        let isKnown: Bool

        init(_ document: PolicyDocument?, _ tag: PolicyTag) {
            self.tag = tag
            self.document = document
            guard let document else {
                statements = []
                allowServices = .max
                denyServices = .max
                isKnown = false
                return
            }
            let statements = document.statements.enumerated().map { CompiledStatement($1, index: $0, version: document.version) }
            self.statements = statements
            allowServices = statements.reduce(0) { $1.effect == .allow ? $0 | $1.services : $0 }
            denyServices = statements.reduce(0) { $1.effect == .deny ? $0 | $1.services : $0 }
            isKnown = true
        }
    }
    private let storage: Storage

    /// Compiles a document.
    public init(_ document: PolicyDocument, tag: PolicyTag = PolicyTag()) { storage = Storage(document, tag) }

    /// A policy that exists but whose text was not read: whatever depends on it is unknown.
    public init(unknown tag: PolicyTag) { storage = Storage(nil, tag) }

    /// What the caller calls it.
    public var tag: PolicyTag { storage.tag }
    /// The policy as written; `nil` when its text is not known.
    public var document: PolicyDocument? { storage.document }
    /// Whether the policy's text is not known.
    public var isUnknown: Bool { !storage.isKnown }
    var statements: [CompiledStatement] { storage.statements }
    /// The first statement with a condition operator that AWS does not have.
    var statementWithUnknownOperator: Int? {
        statements.first { $0.conditions.contains { if case .unknown = $0.family { true } else { false } } }?.index
    }
    /// Which services its Allow and its Deny statements can be about.
    var allowServices: UInt64 { storage.allowServices }
    var denyServices: UInt64 { storage.denyServices }
    var unknownReason: String { "the text of policy \(tag.name.isEmpty ? "\(tag.index)" : tag.name) is not known" }
}
