public import Basics
public import FoundationEssentials

/// The only way to a tenant's data: an authenticated caller, bound to one tenant. ``SignInService`` makes them, one for each request.
///
/// A caller who has not shown everything that is asked for has one too, with which nothing is allowed but to show the rest.
public struct TenantSession: Sendable {
    /// How long a proof of who somebody is counts for dangerous acts.
    public static let proofLife: TimeInterval = 300

    /// Whose data.
    public let tenant: Tenant
    /// Who asks.
    public let user: User
    /// SHA-256 of the session's secret, or of the token's.
    public let digest: [UInt8]
    /// The session's own name; `nil` for a token.
    public let id: SessionID?
    /// The token, when one was shown instead of a session.
    public let token: APITokenID?
    /// How far the caller got.
    public let stage: SessionStage
    /// What opened the session.
    public let proof: SessionProof
    /// When the caller last showed who they are.
    public let provedAt: Date
    /// When the request came in.
    public let now: Date
    /// Where the caller's role counts.
    public let environments: EnvironmentScope
    private let scopes: Set<Permission>?
    let store: any ControlPlaneStore

    init(
        tenant: Tenant, user: User, digest: [UInt8], id: SessionID? = nil, stage: SessionStage = .full, proof: SessionProof = .password,
        provedAt: Date = .distantPast, now: Date = .distantPast, token: APIToken? = nil, store: any ControlPlaneStore
    ) {
        self.tenant = tenant
        self.user = user
        self.digest = digest
        self.id = id
        self.token = token?.id
        self.stage = stage
        self.proof = proof
        self.provedAt = provedAt
        self.now = now
        environments = token.map { user.environments.intersection($0.environments) } ?? user.environments
        scopes = token?.scopes
        self.store = store
    }

    /// Who the audit log names.
    public var actor: AuditActor { token.map { .token($0) } ?? .user(user.id) }

    /// Throws unless the caller got all the way.
    public func requireFull() throws(AccessError) {
        switch stage {
        case .full: return
        case .secondFactor: throw AccessError(.secondFactorRequired, "show your second factor first")
        case .enrolment: throw AccessError(.mustEnrolSecondFactor, "your role needs a second factor: enrol one first")
        }
    }

    /// Throws unless the caller's role allows it, in some environment at least.
    public func require(_ permission: Permission) throws(AccessError) {
        try requireFull()
        guard allows(permission) else { throw AccessError(.forbidden, "your role does not allow this") }
    }

    /// Throws unless the caller's role allows it there. What is out of the caller's sight is not said to exist.
    public func require(_ permission: Permission, in environment: EnvironmentID) throws {
        try require(permission)
        guard environments.contains(environment) else { throw StoreError(.notFound, "no such environment") }
    }

    /// Throws unless the caller is a person who showed within five minutes who they are.
    public func requireRecentProof() throws(AccessError) {
        try requireFull()
        guard token == nil else { throw AccessError(.forbidden, "a token cannot do this: a person has to") }
        guard now.timeIntervalSince(provedAt) <= Self.proofLife else {
            throw AccessError(.stepUpRequired, "this is a dangerous act: show again who you are")
        }
    }

    /// Throws unless the caller is a person, however far they got.
    public func requirePerson() throws(AccessError) {
        guard token == nil else { throw AccessError(.forbidden, "a token cannot do this: a person has to") }
    }

    /// Whether the caller's role allows it, in some environment at least.
    public func allows(_ permission: Permission) -> Bool {
        guard stage == .full, user.role.allows(permission), scopes?.contains(permission) ?? true else { return false }
        return permission.isPerEnvironment || environments == .all
    }

    /// Everything that ``allows(_:)`` allows.
    public var permissions: [Permission] { Permission.allCases.filter(allows) }

    /// The tenant's environments, oldest first.
    public func environments() async throws -> [Environment] {
        try require(.readResults)
        let scope = environments
        return try await store.read(tenant.id) { try $0.environments().filter { scope.contains($0.id) } }
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
        let scope = environments
        return try await store.read(tenant.id) {
            try $0.agents().filter { scope.contains($0.environment) && (environment == nil || $0.environment == environment) }
        }
    }

    /// Runs, newest first, at most `limit`, which is at most 1,000; those that come after `last` in that order.
    public func runs(in environment: EnvironmentID?, after last: Run? = nil, limit: Int = 100) async throws -> [Run] {
        try require(.readResults)
        if let environment { try require(.readResults, in: environment) }
        let scope = environments
        let limit = min(max(limit, 1), 1000)
        return try await store.read(tenant.id) { tables in
            guard environment == nil, scope != .all else {
                return try tables.runs(environment: environment, status: nil, after: last, limit: limit)
            }
            var runs: [Run] = []
            for some in try tables.environments() where scope.contains(some.id) {
                runs += try tables.runs(environment: some.id, status: nil, after: last, limit: limit)
            }
            return Array(runs.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }.prefix(limit))
        }
    }

    /// One run.
    public func run(_ id: RunID) async throws -> Run {
        try require(.readResults)
        guard let run = try await store.read(tenant.id, { try $0.run(id) }), environments.contains(run.environment) else {
            throw StoreError(.notFound, "no such run")
        }
        return run
    }

    /// How many entries the tenant's audit log has.
    public func auditLength() async throws -> UInt64 {
        try require(.readAudit)
        return try await store.read(tenant.id) { try $0.lastAuditEntry()?.index ?? 0 }
    }

    /// The tenant's audit log after `index`, in order, at most `limit`, which is at most 1,000.
    public func auditEntries(after index: UInt64 = 0, limit: Int = 200) async throws -> [AuditEntry] {
        try require(.readAudit)
        return try await store.read(tenant.id) { try $0.auditEntries(after: index, limit: min(max(limit, 1), 1000)) }
    }
}
