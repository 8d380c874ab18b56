import CloudModel

/// Which users and roles of an account are allowed an action by a policy. Policies are read once for all actions that are asked about.
final class AccountRights {
    private struct Right {
        var holder: Int
        var patterns: [String]
        var isNegated: Bool
        var resources: [String]
    }
    private let snapshot: CloudSnapshot
    private let index: PatchIndex
    private var rights: [String: [Right]] = [:]

    init(_ snapshot: CloudSnapshot, _ index: PatchIndex) {
        self.snapshot = snapshot
        self.index = index
    }

    /// Who is allowed one of the actions, each on what its policies say. Service control policies do not limit service-linked roles, so these
    /// are left out.
    func granted(_ actions: [String], in account: String) -> [(principal: Principal, action: String, resource: String)] {
        let rights = rights(of: account)
        return actions.flatMap { action in
            rights.filter { right in
                right.patterns.contains { Wildcard.matches($0, action, ignoringCase: true) } != right.isNegated
            }.flatMap { right in
                right.resources.map { (principal: snapshot.principals[right.holder], action: action, resource: $0) }
            }
        }
    }

    private func rights(of account: String) -> [Right] {
        if let known = rights[account] { return known }
        var found: [Right] = []
        for (place, principal) in snapshot.principals.enumerated()
        where principal.account == account && (principal.kind == .user || principal.kind == .role) && !principal.isServiceLinked {
            let sources = principal.policies + principal.groups.flatMap { index.principal($0)?.policies ?? [] }
            for statement in sources.flatMap({ $0.document.map(Patch.statements) ?? [] }) where statement["Effect"]?.string == "Allow" {
                let isNegated = statement["NotAction"] != nil
                let resources = Patch.texts(statement["Resource"])
                found.append(
                    Right(
                        holder: place, patterns: Patch.texts(statement[isNegated ? "NotAction" : "Action"]), isNegated: isNegated,
                        resources: resources.isEmpty ? ["*"] : resources))
            }
        }
        rights[account] = found
        return found
    }
}
