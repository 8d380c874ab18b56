public import Basics
import FoundationEssentials

/// Second factors: an authenticator app with recovery codes, and passkeys. Enrolling, showing and dropping them, and showing them once more
/// before a dangerous act.
public struct SecondFactors: Sendable {
    /// A challenge for an authenticator is good for this long.
    public static let challengeLife: Double = 300
    /// Most passkeys of one person.
    public static let mostPasskeys = 10

    let store: any ControlPlaneStore
    let clock: WallClock
    let hash: PasswordHash
    let master: MasterKey
    let site: WebAuthn
    private var attempts: Attempts { Attempts(store: store, clock: clock) }

    /// What a person has.
    public struct Status: Sendable, Hashable {
        /// Whether an authenticator app is enrolled.
        public var hasApp: Bool
        /// Recovery codes that were not used.
        public var recoveryCodes: Int
        /// Passkeys.
        public var passkeys: [Passkey]
    }

    /// Whether a person has a second factor at all. Recovery codes alone are none.
    static func has(_ tables: any TenantReading, _ user: UserID) throws -> Bool {
        if try tables.codeFactor(of: user)?.confirmedAt != nil { return true }
        return try !tables.passkeys(of: user).isEmpty
    }

    /// What the caller has.
    public func status(of session: TenantSession) async throws -> Status {
        try session.requirePerson()
        return try await store.read(session.tenant.id) { tables in
            Status(
                hasApp: try tables.codeFactor(of: session.user.id)?.confirmedAt != nil,
                recoveryCodes: try tables.recoveryCodesLeft(of: session.user.id), passkeys: try tables.passkeys(of: session.user.id))
        }
    }

    // MARK: Showing

    /// Takes a code of the app or a recovery code, once; counts failures and puts them on record.
    ///
    /// - Throws: ``AccessError`` `badSecondFactor` or `throttled`.
    func check(_ code: Secret<String>, of user: User, source: String) async throws {
        let key = Attempts.secondFactor(user.id)
        try await attempts.count(key)
        let now = clock.now()
        let master = master
        let taken = try await store.write(user.tenant) { tables in
            if try Self.take(tables, code, of: user, master, at: now) { return true }
            try AuditLog.append(
                tables, .secondFactorFailed, by: .anonymous, on: "user:\(user.id)", outcome: "auth.badSecondFactor",
                detail: "source=\(DisplayText.safe(source, limit: 64))", at: now)
            return false
        }
        guard taken else { throw AccessError(.badSecondFactor, "this code is not right, or was used") }
        try await attempts.forget(key)
    }

    private static func take(_ tables: any TenantWriting, _ code: Secret<String>, of user: User, _ master: MasterKey, at now: Date) throws
        -> Bool
    {
        if let digest = RecoveryCode.digest(code, of: user.id) {
            guard try tables.useRecoveryCode(digest, of: user.id, at: now) else { return false }
            try AuditLog.append(
                tables, .recoveryCodeUsed, by: .user(user.id), on: "user:\(user.id)",
                detail: "left=\(try tables.recoveryCodesLeft(of: user.id))", at: now)
            return true
        }
        guard let factor = try tables.codeFactor(of: user.id), factor.confirmedAt != nil else { return false }
        let secret = try master.unwrap(factor.wrapped, for: purpose(user))
        guard let step = TOTP.match(plain(code), secret, at: now, after: factor.lastStep) else { return false }
        return try tables.useCode(step: step, of: user.id)
    }

    /// Codes are typed in two groups by some.
    private static func plain(_ code: Secret<String>) -> String {
        String(code.expose().unicodeScalars.filter { $0 != " " }.map(Character.init))
    }

    static func purpose(_ user: User) -> MasterKey.Purpose {
        MasterKey.Purpose(tenant: user.tenant, name: "authenticator app", version: 1)
    }

    /// Ends the wait of a session for its second factor: gives a session that is signed in, with a new secret.
    public func finish(_ session: TenantSession, code: Secret<String>, source: String) async throws -> SignedIn {
        guard session.stage == .secondFactor else { throw AccessError(.forbidden, "this session waits for no second factor") }
        try await check(code, of: session.user, source: source)
        return try await renew(session, proof: .code, source: source)
    }

