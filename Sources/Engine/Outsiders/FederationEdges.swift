import CloudModel
import IAMEvaluator

/// Whom roles let in on the word of an identity provider.
extension GraphBuilder {
    private static let webIdentity = "sts:AssumeRoleWithWebIdentity"

    func addFederation(_ role: Principal) {
        guard let trust = role.trust, let to = draft.places[role.arn], let document = permissions.library.entry(of: trust).document
        else { return }
        var providers: Set<String> = []
        for statement in document.statements where statement.effect == .allow {
            guard let principal = statement.principal, !principal.negated else { continue }
            for entry in principal.entries {
                switch entry {
                case .federated(let provider): providers.insert(provider)
                case .service("rolesanywhere.amazonaws.com"): providers.insert("rolesanywhere.amazonaws.com")
                case .everyone:
                    // Everyone is also whoever any provider of the account vouches for.
                    providers.formUnion(snapshot.identityProviders.filter { $0.account == role.account }.map(\.arn))
                    if !workloads.all(.trustAnchor, role.account).isEmpty { providers.insert("rolesanywhere.amazonaws.com") }
                default: break
                }
            }
        }
        for provider in providers.sortedUnique {
            if provider == "rolesanywhere.amazonaws.com" {
                addCertificates(role, to)
            } else if provider == "cognito-identity.amazonaws.com" {
                addGuests(role, to, document)
            } else if exists(provider, role) {
                if let issuer = TokenIssuer.named(provider) {
                    addTokens(role, to, provider, issuer, document)
                } else if ARNParts(provider)?.resource.hasPrefix("saml-provider/") == true {
                    addAssertions(role, to, provider)
                }
            }
        }
    }

    /// Whether the provider is there, as far as is known. Nobody comes in through one that is not.
    private func exists(_ provider: String, _ role: Principal) -> Bool {
        guard let parts = ARNParts(provider) else { return true }
        let operation = parts.resource.hasPrefix("saml-provider/") ? "list-saml-providers" : "list-open-id-connect-providers"
        guard collected.contains("\(parts.account)/iam.\(operation)") else { return true }
        return snapshot.identityProviders.contains { $0.arn.lowercased() == provider.lowercased() }
    }

    // MARK: Tokens

    private func addTokens(_ role: Principal, _ to: Int, _ provider: String, _ issuer: TokenIssuer, _ document: PolicyDocument) {
        let prefix = issuer.issuer.lowercased() + ":"
        var patterns: Set<String> = []
        var keys: Set<String> = []
        for clause in document.statements.flatMap(\.conditions) {
            let key = clause.key.lowercased()
            guard key.hasPrefix(prefix) else { continue }
            keys.insert(String(key.dropFirst(prefix.utf8.count)))
            if key == prefix + "sub" { patterns.formUnion(clause.values) }
        }
        var context: [String: [String]] = [:]
        var chosen: Set<String> = []
        // A claim that the issuer never makes, or a key that is misspelt, is in no request.
        var absent: Set<String> = []
        for key in keys where key != "sub" {
            if issuer.free.contains(key) || issuer.shared.contains(key) {
                chosen.insert(prefix + key)
            } else if issuer.telling.contains(key) {
                context[prefix + key] = [TokenIssuer.stranger]
            } else if !issuer.free.isEmpty {
                absent.insert(prefix + key)
            }
        }
        switch issuer.tenancy {
        case .audience: context[prefix + "aud"] = issuer.audience.map { [$0] }
        case .issuer: chosen.insert(prefix + "aud")
        case .subject, .application: break
        }
        var best: Proof?
        let usual = issuer.subjects.map { (subject: $0, needs: String?.none) }
        for (subject, needs) in usual + patterns.sortedUnique.flatMap({ issuer.subjects(fitting: $0) }) {
            context[prefix + "sub"] = [subject]
            guard var proof = admitted(role, provider, issuer, context, chosen, absent) else { continue }
            if let needs { proof.require(needs) }
            for claim in issuer.shared where keys.contains(claim) { proof.require("whoever wants to may use what \(claim) names") }
            best = Proof.better(best, proof)
            if best?.confidence == .proven { break }
        }
        guard let best else {
            if !issuer.isPublic {
                gaps.insert(
                    .init(
                        what: "who may assume \(role.arn) through \(provider)", why: "the users of an identity provider are not collected"))
            }
            return
        }
        let bound = issuer.isPublic ? "nothing says whose they must be" : "nothing binds the subject"
        let why = "The trust policy of role \(role.name) accepts tokens of \(issuer.holders) (\(issuer.name)): \(bound)."
        let from = draft.node(
            "oidc:\(issuer.issuer)", .identityProvider, name: issuer.issuer, account: issuer.isPublic ? nil : role.account)
        if issuer.isPublic {
            // Anyone can be known to it.
            draft.edge(0, to, "oidc-trust", likelihood: Likelihood.certain, proof: best, why: why)
            anyones.insert(from)
        }
        draft.edge(from, to, "oidc-trust", likelihood: Likelihood.certain, proof: best, why: why)
    }

