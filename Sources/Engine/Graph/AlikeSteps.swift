import CloudModel

/// Steps that are worked out once for all principals whose policies say the same of them.
extension GraphBuilder {
    /// Adds steps that depend on nothing of a subject but what its policies say of some actions: where somebody else has these from the
    /// same policies, those steps are taken over.
    ///
    /// - Parameter add: adds the steps, told of whoever takes them; where they are for others too, also the one that leads the subject to
    ///   itself.
    func alike(_ subject: Subject, _ from: Int, _ technique: Int32, _ actions: [String], _ add: (_ isShared: Bool) -> Void) {
        guard sharesSteps, draft.prelude == nil, subject.alone == nil, subject.unknownPolicies.isEmpty,
            let key = key(subject, technique, actions)
        else { return add(false) }
        draft.row(key, from: from) { add(true) }
    }

    /// Whether steps of a subject lead nowhere but to what they are about: who may change others' policies goes on from there.
    func stepsEnd(_ subject: Subject) -> Bool { !Self.turning.contains { subject.allows.contains($0) } }

    private func key(_ subject: Subject, _ technique: Int32, _ actions: [String]) -> StepRows.Key? {
        let numbers = actions.compactMap { EngineActions.index[$0] }
        guard numbers.count == actions.count, stepsEnd(subject) else { return nil }
        var policies: [Int] = []
        let sources = sources(of: subject)
        for (index, policy) in subject.policies.enumerated()
        where numbers.contains(where: { permissions.library.named($0, in: policy.place).concerns(nil) }) {
            policies.append(sources[index])
        }
        if let boundary = sources.last, subject.boundary != nil { policies += [-1, boundary] }
        return StepRows.Key(technique: technique, sets: numbers.map { permissions.set(subject, $0, nil) }, policies: policies)
    }

    /// A number for each of a subject's policies and its boundary, the same for those that were read at the same place.
    private func sources(of subject: Subject) -> [Int] {
        if let known = policySources, known.subject == subject.index { return known.sources }
        let sources = (subject.policies + (subject.boundary.map { [$0] } ?? [])).map { policy in
            let key = PolicyOrigin(place: policy.place, name: policy.source.arn ?? policy.source.name, evidence: policy.source.evidence)
            let number = policyOrigins[key] ?? policyOrigins.count
            policyOrigins[key] = number
            return number
        }
        policySources = (subject.index, sources)
        return sources
    }
    /// Where a policy's text was read.
    struct PolicyOrigin: Hashable {
        var place: Int
        var name: String
        var evidence: Evidence
    }
}
