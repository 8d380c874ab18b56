import CloudModel

/// Identity providers and identity pools.
extension Normaliser {
    mutating func readFederation(_ account: String) {
        for cursor in cursors(account, "iam", "list-open-id-connect-providers") {
            for item in cursor.requiredList("OpenIDConnectProviderList") ?? [] {
                guard let arn = item.requiredIdentifier("Arn") else { continue }
                var provider = IdentityProvider(arn: arn, kind: .oidc, account: account, evidence: item.evidence)
                if case .record(let record) = index.answer(account, "iam", "get-open-id-connect-provider", resource: arn) {
                    let answer = Cursor(record, problems)
                    provider.audiences = answer.requiredList("ClientIDList")?.compactMap(\.identifier).sortedUnique
                    provider.facts["audiences"] = answer.evidence
                }
                snapshot.identityProviders.append(provider)
            }
        }
        for cursor in cursors(account, "iam", "list-saml-providers") {
            for item in cursor.requiredList("SAMLProviderList") ?? [] {
                guard let arn = item.requiredIdentifier("Arn") else { continue }
                snapshot.identityProviders.append(IdentityProvider(arn: arn, kind: .saml, account: account, evidence: item.evidence))
            }
        }
        readIdentityPools(account)
    }

    private mutating func readIdentityPools(_ account: String) {
        var places: [String: Cursor] = [:]
        for cursor in cursors(account, "cognito-identity", "list-identity-pools") {
            for item in cursor.requiredList("IdentityPools") ?? [] {
                guard let id = item.requiredIdentifier("IdentityPoolId") else { continue }
                places[id] = item
            }
        }
        // Answers about a pool that no listing names still tell that it is there.
        for operation in ["describe-identity-pool", "get-identity-pool-roles"] {
            for cursor in cursors(account, "cognito-identity", operation) {
                guard let id = cursor.record.resource, Identifier.isPlain(id), places[id] == nil else { continue }
                places[id] = cursor
            }
        }
        for id in places.keys.sortedUnique {
            guard let place = places[id] else { continue }
            let region = region(place)
            var pool = IdentityPool(
                id: id, name: place.string("IdentityPoolName") ?? id, account: account, region: region, evidence: place.evidence)
            if case .record(let record) = index.answer(account, "cognito-identity", "describe-identity-pool", region: region, resource: id)
            {
                let answer = Cursor(record, problems)
                pool.name = answer.string("IdentityPoolName") ?? pool.name
                pool.admitsGuests = answer.bool("AllowUnauthenticatedIdentities")
                // The answer leaves it out where it was never turned on.
                pool.hasBasicFlow = answer.bool("AllowClassicFlow") ?? false
                pool.facts["description"] = answer.evidence
            } else {
                ask(account, "cognito-identity", "describe-identity-pool", region, [id])
            }
            if case .record(let record) = index.answer(account, "cognito-identity", "get-identity-pool-roles", region: region, resource: id)
            {
                let answer = Cursor(record, problems)
                pool.rolesKnown = true
                pool.guestRole = answer["Roles"]?.identifier("unauthenticated")
                var members = [answer["Roles"]?.identifier("authenticated")].compactMap { $0 }
                if let mappings = answer["RoleMappings"], let object = mappings.value.object {
                    for member in object.members {
                        for rule in mappings[member.name]?["RulesConfiguration"]?.list("Rules") ?? [] {
                            if let role = rule.identifier("RoleARN") { members.append(role) }
                        }
                    }
                }
                pool.memberRoles = members.sortedUnique
                pool.facts["roles"] = answer.evidence
            } else {
                ask(account, "cognito-identity", "get-identity-pool-roles", region, [id])
            }
            snapshot.identityPools.append(pool)
        }
    }
}
