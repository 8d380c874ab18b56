import IAMEvaluator
import Testing

/// Generated policies and requests, from one seed for each case so that a failure names what to repeat.
private struct Cases {
    var random: SeededGenerator

    init(_ seed: UInt64) { random = SeededGenerator(state: seed &* 0x2545_F491_4F6C_DD1D) }

    static let principals: [RequestPrincipal] = [
        .user(arn: alice), .user(arn: "arn:aws:iam::\(account):user/bob"), .assumedRole(role: role, session: session),
        .root(account: account, partition: "aws"), .service("logs.amazonaws.com"), .anonymous,
    ]
    private static let actions = ["s3:GetObject", "s3:PutObject", "iam:GetUser", "kms:Decrypt"]
    private static let patterns = ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:?etObject", "*:Get*", "iam:*", "kms:*", "kms:Decrypt"]
    private static let objects = ["arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/x", "arn:aws:s3:::c:d/x", "*"]
    private static let key = "arn:aws:kms:eu-west-1:\(account):key/1"
    private static let resources = [
        "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::?/x", "arn:*:b/x", "arn:aws:s3*", "arn:aws:s*:::b*",
        "arn:aws:s3:::c*x",
        "arn:aws:s3:::b/${test:one}", "arn:aws:kms:*:*:key/*", "arn:aws:k?s:*",
    ]
    private static let entries: [PrincipalElement.Entry] = [
        .everyone, .account(account), .account(other), .aws(alice), .aws(role), .aws(session), .service("logs.amazonaws.com"),
    ]
    private static let operators = [
        "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "StringNotLikeIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLike", "ForAnyValue:StringNotEquals", "ForAllValues:StringNotLike", "Bool", "BoolIfExists", "Null",
        "NumericLessThan",
        "NumericNotEquals", "NumericEqualsIfExists",
    ]
    static let keys = ["test:one", "test:two", "aws:username"]
    private static let values = ["alice", "a*", "1", "2", "true", "false", "${test:two}", "x", "?"]
    static let contextValues = ["alice", "ab", "1", "2", "true", "false", "x", "*", "bob"]

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func some<Element>(_ list: [Element], _ most: Int) -> [Element] {
        (0..<Int.random(in: 1...most, using: &random)).map { _ in pick(list) }
    }

    mutating func statement(_ effect: PolicyEffect? = nil, principal: Bool) -> PolicyStatement {
        PolicyStatement(
            effect: effect ?? (chance(70) ? .allow : .deny),
            principal: principal ? PrincipalElement(some(Self.entries, 4), negated: chance(10)) : nil,
            actions: PatternSet(some(Self.patterns, 2), negated: chance(15)),
            resources: PatternSet(some(Self.resources, 2), negated: chance(15)),
            conditions: chance(35) ? (0..<Int.random(in: 1...2, using: &random)).map { _ in clause() } : [])
    }

    private mutating func clause() -> ConditionClause {
        let name = pick(Self.operators)
        return ConditionClause(name, pick(Self.keys), name == "Null" ? [pick(["true", "false"])] : some(Self.values, 2))
    }

    mutating func document(principal: Bool = false) -> PolicyDocument {
        PolicyDocument(
            version: chance(85) ? .v2012 : .v2008,
            statements: (0..<Int.random(in: 1...3, using: &random)).map { _ in statement(principal: principal) })
    }

    mutating func documents(_ most: Int = 2, wide: Int) -> [PolicyDocument] {
        // Wide ones keep the answers from being all denials.
        (0..<Int.random(in: 1...most, using: &random)).map { _ in
            chance(wide)
                ? PolicyDocument(statements: [PolicyStatement(effect: .allow, actions: PatternSet(["*"]), resources: PatternSet(["*"]))])
                : document()
        }
    }

    mutating func layers() -> NaiveInterpreter.Layers {
        NaiveInterpreter.Layers(
            identity: chance(90) ? documents(wide: 20) : [], boundaries: chance(25) ? documents(1, wide: 40) : nil,
            session: chance(20) ? documents(wide: 40) : nil,
            resource: chance(60) ? document(principal: true) : nil,
            serviceControl: chance(20) ? (0..<Int.random(in: 1...2, using: &random)).map { _ in documents(wide: 60) } : nil,
            resourceControl: chance(15) ? [documents(1, wide: 60)] : nil, endpoint: chance(15) ? [document(principal: true)] : nil)
    }