    private func admitted(
        _ role: Principal, _ provider: String, _ issuer: TokenIssuer, _ context: [String: [String]], _ chosen: Set<String>,
        _ absent: Set<String>
    ) -> Proof? {
        guard case .application(let key) = issuer.tenancy else {
            return permissions.admits(
                role, .identityProvider(provider), action: Self.webIdentity, context: context, chosen: chosen, absent: absent)
        }
        let name = issuer.issuer.lowercased() + ":" + key
        var own = context
        own[name] = issuer.audience.map { [$0] }
        if let proof = permissions.admits(role, .identityProvider(provider), action: Self.webIdentity, context: own, chosen: chosen) {
            return proof
        }
        var proof = permissions.admits(
            role, .identityProvider(provider), action: Self.webIdentity, context: context, chosen: chosen.union([name]))
        proof?.require("the application that the trust policy names lets the attacker sign in")
        return proof
    }

    // MARK: Assertions

    /// A SAML provider's users are not collected. What its trust policy must bind is the audience: an assertion for another service is none
    /// for AWS.
    private func addAssertions(_ role: Principal, _ to: Int, _ provider: String) {
        let proof = permissions.admits(
            role, .identityProvider(provider), action: "sts:AssumeRoleWithSAML",
            context: ["saml:aud": ["https://stranger.invalid/saml"], "saml:iss": ["https://stranger.invalid"]])
        guard var proof, !proof.conditions.contains(where: { $0.lowercased().contains("saml:") }) else {
            gaps.insert(
                .init(what: "who may assume \(role.arn) through \(provider)", why: "the users of an identity provider are not collected"))
            return
        }
        proof.require("the provider signs an assertion that names the role")
        let name = ARNParts(provider)?.name ?? provider
        let from = draft.node(provider, .identityProvider, name: name, account: role.account)
        draft.edge(
            from, to, "saml-trust", likelihood: Likelihood.certain, proof: proof,
            why:
                "The trust policy of role \(role.name) accepts assertions of \(name) for whichever service they are made: nothing binds SAML:aud."
        )
    }

    // MARK: Guests

