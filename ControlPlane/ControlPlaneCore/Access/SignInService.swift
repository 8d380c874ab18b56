public import Basics
public import FoundationEssentials

/// Passwords and sessions.
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
    /// Length of a password in Unicode scalars.
    public static let passwordLength = 12...128

    let store: any ControlPlaneStore
    let clock: WallClock
    let hash: PasswordHash

    /// Checks a password and opens a session.
    ///
    /// - Parameters:
    ///   - newPassword: replaces the password in the same act; required when it was given out once.
    ///   - source: the caller's address, for the log.
    /// - Throws: ``AccessError`` `badCredentials`, `mustChangePassword`, `weakPassword`, `throttled` or `unavailable`.
    public func signIn(
        email: String, password: Secret<String>, newPassword: Secret<String>?, source: String
    ) async throws(AccessError) -> SignedIn {
        guard let email = User.canonicalEmail(email), password.expose().utf8.count <= 1024 else {
            throw AccessError(.badCredentials, "unknown address or wrong password")
        }
        let account = SecretText.digest(of: "sign-in account\0" + email)
        do {
            try await countAttempt(account)
            let user = try await store.readDirectory { try $0.user(email: email) }
            var stored: String?
            if let user { stored = try await store.read(user.tenant) { try $0.passwordHash(of: user.id) } }
            guard try await hash.matches(password, stored), let user, let stored else {
                try await noteFailure(user, account: account, source: source)
                throw AccessError(.badCredentials, "unknown address or wrong password")
            }
            // Whoever knows the password guesses no more, however the rest ends.
            try await forgetFailures(account)
            if user.mustChangePassword, newPassword == nil {
                throw AccessError(.mustChangePassword, "choose a new password: this one was given out once")
            }
            var newHash: String?
            if let newPassword {
                try Self.checkStrength(newPassword, old: password, email: email)
                newHash = try await hash.make(newPassword)
            }
            return try await openSession(of: user, knowing: stored, newHash: newHash, source: source)
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "signing in is not possible now", cause: error)
        }
    }

    /// Counted before the password is looked at: however many try at the same moment, only so many get a try.
    private func countAttempt(_ account: [UInt8]) async throws {
        let now = clock.now()
        try await store.writeDirectory { directory in
            let failures = try directory.signInFailures(account: account)
            if let failures, failures.count >= Self.failuresBeforeWait {
                let wait = min(Self.firstWait * Double(1 << min(failures.count - Self.failuresBeforeWait, 10)), Self.longestWait)
                guard now.timeIntervalSince(failures.last) >= wait else {
                    throw AccessError(.throttled, "too many failed sign-ins: wait and try again")
                }
            }
            try directory.setSignInFailures(
                account: account, SignInFailures(count: (failures?.count ?? 0) + 1, last: now),
                forgetBefore: now.addingTimeInterval(-24 * 3600))
        }
    }

    private func forgetFailures(_ account: [UInt8]) async throws {
        let now = clock.now()
        try await store.writeDirectory {
            try $0.setSignInFailures(account: account, nil, forgetBefore: now.addingTimeInterval(-24 * 3600))
        }
    }

    private func noteFailure(_ user: User?, account: [UInt8], source: String) async throws {
        // Nobody's log names an account that nobody has.
        guard let user else { return }
        let now = clock.now()
        let count = try await store.readDirectory { try $0.signInFailures(account: account)?.count ?? 0 }
        try await store.write(user.tenant) { tables in
            try AuditLog.append(
                tables, .signInFailed, by: .anonymous, on: "user:\(user.id)", outcome: "auth.badCredentials",
                detail: "source=\(DisplayText.safe(source, limit: 64))", at: now)
            if count == Self.failuresBeforeWait {
                try AuditLog.append(tables, .accountLocked, by: .system, on: "user:\(user.id)", detail: "failures=\(count)", at: now)
            }
        }
    }

    private func openSession(of user: User, knowing stored: String, newHash: String?, source: String) async throws -> SignedIn {
        let now = clock.now()
        let token = SecretText.token(prefix: SecretText.sessionPrefix)
        guard let digest = SecretText.digest(of: token, prefix: SecretText.sessionPrefix) else {
            throw AccessError(.unavailable, "no session can be made")
        }
        let session = Session(
            digest: digest, tenant: user.tenant, user: user.id, createdAt: now, lastUsed: now,
            expiresAt: now.addingTimeInterval(Self.absoluteLimit))
        try await store.write(user.tenant) { tables in
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
            try tables.deleteSessions(endedBefore: now)
            try tables.insert(session)
            try AuditLog.append(
                tables, .signedIn, by: .user(user.id), on: "user:\(user.id)", detail: "source=\(DisplayText.safe(source, limit: 64))",
                at: now)
        }
        return SignedIn(token: token, expiresAt: session.expiresAt)
    }

    /// The session that `token` opens, for one request; notes that it was used.
    ///
    /// - Throws: ``AccessError`` `noSession`, `sessionExpired` or `unavailable`.
    public func authenticate(_ token: Secret<String>) async throws(AccessError) -> TenantSession {
        guard let digest = SecretText.digest(of: token, prefix: SecretText.sessionPrefix) else {
            throw AccessError(.noSession, "sign in first")
        }
        let now = clock.now()
        do {
            guard let session = try await store.readDirectory({ try $0.session(digest: digest) }) else {
                throw AccessError(.noSession, "sign in first")
            }
            guard now < session.expiresAt, now.timeIntervalSince(session.lastUsed) < Self.idleLimit else {
                throw AccessError(.sessionExpired, "the session ended: sign in again")
            }
            let found = try await store.read(session.tenant) { (try $0.tenant(), try $0.user(session.user)) }
            guard let user = found.1 else { throw AccessError(.noSession, "sign in first") }
            if now.timeIntervalSince(session.lastUsed) >= 60 {
                try await store.write(session.tenant) { try $0.touch(session: digest, at: now) }
            }
            return TenantSession(tenant: found.0, user: user, digest: digest, store: store)
        } catch {
            throw error as? AccessError ?? AccessError(.unavailable, "the session cannot be checked now", cause: error)
        }
    }

    /// Ends the session.
    public func signOut(_ session: TenantSession) async throws {
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            try tables.deleteSession(digest: session.digest)
            try AuditLog.append(tables, .signedOut, by: .user(session.user.id), on: "user:\(session.user.id)", at: now)
        }
    }

    /// Opens a session without a password, for whoever operates the server and could read its files anyway. Audited as the operator's.
    public func operatorSession(email: String) async throws -> SignedIn {
        guard let email = User.canonicalEmail(email), let user = try await store.readDirectory({ try $0.user(email: email) }) else {
            throw StoreError(.notFound, "no such user")
        }
        let now = clock.now()
        let token = SecretText.token(prefix: SecretText.sessionPrefix)
        guard let digest = SecretText.digest(of: token, prefix: SecretText.sessionPrefix) else {
            throw AccessError(.unavailable, "no session can be made")
        }
        let expiresAt = now.addingTimeInterval(Self.absoluteLimit)
        try await store.write(user.tenant) { tables in
            try tables.deleteSessions(endedBefore: now)
            try tables.insert(
                Session(digest: digest, tenant: user.tenant, user: user.id, createdAt: now, lastUsed: now, expiresAt: expiresAt))
            try AuditLog.append(tables, .signedIn, by: .operator, on: "user:\(user.id)", detail: "source=command line", at: now)
        }
        return SignedIn(token: token, expiresAt: expiresAt)
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
    }
}