    mutating func context() -> [String: [String]] {
        var context: [String: [String]] = [:]
        for key in Self.keys where chance(60) { context[key] = some(Self.contextValues, chance(70) || key.hasPrefix("aws:") ? 1 : 3) }
        return context
    }

    mutating func request() -> AccessRequest {
        let action = pick(Self.actions)
        return AccessRequest(
            principal: pick(Self.principals), action: action, resource: action.hasPrefix("kms:") ? Self.key : pick(Self.objects),
            resourceAccount: action.hasPrefix("kms:") ? nil : pick([nil, account, other]),
            context: RequestContext(values: context(), derivesKeys: false))
    }
}

private func compiled(_ layers: NaiveInterpreter.Layers) -> PolicyLayers {
    PolicyLayers(
        identity: layers.identity.map { CompiledPolicy($0) }, boundaries: layers.boundaries?.map { CompiledPolicy($0) },
        session: layers.session?.map { CompiledPolicy($0) }, resource: layers.resource.map { [CompiledPolicy($0)] },
        serviceControl: layers.serviceControl?.map { $0.map { CompiledPolicy($0) } },
        resourceControl: layers.resourceControl?.map { $0.map { CompiledPolicy($0) } },
        endpoint: layers.endpoint?.map { CompiledPolicy($0) })
}

private func naive(_ request: AccessRequest, _ layers: NaiveInterpreter.Layers) -> NaiveInterpreter.Decision {
    let names: NaiveInterpreter.Names
    switch request.principal {
    case .user(let arn): names = .init(account: account, own: arn, hasPolicies: true)
    case .assumedRole(let role, let session): names = .init(account: account, own: session, role: role, hasPolicies: true)
    case .root: names = .init(account: account, own: "arn:aws:iam::\(account):root", isRoot: true)
    case .service(let name): names = .init(account: nil, own: name, isService: true)
    default: names = .init(account: nil, own: "")
    }
    return NaiveInterpreter(
        names: names, action: request.action, resource: request.resource, owner: request.resourceAccount, context: request.context.values,
        layers: layers
    ).decide()
}

private func same(_ outcome: AccessDecision.Outcome, _ decision: NaiveInterpreter.Decision) -> Bool {
    switch (outcome, decision) {
    case (.allowed, .allowed), (.explicitlyDenied, .explicitlyDenied), (.implicitlyDenied, .implicitlyDenied): true
    default: false
    }
}

@Suite struct PropertyTests {
    /// Sets of policies, each asked several times; split so that both cores work.
    @Test(arguments: 0..<8)
    func theCompiledFormEqualsTheNaiveInterpreter(_ part: Int) {
        var allowed = 0
        var asked = 0
        for seed in 0..<2_500 {
            var cases = Cases(UInt64(part * 1_000_000 + seed + 1))
            let layers = cases.layers()
            let ready = compiled(layers)
            for _ in 0..<10 {
                let request = cases.request()
                let prepared = PreparedRequest(request)
                let decision = Evaluator.evaluate(prepared, ready)
                let expected = naive(request, layers)
                asked += 1
                if expected == .allowed { allowed += 1 }
                if !same(decision.outcome, expected) {
                    Issue.record("part \(part) seed \(seed): \(decision.outcome) is not \(expected) for \(request) under \(layers)")
                    return
                }
                let verdict = Evaluator.verdict(prepared, ready)
                let agrees =
                    verdict == .allowed
                    ? expected == .allowed : verdict == .explicitlyDenied ? expected == .explicitlyDenied : expected == .implicitlyDenied
                if !agrees || decision.blockedBy.isEmpty != (expected == .allowed) {
                    Issue.record("part \(part) seed \(seed): verdict \(verdict), blocked by \(decision.blockedBy), not \(expected)")
                    return
                }
            }
        }
        // The generator must not make one kind of answer only.
        #expect(allowed > asked / 20)
        #expect(allowed < asked * 19 / 20)
    }

