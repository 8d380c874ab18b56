import CloudModel
import Testing

@testable import IAMEvaluator

func compiled(_ layers: NaiveInterpreter.Layers) -> PolicyLayers {
    PolicyLayers(
        identity: layers.identity.map { CompiledPolicy($0) }, boundaries: layers.boundaries?.map { CompiledPolicy($0) },
        session: layers.session?.map { CompiledPolicy($0) }, resource: layers.resource.map { [CompiledPolicy($0)] },
        serviceControl: layers.serviceControl?.map { $0.map { CompiledPolicy($0) } },
        resourceControl: layers.resourceControl?.map { $0.map { CompiledPolicy($0) } },
        endpoint: layers.endpoint?.map { CompiledPolicy($0) })
}

extension AccessDecision {
    fileprivate func agrees(_ answer: NaiveInterpreter.Answer) -> Bool {
        switch (outcome, answer.decision) {
        case (.allowed, .allowed): blockedBy.isEmpty
        // Who denies is named, and nobody who neither denies nor fails to allow.
        case (.explicitlyDenied, .explicitlyDenied), (.implicitlyDenied, .implicitlyDenied):
            !blockedBy.isEmpty && answer.denying.isSubset(of: blockedBy) && answer.denying.union(answer.silent).isSuperset(of: blockedBy)
        default: false
        }
    }
}

extension AccessVerdict {
    fileprivate var decision: NaiveInterpreter.Decision? {
        switch self {
        case .allowed: .allowed
        case .explicitlyDenied: .explicitlyDenied
        case .implicitlyDenied: .implicitlyDenied
        case .undetermined: nil
        }
    }
}

@Suite struct PropertyTests {
    /// Sets of policies, each asked several times; split so that all cores work. 200,000 cases.
    @Test(arguments: 0..<8)
    func theCompiledFormEqualsTheNaiveInterpreter(_ part: Int) {
        var counts: [NaiveInterpreter.Decision: Int] = [:]
        var asked = 0
        for seed in 0..<2_500 {
            var cases = Cases(UInt64(part * 1_000_000 + seed + 1))
            let layers = cases.layers()
            let ready = compiled(layers)
            for _ in 0..<10 {
                let request = cases.request()
                asked += 1
                let (expected, agrees) = compared(request, layers, ready)
                counts[expected.decision, default: 0] += 1
                guard !agrees else { continue }
                let smallest = ShrinkingCase(request: request, layers: layers).smallest {
                    !compared($0.request, $0.layers, compiled($0.layers)).agrees
                }
                let decision = Evaluator.evaluate(smallest.request, compiled(smallest.layers))
                let answer = NaiveInterpreter(smallest.request, smallest.layers).decide()
                Issue.record("\(decision.outcome) by \(decision.blockedBy), not \(answer), part \(part) seed \(seed): \(smallest)")
                return
            }
        }
        // The generator must make every kind of answer.
        for decision in [NaiveInterpreter.Decision.allowed, .explicitlyDenied, .implicitlyDenied] {
            #expect(counts[decision, default: 0] > asked / 20, "\(decision)")
        }
    }

    private func compared(_ request: AccessRequest, _ layers: NaiveInterpreter.Layers, _ ready: PolicyLayers)
        -> (expected: NaiveInterpreter.Answer, agrees: Bool)
    {
        let prepared = PreparedRequest(request)
        let expected = NaiveInterpreter(request, layers).decide()
        let agrees = Evaluator.evaluate(prepared, ready).agrees(expected)
        return (expected, agrees && Evaluator.verdict(prepared, ready).decision == expected.decision)
    }

    @Test func aCaseWrittenAsJSONHasTheSameAnswer() throws {
        var asked = 0
        for seed in 0..<5_000 {
            var cases = Cases(UInt64(seed + 33_000_000))
            let layers = cases.layers()
            let request = cases.request()
            guard let json = cases.json(request, layers) else { continue }
            asked += 1
            let line = EvaluationCase.answer(line: json.canonicalBytes)
            let expected = NaiveInterpreter(request, layers).decide()
            let word = "\(expected.decision)"
            guard line.isCase, line.answer["decision"]?.string == word else {
                Issue.record("seed \(seed): \(line.answer.canonicalText) is not \(word) for \(json.canonicalText)")
                return
            }
        }
        #expect(asked > 1_000)
    }

    // MARK: - What a change can do

    /// Both ways to ask: all is known, and what the context lacks may be anything.
    private func outcomes(_ request: AccessRequest, _ layers: NaiveInterpreter.Layers) -> [AccessDecision.Outcome] {
        var open = request
        open.context.absent = .unknown(knownAbsent: [])
        let ready = compiled(layers)
        return [request, open].map { Evaluator.evaluate($0, ready).outcome }
    }