    /// Roles for identity pools: everyone has a pool, and a pool may admit guests.
    private func addGuests(_ role: Principal, _ to: Int, _ document: PolicyDocument) {
        let provider = "cognito-identity.amazonaws.com"
        func admits(_ context: [String: [String]], _ chosen: Set<String>) -> Proof? {
            permissions.admits(
                role, .identityProvider(provider), action: Self.webIdentity,
                context: Dictionary(uniqueKeysWithValues: context.map { (provider + ":" + $0.key, $0.value) }),
                chosen: Set(chosen.map { provider + ":" + $0 }))
        }
        if let proof = admits(["aud": ["eu-west-1:00000000-0000-0000-0000-000000000000"]], ["amr", "sub"]) {
            draft.edge(
                0, to, "oidc-trust", likelihood: Likelihood.certain, proof: proof,
                why: "The trust policy of role \(role.name) accepts every identity pool of every AWS account: nothing binds the pool.")
            return
        }
        var isDecided = false
        for pool in snapshot.identityPools {
            guard admits(["aud": [pool.id]], ["amr", "sub"]) != nil else { continue }
            guard let admitsGuests = pool.admitsGuests, pool.rolesKnown || pool.hasBasicFlow == true else { continue }
            isDecided = true
            guard admitsGuests, var proof = admits(["aud": [pool.id], "amr": ["unauthenticated"]], ["sub"]) else { continue }
            proof.cite(permissions.citation(pool.facts["description"] ?? pool.evidence))
            if pool.hasBasicFlow != true {
                // In the other flow a guest gets the role from Cognito, cut by its session policies (Cognito Developer Guide,
                // "Access policies for unauthenticated identities").
                guard pool.guestRole == role.arn else { continue }
                proof.cite(pool.facts["roles"].map(permissions.citation))
                proof.require("what follows is among the services that Cognito leaves to guests")
            }
            draft.edge(
                0, to, "guest-identity", likelihood: Likelihood.certain, proof: proof,
                why: "Identity pool \(pool.name) gives role \(role.name) to guests: nobody has to sign in.")
        }
        guard !isDecided, var proof = admits(["amr": ["unauthenticated"]], ["aud", "sub"]) else { return }
        proof.require("the identity pool gives guests this role (it was not collected)")
        draft.edge(
            0, to, "guest-identity", likelihood: Likelihood.certain, proof: proof,
            why: "The trust policy of role \(role.name) accepts guests of an identity pool.")
    }

    // MARK: Certificates

    /// Roles Anywhere: a role is handed out through a profile, to certificates of a trusted authority. Who has such certificates is not
    /// collected; a trust policy that asks nothing of them takes any.
    private func addCertificates(_ role: Principal, _ to: Int) {
        let service = "rolesanywhere.amazonaws.com"
        let isKnown = collected.contains { $0.hasPrefix("\(role.account)/rolesanywhere.list-trust-anchors") }
        guard isKnown else {
            gaps.insert(.init(what: "who may assume \(role.arn) through Roles Anywhere", why: "its trust anchors were not collected"))
            return
        }
        for anchor in workloads.all(.trustAnchor, role.account) {
            guard
                var proof = permissions.trusts(
                    role, service: service,
                    context: ["aws:sourcearn": [anchor.arn], "aws:sourceaccount": [anchor.account], "sts:sourceidentity": ["CN=stranger"]])
            else { continue }
            let isListed = collected.contains("\(role.account)/rolesanywhere.list-profiles.\(anchor.region)")
            let profiles = workloads.all(.anywhereProfile, role.account).filter {
                $0.region == anchor.region && $0.roles.contains(role.arn)
            }
            // A session policy takes away from what the role may do.
            func isLimited(_ profile: Workload) -> Bool {
                profile["sessionPolicy"]?.isEmpty == false || profile.attributes["managedPolicies"] != nil
            }
            if let profile = profiles.first(where: { !isLimited($0) }) ?? profiles.first {
                proof.cite(permissions.citation(profile.evidence))
                if isLimited(profile) { proof.require("the session policy of profile \(profile.name) allows what follows") }
            } else if isListed {
                continue
            } else {
                proof.doubt("rolesanywhere.list-profiles was not collected in \(anchor.region)")
            }
            proof.cite(permissions.citation(anchor.evidence))
            let from = draft.node(anchor.arn, .identityProvider, name: anchor.name, account: role.account)
            draft.edge(
                from, to, "certificate-trust", likelihood: Likelihood.certain, proof: proof,
                why:
                    "The trust policy of role \(role.name) accepts every certificate of the authority behind trust anchor \(anchor.name): nothing is asked of its subject."
            )
        }
    }
}