    @Test func addingADenyNeverAllowsMoreAndAddingAnAllowNeverDeniesMore() {
        for seed in 0..<6_000 {
            var cases = Cases(UInt64(seed + 77_000_000))
            let layers = cases.layers()
            let request = cases.request()
            let before = Evaluator.evaluate(request, compiled(layers)).outcome
            var more = layers
            let effect: PolicyEffect = cases.chance(50) ? .deny : .allow
            let place = Int.random(in: 0..<5, using: &cases.random)
            let plain = PolicyDocument(statements: [cases.statement(effect, principal: false)])
            switch place {
            case 0: more.identity.append(plain)
            case 1: if more.boundaries != nil { more.boundaries?.append(plain) }
            case 2: if more.session != nil { more.session?.append(plain) }
            case 3: if more.serviceControl != nil { more.serviceControl?[0].append(plain) }
            default: if more.resource != nil { more.resource?.statements.append(cases.statement(effect, principal: true)) }
            }
            let after = Evaluator.evaluate(request, compiled(more)).outcome
            if effect == .deny, after == .allowed { #expect(before == .allowed, "seed \(seed)") }
            if effect == .allow, before == .allowed { #expect(after == .allowed, "seed \(seed)") }
        }
    }

    @Test func theOrderOfStatementsAndPoliciesIsIrrelevant() {
        for seed in 0..<4_000 {
            var cases = Cases(UInt64(seed + 99_000_000))
            let layers = cases.layers()
            let request = cases.request()
            func shuffled(_ policies: [PolicyDocument]) -> [PolicyDocument] {
                policies.map { policy in
                    var policy = policy
                    policy.statements.shuffle(using: &cases.random)
                    return policy
                }.shuffled(using: &cases.random)
            }
            var other = layers
            other.identity = shuffled(layers.identity)
            other.boundaries = layers.boundaries.map(shuffled)
            other.session = layers.session.map(shuffled)
            other.resource?.statements.shuffle(using: &cases.random)
            other.serviceControl = layers.serviceControl?.map(shuffled)
            other.endpoint = layers.endpoint.map(shuffled)
            var open = request
            open.context.absent = .unknown(knownAbsent: [])
            for question in [request, open] {
                let one = Evaluator.evaluate(question, compiled(layers))
                let two = Evaluator.evaluate(question, compiled(other))
                #expect(one.outcome == two.outcome, "seed \(seed)")
                #expect(one.blockedBy == two.blockedBy, "seed \(seed)")
            }
        }
    }

    /// With part of the context unknown the answer must hold for every way to complete it, and the conditions must be exactly right.
    @Test func answersForAPartlyKnownContextHoldForEveryCompletion() {
        var conditional = 0
        for seed in 0..<6_000 {
            var cases = Cases(UInt64(seed + 55_000_000))
            let layers = compiled(cases.layers())
            var request = cases.request()
            for key in Cases.keys where cases.chance(70) { request.context.values[key] = nil }
            let absent = cases.chance(30) ? [cases.pick(Cases.keys)] : []
            for key in absent { request.context.values[key] = nil }
            request.context.absent = .unknown(knownAbsent: Set(absent))
            let open = Evaluator.evaluate(request, layers).outcome
            for _ in 0..<4 {
                var complete = request
                complete.context.absent = .absent
                for key in Cases.keys where request.context.values[key] == nil && !absent.contains(key) && cases.chance(65) {
                    complete.context.values[key] = cases.some(Cases.contextValues, key.hasPrefix("aws:") ? 1 : 2)
                }
                let closed = Evaluator.evaluate(complete, layers).outcome
                switch open {
                case .allowed: #expect(closed == .allowed, "seed \(seed)")
                case .implicitlyDenied, .explicitlyDenied: #expect(closed != .allowed, "seed \(seed)")
                case .conditional(let expression):
                    conditional += 1
                    let rest = expression.assuming(complete.context)
                    #expect(
                        rest == (closed == .allowed ? .always : .never), "seed \(seed): \(expression.text) under \(complete.context.values)"
                    )
                case .unknown: Issue.record("seed \(seed): nothing is unknown here")
                }
            }
        }
        #expect(conditional > 500)
    }
}
