import Basics

/// Puts another master key in place of the one in use, and what lies under the old one under it.
public struct KeyRotation: Sendable {
    let store: any ControlPlaneStore
    let master: MasterKey
    let clock: WallClock

    /// A rotation of this installation's key.
    public init(store: any ControlPlaneStore, master: MasterKey, clock: WallClock = .system) {
        self.store = store
        self.master = master
        self.clock = clock
    }

    /// Replaces the key and wraps every tenant's secrets anew. Called again after a crash, it makes one more key and goes over everything.
    ///
    /// - Returns: how many secrets lie under another key now.
    public func rotate() async throws -> Int {
        let now = clock.now()
        try await store.write(Tenant.operator.id) {
            try AuditLog.append($0, .masterKeyReplaced, by: .operator, on: "installation", at: now)
        }
        try master.replace()
        var count = 0
        for tenant in try await store.readDirectory({ try $0.tenants() }) { count += try await rewrap(tenant.id) }
        return count
    }

    /// Answers to repeated requests, which live for a day, stay under the key of before.
    private func rewrap(_ tenant: TenantID) async throws -> Int {
        let master = master
        return try await store.write(tenant) { tables in
            var count = 0
            for key in try tables.sealingKeys() {
                guard let wrapped = try master.rewrap(key.wrapped, for: SealingKeys.purpose(key.tenant, key.version)) else { continue }
                try tables.rewrap(sealingKey: key.id, wrapped)
                count += 1
            }
            for user in try tables.users() {
                guard var factor = try tables.codeFactor(of: user.id),
                    let wrapped = try master.rewrap(factor.wrapped, for: SecondFactors.purpose(user))
                else { continue }
                factor.wrapped = wrapped
                try tables.put(factor)
                count += 1
            }
            if var signOn = try tables.signOn(), let old = signOn.wrappedSecret,
                let wrapped = try master.rewrap(old, for: SingleSignOn.purpose(tenant))
            {
                signOn.wrappedSecret = wrapped
                try tables.setSignOn(signOn)
                count += 1
            }
            return count
        }
    }
}
