import CloudModel
import IAMEvaluator

/// Who may assume which role: principals of the snapshot, other accounts, anyone.
extension GraphBuilder {
    /// Roles that a subject may assume, where asked only those of other accounts: its permissions and the role's trust together, as the
    /// evaluator puts them.
    func addAssumptions(_ subject: Subject, _ principal: Principal, _ from: Int, onlyAbroad: Bool = false) {
        var candidates = Set(rolesForAnyone)
        candidates.formUnion(rolesForARN[principal.arn] ?? [])
        if subject.allows.contains("sts:AssumeRole") || !subject.unknownPolicies.isEmpty {
            candidates.formUnion(rolesForAccount[principal.account] ?? [])
        }
        var found: [(role: Int, proof: Proof)] = []
        for index in candidates.sorted() where index != subject.index {
            let role = snapshot.principals[index]
            if onlyAbroad, role.account == principal.account { continue }
            guard
                let proof = permissions.may(
                    subject, "sts:AssumeRole", on: role.arn, account: role.account, context: targetContext(role),
                    policy: permissions.resourcePolicy(role.trust)),
                let to = draft.places[role.arn]
            else { continue }
            found.append((index, proof))
            draft.edge(
                from, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                hypothetical: proof.confidence == .unknown,
                why: "\(label(principal)) may assume role \(role.name): its permissions and the role's trust policy allow it.")
        }
        assumable[subject.index] = found
    }

    /// Attackers outside of the accounts that were read.
    func addOutsiders() {
        // No account of anyone; a policy that admits it admits everyone's.
        let stranger = "000000000000"
        let strangers: [String: [String]] = ["aws:principalorgid": ["o-0000000000"], "aws:principalorgpaths": ["o-0000000000/r-0000/"]]
        for index in rolesForAnyone {
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
            for index in indices {
                let role = snapshot.principals[index]
                guard let to = draft.places[role.arn], let proof = permissions.admits(role, .account(account)),
                    // An external identifier is what such a trust is meant to have.
                    !proof.conditions.contains(where: { $0.lowercased().contains("sts:externalid") })
                else { continue }
                let partition = ARNParts(role.arn).map { String($0.partition) } ?? "aws"
                let from = draft.node("arn:\(partition):iam::\(account):root", .externalAccount, name: account, account: account)
                draft.edge(
                    from, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                    why:
                        "The trust policy of role \(role.name) lets every principal of account \(account) assume it, without an external identifier."
                )
            }
        }
        for (name, indices) in rolesForARN.sorted(by: { AttackPathFinder.precedes($0.key, $1.key) }) {
            addForeigner(name, indices)
        }
        for role in snapshot.principals where role.kind == .role { addFederation(role) }
    }

