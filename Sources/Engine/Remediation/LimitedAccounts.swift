import CloudModel

/// What follows for an account from a new service control policy: what its organisation says then, and whom that concerns.
final class LimitedAccounts {
    private let base: Evaluation
    /// Those whom denials in an account concern, by the account and the actions.
    private var denied: [[String]: Set<Int>] = [:]
    private var organisations: [Set<Edit>: OrganisationPolicies] = [:]
    /// The most of these that are kept.
    private static let kept = 300

    init(_ base: Evaluation) { self.base = base }

    /// What organisations say after edits; `snapshot` is after them.
    func organisation(after edits: [Edit], _ snapshot: CloudSnapshot, _ touched: Touched) -> OrganisationPolicies {
        guard !touched.limited.isEmpty else { return base.permissions.organisation }
        let own = Set(edits.filter { if case .account = $0.scope { true } else { false } })
        if let known = organisations[own] { return known }
        let made = OrganisationPolicies(base.permissions.organisation, snapshot, limited: touched.limited)
        if organisations.count >= Self.kept { organisations = [:] }
        organisations[own] = made
        return made
    }

    /// Services whose resources' own policies may grant what a principal's do not.
    private static let granting: Set<String> = ["sts", "s3", "secretsmanager", "kms", "lambda"]

    /// Principals of an account whose steps may be others once actions are denied there: those who may do one of them, or whoever may come
    /// to do it by changing policies, and everyone where others' policies may grant it.
    func concerned(_ account: String, _ actions: [String]) -> Set<Int> {
        let key = [account] + actions
        if let known = denied[key] { return known }
        let concernsAll = actions.contains { action in
            EngineActions.index[action] == nil || Self.granting.contains(String(action.prefix { $0 != ":" }))
        }
        let found = Set(
            base.snapshot.principals.indices.filter { index in
                guard base.snapshot.principals[index].account == account else { return false }
                guard !concernsAll, let subject = base.permissions.subjects[index], subject.unknownPolicies.isEmpty else { return true }
                return !base.builder.stepsEnd(subject) || actions.contains { subject.allows.contains($0) }
            })
        denied[key] = found
        return found
    }
}
