public import Basics
public import FoundationEssentials

/// Passwords, sessions and tokens: who is asking.
public struct SignInService: Sendable {
    /// Failures in a row after which an account waits.
    public static let failuresBeforeWait = 5
    /// The first wait; it doubles with each further failure.
    public static let firstWait: TimeInterval = 30
    /// The longest wait.
    public static let longestWait: TimeInterval = 900
    /// A session ends after this long without use.
    public static let idleLimit: TimeInterval = 1800
    /// A session ends after this long whatever happens.
    public static let absoluteLimit: TimeInterval = 12 * 3600
    /// The same for a session that waits for a second factor.
    public static let unfinishedLimit: TimeInterval = 900
    /// Length of a password in Unicode scalars.
    public static let passwordLength = 12...128
    /// Failed attempts of one address at once, and each second from then on.
    public static let sourceLimit = (burst: 40, perSecond: 20.0 / 60)

    let store: any ControlPlaneStore
    let clock: WallClock
    let hash: PasswordHash
    let factors: SecondFactors
    let sources = RateLimiter(burst: sourceLimit.burst, perSecond: sourceLimit.perSecond)
    private var attempts: Attempts { Attempts(store: store, clock: clock) }

    init(store: any ControlPlaneStore, clock: WallClock, hash: PasswordHash, factors: SecondFactors) {
        self.store = store
        self.clock = clock
        self.hash = hash
        self.factors = factors
    }

