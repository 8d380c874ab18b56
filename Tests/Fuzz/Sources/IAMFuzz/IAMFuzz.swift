import CloudModel
import IAMEvaluator

/// One input: a case of `cloudryption iam evaluate`, a policy, or neither, which is also what `cloudryption iam lint` reads. What no input may
/// do: trap, hang, or get answers that contradict each other.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for unknown in [nil, [], ["aws:username", "test:one"]] as [Set<String>?] {
        let answer = EvaluationCase.answer(line: bytes, unknown: unknown).answer
        let text = answer.canonicalBytes
        demand((try? JSONValue(parsing: text))?.canonicalBytes == text, "an answer is JSON")
    }
    if let found = try? PolicyEnvelope(parsing: bytes) { lint(found.document, found.kind) }
    guard let json = try? JSONValue(parsing: bytes, limits: .message) else { return 0 }
    lint(json, PolicyKind.allCases[bytes.count % PolicyKind.allCases.count])
    if let question = try? EvaluationCase(parsing: json) {
        Checks(request: question.request, layers: question.layers).run()
        if let policy = json["identityPolicies"]?.array?.first { lint(policy, nil) }
        return 0
    }
    let forms: [PolicyDocument.Form] = [.withoutPrincipal, .withPrincipal, .any]
    let policies = forms.compactMap { try? PolicyDocument(parsing: json, form: $0) }
    demand(policies.allSatisfy { $0 == policies[0] }, "a policy reads the same in every form that takes it")
    guard let document = policies.first else { return 0 }
    for (principal, action, resource) in questions {
        let policy = CompiledPolicy(document)
        for layers in [
            PolicyLayers(identity: [policy]), PolicyLayers(identity: [policy], resource: [policy]),
            PolicyLayers(
                identity: [policy], boundaries: [policy], session: [policy], serviceControl: [[policy]], resourceControl: [[policy]],
                endpoint: [policy]),
        ] {
            Checks(request: AccessRequest(principal: principal, action: action, resource: resource), layers: layers).run()
        }
    }
    for statement in document.statements {
        for pattern in statement.resources?.patterns ?? [] { _ = Evaluator.pattern(pattern, covers: "arn:aws:s3:::bucket/key") }
    }
    return 0
}

/// All remarks about a policy, and that they fit what reading it says.
private func lint(_ document: JSONValue, _ kind: PolicyKind?) {
    let findings = PolicyLint.findings(document, kind: kind)
    demand(findings.allSatisfy { !$0.message.isEmpty && $0.message.utf8.count < 8_000 }, "a remark is a bounded sentence")
    let places = findings.map { $0.statement ?? -1 }
    demand(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 }, "remarks stand in the order of the document")
    let form: PolicyDocument.Form
    switch kind ?? PolicyLint.guessedKind(of: document) {
    case .identity, .boundary, .scp, .session: form = .withoutPrincipal
    case .resource, .trust, .rcp: form = .withPrincipal
    }
    let isStored = (try? PolicyDocument(parsing: document, form: form)) != nil
    demand(isStored || findings.contains { $0.severity == .error }, "what AWS would refuse is an error")
}

private let questions: [(RequestPrincipal, String, String)] = [
    (.user(arn: "arn:aws:iam::111122223333:user/alice"), "s3:GetObject", "arn:aws:s3:::bucket/key"),
    (.role(arn: "arn:aws:iam::111122223333:role/app"), "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1"),
    (.service("logs.amazonaws.com"), "sts:AssumeRole", "arn:aws:iam::111122223333:role/app"),
]

/// All that is asked of one request, and that the answers fit.
private struct Checks {
    let request: AccessRequest
    let layers: PolicyLayers

    func run() {
        let prepared = PreparedRequest(request)
        let decision = Evaluator.evaluate(prepared, layers)
        let verdict = Evaluator.verdict(prepared, layers)
        switch decision.outcome {
        case .allowed: demand(verdict == .allowed && decision.blockedBy.isEmpty, "the verdict is the decision")
        case .explicitlyDenied: demand(verdict == .explicitlyDenied && !decision.blockedBy.isEmpty, "the verdict is the decision")
        case .implicitlyDenied: demand(verdict == .implicitlyDenied && !decision.blockedBy.isEmpty, "the verdict is the decision")
        case .conditional: demand(false, "nothing is open when all is known")
        case .unknown: demand(verdict == .undetermined, "the verdict is the decision")
        }
        completes(decision)
        let principal = PreparedPrincipal(request.principal)
        let grants = Evaluator.grants(action: request.action, principal: principal, layers)
        _ = Evaluator.mayAllow(action: request.action, layers)
        for grant in grants { _ = grant.coversEverything }
        for actions in [Administrator.Actions.any, .services(["s3", "iam"])] {
            let answer = Administrator.answer(request.principal, layers, actions: actions)
            demand(!answer.isAdmin || answer.conditions == nil && answer.cuts.isEmpty, "an administrator has no limits")
            _ = answer.conditions?.text
        }
    }

    /// The same with what the context lacks being open: a context in which all of that is absent is one way to complete it.
    private func completes(_ closed: AccessDecision) {
        var open = request
        open.context.absent = .unknown(knownAbsent: [])
        let answer = Evaluator.evaluate(open, layers)
        switch answer.outcome {
        case .allowed: demand(closed.mayBeAllowed, "what is allowed whatever is open is allowed")
        case .explicitlyDenied, .implicitlyDenied: demand(!closed.isAllowed, "what is denied whatever is open is denied")
        case .conditional(let expression):
            _ = expression.json.canonicalBytes
            _ = expression.keys
            let rest = expression.assuming(request.context)
            if closed.isAllowed { demand(rest != .never, "the conditions hold when it is allowed") }
            if !closed.mayBeAllowed { demand(rest != .always, "the conditions do not hold when it is denied") }
        case .unknown: break
        }
    }
}

/// Ends the run with the input at hand.
private func demand(_ holds: Bool, _ rule: String) { if !holds { fatalError(rule) } }
