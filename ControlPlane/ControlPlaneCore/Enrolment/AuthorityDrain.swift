public import Basics
import EnrolmentCA
public import FoundationEssentials

/// Where one agent stands in a rotation of the authorities.
public struct CertifiedAgent: Sendable {
    /// Whose.
    public var tenant: String
    /// Which.
    public var agent: AgentID
    /// Its host's name, as it said.
    public var hostname: String
    /// Its condition.
    public var state: Agent.State
    /// When it was last heard of.
    public var lastSeen: Date?
    /// Whether it said that it trusts every authority that is trusted now.
    public var trustsAll: Bool
    /// Whether its current certificate is of the authority that signs now.
    public var isOfSigning: Bool

    /// Whether a rotation has to wait for it: those that are shut out or whose certificate ended enrol again anyway.
    public var counts: Bool { state != .revoked && state != .expired }
}

extension FleetService {
    /// Every agent of every tenant, for the operator who rotates the authorities.
    public func certifiedAgents() async throws -> [CertifiedAgent] {
        let now = clock.now()
        let current = try authorities.current()
        var all: [CertifiedAgent] = []
        for tenant in try await store.readDirectory({ try $0.tenants() }) {
            all += try await store.read(tenant.id) { try $0.agents() }.map { agent in
                CertifiedAgent(
                    tenant: tenant.name, agent: agent.id, hostname: agent.hostname, state: agent.state(at: now), lastSeen: agent.lastSeen,
                    trustsAll: current.pins.allSatisfy { agent.standing.trusts.contains($0) },
                    // A certificate of before issuers were noted is one of the first authority.
                    isOfSigning: agent.standing.issuer.map { $0 == current.signing.issuer } ?? (current.phase != .active))
            }
        }
        return all
    }
}
