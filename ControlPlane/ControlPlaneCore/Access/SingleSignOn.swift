public import Basics
import CloudModel
import Crypto
public import FoundationEssentials

/// Single sign-on with a tenant's own OpenID provider: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).
///
/// A tenant has one provider, and every address names the tenant: an answer of one provider cannot be taken for another's (RFC 9700 §4.4).
/// What is awaited is stored here and bound to the browser that began; it can be used once.
public struct SingleSignOn: Sendable {
    /// How long somebody may take at the provider.
    public static let patience: TimeInterval = 600
    /// Beginnings of one address at once, and each second from then on.
    public static let beginLimit = (burst: 20, perSecond: 0.2)
    private static let most = (answer: 64 << 10, roles: 64, claims: 256)

    let store: any ControlPlaneStore
    let clock: WallClock
    let master: MasterKey
    let http: any OutgoingHTTP
    let policy: OpenIDIssuer.Policy
    let keys: OpenIDKeys
    let consoleURL: String
    private let begins = RateLimiter(burst: beginLimit.burst, perSecond: beginLimit.perSecond)

    init(
        store: any ControlPlaneStore, clock: WallClock, master: MasterKey, http: any OutgoingHTTP, policy: OpenIDIssuer.Policy,
        consoleURL: String
    ) {
        self.store = store
        self.clock = clock
        self.master = master
        self.http = http
        self.policy = policy
        keys = OpenIDKeys(http: http, clock: clock, policy: policy)
        self.consoleURL = consoleURL
    }

    /// Where the provider sends people back to: exactly this has to be registered there.
    public func redirectURI(of tenant: TenantID) -> String { entrance(of: tenant) + "/callback" }
    /// Where people begin.
    public func entrance(of tenant: TenantID) -> String { "\(consoleURL)/sso/\(tenant)" }

    // MARK: Configuration

    /// How the tenant's provider is asked; `nil` when there is none.
    public func configuration(for session: TenantSession) async throws -> SignOn? {
        try session.require(.manageSignOn)
        return try await store.read(session.tenant.id) { try $0.signOn() }
    }

    /// What becomes of our secret at the provider.
    public enum ClientSecret: Sendable {
        /// The client is a public one and has none.
        case absent
        /// This one from now on.
        case fresh(Secret<String>)
        /// What is stored stays. Only for the same client of the same provider: no other one must ever be sent it.
        case kept
    }

    /// Asks this provider from now on.
    public func configure(
        issuer: String, clientID: String, secret: ClientSecret, roleClaim: String, roles: [String: Role], by session: TenantSession
    ) async throws -> SignOn {
        try session.require(.manageSignOn)
        try session.requireRecentProof()
        let issuer = try OpenIDIssuer(issuer, policy: policy)
        for text in [clientID, roleClaim] + roles.keys {
            guard (1...Self.most.claims).contains(text.utf8.count), Array(DisplayText.safe(text).utf8) == Array(text.utf8) else {
                throw StoreError(.conflict, "a name has 1 to \(Self.most.claims) visible characters")
            }
        }
        guard (1...Self.most.roles).contains(roles.count), roles.values.allSatisfy(\.isPersonal) else {
            throw StoreError(.conflict, "1 to \(Self.most.roles) values of the claim give roles, each one that a person can have")
        }
        var wrapped: [UInt8]?
        if case .fresh(let secret) = secret {
            wrapped = try master.wrap(Array(secret.expose().utf8), for: Self.purpose(session.tenant.id))
        }
        let wanted = SignOn(issuer: issuer.description, clientID: clientID, wrappedSecret: wrapped, roleClaim: roleClaim, roles: roles)
        let now = clock.now()
        return try await store.write(session.tenant.id) { tables in
            var signOn = wanted
            if case .kept = secret, let stored = try tables.signOn(), let secret = stored.wrappedSecret {
                guard Array(stored.issuer.utf8) == Array(signOn.issuer.utf8), Array(stored.clientID.utf8) == Array(clientID.utf8) else {
                    throw StoreError(.conflict, "give the client's secret: the stored one is another client's")
                }
                signOn.wrappedSecret = secret
            }
            try tables.setSignOn(signOn)
            try AuditLog.append(
                tables, .signOnConfigured, by: session.actor, on: "tenant:\(session.tenant.id)", detail: "roles=\(roles.count)", at: now)
            return signOn
        }
    }

