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
    /// In lower case; by service, those whose service is not plain first.
    let actions: [Pattern]
    let actionsNegated: Bool
    /// What is looked at of each of ``actions`` before the pattern itself, side by side in memory.
    private let glances: [Glance]
    /// How many stand in front because their service is not plain.
    private let openCount: Int

    private struct Glance: Sendable {
        /// The place of its service's bit.
        var service: Int
        var head: UInt64
        var mask: UInt64
    }
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
        let bits = lowered.map { PreparedQuestion.serviceBit($0) }
        services = statement.actions.negated ? .max : bits.reduce(0, |)
        let byService = bits.indices.map { (place: $0, service: bits[$0] == .max ? -1 : bits[$0].trailingZeroBitCount) }
            .sorted { ($0.service, $0.place) < ($1.service, $1.place) }
        actions = byService.map {
            PatternTemplate(String(decoding: lowered[$0.place], as: UTF8.self), variables: false, mode: .wildcards).fixed ?? .never
        }
        glances = zip(byService, actions).map { Glance(service: $0.service, head: $1.head, mask: $1.headMask) }
        openCount = byService.prefix { $0.service < 0 }.count
        actionsNegated = statement.actions.negated
        hasResource = statement.resources != nil
        resources = (statement.resources?.patterns ?? []).map { PatternTemplate($0, variables: variables, mode: .resource) }
        resourcesNegated = statement.resources?.negated ?? false
        conditions = statement.conditions.map { CompiledCondition($0, variables: variables) }
    }

    /// How the statement's principal element meets the one who asks, and whether the statement applies.
    func applies(_ request: PreparedRequest, bounded: Bool) -> (PrincipalMatch, Truth) {
        guard coversAction(request) else { return (.none, .no) }
        let resource = coversResource(request)
        guard resource != .no else { return (.none, .no) }
        guard principal != nil else { return (.direct, resource && conditionsHold(request)) }
        let (match, isNamed) = matchesPrincipal(request, hasBoundary: bounded)
        guard isNamed != .no else { return (.none, .no) }
        return (match, resource && isNamed && conditionsHold(request))
    }

    func coversAction(_ request: PreparedRequest) -> Bool {
        let question = request.question
        return covers(question.action, head: question.actionHead, bit: question.serviceBit)
    }

    /// Whether an action in lower case is covered; `bit` is ``PreparedQuestion/serviceBit(_:)`` of it.
    func covers(_ action: [UInt8], head: UInt64, bit: UInt64) -> Bool {
        guard services & bit != 0 else { return false }
        guard bit != .max else { return actions.contains { $0.matches(action, head: head) } != actionsNegated }
        var index = 0
        while index < openCount {
            if matches(index, action, head) { return !actionsNegated }
            index += 1
        }
        let service = bit.trailingZeroBitCount
        var end = glances.count
        while index < end {
            let middle = (index + end) / 2
            if glances[middle].service < service { index = middle + 1 } else { end = middle }
        }
        while index < glances.count, glances[index].service == service {
            if matches(index, action, head) { return !actionsNegated }
            index += 1
        }
        return actionsNegated
    }

    private func matches(_ index: Int, _ action: [UInt8], _ head: UInt64) -> Bool {
        head & glances[index].mask == glances[index].head && actions[index].matches(action, head: head)
    }

    func coversResource(_ request: PreparedRequest) -> Truth {
        guard hasResource else { return .yes }
        let question = request.question
        var result = Truth.no
        for index in resources.indices {
            result = max(result, resources[index].matches(question.resource, head: question.resourceHead, request.context))
            if result == .yes { break }
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
        for index in principal.entries.indices {
            best = max(best, asking.match(principal.entries[index]))
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
    private func conditionsHold(_ request: PreparedRequest) -> Truth {
        guard !conditions.isEmpty else { return .yes }
        let context = request.context
        var result = Truth.yes
        for index in conditions.indices {
            result = result && conditions[index].holds(context)
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
            guard case .open(let pattern) = template.resolved(request.context), pattern.matches(request.question.resource) else { continue }
            options.append(Self.solved(template, text, request))
        }
        let covered = ConditionExpression.any(of: options)
        return resourcesNegated ? covered.negated : covered
    }

    /// `HEAD${key}TAIL` matches when the key is what lies between; other shapes become ``ConditionTest/resourceLike``.
    private static func solved(_ template: PatternTemplate, _ text: String, _ request: PreparedRequest) -> ConditionExpression {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var key: ContextKey?
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
        let resource = request.question.resource
        if plain, let key = key?.text, ConditionExpression.hasOneValue(key), resource.count >= head.count + tail.count,
            resource.starts(with: head), resource.suffix(tail.count).elementsEqual(tail)
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
        /// ``CompiledStatement/services`` of each, side by side in memory.
        let services: [UInt64]
        let isKnown: Bool

        init(_ document: PolicyDocument?, _ tag: PolicyTag) {
            self.tag = tag
            self.document = document
            guard let document else {
                statements = []
                services = []
                isKnown = false
                return
            }
            statements = document.statements.enumerated().map { CompiledStatement($1, index: $0, version: document.version) }
            services = statements.map(\.services)
            isKnown = true
        }

        func mayAllow(_ action: [UInt8], _ head: UInt64, _ bit: UInt64) -> Bool {
            for index in services.indices where services[index] & bit != 0 {
                if statements[index].effect == .allow, statements[index].covers(action, head: head, bit: bit) { return true }
            }
            return false
        }

        func scan(_ request: PreparedRequest, _ bounded: Bool, _ allow: inout Truth, _ deny: inout Truth) {
            guard isKnown else {
                allow = allow || .maybe
                deny = deny || .maybe
                return
            }
            let bit = request.question.serviceBit
            for index in services.indices where services[index] & bit != 0 {
                if statements[index].effect == .allow {
                    guard allow != .yes else { continue }
                    allow = allow || statements[index].applies(request, bounded: bounded).1
                } else {
                    deny = deny || statements[index].applies(request, bounded: bounded).1
                }
            }
        }
    }
    private let storage: Storage
    /// Which services its Allow statements can be about.
    let allowServices: UInt64
    /// Which services it can be about at all.
    let services: UInt64

    private init(_ document: PolicyDocument?, _ tag: PolicyTag) {
        let storage = Storage(document, tag)
        self.storage = storage
        allowServices = document == nil ? .max : storage.statements.reduce(0) { $1.effect == .allow ? $0 | $1.services : $0 }
        services = document == nil ? .max : storage.services.reduce(0, |)
    }

    /// Compiles a document.
    public init(_ document: PolicyDocument, tag: PolicyTag = PolicyTag()) { self.init(document as PolicyDocument?, tag) }

    /// A policy that exists but whose text was not read: whatever depends on it is unknown.
    public init(unknown tag: PolicyTag) { self.init(nil, tag) }

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
    /// Whether some Allow statement is about an action in lower case; `true` where that is not known.
    func mayAllow(_ action: [UInt8], head: UInt64, bit: UInt64) -> Bool {
        allowServices & bit != 0 && (isUnknown || storage.mayAllow(action, head, bit))
    }

    /// Adds what the statements say of a request to what others said.
    func scan(_ request: PreparedRequest, bounded: Bool, _ allow: inout Truth, _ deny: inout Truth) {
        storage.scan(request, bounded, &allow, &deny)
    }

    var unknownReason: String { "the text of policy \(tag.name.isEmpty ? "\(tag.index)" : tag.name) is not known" }
}
