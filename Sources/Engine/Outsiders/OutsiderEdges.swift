import CloudModel
import IAMEvaluator

/// Attackers outside of the accounts that were read, whom trust policies let in.
extension GraphBuilder {
    /// Edges from outside into roles.
    ///
    /// - Parameter only: the roles that are asked about; `nil` for all.
    func addOutsiders(to only: Set<Int>? = nil) {
        func isAsked(_ role: Int) -> Bool { only?.contains(role) ?? true }
        // No account of anyone; a policy that admits it admits everyone's.
        let stranger = "000000000000"
        let strangers: [String: [String]] = ["aws:principalorgid": ["o-0000000000"], "aws:principalorgpaths": ["o-0000000000/r-0000/"]]
        for index in rolesForAnyone where isAsked(index) {
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn],
                let proof = permissions.admits(role, .user(arn: "arn:aws:iam::\(stranger):user/stranger"), context: strangers),
                !proof.conditions.contains(where: { $0.lowercased().contains("aws:principal") })
            else { continue }
            draft.edge(
                0, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                why: "The trust policy of role \(role.name) lets every AWS account assume it.")
        }
        for (account, indices) in rolesForAccount.sorted(by: { $0.key < $1.key }) where !accounts.contains(account) {
            guard !KnownAccounts.isOfAWS(account) else { continue }
            for index in indices where isAsked(index) {
                let role = snapshot.principals[index]
                let partition = ARNParts(role.arn).map { String($0.partition) } ?? "aws"
                // It can be asked for even where nothing follows.
                let from = draft.node("arn:\(partition):iam::\(account):root", .externalAccount, name: label(account), account: account)
                guard let to = draft.places[role.arn], let proof = admitted(role, .account(account)) else { continue }
                draft.edge(
                    from, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                    why:
                        "The trust policy of role \(role.name) lets every principal of account \(label(account)) assume it, without an external identifier."
                )
            }
        }
        for (name, indices) in rolesForARN.sorted(by: { AttackPathFinder.precedes($0.key, $1.key) }) {
            let asked = indices.filter(isAsked)
            if !asked.isEmpty { addForeigner(name, asked) }
        }
        for index in only.map({ $0.sorted() }) ?? Array(snapshot.principals.indices) {
            let role = snapshot.principals[index]
            if role.kind == .role { addFederation(role) }
        }
    }

    /// An account's number with whose it is, as far as that is known.
    func label(_ account: String) -> String {
        if snapshot.organisations.contains(where: { $0.nodes.contains { $0.id == account } }) {
            return "\(account) of the same organisation"
        }
        return KnownAccounts.vendor(account).map { "\(account) (\($0))" } ?? account
    }

    /// A user, role or session of an account that was not read, which a trust policy names: nothing is known of who stands behind it.
    private func addForeigner(_ name: String, _ indices: [Int]) {
        guard let parts = ARNParts(name), parts.service == "iam" || parts.service == "sts", parts.account.utf8.count == 12,
            !accounts.contains(String(parts.account)), let principal = RequestPrincipal(parsing: name)
        else { return }
        let account = String(parts.account)
        for index in indices {
            let role = snapshot.principals[index]
            let from = draft.node(name, .externalPrincipal, name: String(parts.resource), account: account)
            guard let to = draft.places[role.arn], let proof = admitted(role, principal) else { continue }
            draft.edge(
                from, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                why:
                    "The trust policy of role \(role.name) lets \(parts.resource) of account \(label(account)) assume it, without an external identifier; that account was not collected."
            )
        }
    }

    /// Whether a principal of an account that was not read may assume a role without an external identifier, or with any one it likes.
    ///
    /// A trust that asks for a certain one is as it is meant to be: whose customer the role is of is then told by it.
    private func admitted(_ role: Principal, _ principal: RequestPrincipal) -> Proof? {
        let none = permissions.admits(role, principal, absent: ["sts:externalid"])
        if none?.confidence == .proven { return none }
        return Proof.better(none, permissions.admits(role, principal, context: ["sts:externalid": ["stranger-0000000000"]]))
    }
}
