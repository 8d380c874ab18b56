public import Basics
public import FoundationEssentials

/// A tenant's people and service accounts, their roles and their sessions.
public struct PeopleService: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock
    let hash: PasswordHash

    /// One person with what an administrator has to know of them.
    public struct Person: Sendable, Hashable {
        /// Who.
        public var user: User
        /// Whether they have a second factor.
        public var hasSecondFactor: Bool
        /// How many sessions of theirs are open.
        public var openSessions: Int
        /// A person of these parts.
        public init(user: User, hasSecondFactor: Bool, openSessions: Int) {
            self.user = user
            self.hasSecondFactor = hasSecondFactor
            self.openSessions = openSessions
        }
    }

    /// What a change of a person changes; `nil` leaves it.
    public struct Change: Sendable {
        /// The role from now on.
        public var role: Role?
        /// Where it counts from now on.
        public var environments: EnvironmentScope?
        /// Whether they may come in.
        public var isEnabled: Bool?
        /// A change of these parts.
        public init(role: Role? = nil, environments: EnvironmentScope? = nil, isEnabled: Bool? = nil) {
            self.role = role
            self.environments = environments
            self.isEnabled = isEnabled
        }
    }

    /// Who acts, and by what right: a session of the tenant's, or the operator at the command line.
    public enum Actor: Sendable {
        /// A person of the tenant's.
        case session(TenantSession)
        /// The operator.
        case `operator`(TenantID)

        var tenant: TenantID {
            switch self {
            case .session(let session): session.tenant.id
            case .operator(let tenant): tenant
            }
        }
        var audit: AuditActor {
            switch self {
            case .session(let session): session.actor
            case .operator: .operator
            }
        }
        func require(_ permission: Permission, dangerous: Bool) throws(AccessError) {
            guard case .session(let session) = self else { return }
            try session.require(permission)
            if dangerous { try session.requireRecentProof() }
        }
    }

    /// Everybody, by address.
    public func people(for actor: Actor) async throws -> [Person] {
        try actor.require(.readUsers, dangerous: false)
        let now = clock.now()
        return try await store.read(actor.tenant) { tables in
            let open = Dictionary(grouping: try tables.sessions(of: nil).filter { $0.isOpen(at: now) }, by: \.user)
            return try tables.users().map {
                Person(user: $0, hasSecondFactor: try SecondFactors.has(tables, $0.id), openSessions: open[$0.id]?.count ?? 0)
            }
        }
    }

    /// One person, by identifier or address.
    public func person(_ name: String, for actor: Actor) async throws -> Person {
        guard let found = try await people(for: actor).first(where: { Self.isNamed($0.user, name) }) else {
            throw StoreError(.notFound, "no such user")
        }
        return found
    }

    private static func isNamed(_ user: User, _ name: String) -> Bool {
        Array(user.id.description.utf8) == Array(name.utf8)
            || User.canonicalEmail(name).map { Array($0.utf8) == Array(user.email.utf8) } ?? false
    }

    /// Makes a person, with a password that is given out once, or a service account, which has none.
    ///
    /// - Throws: ``StoreError`` `conflict` when the address is taken, here or in another tenant; which of them is not said.
    public func create(
        email: String, role: Role, environments: EnvironmentScope, by actor: Actor
    ) async throws -> (user: User, oneTimePassword: Secret<String>?) {
        try actor.require(.manageUsers, dangerous: true)
        guard let email = User.canonicalEmail(email) else {
            throw StoreError(.conflict, "\(DisplayText.safe(email, limit: 64)) is not an e-mail address")
        }
        let password = role.isPersonal ? SecretText.password() : nil
        var passwordHash = ""
        if let password { passwordHash = try await hash.make(password) }
        let now = clock.now()
        let user = User(
            id: .random(), tenant: actor.tenant, email: email, role: role, mustChangePassword: role.isPersonal, createdAt: now,
            environments: environments)
        do {
            try await store.write(actor.tenant) { [passwordHash] tables in
                try Self.check(environments, tables)
                try tables.insert(user, passwordHash: passwordHash)
                try AuditLog.append(
                    tables, .userCreated, by: actor.audit, on: "user:\(user.id)",
                    detail: "role=\(role.rawValue) environments=\(environments.text)", at: now)
            }
        } catch let error as StoreError where error.code == .conflict {
            throw StoreError(.conflict, "this address cannot be used: choose another", cause: error)
        }
        return (user, password)
    }

    private static func check(_ scope: EnvironmentScope, _ tables: any TenantReading) throws {
        guard case .only(let some) = scope else { return }
        guard some.isSubset(of: Set(try tables.environments().map(\.id))) else { throw StoreError(.notFound, "no such environment") }
    }

    /// Changes role, environments, or whether somebody may come in. Their sessions end when they have less or other rights than before.
    ///
    /// - Throws: ``StoreError`` `conflict` when nobody would be left who can manage people, or a person would become a service account.
    public func change(_ name: String, _ change: Change, by actor: Actor) async throws -> Person {
        try actor.require(.manageUsers, dangerous: true)
        let now = clock.now()
        return try await store.write(actor.tenant) { tables in
            guard let before = try tables.users().first(where: { Self.isNamed($0, name) }) else {
                throw StoreError(.notFound, "no such user")
            }
            if let environments = change.environments { try Self.check(environments, tables) }
            var user = before
            user.role = change.role ?? before.role
            user.environments = change.environments ?? before.environments
            if let isEnabled = change.isEnabled { user.disabledAt = isEnabled ? nil : before.disabledAt ?? now }
            guard user.role.isPersonal == before.role.isPersonal else {
                throw StoreError(.conflict, "a person cannot become a service account, nor the other way round")
            }
            guard user != before else { return try Self.person(user, tables, now) }
            try tables.update(user)
            let admins = try tables.users().filter { $0.role == .tenantAdmin && $0.disabledAt == nil && $0.environments == .all }
            guard !admins.isEmpty else { throw StoreError(.conflict, "somebody has to be left who can manage people") }
            // Nobody goes on with rights that were theirs: the next request of a session would see the new ones, but a role that needs a
            // second factor must not be reached without one.
            try tables.deleteSessions(of: user.id)
            if before.role != user.role || before.environments != user.environments {
                try AuditLog.append(
                    tables, .userChanged, by: actor.audit, on: "user:\(user.id)",
                    detail: "role=\(before.role.rawValue)->\(user.role.rawValue) environments=\(before.environments.text)->"
                        + user.environments.text, at: now)
            }
            if (before.disabledAt == nil) != (user.disabledAt == nil) {
                try AuditLog.append(
                    tables, user.disabledAt == nil ? .userEnabled : .userDisabled, by: actor.audit, on: "user:\(user.id)", at: now)
            }
            return try Self.person(user, tables, now)
        }
    }

    private static func person(_ user: User, _ tables: any TenantReading, _ now: Date) throws -> Person {
        Person(
            user: user, hasSecondFactor: try SecondFactors.has(tables, user.id),
            openSessions: try tables.sessions(of: user.id).count { $0.isOpen(at: now) })
    }

    /// Drops every second factor of somebody who lost theirs, and ends their sessions: the next sign-in enrols anew.
    public func resetSecondFactors(of name: String, by actor: Actor) async throws {
        try actor.require(.manageUsers, dangerous: true)
        let now = clock.now()
        try await store.write(actor.tenant) { tables in
            guard let user = try tables.users().first(where: { Self.isNamed($0, name) }) else {
                throw StoreError(.notFound, "no such user")
            }
            try tables.deleteSecondFactors(of: user.id)
            try tables.deleteSessions(of: user.id)
            try AuditLog.append(
                tables, .secondFactorRemoved, by: actor.audit, on: "user:\(user.id)", detail: "kind=all reset=yes", at: now)
        }
    }

    /// A fresh password that is given out once, for somebody who forgot theirs; their sessions end.
    public func resetPassword(of name: String, by actor: Actor) async throws -> Secret<String> {
        try actor.require(.manageUsers, dangerous: true)
        let password = SecretText.password()
        let passwordHash = try await hash.make(password)
        let now = clock.now()
        try await store.write(actor.tenant) { tables in
            guard let user = try tables.users().first(where: { Self.isNamed($0, name) }), user.role.isPersonal else {
                throw StoreError(.notFound, "no such user")
            }
            try tables.setPassword(of: user.id, hash: passwordHash, mustChange: true)
            try tables.deleteSessions(of: user.id)
            try AuditLog.append(tables, .passwordChanged, by: actor.audit, on: "user:\(user.id)", detail: "reset=yes", at: now)
        }
        return password
    }

    // MARK: Sessions

    /// Open sessions: the caller's own, or with `everybody` the whole tenant's.
    public func sessions(for session: TenantSession, everybody: Bool = false) async throws -> [Session] {
        if everybody { try session.require(.readUsers) } else { try session.requirePerson() }
        try session.requireFull()
        let now = clock.now()
        return try await store.read(session.tenant.id) {
            try $0.sessions(of: everybody ? nil : session.user.id).filter { $0.isOpen(at: now) }
        }
    }

    /// Ends an open session: one's own, or with the right to manage people anybody's.
    public func endSession(_ id: SessionID, by session: TenantSession) async throws {
        try session.requirePerson()
        try session.requireFull()
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard let found = try tables.sessions(of: session.allows(.manageUsers) ? nil : session.user.id).first(where: { $0.id == id })
            else {
                throw StoreError(.notFound, "no such session")
            }
            _ = try tables.deleteSession(id)
            try AuditLog.append(
                tables, .sessionRevoked, by: session.actor, on: "user:\(found.user)", detail: "session=\(id)", at: now)
        }
    }
}

extension Session {
    /// Whether it still opens something.
    public func isOpen(at now: Date) -> Bool { now < expiresAt && now.timeIntervalSince(lastUsed) < SignInService.idleLimit }
}
