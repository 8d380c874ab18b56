public import Basics

/// The only way to a tenant's data: an authenticated caller, bound to one tenant. ``SignInService`` makes them, one for each request.
public struct TenantSession: Sendable {
    /// Whose data.
    public let tenant: Tenant
    /// Who asks.
    public let user: User
    /// SHA-256 of the session's secret.
    public let digest: [UInt8]
    let store: any ControlPlaneStore

    init(tenant: Tenant, user: User, digest: [UInt8], store: any ControlPlaneStore) {
        self.tenant = tenant
        self.user = user
        self.digest = digest
        self.store = store
    }

    /// Throws unless the caller's role allows it.
    public func require(_ permission: Permission) throws(AccessError) {
        guard user.role.allows(permission) else { throw AccessError(.forbidden, "your role does not allow this") }
    }

    /// Whether the caller's role allows it.
    public func allows(_ permission: Permission) -> Bool { user.role.allows(permission) }

    /// The tenant's environments, oldest first.
    public func environments() async throws -> [Environment] {
        try require(.readResults)
        return try await store.read(tenant.id) { try $0.environments() }
    }

    /// The environment with this identifier or name; with `nil` the oldest.
    public func environment(_ name: String?) async throws -> Environment {
        let all = try await environments()
        guard let name else {
            guard let first = all.first else { throw StoreError(.notFound, "the tenant has no environment") }
            return first
        }
        let wanted = Array(name.utf8)
        guard let found = all.first(where: { Array($0.name.utf8) == wanted || Array($0.id.description.utf8) == wanted }) else {
            throw StoreError(.notFound, "no such environment")
        }
        return found
    }

    /// Agents, oldest first; with `nil` of every environment.
    public func agents(in environment: EnvironmentID?) async throws -> [Agent] {
        try require(.readAgents)
        return try await store.read(tenant.id) { try $0.agents().filter { environment == nil || $0.environment == environment } }
    }

    /// Runs, newest first, at most `limit`, which is at most 1,000.
    public func runs(in environment: EnvironmentID?, limit: Int = 100) async throws -> [Run] {
        try require(.readResults)
        return try await store.read(tenant.id) {
            try $0.runs(environment: environment, status: nil, limit: min(max(limit, 1), 1000))
        }
    }

    /// One run.
    public func run(_ id: RunID) async throws -> Run {
        try require(.readResults)
        guard let run = try await store.read(tenant.id, { try $0.run(id) }) else { throw StoreError(.notFound, "no such run") }
        return run
    }

    /// The tenant's audit log after `index`, in order, at most `limit`, which is at most 1,000.
    public func auditEntries(after index: UInt64 = 0, limit: Int = 200) async throws -> [AuditEntry] {
        try require(.readAudit)
        return try await store.read(tenant.id) { try $0.auditEntries(after: index, limit: min(max(limit, 1), 1000)) }
    }
}
