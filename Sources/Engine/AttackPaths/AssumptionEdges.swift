import CloudModel
import IAMEvaluator

/// Which roles principals of the snapshot may assume; who comes from outside stands in Outsiders/.
extension GraphBuilder {
    /// Roles that a subject may assume, where asked only those of other accounts: its permissions and the role's trust together, as the
    /// evaluator puts them.
    func addAssumptions(_ subject: Subject, _ principal: Principal, _ from: Int, onlyAbroad: Bool = false) {
        var found: [(role: Int, proof: Proof)] = []
        /// Asks about some of the roles that may let the subject in.
        func assume(_ admitting: AdmittingRoles.Kind, besides named: [Int] = [], but own: Int?) {
            let candidates = candidates(subject, admitting, besides: named).filter {
                $0 != own && (!onlyAbroad || snapshot.principals[$0].account != principal.account)
            }
            found += self.assume(candidates, subject, from)
        }
        assume(.personal, besides: rolesForARN[principal.arn] ?? [], but: subject.index)
        if onlyAbroad {
            assume(.common, but: subject.index)
        } else {
            alike(subject, from, draft.techniquePlace("sts-001"), [Self.assuming]) { assume(.common, but: $0 ? nil : subject.index) }
        }
        // Who goes on from there takes no steps together with others.
        if stepsEnd(subject) { return }
        assumable[subject.index] = found.sorted { $0.role < $1.role }
    }

    /// The roles that let in anyone, or anyone of the subject's account whose own permissions may be about them, with those that name it.
    private func candidates(_ subject: Subject, _ admitting: AdmittingRoles.Kind, besides named: [Int]) -> [Int] {
        var candidates = admittingRoles.forAnyone(admitting) + named
        let action = EngineActions.index[Self.assuming]
        if subject.allows.contains(Self.assuming) || !subject.unknownPolicies.isEmpty {
            // Whom only its account lets in needs a permission of its own.
            candidates += admittingRoles.forAccount(subject.account, admitting).filter { index in
                action.map { !permissions.isOutOfReach(subject, $0, snapshot.principals[index].arn) } ?? true
            }
        }
        return Set(candidates).sorted()
    }

    private static let assuming = "sts:AssumeRole"

    private func assume(_ candidates: [Int], _ subject: Subject, _ from: Int) -> [(role: Int, proof: Proof)] {
        var found: [(role: Int, proof: Proof)] = []
        let kind = draft.techniquePlace("sts-001")
        let asker = permissions.assumer(subject)
        for index in candidates {
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
        return found
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

/// Roles that let in anyone or anyone of an account, sorted by whether their trust policies tell those apart.
struct AdmittingRoles {
    enum Kind {
        /// Trust policies that say the same of all.
        case common
        /// Trust policies that name some, or ask who it is: one's answer is not another one's.
        case personal
    }
    private let anyone: [Kind: [Int]]
    private let accounts: [String: [Kind: [Int]]]

    init(anyone: [Int], accounts: [String: [Int]], isPersonal: (Int) -> Bool) {
        func sorted(_ roles: [Int]) -> [Kind: [Int]] { Dictionary(grouping: roles) { isPersonal($0) ? .personal : .common } }
        self.anyone = sorted(anyone)
        self.accounts = accounts.mapValues(sorted)
    }

    func forAnyone(_ kind: Kind) -> [Int] { anyone[kind] ?? [] }
    func forAccount(_ account: String, _ kind: Kind) -> [Int] { accounts[account]?[kind] ?? [] }
}