    /// Asks no provider from now on.
    public func remove(by session: TenantSession) async throws {
        try session.require(.manageSignOn)
        try session.requireRecentProof()
        let now = clock.now()
        try await store.write(session.tenant.id) { tables in
            guard try tables.signOn() != nil else { throw StoreError(.notFound, "there is no single sign-on") }
            try tables.setSignOn(nil)
            try AuditLog.append(tables, .signOnRemoved, by: session.actor, on: "tenant:\(session.tenant.id)", at: now)
        }
    }

    static func purpose(_ tenant: TenantID) -> MasterKey.Purpose {
        MasterKey.Purpose(tenant: tenant, name: "single sign-on", version: 1)
    }

    // MARK: There and back

    /// Where to send a browser, and what it has to keep as a cookie until it comes back.
    public func begin(_ tenant: TenantID, next: String, source: String) async throws(AccessError) -> (
        location: String, browser: Secret<String>
    ) {
        guard begins.take(RateLimiter.key(source: source), at: clock.now()) == nil else {
            throw AccessError(.throttled, "too many sign-ins from this address: wait and try again")
        }
        do {
            let signOn = try await configured(tenant)
            let discovery = try await keys.discovery(of: try OpenIDIssuer(signOn.issuer, policy: policy))
            guard let endpoint = discovery.authorizationEndpoint else { throw AccessError(.badSignOn, "the provider signs nobody in") }
            let (state, browser, nonce, verifier) = (Self.random(), Self.random(), Self.random(), Self.random())
            let now = clock.now()
            let attempt = SignOnAttempt(
                state: SecretText.digest(of: state), browser: SecretText.digest(of: browser), nonce: nonce, verifier: verifier, next: next,
                createdAt: now)
            try await store.write(tenant) { try $0.insert(attempt, dropBefore: now.addingTimeInterval(-Self.patience)) }
            let items = [
                ("response_type", "code"), ("client_id", signOn.clientID), ("redirect_uri", redirectURI(of: tenant)),
                ("scope", "openid email profile"), ("state", state), ("nonce", nonce),
                ("code_challenge", Base64URL.encode(SHA256.hash(data: Array(verifier.utf8)))), ("code_challenge_method", "S256"),
            ]
            return (endpoint + (endpoint.contains("?") ? "&" : "?") + Self.form(items), Secret(browser))
        } catch {
            throw error as? AccessError ?? AccessError(.badSignOn, "the provider cannot be asked now", cause: error)
        }
    }

    private func configured(_ tenant: TenantID) async throws -> SignOn {
        do {
            guard let signOn = try await store.read(tenant, { try $0.tenantState() == .active ? $0.signOn() : nil }) else {
                throw AccessError(.badSignOn, "there is no single sign-on here")
            }
            return signOn
        } catch let error as StoreError where error.code == .notFound {
            throw AccessError(.badSignOn, "there is no single sign-on here")
        }
    }

    private static func random() -> String { Base64URL.encode(SecretText.randomBytes(32)) }

    private static func form(_ items: [(String, String)]) -> String {
        items.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    }

    /// What the provider's answer carries.
    public struct Answer: Sendable {
        /// Which attempt it answers.
        public var state: String
        /// What is exchanged for a token.
        public var code: String?
        /// Who answers (RFC 9207).
        public var issuer: String?
        /// Why there is no code.
        public var error: String?
        /// An answer of these parts.
        public init(state: String, code: String?, issuer: String?, error: String?) {
            self.state = state
            self.code = code
            self.issuer = issuer
            self.error = error
        }
    }

