import Basics
import EnrolmentCA
import FoundationEssentials
public import WireProtocol

/// Who is behind a client certificate.
public struct AgentDirectory: Sendable {
    let store: any ControlPlaneStore
    let authorities: AuthorityWatch
    let clock: WallClock
    /// What agents are told of their tenant's log.
    var audit: AuditService?
    /// Signs what agents have to go by.
    var configurations: ConfigurationSigner?

    /// How long requests that were on their way when another certificate took over are refused without asking whether a key was copied.
    static let onTheWay: TimeInterval = 600

    /// The agent whose stored row has this key, serial and name, and who is not shut out. To be asked on every request, on open connections and
    /// resumed sessions too: a revocation holds from the next request on, on every node.
    ///
    /// - Throws: ``AccessError`` `unknownAgent`, `badCertificate`, `certificateExpired`, `certificateRevoked`, or `unavailable` when the
    ///   answer cannot be found out: nobody is let in on what is not known.
    public func authenticate(_ certificate: PeerCertificate) async throws(AccessError) -> AuthenticatedAgent {
        let now = clock.now()
        guard now <= certificate.notAfter else { throw AccessError(.certificateExpired, "the certificate ended") }
        guard let name = AgentName(uri: certificate.uri) else { throw AccessError(.badCertificate, "the certificate names no agent") }
        do {
            // The name is one of an authority of ours, so it says where to look. What is found there decides.
            let found = try await store.read(name.tenant) { try Self.agent(name, certificate, $0) }
            let recentlySeen = found.lastSeen.map { (0..<60).contains(now.timeIntervalSince($0)) } ?? false
            if Self.isCurrent(certificate, found), recentlySeen { return AuthenticatedAgent(agent: found) }
            guard let noted = try await note(certificate, name, at: now) else {
                throw AccessError(.badCertificate, "this certificate was replaced: its key is in use in two places")
            }
            return AuthenticatedAgent(agent: noted)
        } catch let error as StoreError where error.code == .notFound {
            throw AccessError(.unknownAgent, "there is no such agent", cause: error)
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "the agent cannot be checked now", cause: error)
        }
    }

    private static func agent(_ name: AgentName, _ certificate: PeerCertificate, _ tables: any TenantReading) throws -> Agent {
        guard let agent = try tables.agent(name.agent) else { throw AccessError(.unknownAgent, "there is no such agent") }
        guard AgentName(tenant: agent.tenant, environment: agent.environment, agent: agent.id) == name else {
            throw AccessError(.badCertificate, "the certificate names another agent than there is")
        }
        switch try tables.tenantState() {
        case .active: break
        // Not a refusal of the agent: it keeps what it has, and tries again.
        case .suspended: throw AccessError(.unavailable, "the tenant is suspended: try again later")
        case .deleted: throw AccessError(.unknownAgent, "there is no such agent")
        }
        guard !agent.revoked else { throw AccessError(.certificateRevoked, "the agent was revoked") }
        let isLocked = try tables.isLocked(
            environment: agent.environment, agent: agent.id, grant: agent.standing.grant, serial: certificate.serial)
        guard !isLocked else { throw AccessError(.certificateRevoked, "the agent is shut out") }
        return agent
    }

    private static func isCurrent(_ certificate: PeerCertificate, _ agent: Agent) -> Bool {
        agent.keyDigest == certificate.keyDigest && same(agent.serial, certificate.serial)
    }

    /// Notes that the agent was seen. A certificate that waited for its first use becomes the current one, and the one before is refused
    /// from then on: an answer lost in flight never locks an agent out.
    ///
    /// - Returns: `nil` when the certificate is one that was replaced long ago: then somebody has a copy of the key, and the agent is now
    ///   quarantined.
    private func note(_ certificate: PeerCertificate, _ name: AgentName, at now: Date) async throws -> Agent? {
        try await store.write(name.tenant) { tables in
            var agent = try Self.agent(name, certificate, tables)
            if !Self.isCurrent(certificate, agent) {
                guard let pending = try tables.pendingCertificate(of: agent.id), pending.keyDigest == certificate.keyDigest,
                    Self.same(pending.serial, certificate.serial)
                else {
                    guard try Self.isCopied(certificate, agent, tables, at: now) else {
                        throw AccessError(.badCertificate, "this is not the agent's current certificate")
                    }
                    try Self.quarantineCopied(&agent, certificate, tables, at: now)
                    return nil
                }
                try Self.takeOver(&agent, pending, tables, at: now)
            }
            if var row = try tables.certificate(serial: agent.serial), row.firstUsedAt == nil {
                row.firstUsedAt = now
                try tables.update(row)
                agent.standing.certifiedAt = row.issuedAt
                agent.standing.issuer = row.issuer
                if let wanted = agent.standing.renewalWanted, row.issuedAt >= wanted { agent.standing.renewalWanted = nil }
            }
            agent.lastSeen = now
            try tables.update(agent)
            return agent
        }
    }

    private static func takeOver(_ agent: inout Agent, _ pending: PendingCertificate, _ tables: any TenantWriting, at now: Date) throws {
        if var old = try tables.certificate(serial: agent.serial) {
            old.supersededAt = now
            try tables.update(old)
        }
        agent.keyDigest = pending.keyDigest
        agent.publicKey = pending.publicKey
        agent.serial = pending.serial
        agent.notAfter = pending.notAfter
        try tables.setPendingCertificate(nil, of: agent.id)
        try tables.insertKey(of: agent.id, digest: agent.keyDigest, publicKey: agent.publicKey, at: now)
        try AuditLog.append(
            tables, .certificateRenewed, by: .agent(agent.id), on: "agent:\(agent.id)", detail: "serial=\(agent.serial)", at: now)
    }

    /// Whether this is a certificate that the agent itself has long put away: two serials, or two epochs, in use.
    private static func isCopied(
        _ certificate: PeerCertificate, _ agent: Agent, _ tables: any TenantReading, at now: Date
    ) throws -> Bool {
        guard let row = try tables.certificate(serial: certificate.serial), row.agent == agent.id, row.keyDigest == certificate.keyDigest,
            let replaced = row.supersededAt
        else { return false }
        return now.timeIntervalSince(replaced) > onTheWay
    }

    private static func quarantineCopied(
        _ agent: inout Agent, _ certificate: PeerCertificate, _ tables: any TenantWriting, at now: Date
    ) throws {
        guard agent.standing.quarantine == nil else { return }
        agent.standing.quarantine = AgentStanding.Quarantine(reason: "copiedKey", since: now)
        try tables.update(agent)
        try AuditLog.append(
            tables, .copiedKeyNoticed, by: .system, on: "agent:\(agent.id)", detail: "serial=\(certificate.serial) current=\(agent.serial)",
            at: now)
    }

    private static func same(_ left: String, _ right: String) -> Bool { Array(left.utf8) == Array(right.utf8) }

    /// Shuts an agent out for good; effective with its next request. `agent` is its identifier's text.
    public func revoke(_ agent: String, by session: TenantSession) async throws {
        try session.require(.manageAgents)
        guard let id = AgentID(agent) else { throw StoreError(.notFound, "no such agent") }
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard var row = try tables.agent(id), session.environments.contains(row.environment) else {
                throw StoreError(.notFound, "no such agent")
            }
            guard !row.revoked else { return }
            row.revoked = true
            try tables.update(row)
            try tables.revokeCertificates(of: id, at: now)
            try AuditLog.append(tables, .agentRevoked, by: session.actor, on: "agent:\(id)", at: now)
        }
    }

    /// The agent leaves for good, by its own word.
    public func leave(_ agent: AuthenticatedAgent) async throws {
        let now = clock.now()
        try await store.write(agent.tenant) { tables in
            guard var row = try tables.agent(agent.id), !row.revoked else { return }
            row.revoked = true
            try tables.update(row)
            try tables.revokeCertificates(of: row.id, at: now)
            try AuditLog.append(tables, .agentRevoked, by: .agent(row.id), on: "agent:\(row.id)", at: now)
        }
    }

    /// Notes what the agent says of itself, and says what it should know.
    public func heartbeat(_ heartbeat: Heartbeat, from agent: AuthenticatedAgent) async throws -> HeartbeatAnswer {
        let now = clock.now()
        let authorities = try authorities.current()
        let (row, wanted) = try await store.write(agent.tenant) { tables in
            guard var row = try tables.agent(agent.id) else { throw AccessError(.unknownAgent, "no such agent") }
            row.version = DisplayText.safe(heartbeat.agentVersion, limit: 64)
            row.hostname = DisplayText.safe(heartbeat.hostname, limit: 253)
            row.platform = DisplayText.safe(heartbeat.platform, limit: 64)
            row.spoolDepth = min(max(heartbeat.spoolDepth, 0), 1_000_000)
            row.lastError = heartbeat.lastError.map { DisplayText.safe($0, limit: 256) }
            row.standing.clockSkew = (try? Date(heartbeat.clock, strategy: .iso8601)).map {
                Int(min(max($0.timeIntervalSince(now), -1e9), 1e9))
            }
            if let missing = heartbeat.missingPermissions {
                row.standing.missingPermissions = missing.prefix(200).map { DisplayText.safe($0, limit: 128) }
                row.standing.permissionsCheckedAt = now
            }
            if let trusts = heartbeat.authorities { row.standing.trusts = trusts.prefix(8).map { DisplayText.safe($0, limit: 80) } }
            if let held = heartbeat.configuration {
                row.standing.configuration = HeldConfiguration(
                    version: held.version, refused: held.refused, code: held.code.map { DisplayText.safe($0, limit: 64) })
            }
            row.lastSeen = now
            try tables.update(row)
            return (row, try StoredSettings.configuration(of: row, tables))
        }
        let isWanted = row.standing.renewalWanted.map { (row.standing.certifiedAt ?? row.enrolledAt) < $0 } ?? false
        let isFromAnother = row.standing.issuer.map { $0 != authorities.signing.issuer } ?? false
        return HeartbeatAnswer(
            serverTime: now.formatted(.iso8601), message: VersionPolicy.advice(agent: row.version),
            renew: isWanted || isFromAnother ? true : nil, authorities: authorities.pins,
            // An agent is no worse off for a word that it does not hear now.
            audit: try? await audit?.word(for: agent.tenant, since: heartbeat.auditSize),
            configuration: try heartbeat.configuration.flatMap { held in
                // What it refused it would refuse again.
                try wanted.flatMap { [held.version, held.refused].contains($0.version) ? nil : try configurations?.sign($0) }
            })
    }
}
