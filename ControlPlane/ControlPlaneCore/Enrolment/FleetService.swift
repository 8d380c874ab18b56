public import Basics
import EnrolmentCA
import FoundationEssentials
import WireProtocol

/// What people do about agents. Every act is on record in the transaction that does it, and holds from the agent's next request on, on every node.
public struct FleetService: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock
    let authorities: AuthorityWatch
    let issuers: OpenIDIssuer.Policy

    /// One agent with its history.
    public struct Detail: Sendable {
        /// The agent.
        public var agent: Agent
        /// Its certificates, newest first.
        public var certificates: [AgentCertificate]
        /// Its bundles that are held, oldest first.
        public var held: [StoredBundle]
        /// The version of what it has to go by; `nil` when nobody ever set anything.
        public var settingsVersion: UInt64?
    }

    /// One agent.
    public func agent(_ id: String, by session: TenantSession) async throws -> Detail {
        try session.require(.readAgents)
        let id = try Self.agentID(id)
        return try await store.read(session.tenant.id) { tables in
            guard let agent = try tables.agent(id), session.environments.contains(agent.environment) else {
                throw StoreError(.notFound, "no such agent")
            }
            return Detail(
                agent: agent, certificates: try tables.certificates(of: id, limit: 50), held: try tables.heldBundles(of: id),
                settingsVersion: try StoredSettings.configuration(of: agent, tables)?.version)
        }
    }

    /// Lets an agent be live that has to be approved.
    public func approve(_ id: String, by session: TenantSession) async throws {
        try await change(id, .agentApproved, by: session) { agent, _, _ in
            guard !agent.revoked else { throw StoreError(.conflict, "the agent was revoked") }
            guard !agent.standing.approved else { return false }
            agent.standing.approved = true
            return true
        }
    }

    /// Has the agent's bundles held.
    public func quarantine(_ id: String, by session: TenantSession) async throws {
        try await change(id, .agentQuarantined, by: session) { agent, _, now in
            guard !agent.revoked else { throw StoreError(.conflict, "the agent was revoked") }
            guard agent.standing.quarantine == nil else { return false }
            agent.standing.quarantine = AgentStanding.Quarantine(reason: "operator", since: now)
            return true
        }
    }

    /// Ends a quarantine. What was held is analysed, or, with `discarding`, stays as it is.
    public func release(_ id: String, discarding: Bool = false, by session: TenantSession) async throws {
        try await change(id, .agentReleased, by: session) { agent, tables, now in
            guard agent.standing.quarantine != nil else { return false }
            agent.standing.quarantine = nil
            guard !discarding else { return true }
            for bundle in try tables.heldBundles(of: agent.id) {
                try tables.insert(
                    Run(
                        id: bundle.run, tenant: bundle.tenant, environment: bundle.environment, bundle: bundle.id, agent: agent.id,
                        status: .queued, attempts: 0, createdAt: now))
                try AuditLog.append(
                    tables, .bundleReleased, by: session.actor, on: "bundle:\(bundle.id)", detail: "run=\(bundle.run)", at: now)
            }
            return true
        }
    }

    /// Asks the agent for a fresh key, with its next word.
    public func requestRenewal(_ id: String, by session: TenantSession) async throws {
        try await change(id, .agentRenewalWanted, by: session) { agent, _, now in
            guard !agent.revoked else { throw StoreError(.conflict, "the agent was revoked") }
            agent.standing.renewalWanted = now
            return true
        }
    }

    private func change(
        _ id: String, _ act: AuditAct, by session: TenantSession,
        _ body: @escaping @Sendable (inout Agent, any TenantWriting, Date) throws -> Bool
    ) async throws {
        try session.require(.manageAgents)
        let id = try Self.agentID(id)
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard var agent = try tables.agent(id), session.environments.contains(agent.environment) else {
                throw StoreError(.notFound, "no such agent")
            }
            guard try body(&agent, tables, now) else { return }
            try tables.update(agent)
            try AuditLog.append(tables, act, by: session.actor, on: "agent:\(id)", at: now)
        }
    }

    private static func agentID(_ text: String) throws(StoreError) -> AgentID {
        guard let id = AgentID(text) else { throw StoreError(.notFound, "no such agent") }
        return id
    }

    // MARK: Locks

    /// Shuts out everything of a kind: all agents of the tenant or an environment, one agent, all that a token or rule let in, one certificate.
    public func lock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws {
        try Self.requireAll(session)
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            let subject = try Self.subject(kind, subject, tables)
            try tables.insert(Lock(kind: kind, subject: subject, since: now))
            if kind == .serial, var certificate = try tables.certificate(serial: subject), certificate.revokedAt == nil {
                certificate.revokedAt = now
                try tables.update(certificate)
            }
            try AuditLog.append(tables, .lockSet, by: session.actor, on: "\(kind.rawValue):\(subject)", at: now)
        }
    }

    /// Lets it in again. A certificate's lock stays: the list of revoked certificates names it, and a list never takes back.
    public func unlock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws {
        try Self.requireAll(session)
        guard kind != .serial else { throw StoreError(.conflict, "a certificate that was revoked stays so") }
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            let subject = try Self.subject(kind, subject, tables)
            guard try tables.locks().contains(where: { $0.kind == kind && $0.subject == subject }) else {
                throw StoreError(.notFound, "that is not shut out")
            }
            try tables.deleteLock(kind, subject)
            try AuditLog.append(tables, .lockLifted, by: session.actor, on: "\(kind.rawValue):\(subject)", at: now)
        }
    }

    /// Everything that is shut out.
    public func locks(by session: TenantSession) async throws -> [Lock] {
        try session.require(.readAgents)
        return try await store.read(session.tenant.id) { try $0.locks() }
    }

    /// Locks can reach beyond an environment, so whoever is confined to some has none.
    private static func requireAll(_ session: TenantSession) throws {
        try session.require(.manageAgents)
        guard session.environments == .all else { throw AccessError(.forbidden, "locks are for who manages agents everywhere") }
    }

    /// The subject in its one spelling, if there is such a thing in this tenant.
    private static func subject(_ kind: Lock.Kind, _ text: String, _ tables: any TenantReading) throws -> String {
        let none = StoreError(.notFound, "there is nothing of that name")
        switch kind {
        case .tenant: return tables.tenantID.description
        case .environment:
            guard
                let found = try tables.environments().first(where: { $0.id.description == text || Array($0.name.utf8) == Array(text.utf8) })
            else { throw none }
            return found.id.description
        case .agent:
            guard let id = AgentID(text), try tables.agent(id) != nil else { throw none }
            return id.description
        case .grant:
            let isRule = EnrolmentRuleID(String(text.dropFirst(5))) != nil && text.utf8.starts(with: "rule:".utf8)
            let isToken = text.utf8.starts(with: "token:".utf8) && Hex.decode(String(text.dropFirst(6)))?.count == 8
            guard isRule || isToken else { throw none }
            return text
        case .serial:
            guard let found = try tables.certificate(serial: text) else { throw none }
            return found.serial
        }
    }

    // MARK: Rules and tokens

    /// Rules, oldest first.
    public func rules(by session: TenantSession) async throws -> [EnrolmentRule] {
        try session.require(.readAgents)
        let scope = session.environments
        return try await store.read(session.tenant.id) { try $0.enrolmentRules(of: nil).filter { scope.contains($0.environment) } }
    }

    /// Makes a rule.
    ///
    /// - Throws: ``EnrolmentError`` `malformed` saying what is wrong with the condition; ``StoreError``.
    public func makeRule(
        for environment: EnvironmentID, _ condition: EnrolmentRule.Condition, needsApproval: Bool, by session: TenantSession
    ) async throws -> EnrolmentRule {
        try session.require(.manageAgents, in: environment)
        return try await makeRule(
            for: environment, condition, needsApproval: needsApproval, tenant: session.tenant.id, by: session.actor)
    }

    /// Makes a rule as the operator of the server.
    public func makeRuleAsOperator(
        for environment: Environment, _ condition: EnrolmentRule.Condition, needsApproval: Bool
    ) async throws -> EnrolmentRule {
        try await makeRule(
            for: environment.id, condition, needsApproval: needsApproval, tenant: environment.tenant, by: .operator)
    }

    private func makeRule(
        for environment: EnvironmentID, _ condition: EnrolmentRule.Condition, needsApproval: Bool, tenant: TenantID, by actor: AuditActor
    ) async throws -> EnrolmentRule {
        switch condition {
        case .awsIAM(let condition): _ = try condition.checked()
        case .openID(let condition): _ = try condition.checked(issuers)
        }
        let now = clock.now()
        let rule = EnrolmentRule(
            id: .random(), tenant: tenant, environment: environment, condition: condition, needsApproval: needsApproval, createdAt: now)
        try await store.write(tenant) { tables in
            guard try tables.environments().contains(where: { $0.id == environment }) else {
                throw StoreError(.notFound, "no such environment")
            }
            guard try tables.enrolmentRules(of: environment).count < EnrolmentRule.maximumPerEnvironment else {
                throw StoreError(.conflict, "an environment has at most \(EnrolmentRule.maximumPerEnvironment) rules")
            }
            try tables.insert(rule)
            try AuditLog.append(
                tables, .enrolmentRuleMade, by: actor, on: "environment:\(environment)",
                detail: "rule=\(rule.id) method=\(rule.method.rawValue)", at: now)
        }
        return rule
    }

    /// Drops a rule. Agents that came by it stay: `lock` shuts them out.
    public func dropRule(_ id: String, by session: TenantSession) async throws {
        try session.require(.manageAgents)
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard let rule = try tables.enrolmentRules(of: nil).first(where: { $0.id == EnrolmentRuleID(id) }),
                session.environments.contains(rule.environment)
            else {
                throw StoreError(.notFound, "no such rule")
            }
            try tables.deleteEnrolmentRule(rule.id)
            try AuditLog.append(
                tables, .enrolmentRuleDropped, by: session.actor, on: "environment:\(rule.environment)", detail: "rule=\(rule.id)",
                at: now)
        }
    }

    /// Tokens, newest first.
    public func tokens(by session: TenantSession) async throws -> [EnrolmentToken] {
        try session.require(.readAgents)
        let scope = session.environments
        return try await store.read(session.tenant.id) { try $0.enrolmentTokens(limit: 200).filter { scope.contains($0.environment) } }
    }

    /// Ends the time of a token that was not used; `name` is ``EnrolmentToken/name``.
    public func expireToken(_ name: String, by session: TenantSession) async throws {
        try session.require(.manageAgents)
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard
                let token = try tables.enrolmentTokens(limit: 10_000).first(where: {
                    $0.name == name && session.environments.contains($0.environment)
                }),
                try tables.expireEnrolmentToken(digest: token.digest, at: now)
            else { throw StoreError(.notFound, "no unused token of that name") }
            try AuditLog.append(
                tables, .enrolmentTokenExpired, by: session.actor, on: "environment:\(token.environment)", detail: "token=\(name)",
                at: now)
        }
    }
}