    /// The same with a passkey; see ``challenge(for:)``.
    public func finish(_ session: TenantSession, passkey answer: PasskeyAnswer, source: String) async throws -> SignedIn {
        guard session.stage == .secondFactor else { throw AccessError(.forbidden, "this session waits for no second factor") }
        try await check(answer, session, source: source)
        return try await renew(session, proof: .passkey, source: source)
    }

    /// Shows once more who the caller is: gives the session a new secret, with which dangerous acts are possible for five minutes.
    ///
    /// Whoever has a second factor shows that; whoever has none shows the password.
    public func stepUp(
        _ session: TenantSession, password: Secret<String>?, code: Secret<String>?, passkey answer: PasskeyAnswer?, source: String
    ) async throws -> SignedIn {
        try session.requirePerson()
        try session.requireFull()
        let user = session.user
        if let answer {
            try await check(answer, session, source: source)
        } else if let code {
            try await check(code, of: user, source: source)
        } else {
            let (has, stored) = try await store.read(user.tenant) { (try Self.has($0, user.id), try $0.passwordHash(of: user.id)) }
            guard !has, let password else { throw AccessError(.secondFactorRequired, "show your second factor") }
            try await attempts.count(Attempts.account(user.email))
            guard try await hash.matches(password, stored?.isEmpty == true ? nil : stored) else {
                throw AccessError(.badCredentials, "wrong password")
            }
            try await attempts.forget(Attempts.account(user.email))
        }
        let proof: SessionProof = answer != nil ? .passkey : code != nil ? .code : .password
        return try await renew(session, proof: proof, source: source, act: .steppedUp)
    }

    /// A session in place of this one. Its end stays where it was.
    private func renew(_ session: TenantSession, proof: SessionProof, source: String, act: AuditAct = .signedIn) async throws -> SignedIn {
        let now = clock.now()
        return try await store.write(session.tenant.id) { tables in
            let old = session.stage == .full ? try tables.sessions(of: session.user.id).first { $0.id == session.id }?.expiresAt : nil
            return try SignInService.open(
                tables, session.user, stage: .full, proof: proof, source: source, replacing: session, endsBy: old, act: act, at: now)
        }
    }

    // MARK: The authenticator app

    /// A fresh secret for the caller's app, not in force before ``confirm(_:code:source:)``.
    ///
    /// - Throws: ``AccessError`` `stepUpRequired` when another app is in force and the caller did not show it just now.
    public func begin(_ session: TenantSession) async throws -> (secret: Secret<String>, uri: Secret<String>) {
        try session.requirePerson()
        if session.stage != .enrolment { try session.requireRecentProof() }
        let secret = SecretText.randomBytes(TOTP.secretBytes)
        let wrapped = try master.wrap(secret, for: Self.purpose(session.user))
        try await store.write(session.tenant.id) { tables in
            // The one in force stays until the new one has shown itself.
            guard try tables.codeFactor(of: session.user.id)?.confirmedAt == nil else {
                throw StoreError(.conflict, "drop the authenticator app that is in force first")
            }
            try tables.put(CodeFactor(user: session.user.id, wrapped: wrapped, confirmedAt: nil, lastStep: nil))
        }
        return (Secret(Base32.encode(secret)), Secret(TOTP.uri(secret, account: session.user.email)))
    }

