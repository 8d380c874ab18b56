import Basics

/// A tenant's environments, as its own people make them.
public struct EnvironmentService: Sendable {
    /// Most environments of one tenant.
    public static let most = 200
    let store: any ControlPlaneStore
    let clock: WallClock

    /// Makes one.
    ///
    /// - Throws: ``StoreError`` `conflict` when there is one of this name, or the name is none.
    public func create(_ name: String, by session: TenantSession) async throws -> Environment {
        try session.require(.manageEnvironments)
        try TenancyService.checkName(name)
        let now = clock.now()
        let fresh = Environment(id: .random(), tenant: session.tenant.id, name: name, createdAt: now)
        try await store.write(session.tenant.id) { tables in
            let all = try tables.environments()
            guard !all.contains(where: { Array($0.name.utf8) == Array(name.utf8) }) else {
                throw StoreError(.conflict, "there is an environment of this name")
            }
            guard all.count < Self.most else { throw StoreError(.conflict, "\(Self.most) environments are the most") }
            try tables.insert(fresh)
            try AuditLog.append(tables, .environmentCreated, by: session.actor, on: "environment:\(fresh.id)", at: now)
        }
        return fresh
    }
}