    /// A user, role or session of an account that was not read, which a trust policy names: nothing is known of who stands behind it.
    private func addForeigner(_ name: String, _ indices: [Int]) {
        guard let parts = ARNParts(name), parts.service == "iam" || parts.service == "sts", parts.account.utf8.count == 12,
            !accounts.contains(String(parts.account)), let principal = RequestPrincipal(parsing: name)
        else { return }
        for index in indices {
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn], let proof = permissions.admits(role, principal),
                // An external identifier is what such a trust is meant to have.
                !proof.conditions.contains(where: { $0.lowercased().contains("sts:externalid") })
            else { continue }
            let from = draft.node(name, .externalPrincipal, name: String(parts.resource), account: String(parts.account))
            draft.edge(
                from, to, "sts-001", likelihood: Likelihood.certain, proof: proof,
                why:
                    "The trust policy of role \(role.name) lets \(parts.resource) of account \(parts.account) assume it, without an external identifier; that account was not collected."
            )
        }
    }

    /// Identity providers where anyone can get a token, with a subject that belongs to a stranger.
    private static let publicIssuers: [(issuer: String, subject: String)] = [
        ("token.actions.githubusercontent.com", "repo:stranger-0000000000/stranger:ref:refs/heads/main"),
        ("gitlab.com", "project_path:stranger-0000000000/stranger:ref_type:branch:ref:main"),
        ("app.terraform.io", "organization:stranger-0000000000:project:stranger:workspace:stranger:run_phase:apply"),
        ("agent.buildkite.com", "organization:stranger-0000000000:pipeline:stranger:ref:refs/heads/main:commit:0:step:stranger"),
        ("accounts.google.com", "000000000000000000000"),
    ]

    private func addFederation(_ role: Principal) {
        guard let trust = role.trust, let to = draft.places[role.arn],
            let document = permissions.library.entry(of: trust).document
        else { return }
        for statement in document.statements where statement.effect == .allow {
            for case .federated(let provider) in statement.principal?.entries ?? [] {
                if provider == "cognito-identity.amazonaws.com" {
                    addGuests(role, to)
                    continue
                }
                if !Self.publicIssuers.contains(where: { provider == $0.issuer || provider.hasSuffix("/" + $0.issuer) }) {
                    addProvider(role, to, provider)
                }
                for (issuer, subject) in Self.publicIssuers where provider == issuer || provider.hasSuffix("/" + issuer) {
                    let context = [issuer + ":sub": [subject]]
                    guard
                        let proof = permissions.admits(
                            role, .identityProvider(provider), action: "sts:AssumeRoleWithWebIdentity", context: context,
                            chosen: [issuer + ":aud"])
                    else { continue }
                    draft.edge(
                        0, to, "oidc-trust", likelihood: Likelihood.certain, proof: proof,
                        why:
                            "The trust policy of role \(role.name) accepts tokens of \(issuer) for anyone's workloads: nothing binds the subject."
                    )
                }
            }
        }
    }

    /// Roles for identity pools: everyone has a pool, and a pool may admit guests.
    private func addGuests(_ role: Principal, _ to: Int) {
        let provider = "cognito-identity.amazonaws.com"
        let action = "sts:AssumeRoleWithWebIdentity"
        if let proof = permissions.admits(
            role, .identityProvider(provider), action: action,
            context: [provider + ":aud": ["eu-west-1:00000000-0000-0000-0000-000000000000"]],
            chosen: [provider + ":amr", provider + ":sub"])
        {
            draft.edge(
                0, to, "oidc-trust", likelihood: Likelihood.certain, proof: proof,
                why: "The trust policy of role \(role.name) accepts every identity pool of every AWS account: nothing binds the pool.")
        } else if var proof = permissions.admits(
            role, .identityProvider(provider), action: action, context: [provider + ":amr": ["unauthenticated"]],
            chosen: [provider + ":aud", provider + ":sub"])
        {
            proof.require("the identity pool gives guests this role (it was not collected)")
            draft.edge(
                0, to, "oidc-trust", likelihood: Likelihood.certain, proof: proof,
                why: "The trust policy of role \(role.name) accepts guests of an identity pool.")
        }
    }

    /// An identity provider of one's own, such as a cluster's: who has tokens of it is not collected, and a trust that binds no subject
    /// takes any of them.
    private func addProvider(_ role: Principal, _ to: Int, _ provider: String) {
        guard let parts = ARNParts(provider) else { return }
        if parts.resource.hasPrefix("saml-provider/") {
            gaps.insert(
                .init(what: "who may assume \(role.arn) through \(provider)", why: "the users of an identity provider are not collected"))
            return
        }
        guard parts.resource.hasPrefix("oidc-provider/") else { return }
        let issuer = String(parts.resource.dropFirst("oidc-provider/".utf8.count))
        let proof = permissions.admits(
            role, .identityProvider(provider), action: "sts:AssumeRoleWithWebIdentity",
            context: [issuer.lowercased() + ":sub": ["stranger-0000000000"]],
            chosen: [issuer.lowercased() + ":aud"])
        guard let proof else {
            gaps.insert(
                .init(what: "who may assume \(role.arn) through \(provider)", why: "the users of an identity provider are not collected"))
            return
        }
        let from = draft.node(provider, .identityProvider, name: issuer, account: role.account)
        draft.edge(
            from, to, "oidc-trust", likelihood: Likelihood.certain, proof: proof,
            why: "The trust policy of role \(role.name) accepts every token of \(issuer): nothing binds the subject.")
    }

    /// What a request about a principal surely says of it.
    func targetContext(_ target: Principal) -> [String: [String]] {
        var context: [String: [String]] = [:]
        for (key, value) in target.tags {
            context["aws:resourcetag/" + key.lowercased()] = [value]
            context["iam:resourcetag/" + key.lowercased()] = [value]
        }
        if let boundary = target.boundary?.arn { context["iam:permissionsboundary"] = [boundary] }
        return context
    }
}