    /// Signs in whoever comes back from the provider.
    ///
    /// - Parameter browser: the cookie of ``begin(_:next:source:)``.
    public func finish(
        _ tenant: TenantID, _ answer: Answer, browser: Secret<String>?, source: String
    ) async throws(AccessError) -> (signedIn: SignedIn, next: String) {
        do {
            do {
                return try await checked(tenant, answer, browser: browser, source: source)
            } catch let error as CodedFailure {
                let now = clock.now()
                try await store.write(tenant) { tables in
                    try AuditLog.append(
                        tables, .signOnFailed, by: .anonymous, on: "tenant:\(tenant)", outcome: error.code,
                        detail: "source=\(DisplayText.safe(source, limit: 64))", at: now)
                }
                throw AccessError(.badSignOn, error.message)
            }
        } catch {
            throw error as? AccessError ?? AccessError(.badSignOn, "single sign-on is not possible now", cause: error)
        }
    }

    /// A failure that is put on record with its own code.
    private struct CodedFailure: Error {
        var code: String
        var message: String
    }

    private func checked(
        _ tenant: TenantID, _ answer: Answer, browser: Secret<String>?, source: String
    ) async throws -> (signedIn: SignedIn, next: String) {
        let signOn = try await configured(tenant)
        guard answer.state.utf8.count <= 100, let browser else { throw AccessError(.badSignOn, "no answer is awaited: begin again") }
        let taken = try await store.write(tenant) { try $0.takeSignOnAttempt(state: SecretText.digest(of: answer.state)) }
        guard let attempt = taken, clock.now().timeIntervalSince(attempt.createdAt) <= Self.patience,
            attempt.browser == SecretText.digest(of: browser.expose())
        else { throw AccessError(.badSignOn, "no answer is awaited: begin again") }
        do throws(OpenIDError) {
            let issuer = try OpenIDIssuer(signOn.issuer, policy: policy)
            let discovery = try await keys.discovery(of: issuer)
            // A mix-up of providers shows in `iss`, where the provider sends it.
            guard answer.issuer.map({ Array($0.utf8) == Array(signOn.issuer.utf8) }) ?? !discovery.namesItselfInAnswers else {
                throw OpenIDError(.wrongIssuer, "another provider answers")
            }
            guard answer.error == nil, let code = answer.code, (1...4096).contains(code.utf8.count) else {
                throw OpenIDError(.missingClaim, "the provider signed nobody in")
            }
            let token = try await exchange(code, attempt, signOn, discovery, tenant)
            let verified = try await OpenIDVerifier(keys: keys, clock: clock).verify(
                token, as: .init(issuer: issuer, audience: signOn.clientID, nonce: attempt.nonce, maximumAge: Self.patience))
            return (try await signIn(verified, signOn, tenant, source: source), attempt.next)
        } catch {
            throw CodedFailure(code: "openid.\(error.code.rawValue)", message: error.message)
        }
    }