    /// Checks a password, and a second factor where there is one, and opens a session.
    ///
    /// - Parameters:
    ///   - newPassword: replaces the password in the same act; required when it was given out once.
    ///   - code: the authenticator app's, or a recovery code. Without it the session of somebody who has a second factor waits for it.
    ///   - source: the caller's address.
    /// - Throws: ``AccessError`` `badCredentials`, `mustChangePassword`, `weakPassword`, `secondFactorRequired`, `badSecondFactor`,
    ///   `throttled` or `unavailable`.
    public func signIn(
        email: String, password: Secret<String>, newPassword: Secret<String>? = nil, code: Secret<String>? = nil, source: String
    ) async throws(AccessError) -> SignedIn {
        guard let email = User.canonicalEmail(email), password.expose().utf8.count <= 1024 else {
            throw AccessError(.badCredentials, "unknown address or wrong password")
        }
        let account = Attempts.account(email)
        let place = RateLimiter.key(source: source)
        guard sources.take(place, at: clock.now()) == nil else {
            throw AccessError(.throttled, "too many failed attempts from this address: wait and try again")
        }
        do {
            try await attempts.count(account)
            let user = try await store.readDirectory { try $0.user(email: email) }
            var stored: String?
            if let user { stored = try await store.read(user.tenant) { try $0.passwordHash(of: user.id) } }
            // Nobody signs in with a password who has none, or who may not come in; both take as long as a wrong password.
            if stored?.isEmpty == true || user?.disabledAt != nil || user?.role.isPersonal == false { stored = nil }
            guard try await hash.matches(password, stored), let user, let stored else {
                try await noteFailure(user, account: account, source: source)
                throw AccessError(.badCredentials, "unknown address or wrong password")
            }
            // Whoever knows the password guesses no more, however the rest ends.
            try await attempts.forget(account)
            sources.giveBack(place)
            if user.mustChangePassword, newPassword == nil {
                throw AccessError(.mustChangePassword, "choose a new password: this one was given out once")
            }
            let has = try await store.read(user.tenant) { try SecondFactors.has($0, user.id) }
            // Whoever only knows the password must not be able to change it for somebody who has a second factor.
            if has, newPassword != nil, code == nil {
                throw AccessError(.secondFactorRequired, "give the code of your second factor with the new password")
            }
            var newHash: String?
            if let newPassword {
                try Self.checkStrength(newPassword, old: password, email: email)
                newHash = try await hash.make(newPassword)
            }
            if has, let code { try await factors.check(code, of: user, source: source) }
            let stage: SessionStage = has ? (code == nil ? .secondFactor : .full) : user.role.needsSecondFactor ? .enrolment : .full
            return try await openSession(
                of: user, knowing: stored, newHash: newHash, stage: stage, proof: has && code != nil ? .code : .password, source: source)
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "signing in is not possible now", cause: error)
        }
    }

    private func noteFailure(_ user: User?, account: [UInt8], source: String) async throws {
        // Nobody's log names an account that nobody has.
        guard let user else { return }
        let now = clock.now()
        let count = try await attempts.failures(account)
        try await store.write(user.tenant) { tables in
            try AuditLog.append(
                tables, .signInFailed, by: .anonymous, on: "user:\(user.id)", outcome: "auth.badCredentials",
                detail: "source=\(DisplayText.safe(source, limit: 64))", at: now)
            if count == Self.failuresBeforeWait {
                try AuditLog.append(tables, .accountLocked, by: .system, on: "user:\(user.id)", detail: "failures=\(count)", at: now)
            }
        }
    }

    private func openSession(
        of user: User, knowing stored: String, newHash: String?, stage: SessionStage, proof: SessionProof, source: String
    ) async throws -> SignedIn {
        let now = clock.now()
        return try await store.write(user.tenant) { tables in
            // Whoever changed the password meanwhile made the one that was checked worthless.
            guard try tables.passwordHash(of: user.id) == stored else {
                throw AccessError(.badCredentials, "unknown address or wrong password")
            }
            if let newHash {
                try tables.setPassword(of: user.id, hash: newHash, mustChange: false)
                // A one-time password opens no session: those that are there before its change are the operator's own, of `bootstrap`.
                if !user.mustChangePassword { try tables.deleteSessions(of: user.id) }
                try AuditLog.append(tables, .passwordChanged, by: .user(user.id), on: "user:\(user.id)", at: now)
            }
            return try Self.open(tables, user, stage: stage, proof: proof, source: source, at: now)
        }
    }

    /// Opens a session in the transaction that `tables` are of, and puts it on record.
    ///
    /// - Parameter replacing: the session that it takes the place of; the caller's rights grow, so they get a new secret.
    static func open(
        _ tables: any TenantWriting, _ user: User, stage: SessionStage, proof: SessionProof, source: String,
        replacing: TenantSession? = nil,
        endsBy: Date? = nil, act: AuditAct = .signedIn, by actor: AuditActor? = nil, at now: Date
    ) throws -> SignedIn {
        // The user as they are now: who was disabled meanwhile gets nothing.
        guard let current = try tables.user(user.id), current.disabledAt == nil else { throw AccessError(.noSession, "sign in first") }
        let token = SecretText.token(prefix: SecretText.sessionPrefix)
        guard let digest = SecretText.digest(of: token, prefix: SecretText.sessionPrefix) else {
            throw AccessError(.unavailable, "no session can be made")
        }
        let life = stage == .full ? absoluteLimit : unfinishedLimit
        let expiresAt = min(now.addingTimeInterval(life), endsBy ?? .distantFuture)
        let shown = DisplayText.safe(source, limit: 64)
        try tables.deleteSessions(endedBefore: now)
        if let replacing {
            guard let old = replacing.id, try tables.deleteSession(old) else { throw AccessError(.noSession, "sign in first") }
        }
        try tables.insert(
            Session(
                digest: digest, tenant: user.tenant, user: user.id, stage: stage, proof: proof, source: shown, createdAt: now,
                lastUsed: now,
                expiresAt: expiresAt))
        try AuditLog.append(
            tables, act, by: actor ?? .user(user.id), on: "user:\(user.id)",
            detail: "source=\(shown) proof=\(proof.rawValue)" + (stage == .full ? "" : " stage=\(stage.rawValue)"), at: now)
        return SignedIn(token: token, stage: stage, expiresAt: expiresAt)
    }

    /// The caller behind a session's secret or an API token, for one request; notes that it was used.
    ///
    /// - Throws: ``AccessError`` `noSession`, `sessionExpired` or `unavailable`.
    public func authenticate(_ token: Secret<String>) async throws(AccessError) -> TenantSession {
        do {
            if let digest = SecretText.digest(of: token, prefix: SecretText.sessionPrefix) { return try await session(digest) }
            if let digest = SecretText.digest(of: token, prefix: APIToken.prefix) { return try await caller(token: digest) }
            throw AccessError(.noSession, "sign in first")
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "the session cannot be checked now", cause: error)
        }
    }

    private func session(_ digest: [UInt8]) async throws -> TenantSession {
        let now = clock.now()
        guard let session = try await store.readDirectory({ try $0.session(digest: digest) }) else {
            throw AccessError(.noSession, "sign in first")
        }
        guard now < session.expiresAt, now.timeIntervalSince(session.lastUsed) < Self.idleLimit else {
            throw AccessError(.sessionExpired, "the session ended: sign in again")
        }
        let (tenant, user) = try await store.read(session.tenant) { (try $0.tenant(), try $0.user(session.user)) }
        guard let user, user.disabledAt == nil else { throw AccessError(.noSession, "sign in first") }
        if now.timeIntervalSince(session.lastUsed) >= 60 {
            try await store.write(session.tenant) { try $0.touch(session: digest, at: now) }
        }
        return TenantSession(
            tenant: tenant, user: user, digest: digest, id: session.id, stage: session.stage, proof: session.proof,
            provedAt: session.provedAt, now: now, store: store)
    }

    private func caller(token digest: [UInt8]) async throws -> TenantSession {
        let now = clock.now()
        guard let token = try await store.readDirectory({ try $0.apiToken(digest: digest) }), token.revokedAt == nil else {
            throw AccessError(.noSession, "this token is not known")
        }
        guard now < token.expiresAt else { throw AccessError(.sessionExpired, "the token ended: make another") }
        let (tenant, user) = try await store.read(token.tenant) { (try $0.tenant(), try $0.user(token.account)) }
        guard let user, user.disabledAt == nil, user.role == .serviceAccount else {
            throw AccessError(.noSession, "this token is not known")
        }
        if token.lastUsed.map({ now.timeIntervalSince($0) >= 60 }) ?? true {
            try await store.write(token.tenant) { try $0.touch(token: token.id, at: now) }
        }
        return TenantSession(
            tenant: tenant, user: user, digest: digest, proof: .token, provedAt: .distantPast, now: now, token: token, store: store)
    }

    /// Ends the session.
    public func signOut(_ session: TenantSession) async throws {
        try session.requirePerson()
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            try tables.deleteSession(digest: session.digest)
            try AuditLog.append(tables, .signedOut, by: session.actor, on: "user:\(session.user.id)", at: now)
        }
    }

    /// Another password for the caller, who showed just now who they are. Their other sessions end.
    public func changePassword(to new: Secret<String>, by session: TenantSession) async throws {
        try session.requireRecentProof()
        try Self.checkStrength(new, old: nil, email: session.user.email)
        let newHash = try await hash.make(new)
        let now = clock.now()
        let user = session.user
        try await store.write(session.tenant.id) { tables in
            try tables.setPassword(of: user.id, hash: newHash, mustChange: false)
            for other in try tables.sessions(of: user.id) where other.id != session.id { _ = try tables.deleteSession(other.id) }
            try AuditLog.append(tables, .passwordChanged, by: session.actor, on: "user:\(user.id)", at: now)
        }
    }

    /// Opens a session without a password, for whoever operates the server and could read its files anyway. Audited as the operator's.
    public func operatorSession(email: String) async throws -> SignedIn {
        guard let email = User.canonicalEmail(email), let user = try await store.readDirectory({ try $0.user(email: email) }) else {
            throw StoreError(.notFound, "no such user")
        }
        let now = clock.now()
        return try await store.write(user.tenant) {
            try Self.open($0, user, stage: .full, proof: .operator, source: "command line", by: .operator, at: now)
        }
    }

    static func checkStrength(_ password: Secret<String>, old: Secret<String>?, email: String) throws(AccessError) {
        let scalars = Array(password.expose().unicodeScalars)
        guard passwordLength.contains(scalars.count) else {
            throw AccessError(.weakPassword, "a password has \(passwordLength.lowerBound) to \(passwordLength.upperBound) characters")
        }
        guard Set(scalars).count >= 5 else { throw AccessError(.weakPassword, "the password repeats too few characters") }
        let bytes = Array(password.expose().utf8)
        if let old, Array(old.expose().utf8) == bytes { throw AccessError(.weakPassword, "the new password is the old one") }
        guard bytes.map({ (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }) != Array(email.utf8) else {
            throw AccessError(.weakPassword, "the password is the address")
        }
        guard !CommonPasswords.contains(password.expose()) else {
            throw AccessError(.weakPassword, "many people have this password, or one like it: choose another")
        }
    }
}
