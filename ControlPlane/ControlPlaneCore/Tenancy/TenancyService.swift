public import Basics

/// Makes tenants, environments and their first people, for the operator of the server.
public struct TenancyService: Sendable {
    /// What ``bootstrap(tenant:environment:admin:)`` found or made.
    public struct Bootstrapped: Sendable {
        /// The tenant.
        public var tenant: Tenant
        /// The environment.
        public var environment: Environment
        /// The admin's canonical address.
        public var admin: String
        /// The admin's password, to be given out once; `nil` when the admin was there before.
        public var oneTimePassword: Secret<String>?
    }

    let store: any ControlPlaneStore
    let sealingKeys: SealingKeys
    let hash: PasswordHash
    let clock: WallClock

    /// Makes sure that there is a tenant, an environment and an admin of these names; what is there stays as it is.
    ///
    /// - Throws: ``StoreError`` `conflict` when the address belongs to somebody of another tenant, or a name is no name.
    public func bootstrap(tenant tenantName: String, environment environmentName: String, admin: String) async throws -> Bootstrapped {
        guard let email = User.canonicalEmail(admin) else {
            throw StoreError(.conflict, "\(DisplayText.safe(admin, limit: 64)) is not an e-mail address")
        }
        try Self.checkName(tenantName)
        try Self.checkName(environmentName)
        let known = try await store.readDirectory { (try $0.tenants(), try $0.user(email: email)) }
        let wanted = Array(tenantName.utf8)
        let existing = known.0.first { Array($0.name.utf8) == wanted || Array($0.id.description.utf8) == wanted }
        if let user = known.1, user.tenant != existing?.id {
            throw StoreError(.conflict, "\(email) belongs to another tenant: choose another address")
        }
        let password: Secret<String>? = known.1 == nil ? SecretText.password() : nil
        var passwordHash: String?
        if let password { passwordHash = try await hash.make(password) }
        let now = clock.now()
        let tenant = existing ?? Tenant(id: .random(), name: tenantName, createdAt: now)
        let keys = sealingKeys
        let complete: @Sendable (any TenantWriting) throws -> Environment = { [passwordHash] tables in
            if existing == nil {
                try AuditLog.append(tables, .tenantCreated, by: .operator, on: "tenant:\(tenant.id)", at: now)
                let key = try keys.make(for: tenant.id, version: 1, now: now)
                try tables.insert(key)
                try AuditLog.append(tables, .sealingKeyCreated, by: .operator, on: "sealing-key:\(key.id)", at: now)
            }
            let name = Array(environmentName.utf8)
            var environment = try tables.environments().first { Array($0.name.utf8) == name || Array($0.id.description.utf8) == name }
            if environment == nil {
                let fresh = Environment(id: .random(), tenant: tenant.id, name: environmentName, createdAt: now)
                try tables.insert(fresh)
                try AuditLog.append(tables, .environmentCreated, by: .operator, on: "environment:\(fresh.id)", at: now)
                environment = fresh
            }
            if let passwordHash {
                let user = User(
                    id: .random(), tenant: tenant.id, email: email, role: .tenantAdmin, mustChangePassword: true, createdAt: now)
                try tables.insert(user, passwordHash: passwordHash)
                try AuditLog.append(tables, .userCreated, by: .operator, on: "user:\(user.id)", detail: "role=tenantAdmin", at: now)
            }
            guard let environment else { throw StoreError(.notFound, "no such environment") }
            return environment
        }
        let environment =
            existing == nil ? try await store.create(tenant, complete) : try await store.write(tenant.id, complete)
        return Bootstrapped(tenant: tenant, environment: environment, admin: email, oneTimePassword: password)
    }

    /// The tenant of this name or identifier; it may be left out when there is only one.
    public func tenant(named name: String?) async throws -> Tenant {
        let tenants = try await store.readDirectory { try $0.tenants() }
        guard let name else {
            guard let first = tenants.first, tenants.count == 1 else {
                throw StoreError(.notFound, tenants.isEmpty ? "there is no tenant yet: bootstrap first" : "say which --tenant")
            }
            return first
        }
        let wanted = Array(name.utf8)
        guard let found = tenants.first(where: { Array($0.name.utf8) == wanted || Array($0.id.description.utf8) == wanted }) else {
            throw StoreError(.notFound, "there is no tenant \(DisplayText.safe(name, limit: 64))")
        }
        return found
    }

    /// The environment of this name or identifier; `tenant` may be left out when there is only one.
    public func environment(_ name: String, tenant tenantName: String?) async throws -> Environment {
        let tenant = try await tenant(named: tenantName)
        let wanted = Array(name.utf8)
        let all = try await store.read(tenant.id) { try $0.environments() }
        guard let found = all.first(where: { Array($0.name.utf8) == wanted || Array($0.id.description.utf8) == wanted }) else {
            throw StoreError(
                .notFound, "there is no environment \(DisplayText.safe(name, limit: 64)) in \(DisplayText.safe(tenant.name, limit: 64))")
        }
        return found
    }

    static func checkName(_ name: String) throws {
        let scalars = name.unicodeScalars
        guard (1...64).contains(scalars.count), Array(DisplayText.safe(name).utf8) == Array(name.utf8), name.first != " ", name.last != " "
        else { throw StoreError(.conflict, "a name has 1 to 64 visible characters") }
    }
}
