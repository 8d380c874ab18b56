public import Basics
public import FoundationEssentials
public import WireProtocol

/// For whom settings are: every agent of an environment, or one.
public enum SettingsScope: Sendable, Hashable {
    case environment(EnvironmentID)
    case agent(AgentID)

    /// `environment` or `agent`.
    public var kind: String {
        switch self {
        case .environment: "environment"
        case .agent: "agent"
        }
    }
    /// The identifier.
    public var subject: String {
        switch self {
        case .environment(let id): id.description
        case .agent(let id): id.description
        }
    }
}

/// What somebody set for agents. A row that says nothing any more stays: its version is what comes after all before it.
public struct StoredSettings: Sendable, Hashable {
    /// For whom.
    public var scope: SettingsScope
    /// What.
    public var settings: AgentSettings
    /// Above every version that the tenant had before.
    public var version: UInt64
    /// When.
    public var changedAt: Date
    /// A row of these parts.
    public init(scope: SettingsScope, settings: AgentSettings, version: UInt64, changedAt: Date) {
        self.scope = scope
        self.settings = settings
        self.version = version
        self.changedAt = changedAt
    }

    /// What one agent has to go by: its own settings, and where they say nothing, its environment's; `nil` when nobody ever set any.
    static func configuration(of agent: Agent, _ tables: any TenantReading) throws -> AgentConfiguration? {
        let rows = [try tables.settings(for: .agent(agent.id)), try tables.settings(for: .environment(agent.environment))].compactMap(
            \.self)
        guard let version = rows.map(\.version).max() else { return nil }
        return AgentConfiguration(
            agent: AgentName(tenant: agent.tenant, environment: agent.environment, agent: agent.id), version: version,
            settings: rows.reduce(AgentSettings()) { $0.over($1.settings) })
    }
}

extension FleetService {
    /// What is set for an environment's agents or for one; `nil` when nobody ever set anything.
    public func settings(for scope: SettingsScope, by session: TenantSession) async throws -> StoredSettings? {
        try session.require(.readAgents)
        return try await store.read(session.tenant.id) { tables in
            try Self.requireReach(scope, session, tables)
            return try tables.settings(for: scope)
        }
    }

    /// Sets it, in place of what was set before. Agents hear of it with their next sign of life.
    ///
    /// - Throws: ``ConfigurationError`` `outOfRange` or `malformed`.
    @discardableResult public func set(
        _ settings: AgentSettings, for scope: SettingsScope, by session: TenantSession
    ) async throws -> StoredSettings {
        try session.require(.manageAgents)
        let checked = try settings.checked()
        let now = clock.now()
        return try await store.write(session.tenant.id) { tables in
            try Self.requireReach(scope, session, tables)
            // The clock in it lets what is set after a restored backup come after what agents heard before it.
            let version = max(try tables.newestSettingsVersion() + 1, UInt64(max(1, now.timeIntervalSince1970)))
            let row = StoredSettings(scope: scope, settings: checked, version: version, changedAt: now)
            try tables.put(row)
            try AuditLog.append(
                tables, .agentConfigured, by: session.actor, on: "\(scope.kind):\(scope.subject)", detail: "version=\(version)", at: now)
            return row
        }
    }

    private static func requireReach(_ scope: SettingsScope, _ session: TenantSession, _ tables: any TenantReading) throws {
        switch scope {
        case .environment(let id):
            guard session.environments.contains(id), try tables.environments().contains(where: { $0.id == id }) else {
                throw StoreError(.notFound, "no such environment")
            }
        case .agent(let id):
            guard let agent = try tables.agent(id), session.environments.contains(agent.environment) else {
                throw StoreError(.notFound, "no such agent")
            }
        }
    }
}
