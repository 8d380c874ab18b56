/// Roles that trust a service, in the order of the snapshot.
struct TrustingRoles {
    private var byAccount: [String: [(role: Int, proof: Proof)]] = [:]
    private var byRole: [Int: Proof] = [:]

    mutating func add(_ role: Int, _ account: String, _ proof: Proof) {
        byAccount[account, default: []].append((role, proof))
        byRole[role] = proof
    }

    /// The roles of an account.
    func roles(of account: String) -> [(role: Int, proof: Proof)] { byAccount[account] ?? [] }
    /// Proof that a role trusts the service; `nil` when it does not.
    func proof(of role: Int) -> Proof? { byRole[role] }
}
