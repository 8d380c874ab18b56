/// Roles that trust a service, in the order of the snapshot.
struct TrustingRoles {
    private var byAccount: [String: [(role: Int, proof: Proof)]] = [:]
    private var byRole: [Int: Proof] = [:]

    mutating func add(_ role: Int, _ account: String, _ proof: Proof) {
        var list = byAccount.removeValue(forKey: account) ?? []
        // Roles are in order, and most often come in order.
        let isLast = list.last.map { $0.role < role } ?? true
        list.insert((role, proof), at: isLast ? list.endIndex : list.firstIndex { $0.role > role } ?? list.endIndex)
        byAccount[account] = list
        byRole[role] = proof
    }

    mutating func remove(_ role: Int, _ account: String) {
        guard byRole.removeValue(forKey: role) != nil else { return }
        byAccount[account]?.removeAll { $0.role == role }
    }

    /// The roles of an account.
    func roles(of account: String) -> [(role: Int, proof: Proof)] { byAccount[account] ?? [] }
    /// Proof that a role trusts the service; `nil` when it does not.
    func proof(of role: Int) -> Proof? { byRole[role] }
}
