import Basics
import FoundationEssentials
public import WireProtocol

/// Who is behind a client certificate.
public struct AgentDirectory: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    /// The agent whose stored row has this key, serial and name, and is not revoked. To be asked on every request, on open connections and
    /// resumed sessions too.
    ///
    /// - Throws: ``AccessError`` `unknownAgent`, `badCertificate`, `certificateExpired`, `certificateRevoked`, or `unavailable` when the
    ///   answer cannot be found out.
    public func authenticate(_ certificate: PeerCertificate) async throws(AccessError) -> AuthenticatedAgent {
        let now = clock.now()
        guard now <= certificate.notAfter else { throw AccessError(.certificateExpired, "the certificate ended") }
        guard let name = AgentName(uri: certificate.uri) else { throw AccessError(.badCertificate, "the certificate names no agent") }
        do {
            guard let found = try await store.readDirectory({ try $0.agent(keyDigest: certificate.keyDigest) }) else {
                throw AccessError(.unknownAgent, "no enrolled agent has this key")
            }
            try check(found, name)
            let current = found.keyDigest == certificate.keyDigest && Self.same(found.serial, certificate.serial)
            let recentlySeen = found.lastSeen.map { now.timeIntervalSince($0) < 60 } ?? false
            if current, recentlySeen { return AuthenticatedAgent(agent: found) }
            return AuthenticatedAgent(agent: try await note(certificate, name, at: now))
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "the agent cannot be checked now", cause: error)
        }
    }

    private func check(_ agent: Agent, _ name: AgentName) throws(AccessError) {
        guard AgentName(tenant: agent.tenant, environment: agent.environment, agent: agent.id) == name else {
            throw AccessError(.badCertificate, "the certificate names another agent than its key belongs to")
        }
        guard !agent.revoked else { throw AccessError(.certificateRevoked, "the agent was revoked") }
    }

    /// Notes that the agent was seen. A certificate that waited for its first use becomes the current one, and the one before is refused
    /// from then on: an answer lost in flight never locks an agent out.
    private func note(_ certificate: PeerCertificate, _ name: AgentName, at now: Date) async throws -> Agent {
        try await store.write(name.tenant) { tables in
            guard var agent = try tables.agent(name.agent) else { throw AccessError(.unknownAgent, "no enrolled agent has this key") }
            try check(agent, name)
            if agent.keyDigest != certificate.keyDigest || !Self.same(agent.serial, certificate.serial) {
                guard let pending = try tables.pendingCertificate(of: agent.id), pending.keyDigest == certificate.keyDigest,
                    Self.same(pending.serial, certificate.serial)
                else { throw AccessError(.badCertificate, "this is not the agent's current certificate") }
                agent.keyDigest = pending.keyDigest
                agent.publicKey = pending.publicKey
                agent.serial = pending.serial
                agent.notAfter = pending.notAfter
                try tables.setPendingCertificate(nil, of: agent.id)
                try tables.insertKey(of: agent.id, digest: agent.keyDigest, publicKey: agent.publicKey, at: now)
                try AuditLog.append(
                    tables, .certificateRenewed, by: .agent(agent.id), on: "agent:\(agent.id)", detail: "serial=\(agent.serial)", at: now)
            }
            agent.lastSeen = now
            try tables.update(agent)
            return agent
        }
    }

    private static func same(_ left: String, _ right: String) -> Bool { Array(left.utf8) == Array(right.utf8) }

    /// Notes what the agent says of itself.
    public func heartbeat(_ heartbeat: Heartbeat, from agent: AuthenticatedAgent) async throws -> HeartbeatAnswer {
        let now = clock.now()
        try await store.write(agent.tenant) { tables in
            guard var row = try tables.agent(agent.id) else { throw AccessError(.unknownAgent, "no such agent") }
            row.version = DisplayText.safe(heartbeat.agentVersion, limit: 64)
            row.hostname = DisplayText.safe(heartbeat.hostname, limit: 253)
            row.platform = DisplayText.safe(heartbeat.platform, limit: 64)
            row.spoolDepth = min(max(heartbeat.spoolDepth, 0), 1_000_000)
            row.lastError = heartbeat.lastError.map { DisplayText.safe($0, limit: 256) }
            row.lastSeen = now
            try tables.update(row)
        }
        return HeartbeatAnswer(serverTime: now.formatted(.iso8601))
    }

    /// Shuts an agent out; effective with the next request. `agent` is its identifier's text.
    public func revoke(_ agent: String, by session: TenantSession) async throws {
        try session.require(.manageAgents)
        guard let id = AgentID(agent) else { throw StoreError(.notFound, "no such agent") }
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard var row = try tables.agent(id) else { throw StoreError(.notFound, "no such agent") }
            guard !row.revoked else { return }
            row.revoked = true
            try tables.update(row)
            try AuditLog.append(tables, .agentRevoked, by: .user(session.user.id), on: "agent:\(id)", at: now)
        }
    }
}
