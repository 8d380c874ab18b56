import CloudModel
import IAMEvaluator

/// Whether principals are administrators, as they are and once an attacker has changed them.
extension Permissions {
    /// A change of a subject's own policies that an attacker could make.
    enum Change: Hashable {
        case none
        /// A policy that allows everything is added.
        case granted
        /// The same, and the boundary is gone.
        case grantedUnbounded
        /// The boundary is gone.
        case unbounded
        /// The policy at this place of the library is replaced by one that allows everything.
        case replaced(Int)
        /// The same, and the boundary is gone or is that policy.
        case replacedUnbounded(Int)
    }

    /// The subject's layers after a change.
    func layers(_ subject: Subject, _ change: Change) -> PolicyLayers {
        var layers = subject.layers
        let all = library.entries[library.allowAll].compiled
        switch change {
        case .none: break
        case .unbounded: layers.boundaries = nil
        case .granted: layers.identity.append(all)
        case .grantedUnbounded:
            layers.identity.append(all)
            layers.boundaries = nil
        case .replaced(let place), .replacedUnbounded(let place):
            layers.identity = subject.policies.filter { $0.place != place }.map { library.entries[$0.place].compiled } + [all]
            if case .replacedUnbounded = change { layers.boundaries = nil }
        }
        return layers
    }

    /// Whether the subject may do everything on everything; `nil` when not.
    func administrator(_ subject: Subject, as change: Change = .none) -> Proof? {
        let raw = answers.administrator(subject.set, change) {
            var own = layers(subject, change)
            own.serviceControl = nil
            let context = RequestContext(values: subject.context, absent: .unknown(knownAbsent: absentKeys))
            let answer = Administrator.answerByKnownServices(subject.principal, own, context: context)
            var expression: ConditionExpression =
                answer.isAdmin
                ? .always : answer.unknown.isEmpty ? answer.conditions ?? .never : .all(of: answer.unknown.map { .unknown($0) })
            var limits: [StatementReference] = []
            if expression != .never {
                let left = organisation.ceiling(
                    subject.principal, account: subject.account, partition: subject.partition, context: context, key: subject.guardrail)
                expression = .all(of: [expression, left.expression])
                limits = left.statements
            }
            return RawAnswer(expression, limits)
        }
        guard let confidence = raw.confidence else { return nil }
        var citations: [Citation] = []
        for policy in subject.policies {
            for (index, statement) in (library.entries[policy.place].document?.statements ?? []).enumerated()
            where statement.effect == .allow && (statement.actions.negated || statement.actions.patterns.contains { $0.hasSuffix("*") }) {
                if change == .none { citations.append(citation(policy.source, statement: index)) }
            }
        }
        return Proof(
            confidence: confidence, conditions: raw.conditions, unknowns: raw.unknowns,
            citations: Array(citations.prefix(6)) + self.citations(raw.statements, subject, nil))
    }
}
