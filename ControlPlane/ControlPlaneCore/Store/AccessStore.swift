public import Basics
public import FoundationEssentials

/// One tenant's people and what they show themselves with, for reading. Part of ``TenantReading``.
public protocol AccessReading {
    /// Sessions that are stored, newest first; with `nil` of everybody.
    func sessions(of user: UserID?) throws -> [Session]
    /// The codes of a person's authenticator app, confirmed or not.
    func codeFactor(of user: UserID) throws -> CodeFactor?
    /// How many recovery codes a person has left.
    func recoveryCodesLeft(of user: UserID) throws -> Int
    /// A person's passkeys, oldest first.
    func passkeys(of user: UserID) throws -> [Passkey]
    /// API tokens, newest first, revoked and ended ones too.
    func apiTokens() throws -> [APIToken]
    /// How the tenant's own provider is asked, if it is.
    func signOn() throws -> SignOn?
    /// The person whom the tenant's provider calls so.
    func user(signOnSubject: String) throws -> User?
    /// Visits of the operator, newest first.
    func breakGlass() throws -> [BreakGlass]
}

/// The same for changing. Part of ``TenantWriting``. What can be used once is used by one statement that says whether this call did so.
public protocol AccessWriting: AccessReading {
    /// Stores role, environments, whether the person may come in, and the provider's name for them.
    func update(_ user: User) throws
    /// Stores what an authenticator has to sign next.
    func setChallenge(_ challenge: Session.Challenge?, of session: [UInt8]) throws
    /// Takes the challenge away and gives it: two callers never get the same one.
    func takeChallenge(of session: [UInt8]) throws -> Session.Challenge?
    /// Ends the session of that name, and says whether there was one.
    func deleteSession(_ id: SessionID) throws -> Bool
    /// Stores the app's secret; replaces another.
    func put(_ factor: CodeFactor) throws
    /// Notes that the code of `step` was taken, if none of that step or a later one was; says whether this call did so.
    func useCode(step: UInt64, of user: UserID) throws -> Bool
    /// Drops the app, the recovery codes and the passkeys of a person.
    func deleteSecondFactors(of user: UserID) throws
    /// Drops the app of a person.
    func deleteCodeFactor(of user: UserID) throws
    /// Fresh recovery codes in place of those of before.
    func replaceRecoveryCodes(of user: UserID, with digests: [[UInt8]]) throws
    /// Notes that the code was used, if it was not; says whether this call did so.
    func useRecoveryCode(_ digest: [UInt8], of user: UserID, at time: Date) throws -> Bool
    /// Adds one.
    func insert(_ passkey: Passkey) throws
    /// Notes a use, if the count is still `before`; says whether this call did so.
    func usePasskey(_ credential: [UInt8], of user: UserID, count before: UInt32, now count: UInt32, at time: Date) throws -> Bool
    /// Drops one, and says whether there was one.
    func deletePasskey(_ credential: [UInt8], of user: UserID) throws -> Bool
    /// Adds one.
    func insert(_ token: APIToken) throws
    /// Moves a token's last use.
    func touch(token: APITokenID, at time: Date) throws
    /// Notes that a token was revoked, if it was not; says whether this call did so.
    func revoke(token: APITokenID, at time: Date) throws -> Bool
    /// Stores how the tenant's provider is asked; `nil` asks it no more.
    func setSignOn(_ signOn: SignOn?) throws
    /// Adds one, and drops those that began before `time`.
    func insert(_ attempt: SignOnAttempt, dropBefore time: Date) throws
    /// Takes an attempt away and gives it: two callers never get the same one.
    func takeSignOnAttempt(state digest: [UInt8]) throws -> SignOnAttempt?
    /// Adds one.
    func insert(_ visit: BreakGlass) throws
    /// Stores approval and end.
    func update(_ visit: BreakGlass) throws
    /// Notes that `request` is being answered, if none of its key is noted; else gives what is. Drops notes that were made before `time`.
    func claim(_ request: RepeatableRequest, dropBefore time: Date) throws -> RepeatableRequest?
    /// Stores the answer to a request that was claimed.
    func finish(_ request: RepeatableRequest) throws
    /// Forgets a request that changed nothing.
    func forget(_ request: RepeatableRequest) throws
}

