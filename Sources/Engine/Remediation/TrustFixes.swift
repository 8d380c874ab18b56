import CloudModel

/// Changes of whom a role trusts.
extension CandidateFixes {
    func trustFixes(_ from: GraphNode, _ to: GraphNode) -> [CandidateFix] {
        guard let role = principals[to.id], let document = role.trust?.document else { return [] }
        var fixes: [CandidateFix] = []
        let place = Edit.Place.trust(role.arn)
        func add(_ edit: Edit, _ title: String, _ kind: FixCosts.Kind = .tightenTrust) {
            fixes.append(fix(kind, role.arn, title, [edit]))
        }
        for (index, statement) in Patch.statements(document).enumerated() where statement["Effect"]?.string == "Allow" {
            guard let principal = statement["Principal"] else { continue }
            let named = principal.string.map { [$0] } ?? (principal.object?.members.flatMap { Patch.texts($0.value) } ?? [])
            for name in named {
                if name == "*" {
                    let partition = ARNParts(role.arn)?.partition ?? "aws"
                    add(
                        .replacePrincipal(
                            place, statement: index, principal: "*", by: ["arn:\(partition):iam::\(role.account):root"]),
                        "Let only account \(role.account) assume role \(role.name), not everyone")
                    if from.account != role.account { continue }
                }
                guard isAbout(from, name, principal) else { continue }
                add(.removePrincipal(place, statement: index, principal: name), "No longer let \(trusted(name)) assume role \(role.name)")
                if from.kind == .externalAccount || from.kind == .externalPrincipal {
                    let identifier = AttackPathFinder.digest("cloudryption-", [role.arn, name])
                    add(
                        .addCondition(
                            place, statement: index, .init(test: "StringEquals", key: "sts:ExternalId", values: [identifier])),
                        "Ask \(trusted(name)) for the external identifier \(identifier) to assume role \(role.name)", .requireExternalID)
                }
                if ARNParts(name)?.resource == "root" || name == role.account, from.account == role.account {
                    let others = assuming(role, but: from.id)
                    if !others.isEmpty, others.count <= 10 {
                        add(
                            .replacePrincipal(place, statement: index, principal: name, by: others),
                            "Let only \(others.map(trusted).joined(separator: ", ")) assume role \(role.name), not every principal of the account"
                        )
                    }
                }
                if ARNParts(name)?.resource.hasPrefix("user/") == true, named.count == 1 {
                    add(
                        .addCondition(place, statement: index, .init(test: "Bool", key: "aws:MultiFactorAuthPresent", values: ["true"])),
                        "Ask \(trusted(name)) for a second factor to assume role \(role.name)", .requireMFA)
                }
            }
            for (issuer, subjects) in boundSubjects(principal, account: role.account) {
                add(
                    .addCondition(place, statement: index, .init(test: "StringLike", key: issuer + ":sub", values: subjects)),
                    "Let only \(subjects.joined(separator: ", ")) of \(issuer) assume role \(role.name)", .tightenTrust)
            }
        }
        return fixes
    }

    /// Whether a name in a trust policy lets `from` in.
    private func isAbout(_ from: GraphNode, _ name: String, _ principal: JSONValue) -> Bool {
        if name == from.id || name == "*" { return true }
        if from.kind == .internet || from.kind == .identityProvider {
            return principal["Federated"] != nil || name == "rolesanywhere.amazonaws.com"
        }
        guard let account = from.account else { return false }
        let parts = ARNParts(name)
        return name.utf8.elementsEqual(account.utf8) || parts?.resource == "root" && parts?.account.utf8.elementsEqual(account.utf8) == true
    }

    func trusted(_ name: String) -> String {
        guard let parts = ARNParts(name) else { return name.utf8.count == 12 ? "every principal of account \(name)" : name }
        if parts.resource == "root" { return "every principal of account \(parts.account)" }
        return principals[name].map { "\($0.kind.rawValue) \($0.name)" } ?? name
    }

    /// Users and roles that can assume the role today, without one of them.
    private func assuming(_ role: Principal, but other: String) -> [String] {
        guard let to = graph.place(of: role.arn) else { return [] }
        return (assumers[Int32(to)] ?? []).filter { $0.account == role.account && $0.id != other }.map(\.id).sortedUnique
    }

    /// Subjects that other roles of the account bind the same identity provider to.
    private func boundSubjects(_ principal: JSONValue, account: String) -> [(issuer: String, subjects: [String])] {
        Patch.texts(principal["Federated"]).compactMap { provider in
            guard let parts = ARNParts(provider), parts.resource.hasPrefix("oidc-provider/") else { return nil }
            let issuer = String(parts.resource.dropFirst("oidc-provider/".utf8.count))
            var subjects: Set<String> = []
            for other in roles[account] ?? [] {
                for statement in other.trust?.document.map(Patch.statements) ?? []
                where Patch.texts(statement["Principal"]?["Federated"]).contains(provider) {
                    for test in ["StringEquals", "StringLike"] {
                        for subject in Patch.texts(statement["Condition"]?[test]?[issuer + ":sub"]) where Self.isBound(subject) {
                            subjects.insert(subject)
                        }
                    }
                }
            }
            return subjects.isEmpty || subjects.count > 5 ? nil : (issuer, subjects.sortedUnique)
        }
    }

    /// Whether a subject names an owner: it has no wildcard before a `/` or its third part.
    private static func isBound(_ subject: String) -> Bool {
        let start = subject.prefix { $0 != "*" && $0 != "?" }
        return start.utf8.count == subject.utf8.count || start.contains("/")
    }
}