    /// `after` is `before` with a deny more or an allow less.
    private func expectLess(_ after: [AccessDecision.Outcome], than before: [AccessDecision.Outcome], _ seed: Int) {
        for (after, before) in zip(after, before) {
            if after == .allowed { #expect(before == .allowed, "seed \(seed)") }
            if before.isDenied { #expect(after.isDenied, "seed \(seed)") }
        }
    }

    @Test(arguments: 0..<2)
    func addingADenyNeverAllowsMoreAndAddingAnAllowNeverDeniesMore(_ part: Int) {
        var changed = 0
        for seed in part * 4_000..<(part + 1) * 4_000 {
            var cases = Cases(UInt64(seed + 77_000_000))
            let layers = cases.layers()
            let request = cases.request()
            let effect: PolicyEffect = cases.chance(50) ? .deny : .allow
            var more = layers
            let type = cases.pick(PolicyType.allCases)
            let hasPrincipal = type == .resource || type == .endpoint
            let statement = cases.statement(effect, principal: hasPrincipal)
            more.change(type) { policies in
                if policies.isEmpty { policies.append(PolicyDocument(statements: [])) }
                policies[0].statements.append(statement)
            }
            let (before, after) = (outcomes(request, layers), outcomes(request, more))
            if before != after { changed += 1 }
            if effect == .deny { expectLess(after, than: before, seed) } else { expectLess(before, than: after, seed) }
        }
        #expect(changed > 50)
    }

    @Test func aConditionMoreMakesAnAllowAllowLessAndADenyDenyLess() {
        var changed = 0
        for seed in 0..<5_000 {
            var cases = Cases(UInt64(seed + 88_000_000))
            let layers = cases.layers()
            let request = cases.request()
            var effect = PolicyEffect.allow
            var other = layers
            let clause = cases.clause()
            other.change(cases.pick(PolicyType.allCases)) { policies in
                guard let policy = policies.indices.first(where: { !policies[$0].statements.isEmpty }) else { return }
                effect = policies[policy].statements[0].effect
                policies[policy].statements[0].conditions.append(clause)
            }
            let (before, after) = (outcomes(request, layers), outcomes(request, other))
            if before != after { changed += 1 }
            if effect == .allow { expectLess(after, than: before, seed) } else { expectLess(before, than: after, seed) }
        }
        #expect(changed > 50)
    }

    @Test func takingALimitAwayNeverDeniesMore() {
        var changed = 0
        for seed in 0..<4_000 {
            var cases = Cases(UInt64(seed + 44_000_000))
            let layers = cases.layers()
            let request = cases.request()
            var freed = layers
            switch cases.pick([PolicyType.boundary, .session, .scp, .rcp, .endpoint]) {
            case .boundary: freed.boundaries = nil
            case .session: freed.session = nil
            case .scp: freed.serviceControl = nil
            case .rcp: freed.resourceControl = nil
            default: freed.endpoint = nil
            }
            let (before, after) = (outcomes(request, layers), outcomes(request, freed))
            if before != after { changed += 1 }
            expectLess(before, than: after, seed)
        }
        #expect(changed > 50)
    }

    @Test func theOrderOfStatementsPoliciesAndLevelsIsIrrelevant() {
        for seed in 0..<4_000 {
            var cases = Cases(UInt64(seed + 99_000_000))
            let layers = cases.layers()
            let request = cases.request()
            var other = layers
            for type in PolicyType.allCases {
                other.change(type) { policies in
                    for index in policies.indices {
                        policies[index].statements.shuffle(using: &cases.random)
                        for statement in policies[index].statements.indices {
                            policies[index].statements[statement].actions.patterns.shuffle(using: &cases.random)
                            policies[index].statements[statement].resources?.patterns.shuffle(using: &cases.random)
                            policies[index].statements[statement].principal?.entries.shuffle(using: &cases.random)
                            policies[index].statements[statement].conditions.shuffle(using: &cases.random)
                        }
                    }
                    policies.shuffle(using: &cases.random)
                }
            }
            other.serviceControl?.shuffle(using: &cases.random)
            other.resourceControl?.shuffle(using: &cases.random)
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

    // MARK: - What is not known

    /// With part of the context unknown the answer must hold for every way to complete it, and the conditions must be exactly right.
    @Test(arguments: 0..<2)
    func answersForAPartlyKnownContextHoldForEveryCompletion(_ part: Int) {
        var conditional = 0
        for seed in part * 4_000..<(part + 1) * 4_000 {
            var cases = Cases(UInt64(seed + 55_000_000))
            let policies = cases.layers()
            var request = cases.request()
            var free: [String] = []
            var absent: [String] = []
            let keys = Cases.contextKeys.filter { !request.context.derivesKeys || !Cases.derivedKeys.contains($0.lowercased()) }
            for key in keys where cases.chance(70) {
                for spelling in request.context.values.keys where spelling.lowercased() == key.lowercased() {
                    request.context.values[spelling] = nil
                }
                if cases.chance(15) { absent.append(key) } else { free.append(key) }
            }
            free = free.filter { key in !request.context.values.keys.contains { $0.lowercased() == key.lowercased() } }
            request.context.absent = .unknown(knownAbsent: Set(absent + keys.filter { !free.contains($0) }))
            let open = Evaluator.evaluate(request, compiled(policies)).outcome
            for _ in 0..<4 {
                var complete = request
                complete.context.absent = .absent
                for key in free where cases.chance(65) { complete.context.values[key] = cases.values(of: key) }
                if case .conditional = open { conditional += 1 }
                let filled = complete.context.values.filter { request.context.values[$0.key] == nil }
                func fails(_ one: ShrinkingCase) -> Bool {
                    var complete = one.request
                    complete.context = RequestContext(
                        values: one.request.context.values.merging(filled) { $1 }, derivesKeys: one.request.context.derivesKeys)
                    let layers = compiled(one.layers)
                    let open = Evaluator.evaluate(one.request, layers).outcome
                    let isAllowed = Evaluator.evaluate(complete, layers).outcome == .allowed
                    switch open {
                    case .allowed: return !isAllowed
                    case .implicitlyDenied, .explicitlyDenied: return isAllowed
                    case .conditional(let expression): return expression.assuming(complete.context) != (isAllowed ? .always : .never)
                    case .unknown: return true
                    }
                }
                let one = ShrinkingCase(request: request, layers: policies)
                guard fails(one) else { continue }
                let smallest = one.smallest(fails)
                let outcome = Evaluator.evaluate(smallest.request, compiled(smallest.layers)).outcome
                Issue.record("seed \(seed): \(outcome), and with \(filled) it is not: \(smallest)")
                return
            }
        }
        #expect(conditional > 200)
    }

    /// Whoever is called an administrator must be allowed whatever is asked, in any context.
    @Test func anAdministratorIsAllowedEverything() {
        var admins = 0
        for seed in 0..<3_000 {
            var cases = Cases(UInt64(seed + 66_000_000))
            var layers = cases.layers()
            (layers.resource, layers.resourceControl, layers.endpoint) = (nil, nil, nil)
            let ready = compiled(layers)
            let principal = RequestPrincipal.user(arn: alice)
            guard Administrator.answer(principal, ready).isAdmin else { continue }
            admins += 1
            for _ in 0..<10 {
                var request = cases.request()
                request.principal = principal
                request.context.derivesKeys = true
                for key in request.context.values.keys where Cases.derivedKeys.contains(key.lowercased()) {
                    request.context.values[key] = nil
                }
                let prepared = PreparedRequest(request)
                // Keys and roles have policies of their own, and who owns a resource in another account has a say.
                guard prepared.question.special == .none, prepared.isSameAccount else { continue }
                #expect(Evaluator.evaluate(prepared, ready).outcome == .allowed, "seed \(seed): \(request)")
            }
        }
        #expect(admins > 50)
    }
}

extension AccessDecision.Outcome {
    fileprivate var isDenied: Bool { self == .implicitlyDenied || self == .explicitlyDenied }
}

extension NaiveInterpreter.Layers {
    /// Changes the policies of one kind, at the first level of an organisation's, where there are any.
    fileprivate mutating func change(_ type: PolicyType, _ body: (inout [PolicyDocument]) -> Void) {
        func change(_ list: inout [PolicyDocument]?) {
            guard var policies = list else { return }
            body(&policies)
            list = policies
        }
        func changeFirst(_ levels: inout [[PolicyDocument]]?) {
            guard var all = levels, !all.isEmpty else { return }
            body(&all[0])
            levels = all
        }
        switch type {
        case .identity: body(&identity)
        case .boundary: change(&boundaries)
        case .session: change(&session)
        case .endpoint: change(&endpoint)
        case .scp: changeFirst(&serviceControl)
        case .rcp: changeFirst(&resourceControl)
        case .resource, .trust:
            guard let policy = resource else { return }
            var policies = [policy]
            body(&policies)
            resource = policies.first
        }
    }
}