    /// Puts the app in force with its first code; gives recovery codes, shown once, and a session with a new secret.
    public func confirm(_ session: TenantSession, code: Secret<String>, source: String) async throws -> (
        codes: [Secret<String>], signedIn: SignedIn
    ) {
        try session.requirePerson()
        if session.stage != .enrolment { try session.requireRecentProof() }
        let key = Attempts.secondFactor(session.user.id)
        try await attempts.count(key)
        let now = clock.now()
        let (master, user) = (master, session.user)
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.fresh() }
        let signedIn = try await store.write(session.tenant.id) { tables -> SignedIn? in
            guard let factor = try tables.codeFactor(of: user.id), factor.confirmedAt == nil else { return nil }
            let secret = try master.unwrap(factor.wrapped, for: Self.purpose(user))
            guard let step = TOTP.match(Self.plain(code), secret, at: now, after: nil) else { return nil }
            try tables.put(CodeFactor(user: user.id, wrapped: factor.wrapped, confirmedAt: now, lastStep: step))
            try tables.replaceRecoveryCodes(of: user.id, with: codes.compactMap { RecoveryCode.digest($0, of: user.id) })
            try AuditLog.append(tables, .secondFactorEnrolled, by: .user(user.id), on: "user:\(user.id)", detail: "kind=app", at: now)
            return try Self.rise(tables, session, proof: .code, source: source, at: now)
        }
        guard let signedIn else { throw AccessError(.badSecondFactor, "this is not the code of the app now: check its clock") }
        try await attempts.forget(key)
        return (codes, signedIn)
    }

    /// The caller's rights grow: this session gets a new secret, and those that showed less end.
    private static func rise(
        _ tables: any TenantWriting, _ session: TenantSession, proof: SessionProof, source: String, at now: Date
    ) throws -> SignedIn {
        let old = session.stage == .full ? try tables.sessions(of: session.user.id).first { $0.id == session.id }?.expiresAt : nil
        let signedIn = try SignInService.open(
            tables, session.user, stage: .full, proof: proof, source: source, replacing: session, endsBy: old, at: now)
        for other in try tables.sessions(of: session.user.id) where other.stage != .full || other.proof == .password {
            _ = try tables.deleteSession(other.id)
        }
        return signedIn
    }

    /// Fresh recovery codes in place of those of before; shown once.
    public func newRecoveryCodes(_ session: TenantSession) async throws -> [Secret<String>] {
        try session.requireRecentProof()
        let now = clock.now()
        let user = session.user
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.fresh() }
        try await store.write(session.tenant.id) { tables in
            guard try Self.has(tables, user.id) else { throw StoreError(.conflict, "enrol a second factor first") }
            try tables.replaceRecoveryCodes(of: user.id, with: codes.compactMap { RecoveryCode.digest($0, of: user.id) })
            try AuditLog.append(tables, .recoveryCodesMade, by: .user(user.id), on: "user:\(user.id)", at: now)
        }
        return codes
    }

    /// Drops the caller's app. Whose role needs a second factor has to have a passkey.
    public func dropApp(_ session: TenantSession) async throws {
        try session.requireRecentProof()
        let now = clock.now()
        let user = session.user
        try await store.write(session.tenant.id) { tables in
            guard try tables.codeFactor(of: user.id)?.confirmedAt != nil else {
                throw StoreError(.notFound, "there is no authenticator app")
            }
            guard try !user.role.needsSecondFactor || !tables.passkeys(of: user.id).isEmpty else {
                throw StoreError(.conflict, "your role needs a second factor: add a passkey first")
            }
            try tables.deleteCodeFactor(of: user.id)
            try AuditLog.append(tables, .secondFactorRemoved, by: .user(user.id), on: "user:\(user.id)", detail: "kind=app", at: now)
        }
    }

    // MARK: Passkeys

    /// What a browser sends of an authenticator's answer, each part as base64url.
    public struct PasskeyAnswer: Sendable {
        /// The key's name.
        public var credential: String
        /// `clientDataJSON`.
        public var clientData: String
        /// `authenticatorData`.
        public var authenticatorData: String
        /// `signature`.
        public var signature: String
        /// An answer of these parts.
        public init(credential: String, clientData: String, authenticatorData: String, signature: String) {
            self.credential = credential
            self.clientData = clientData
            self.authenticatorData = authenticatorData
            self.signature = signature
        }
    }

    /// Random bytes for the caller's authenticator to sign, and the keys that may sign them.
    public func challenge(for session: TenantSession) async throws -> (challenge: [UInt8], passkeys: [Passkey], relyingParty: String) {
        try session.requirePerson()
        let challenge = Session.Challenge(bytes: SecretText.randomBytes(32), createdAt: clock.now())
        let passkeys = try await store.write(session.tenant.id) { tables in
            try tables.setChallenge(challenge, of: session.digest)
            return try tables.passkeys(of: session.user.id)
        }
        return (challenge.bytes, passkeys, site.relyingParty)
    }

    /// Adds a passkey: the answer to ``challenge(for:)`` of this session.
    public func addPasskey(
        _ session: TenantSession, name: String, clientData: String, attestation: String, source: String
    ) async throws -> SignedIn {
        try session.requirePerson()
        if session.stage != .enrolment { try session.requireRecentProof() }
        guard let data = Base64URL.decode(clientData.utf8), let object = Base64URL.decode(attestation.utf8) else {
            throw AccessError(.badPasskey, "the answer is not base64url")
        }
        let label = DisplayText.safe(name, limit: 64)
        let now = clock.now()
        let (site, user) = (site, session.user)
        // Gone whatever comes next: an answer is looked at once.
        let challenge = try await take(session)
        let passkey = try site.register(
            .init(clientData: data, attestation: object), challenge: challenge, user: user.id, name: label, at: now)
        return try await store.write(session.tenant.id) { tables in
            guard try tables.passkeys(of: user.id).count < Self.mostPasskeys else {
                throw StoreError(.conflict, "\(Self.mostPasskeys) passkeys are the most")
            }
            try tables.insert(passkey)
            try AuditLog.append(tables, .passkeyAdded, by: .user(user.id), on: "user:\(user.id)", at: now)
            return try Self.rise(tables, session, proof: .passkey, source: source, at: now)
        }
    }

    private func take(_ session: TenantSession) async throws -> [UInt8] {
        let taken = try await store.write(session.tenant.id) { try $0.takeChallenge(of: session.digest) }
        guard let taken, clock.now().timeIntervalSince(taken.createdAt) <= Self.challengeLife else {
            throw AccessError(.badPasskey, "no answer is awaited: begin again")
        }
        return taken.bytes
    }

    private func check(_ answer: PasskeyAnswer, _ session: TenantSession, source: String) async throws {
        let key = Attempts.secondFactor(session.user.id)
        try await attempts.count(key)
        let now = clock.now()
        let user = session.user
        do {
            guard let credential = Base64URL.decode(answer.credential.utf8), let data = Base64URL.decode(answer.clientData.utf8),
                let authenticatorData = Base64URL.decode(answer.authenticatorData.utf8),
                let signature = Base64URL.decode(answer.signature.utf8)
            else { throw AccessError(.badPasskey, "the answer is not base64url") }
            let challenge = try await take(session)
            let assertion = WebAuthn.Assertion(
                credential: credential, clientData: data, authenticatorData: authenticatorData, signature: signature)
            let site = site
            try await store.write(session.tenant.id) { tables in
                guard let passkey = try tables.passkeys(of: user.id).first(where: { $0.credential == credential }) else {
                    throw AccessError(.badPasskey, "this is none of your passkeys")
                }
                let count = try site.verify(assertion, challenge: challenge, by: passkey)
                guard try tables.usePasskey(credential, of: user.id, count: passkey.signCount, now: count, at: now) else {
                    throw AccessError(.badPasskey, "the key was used at the same moment elsewhere")
                }
            }
        } catch let error as AccessError where error.code == .badPasskey {
            try await store.write(session.tenant.id) { tables in
                try AuditLog.append(
                    tables, .secondFactorFailed, by: .user(user.id), on: "user:\(user.id)", outcome: "auth.badPasskey",
                    detail: "source=\(DisplayText.safe(source, limit: 64))", at: now)
            }
            throw error
        }
        try await attempts.forget(key)
    }

    /// Drops one of the caller's passkeys. Whose role needs a second factor has to have another.
    public func dropPasskey(_ session: TenantSession, credential: String) async throws {
        try session.requireRecentProof()
        guard let credential = Base64URL.decode(credential.utf8) else { throw StoreError(.notFound, "no such passkey") }
        let now = clock.now()
        let user = session.user
        try await store.write(session.tenant.id) { tables in
            guard try tables.deletePasskey(credential, of: user.id) else { throw StoreError(.notFound, "no such passkey") }
            guard try !user.role.needsSecondFactor || Self.has(tables, user.id) else {
                throw StoreError(.conflict, "your role needs a second factor: add another first")
            }
            try AuditLog.append(tables, .passkeyRemoved, by: .user(user.id), on: "user:\(user.id)", at: now)
        }
    }
}
