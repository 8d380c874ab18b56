import CloudModel
import IAMEvaluator

/// Which roles principals of the snapshot may assume; who comes from outside stands in Outsiders/.
extension GraphBuilder {
    /// Roles that a subject may assume, where asked only those of other accounts: its permissions and the role's trust together, as the
    /// evaluator puts them.
    func addAssumptions(_ subject: Subject, _ principal: Principal, _ from: Int, onlyAbroad: Bool = false) {
        var candidates = Set(rolesForAnyone)
        candidates.formUnion(rolesForARN[principal.arn] ?? [])
        let action = EngineActions.index["sts:AssumeRole"]
        if subject.allows.contains("sts:AssumeRole") || !subject.unknownPolicies.isEmpty {
            // Whom only its account lets in needs a permission of its own.
            for index in rolesForAccount[principal.account] ?? []
            where action.map({ !permissions.isOutOfReach(subject, $0, snapshot.principals[index].arn) }) ?? true {
                candidates.insert(index)
            }
        }
        var found: [(role: Int, proof: Proof)] = []
        let kind = draft.techniquePlace("sts-001")
        let asker = permissions.assumer(subject)
        for index in candidates.sorted() where index != subject.index {
            if onlyAbroad, snapshot.principals[index].account == principal.account { continue }
            guard
                let proof = asker.mayAssume(
                    index, principalContexts.context(of: index), alike: principalContexts.classes[index],
                    trust: permissions.trust(of: index)),
                let to = draft.places[snapshot.principals[index].arn]
            else { continue }
            found.append((index, proof))
            draft.edge(
                from, to, "sts-001", likelihood: Likelihood.certain, proof: proof, hypothetical: proof.confidence == .unknown,
                telling: shared.telling(kind, index) {
                    Telling(
                        words:
                            " may assume role \(snapshot.principals[index].name): its permissions and the role's trust policy allow it.")
                })
        }
        assumable[subject.index] = found
    }

    /// What a request about a principal surely says of it.
    func targetContext(_ target: Principal) -> [String: [String]] {
        var context: [String: [String]] = [:]
        for (key, value) in target.tags {
            for name in ["aws:resourcetag/" + key.lowercased(), "iam:resourcetag/" + key.lowercased()]
            where permissions.library.contextKeys.contains(name) {
                context[name] = [value]
            }
        }
        if let boundary = target.boundary?.arn { context["iam:permissionsboundary"] = [boundary] }
        return context
    }
}
