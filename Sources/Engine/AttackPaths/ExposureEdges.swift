import CloudModel

/// What the rights of functions and instances are, and what the internet and strangers reach.
extension GraphBuilder {
    func addWorkloads() {
        for function in snapshot.functions {
            guard let role = function.role, let to = draft.places[role], let from = draft.places[function.arn] else { continue }
            var proof = Proof()
            proof.cite(permissions.citation(function.evidence))
            let takeover = weaknesses.takeover(function.arn, base: Likelihood.codeInFunction)
            draft.edge(
                from, to, "execution-role", likelihood: takeover.likelihood, proof: proof, via: [function.arn],
                why: "Code in function \(function.name) has the rights of role \(draft.nodes[to].name).\(takeover.words)")
        }
        for instance in snapshot.instances { addProfile(of: instance) }
    }

    /// The role that an instance hands out.
    func addProfile(of instance: Instance) {
        guard instance.state != "terminated", instance.metadataEnabled != false, let role = instance.role, let to = draft.places[role],
            let from = draft.places[instance.arn]
        else { return }
        var proof = Proof()
        proof.cite(permissions.citation(instance.evidence))
        let strict = instance.requiresIMDSv2 == true
        // One hop is too short a way for the answer to reach a container on the instance.
        let isShort = strict && instance.metadataHopLimit == 1
        let takeover = weaknesses.takeover(
            instance.arn,
            base: isShort
                ? Likelihood.codeOnInstanceOneHop : strict ? Likelihood.codeOnInstanceIMDSv2 : Likelihood.codeOnInstance)
        draft.edge(
            from, to, "instance-profile", likelihood: takeover.likelihood, proof: proof, via: [instance.arn],
            why:
                "The metadata service of instance \(instance.id) hands out the credentials of role \(draft.nodes[to].name)"
                + (isShort
                    ? "; IMDSv2 is required, and answers go no further than one hop."
                    : strict ? "; IMDSv2 is required." : ", also to forged requests: IMDSv2 is not required.") + takeover.words)
    }

    func addExposures() {
        let reads: Set<String> = ["s3:GetObject", "secretsmanager:GetSecretValue"]
        let roleless = Set(snapshot.workloads.filter { !$0.rolesKnown }.map(\.arn))
        for exposure in exposures {
            if roleless.contains(exposure.target) {
                gaps.insert(
                    .init(what: "which role \(exposure.target) has", why: "what it runs was not collected; the internet reaches it"))
            }
            let from = source(of: exposure)
            let to =
                draft.places[exposure.target]
                ?? draft.node(exposure.target, .other, name: ARNParts(exposure.target)?.name ?? exposure.target, account: nil)
            let kind = draft.nodes[to].kind
            if kind == .bucket { addDestruction(exposure, from) }
            // Who may only write to a bucket does not have what is in it.
            if kind == .bucket || kind == .secret, !exposure.actions.isEmpty,
                !exposure.actions.contains(where: { action in reads.contains { Wildcard.matches(action, $0, ignoringCase: true) } })
            {
                continue
            }
            var proof = Proof(confidence: exposure.confidence, conditions: exposure.conditions, unknowns: exposure.missing)
            for citation in exposure.evidence { proof.cite(citation) }
            draft.edge(
                from, to,
                from != 0 ? "foreign-access" : kind.isData && kind != .database ? "public-data" : "network-reach",
                likelihood: kind == .database
                    ? Likelihood.databaseLogin : exposure.conditions.isEmpty ? Likelihood.reach : Likelihood.reachFromSome,
                proof: proof, via: exposure.via,
                why: Narrative.sentence(exposure.why))
        }
    }

    /// The internet, or the account or principal that was not read.
    private func source(of exposure: Exposure) -> Int {
        if let place = draft.places[exposure.from] { return place }
        let account = ARNParts(exposure.from).map { String($0.account) } ?? exposure.from
        let isAccount = exposure.from.hasSuffix(":root")
        return draft.node(
            exposure.from, isAccount ? .externalAccount : .externalPrincipal,
            name: isAccount ? label(account) : ARNParts(exposure.from).map { String($0.resource) } ?? exposure.from, account: account)
    }
}

extension Exposure {
    /// Whether that port of the target is reached.
    func opens(port: Int) -> Bool { ports.contains { $0.contains(port) } }
}