/// An authenticator app's secret.
public struct CodeFactor: Sendable, Hashable {
    /// Whose.
    public var user: UserID
    /// The secret under the master key.
    public var wrapped: [UInt8]
    /// When a first code showed that the app has it; before that it counts for nothing.
    public var confirmedAt: Date?
    /// Step of the last code that was taken.
    public var lastStep: UInt64?
    /// A factor of these parts.
    public init(user: UserID, wrapped: [UInt8], confirmedAt: Date?, lastStep: UInt64?) {
        self.user = user
        self.wrapped = wrapped
        self.confirmedAt = confirmedAt
        self.lastStep = lastStep
    }
}

/// A write that its caller may send again, and the answer that it got.
public struct RepeatableRequest: Sendable, Hashable {
    /// SHA-256 of caller and key.
    public var key: [UInt8]
    /// SHA-256 of method, path and body: the same key for something else is refused.
    public var request: [UInt8]
    /// The answer's status; `nil` while it is being made, and for ever when the server ended meanwhile.
    public var status: Int?
    /// The answer under the master key: it may hold a secret that is shown once.
    public var wrapped: [UInt8]
    /// When it was first sent.
    public var createdAt: Date
    /// A request of these parts.
    public init(key: [UInt8], request: [UInt8], status: Int? = nil, wrapped: [UInt8] = [], createdAt: Date) {
        self.key = key
        self.request = request
        self.status = status
        self.wrapped = wrapped
        self.createdAt = createdAt
    }
}

/// How a tenant's own OpenID provider is asked who somebody is.
public struct SignOn: Sendable, Hashable {
    /// Exactly as the provider names itself.
    public var issuer: String
    /// Our name there.
    public var clientID: String
    /// Our secret there under the master key; `nil` for a public client.
    public var wrappedSecret: [UInt8]?
    /// The claim that says what somebody is.
    public var roleClaim: String
    /// Which of its values gives which role; whoever has none of them has none here.
    public var roles: [String: Role]
    /// A configuration of these parts.
    public init(issuer: String, clientID: String, wrappedSecret: [UInt8]?, roleClaim: String, roles: [String: Role]) {
        self.issuer = issuer
        self.clientID = clientID
        self.wrappedSecret = wrappedSecret
        self.roleClaim = roleClaim
        self.roles = roles
    }
}

/// Somebody who was sent to the provider and is awaited back, for ten minutes.
public struct SignOnAttempt: Sendable, Hashable {
    /// SHA-256 of `state`.
    public var state: [UInt8]
    /// SHA-256 of what the browser got as a cookie: another browser cannot end the attempt.
    public var browser: [UInt8]
    /// Has to stand in the identity token.
    public var nonce: String
    /// The code's proof (RFC 7636).
    public var verifier: String
    /// Where to go then.
    public var next: String
    /// When it began.
    public var createdAt: Date
    /// An attempt of these parts.
    public init(state: [UInt8], browser: [UInt8], nonce: String, verifier: String, next: String, createdAt: Date) {
        self.state = state
        self.browser = browser
        self.nonce = nonce
        self.verifier = verifier
        self.next = next
        self.createdAt = createdAt
    }
}

/// A visit of the operator's in a tenant's data: asked for with a reason, for a time, approved by a second person where there are two.
public struct BreakGlass: Sendable, Hashable {
    /// Random; the identifier of the account that the visit uses.
    public var id: UserID
    /// The operator's name.
    public var `operator`: String
    /// Why.
    public var reason: String
    /// For how long, in seconds from its opening.
    public var seconds: Int
    /// When it was asked for.
    public var requestedAt: Date
    /// Who approved it; `nil` while nobody did.
    public var approvedBy: String?
    /// When it was opened.
    public var openedAt: Date?
    /// When it ends or ended.
    public var endsAt: Date?
    /// A visit of these parts.
    public init(
        id: UserID, operator: String, reason: String, seconds: Int, requestedAt: Date, approvedBy: String? = nil, openedAt: Date? = nil,
        endsAt: Date? = nil
    ) {
        self.id = id
        self.operator = `operator`
        self.reason = reason
        self.seconds = seconds
        self.requestedAt = requestedAt
        self.approvedBy = approvedBy
        self.openedAt = openedAt
        self.endsAt = endsAt
    }
}
