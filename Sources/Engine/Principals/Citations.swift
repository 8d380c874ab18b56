import CloudModel
import IAMEvaluator

/// Where the statements stand that answers rest on.
extension Permissions {
    /// A policy that stands on the resource's side of a question.
    final class ResourcePolicy {
        let place: Int
        let source: PolicySource
        /// A key's grants.
        let grants: [(place: Int, source: PolicySource)]
        let citations = StatementCitations()

        init(place: Int, source: PolicySource, grants: [(place: Int, source: PolicySource)] = []) {
            self.place = place
            self.source = source
            self.grants = grants
        }
    }

    /// The statements of policies as facts to cite, made once and shared by all that rest on them.
    final class StatementCitations {
        private var known: [Int: Citation] = [:]

        /// The fact of a statement of the policy at a place of its list.
        func citation(_ policy: Int, _ statement: Int, _ make: () -> Citation) -> Citation {
            let key = policy << 32 | statement
            if let known = known[key] { return known }
            let made = make()
            known[key] = made
            return made
        }
    }

    /// The statements as facts to cite, each once.
    func citations(_ statements: [StatementReference], _ subject: Subject?, _ policy: ResourcePolicy?) -> [Citation] {
        var found: [Citation] = []
        for citation in statements.compactMap({ citation($0, subject, policy) }) where !found.contains(citation) { found.append(citation) }
        return found
    }

    private func citation(_ statement: StatementReference, _ subject: Subject?, _ policy: ResourcePolicy?) -> Citation? {
        let place = statement.policy.index
        if statement.policyType == .scp || statement.policyType == .rcp {
            return organisation.limit(statement).map { citation($0.source, statement: $0.statement) }
        }
        if let policy, policy.place == place {
            return policy.citations.citation(0, statement.statement) { citation(policy.source, statement: statement.statement) }
        }
        // A grant has no statements.
        if let grant = policy?.grants.first(where: { $0.place == place }) { return citation(grant.source) }
        if let subject, let index = subject.policies.firstIndex(where: { $0.place == place }) {
            return subject.citations.citation(index, statement.statement) {
                citation(subject.policies[index].source, statement: statement.statement)
            }
        }
        if let boundary = subject?.boundary, boundary.place == place { return citation(boundary.source, statement: statement.statement) }
        return nil
    }

    /// A statement of a policy as a fact to cite.
    func citation(_ source: PolicySource, statement: Int? = nil) -> Citation {
        Citation(
            record: source.evidence.record, pointer: source.evidence.pointer, time: times[source.evidence.record],
            policy: source.arn ?? source.name, statement: statement)
    }

    /// A record as a fact to cite.
    func citation(_ evidence: Evidence) -> Citation {
        Citation(record: evidence.record, pointer: evidence.pointer, time: times[evidence.record])
    }
}
