import CloudModel
import IAMEvaluator

/// Getting roles by changing who vouches for identities: providers, pools, clusters, permission sets.
extension GraphBuilder {
    /// Roles that a SAML provider of the account may vouch for, once its certificate is the attacker's.
    func samlProviders(_ step: Step) {
        let chosen = permissions.library.conditionKeys.filter { $0.hasPrefix("saml:") }
        for index in roles[step.principal.account] ?? [] where index != step.subject.index {
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn] else { continue }
            for provider in federated(role) where ARNParts(provider)?.resource.hasPrefix("saml-provider/") ?? false {
                guard var proof = permissions.may(step.subject, "iam:UpdateSAMLProvider", on: provider, account: role.account),
                    let admits = permissions.admits(
                        role, .identityProvider(provider), action: "sts:AssumeRoleWithSAML", chosen: chosen)
                else { continue }
                proof.add(admits)
                draft.edge(
                    step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [provider],
                    hypothetical: proof.confidence == .unknown,
                    why:
                        "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions) on \(provider)."
                )
                grantThrough(step, index, proof)
            }
        }
    }

    /// The identity providers that a role's trust policy names.
    private func federated(_ role: Principal) -> [String] {
        guard let trust = role.trust, let document = permissions.library.entry(of: trust).document else { return [] }
        var found: [String] = []
        for statement in document.statements where statement.effect == .allow {
            for case .federated(let provider) in statement.principal?.entries ?? [] where !found.contains(provider) {
                found.append(provider)
            }
        }
        return found
    }

    // MARK: Identity pools

    func identityPools(_ step: Step, isNew: Bool) {
        let provider = "cognito-identity.amazonaws.com"
        let candidates = (roles[step.principal.account] ?? []).filter {
            $0 != step.subject.index && federated(snapshot.principals[$0]).contains(provider)
        }
        guard !candidates.isEmpty, let beside = beside(step) else { return }
        let account = step.principal.account
        // A new pool has a name that nobody knew before.
        let pools: [(id: String, proof: Proof)] = isNew ? [("\(region):00000000-0000-0000-0000-000000000000", Proof())] : open(step)
        for index in candidates {
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn], let pass = pass(step, index, to: [provider]) else { continue }
            func admits(_ pool: [String: [String]]) -> Proof? {
                var context = pool
                context[provider + ":amr"] = ["unauthenticated"]
                return permissions.admits(
                    role, .identityProvider(provider), action: "sts:AssumeRoleWithWebIdentity", context: context,
                    chosen: [provider + ":sub"])
            }
            var best: Proof?
            for pool in pools { best = Proof.better(best, Proof.both(admits([provider + ":aud": [pool.id]]), pool.proof)) }
            var isHypothetical = false
            if best == nil, !isNew, workloads.isMissing("cognito-identity.list-identity-pools", account), var proof = admits([:]) {
                noteMissing(step.technique, "identity pool")
                proof.doubt("whether there is an identity pool that admits guests: not collected everywhere")
                best = proof
                isHypothetical = true
            }
            guard var proof = best else { continue }
            proof.add(pass)
            proof.add(beside.proof)
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                hypothetical: isHypothetical || proof.confidence == .unknown,
                why: "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions).")
            grantThrough(step, index, proof)
        }
    }

    /// The account's pools that admit guests, or that the step's subject may open to them.
    private func open(_ step: Step) -> [(id: String, proof: Proof)] {
        snapshot.identityPools.compactMap { pool in
            guard pool.account == step.principal.account else { return nil }
            var proof = Proof()
            proof.cite(permissions.citation(pool.facts["description"] ?? pool.evidence))
            if pool.admitsGuests != true {
                let arn = "arn:\(step.subject.partition):cognito-identity:\(pool.region):\(pool.account):identitypool/\(pool.id)"
                guard let update = permissions.may(step.subject, "cognito-identity:UpdateIdentityPool", on: arn, account: pool.account)
                else { return nil }
                proof.add(update)
            }
            return (pool.id, proof)
        }
    }

    // MARK: Kubernetes

    func clusters(_ step: Step, _ deed: EscalationTechnique.Cluster) {
        let account = step.principal.account
        for cluster in snapshot.clusters where cluster.account == account && !WorkloadIndex.isGone(cluster.status) {
            var context = tagContext(cluster.tags, cluster.arn)
            context["aws:requestedregion"] = [cluster.region]
            guard let beside = beside(step, in: (cluster.region, ["aws:requestedregion": [cluster.region]])) else { continue }
            var proof: Proof? = beside.proof
            for requirement in step.technique.requires where requirement.slot == .target && requirement.action != "iam:PassRole" {
                proof = Proof.both(
                    proof, permissions.may(step.subject, requirement.action, on: cluster.arn, account: account, context: context))
            }
            guard var proof else { continue }
            proof.cite(permissions.citation(cluster.evidence))
            switch deed {
            case .administrator:
                // Only a cluster that knows access entries takes them.
                if cluster.authenticationMode == "CONFIG_MAP" { continue }
                for (index, how) in running(in: cluster) { edge(step, index, proof, how, cluster) }
            case .identity:
                if !isAdministrator(step.principal, of: cluster) {
                    proof.require("the attacker runs a pod in cluster \(cluster.name)")
                }
                for (index, trust) in trusting[EscalationCatalogue.podService]?.roles(of: account) ?? [] {
                    guard let pass = pass(step, index, to: [EscalationCatalogue.podService, "eks.amazonaws.com"])
                    else {
                        continue
                    }
                    var how = trust
                    how.add(pass)
                    edge(step, index, proof, how, cluster)
                }
            }
        }
        if workloads.isMissing("eks.list-clusters", account) {
            noteMissing(step.technique, "Kubernetes cluster")
            let actions = step.technique.requires.filter { $0.slot == .target && $0.action != "iam:PassRole" }.map(\.action)
            let usual = EscalationCatalogue.newResource(
                "eks:cluster/example", account: account, region: region, partition: step.subject.partition)
            guard let one = anywhere(step.subject, actions, usual: usual, [:]), let beside = beside(step)
            else { return }
            var proof = one
            proof.add(beside.proof)
            hypothetical(
                step, EscalationCatalogue.podService, proof,
                "whether there is a cluster with a pod of role %ROLE%: not collected everywhere")
        }
    }

    private func edge(_ step: Step, _ index: Int, _ proof: Proof, _ how: Proof, _ cluster: KubernetesCluster) {
        let role = snapshot.principals[index]
        guard index != step.subject.index, let to = draft.places[role.arn] else { return }
        var proof = proof
        proof.add(how)
        draft.edge(
            step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [cluster.arn],
            hypothetical: proof.confidence == .unknown,
            why:
                "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions) on cluster \(cluster.name)."
        )
        grantThrough(step, index, proof)
    }

    /// The roles of a cluster's nodes and pods, with the proof of each.
    private func running(in cluster: KubernetesCluster) -> [(role: Int, proof: Proof)] {
        var found: [(role: Int, proof: Proof)] = []
        for kind in [Workload.Kind.podIdentity, .nodegroup] {
            for workload in workloads.all(kind, cluster.account)
            where workload["cluster"] == cluster.name && workload.region == cluster.region {
                for arn in workload.roles {
                    guard let index = permissions.principalIndex[arn] else { continue }
                    var proof = Proof()
                    proof.cite(permissions.citation(workload.evidence))
                    found.append((index, proof))
                }
            }
        }
        guard let issuer = cluster.issuer else { return found }
        for index in roles[cluster.account] ?? [] {
            let role = snapshot.principals[index]
            for provider in federated(role) where ARNParts(provider)?.resource == "oidc-provider/" + issuer[...] {
                let name = issuer.lowercased()
                guard
                    let proof = permissions.admits(
                        role, .identityProvider(provider), action: "sts:AssumeRoleWithWebIdentity",
                        chosen: [name + ":sub", name + ":aud"])
                else { continue }
                found.append((index, proof))
            }
        }
        return found
    }

    /// Whether a principal is an administrator of a cluster by its access entries.
    private func isAdministrator(_ principal: Principal, of cluster: KubernetesCluster) -> Bool {
        workloads.all(.accessEntry, cluster.account).contains { entry in
            entry["principal"] == principal.arn && entry["cluster"] == cluster.name
                && (entry.attributes["policies"] ?? []).contains { $0.contains("AdminPolicy") }
        }
    }

    // MARK: Identity Center

    func permissionSets(_ step: Step, _ deed: EscalationTechnique.PermissionSets) {
        let account = step.principal.account
        let sets = workloads.all(.permissionSet, account)
        let own = sets.first { isRole(step.principal, of: $0) }
        for set in sets {
            let instance = "arn:\(step.subject.partition):sso:::instance/\(set.arn.split(separator: "/").dropFirst().first ?? "")"
            let resources = [set.arn, instance]
            var proof: Proof? = Proof()
            for requirement in step.technique.requires {
                for resource in resources { proof = Proof.both(proof, permissions.may(step.subject, requirement.action, on: resource)) }
            }
            guard var proof else { continue }
            proof.cite(permissions.citation(set.evidence))
            switch deed {
            case .own:
                // Its next session has what was added.
                guard set.arn == own?.arn, step.subject.account == account else { continue }
                gain(step, proof, "may \(step.technique.deed), \(set.name)")
            case .assignment:
                if own == nil { proof.require("the attacker can sign in to Identity Center") }
                assign(step, set, proof)
            }
        }
        if workloads.isMissing(.permissionSet, account) {
            noteMissing(step.technique, .permissionSet)
            // Wherever Identity Center hands out rights it leaves roles.
            guard hasIdentityCenter || workloads.wasRefused(.permissionSet, account) else { return }
            let isSession = Self.isOfIdentityCenter(step.principal)
            guard deed == .assignment || isSession, sets.isEmpty, isSession || step.subject.allows.contains("sso:CreateAccountAssignment"),
                let made = anywhere(
                    step.subject, step.technique.requires.map(\.action), usual: sample(.permissionSet, "", step.subject.partition), [:])
            else { return }
            var proof = made
            proof.doubt("which permission sets account \(account) administers: not collected")
            draft.edge(
                step.from, step.admin, step.technique.id, likelihood: step.technique.likelihood, proof: proof, hypothetical: true,
                why: "\(label(step.principal)) may \(step.technique.deed) an account, if account \(account) runs Identity Center.")
        }
    }

    /// Assigning a set gives its rights in any account of the organisation: what they are there, its role or its policies say.
    private func assign(_ step: Step, _ set: Workload, _ proof: Proof) {
        for target in accounts.sorted() {
            let resource = "arn:\(step.subject.partition):sso:::account/\(target)"
            var whole: Proof? = proof
            for requirement in step.technique.requires {
                whole = Proof.both(whole, permissions.may(step.subject, requirement.action, on: resource))
            }
            guard let whole else { continue }
            let why =
                "\(label(step.principal)) may \(step.technique.deed) account \(target): it is allowed \(step.actions) on permission set \(set.name)."
            let provisioned = (roles[target] ?? []).first { isRole(snapshot.principals[$0], of: set) }
            if let index = provisioned, let to = draft.places[snapshot.principals[index].arn], index != step.subject.index {
                draft.edge(
                    step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: whole, via: [set.arn],
                    hypothetical: whole.confidence == .unknown, why: why)
            } else if (set.attributes["policies"] ?? []).contains(where: { $0.hasSuffix(":policy/AdministratorAccess") }),
                let to = draft.places["admin:\(target)"]
            {
                draft.edge(
                    step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: whole, via: [set.arn],
                    hypothetical: whole.confidence == .unknown, why: why)
            }
        }
    }

    static func isOfIdentityCenter(_ principal: Principal) -> Bool {
        principal.kind == .role && principal.arn.contains(":role/aws-reserved/sso.amazonaws.com/")
    }

    /// Whether a role is what Identity Center made of a permission set: `AWSReservedSSO_NAME_` and 16 hexadecimal digits.
    private func isRole(_ role: Principal, of set: Workload) -> Bool {
        guard Self.isOfIdentityCenter(role),
            case let start = "AWSReservedSSO_\(set.name)_", role.name.hasPrefix(start)
        else { return false }
        return !role.name.dropFirst(start.utf8.count).contains("_")
    }
}
