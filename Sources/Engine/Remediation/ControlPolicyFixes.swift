import CloudModel

/// An account that a service control policy can be added to.
struct LimitableAccount {
    /// Its ARN in the organisation.
    var arn: String
    /// A name that no policy of the organisation has.
    var name: String
    /// Its administrators, whom the policy leaves out.
    var administrators: [String]
}

/// Service control policies: one denies everyone in an account, but for its administrators, what a technique needs.
extension CandidateFixes {
    /// The most administrators that a policy leaves out: a longer list is one that nobody reads.
    private static let exempted = 20
    /// Actions of which one policy may come to deny all, for changes of one account become one policy.
    private static let everyAction = EscalationCatalogue.techniques.flatMap(\.requires).map(\.action).sortedUnique

    /// The same change for everyone who takes steps by a technique in an account.
    func controlPolicyFixes(_ node: GraphNode, _ technique: String) -> [CandidateFix] {
        guard let principal = principals[node.id], principal.kind != .root, !principal.isServiceLinked,
            let account = limitable(principal.account), !account.administrators.contains(principal.arn),
            let actions = actions(of: [technique])
        else { return [] }
        return [
            fix(
                .addServiceControlPolicy, account.arn,
                "Deny \(actions.joined(separator: ", ")) in account \(principal.account) by a service control policy that leaves out its administrators",
                [
                    .addServiceControlPolicy(
                        account: principal.account, name: account.name, actions: actions, besides: account.administrators)
                ])
        ]
    }

    private func limitable(_ account: String) -> LimitableAccount? {
        if let known = limitable[account] { return known }
        let found = findLimitable(account)
        limitable[account] = .some(found)
        return found
    }

    /// Such an account is a known member of an organisation whose service control policies are enabled and listed in full, with room for one
    /// more, and has few administrators.
    private func findLimitable(_ account: String) -> LimitableAccount? {
        let type = Organisation.PolicyType.serviceControl
        guard let organisation = snapshot.organisations.first(where: { $0.holds(account, in: snapshot) }),
            organisation.hasAllFeatures == true, organisation.enabledTypes?.contains(type) == true,
            organisation.listedTypes.contains(type), organisation.id != Organisation.unnamed,
            let management = organisation.managementAccount, management != account
        else { return nil }
        let policies = organisation.policies.filter { $0.type == type }
        guard
            organisation.listedAttachments.contains(Organisation.attachment(type, account)) || policies.allSatisfy(\.targetsKnown),
            policies.count(where: { $0.targets.contains(account) }) < PolicySizes.controlPoliciesAttached
        else { return nil }
        let names = Set(organisation.policies.map(\.source.name))
        let name = (1...policies.count + 1).lazy.map { "cloudryption-\(account)" + ($0 == 1 ? "" : "-\($0)") }.first { !names.contains($0) }
        let known = snapshot.principals.filter { $0.account == account && $0.kind != .group && !$0.isServiceLinked }
        let partition = known.lazy.compactMap { ARNParts($0.arn) }.first.map { String($0.partition) } ?? "aws"
        // The root user is the last that gets in where everything else is locked out.
        let root = "arn:\(partition):iam::\(account):root"
        let administrators = (known.map(\.arn).filter(isKnownAdministrator) + [root]).sortedUnique
        guard let name, administrators.count <= Self.exempted + 1,
            // Paths of roles may have characters that an operator takes for patterns or variables.
            !administrators.contains(where: { $0.contains { "*?$".contains($0) } }),
            PolicySizes.size(Edit.controlPolicy(Self.everyAction, besides: administrators)) <= PolicySizes.controlPolicy,
            NewControlPolicy(snapshot, account, name, [], administrators, readers: index.policyReaders) != nil
        else { return nil }
        return LimitableAccount(
            arn: "arn:\(partition):organizations::\(management):account/\(organisation.id)/\(account)", name: name,
            administrators: administrators)
    }

    /// Whether it is an administrator, under conditions perhaps, and not only for all that is known.
    private func isKnownAdministrator(_ arn: String) -> Bool {
        guard let place = graph.place(of: arn) else { return false }
        return graph.edges(from: place).contains { !$0.isHypothetical && graph.technique(of: $0) == "administrator" }
    }
}