    /// The identity token for a code (RFC 6749 §4.1.3).
    private func exchange(
        _ code: String, _ attempt: SignOnAttempt, _ signOn: SignOn, _ discovery: OpenIDDiscovery, _ tenant: TenantID
    ) async throws(OpenIDError) -> Secret<String> {
        guard let endpoint = discovery.tokenEndpoint else { throw OpenIDError(.badDiscovery, "the provider gives no tokens") }
        var headers = [(name: "Content-Type", value: "application/x-www-form-urlencoded"), (name: "Accept", value: "application/json")]
        if let wrapped = signOn.wrappedSecret {
            guard let secret = (try? master.unwrap(wrapped, for: Self.purpose(tenant))).flatMap({ String(validating: $0, as: UTF8.self) })
            else { throw OpenIDError(.unavailable, "our secret at the provider cannot be read") }
            let pair = "\(PercentEncoding.encode(signOn.clientID)):\(PercentEncoding.encode(secret))"
            headers.append((name: "Authorization", value: "Basic " + Data(pair.utf8).base64EncodedString()))
        }
        let body = Self.form([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI(of: tenant)), ("client_id", signOn.clientID),
            ("code_verifier", attempt.verifier),
        ])
        let answer: OutgoingAnswer
        do throws(OutgoingError) {
            answer = try await http.send(
                OutgoingRequest(.post, endpoint, headers: headers, body: Array(body.utf8), maximumAnswer: Self.most.answer))
        } catch { throw OpenIDError(.unavailable, "the provider does not answer", cause: error) }
        guard answer.status == 200, let token = (try? JSONValue(parsing: answer.body))?["id_token"]?.string else {
            throw OpenIDError(.malformedToken, "the provider takes this code for nothing")
        }
        return Secret(token)
    }

    /// Opens a session for whom the token speaks of. What they may be is what the provider says now, each time.
    private func signIn(
        _ token: VerifiedOpenIDToken, _ signOn: SignOn, _ tenant: TenantID, source: String
    ) async throws(OpenIDError) -> SignedIn {
        guard let role = Self.role(token.claims[signOn.roleClaim], signOn.roles) else {
            throw OpenIDError(.missingClaim, "the provider gives you no role here")
        }
        let subject = "\(token.issuer) \(token.subject)"
        let isVerified = token.claims["email_verified"]?.bool == true
        let email = isVerified ? token.claims["email"]?.string.flatMap { User.canonicalEmail($0) } : nil
        let factors = token.claims["amr"]?.array?.prefix(16).compactMap(\.string) ?? []
        // RFC 8176: what needs more than a password.
        let isStrong = factors.contains { ["mfa", "otp", "hwk", "swk", "fpt", "face", "iris", "pop"].contains($0) }
        let now = clock.now()
        let signedIn: SignedIn?
        do {
            signedIn = try await store.write(tenant) { tables -> SignedIn? in
                var known = try tables.user(signOnSubject: subject)
                // Whoever has this address here already is the same person only when the tenant's own provider vouches for it.
                if known == nil, let email {
                    known = try tables.users().first { $0.email == email && $0.signOnSubject == nil && $0.role.isPersonal }
                }
                var user: User
                if let known {
                    guard known.disabledAt == nil else { return nil }
                    user = known
                    user.signOnSubject = subject
                    if user.role != role {
                        try AuditLog.append(
                            tables, .userChanged, by: .system, on: "user:\(user.id)",
                            detail: "role=\(user.role.rawValue)->\(role.rawValue) by=sign-on", at: now)
                        try tables.deleteSessions(of: user.id)
                        user.role = role
                    }
                    try tables.update(user)
                } else {
                    guard let email else { return nil }
                    user = User(
                        id: .random(), tenant: tenant, email: email, role: role, mustChangePassword: false, createdAt: now,
                        signOnSubject: subject)
                    try tables.insert(user, passwordHash: "")
                    try tables.update(user)
                    try AuditLog.append(
                        tables, .userCreated, by: .system, on: "user:\(user.id)", detail: "role=\(role.rawValue) by=sign-on", at: now)
                }
                let stage: SessionStage =
                    isStrong ? .full : try SecondFactors.has(tables, user.id) ? .secondFactor : role.needsSecondFactor ? .enrolment : .full
                return try SignInService.open(tables, user, stage: stage, proof: .signOn, source: source, at: now)
            }
        } catch { throw OpenIDError(.unavailable, "your account cannot be made or opened here", cause: error) }
        guard let signedIn else { throw OpenIDError(.missingClaim, "the provider does not say who you are, or you may not come in") }
        return signedIn
    }

    /// The first of our roles, in the order of the matrix, that one of the claim's values gives.
    static func role(_ claim: JSONValue?, _ roles: [String: Role]) -> Role? {
        let values: [String] =
            switch claim {
            case .string(let one)?: [one]
            case .array(let several)?: several.prefix(most.claims).compactMap(\.string)
            default: []
            }
        let given = roles.filter { entry in values.contains { Array($0.utf8) == Array(entry.key.utf8) } }.map(\.value)
        return Role.allCases.first { $0.isPersonal && given.contains($0) }
    }
}
