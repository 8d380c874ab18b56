public import Basics
public import FoundationEssentials

/// API tokens of service accounts.
public struct TokenService: Sendable {
    /// Most tokens of one tenant that are neither revoked nor ended.
    public static let most = 200
    let store: any ControlPlaneStore
    let clock: WallClock

    /// What a new token is to be.
    public struct Wish: Sendable {
        /// The service account, by identifier or address.
        public var account: String
        /// What it is for.
        public var name: String
        /// What it may do.
        public var scopes: Set<Permission>
        /// In which environments.
        public var environments: EnvironmentScope
        /// For how long.
        public var life: TimeInterval
        /// A wish of these parts.
        public init(account: String, name: String, scopes: Set<Permission>, environments: EnvironmentScope, life: TimeInterval) {
            self.account = account
            self.name = name
            self.scopes = scopes
            self.environments = environments
            self.life = life
        }
    }

    /// All tokens, newest first.
    public func tokens(for actor: PeopleService.Actor) async throws -> [APIToken] {
        try actor.require(.manageTokens, dangerous: false)
        return try await store.read(actor.tenant) { try $0.apiTokens() }
    }

    /// Makes a token; its secret is given here and never again.
    ///
    /// - Throws: ``AccessError`` `forbidden` for more than its maker or its account may do.
    public func create(_ wish: Wish, by actor: PeopleService.Actor) async throws -> (token: APIToken, secret: Secret<String>) {
        try actor.require(.manageTokens, dangerous: true)
        let name = DisplayText.safe(wish.name, limit: 64)
        guard !name.isEmpty, Array(name.utf8) == Array(wish.name.utf8) else {
            throw StoreError(.conflict, "a name has 1 to 64 visible characters")
        }
        guard wish.life > 0, wish.life <= APIToken.longestLife else { throw StoreError(.conflict, "a token lives 1 to 366 days") }
        guard !wish.scopes.isEmpty else { throw StoreError(.conflict, "a token with no scope does nothing: name one") }
        guard wish.scopes.isSubset(of: Role.serviceAccount.permissions) else {
            throw AccessError(.forbidden, "a service account cannot have all of these scopes")
        }
        var createdBy: UserID?
        if case .session(let session) = actor {
            guard wish.scopes.allSatisfy(session.allows) else { throw AccessError(.forbidden, "you cannot give what you do not have") }
            createdBy = session.user.id
        }
        let secret = SecretText.token(prefix: APIToken.prefix)
        guard let digest = SecretText.digest(of: secret, prefix: APIToken.prefix) else {
            throw AccessError(.unavailable, "no token can be made")
        }
        let now = clock.now()
        let token = try await store.write(actor.tenant) { [createdBy] tables in
            let account = try tables.users().first {
                $0.role == .serviceAccount
                    && (Array($0.id.description.utf8) == Array(wish.account.utf8)
                        || Array($0.email.utf8) == Array(wish.account.lowercased().utf8))
            }
            guard let account, account.disabledAt == nil else { throw StoreError(.notFound, "no such service account") }
            if case .only(let some) = wish.environments {
                guard some.isSubset(of: Set(try tables.environments().map(\.id))) else {
                    throw StoreError(.notFound, "no such environment")
                }
            }
            guard try tables.apiTokens().count(where: { $0.revokedAt == nil && $0.expiresAt > now }) < Self.most else {
                throw StoreError(.conflict, "\(Self.most) tokens are the most: revoke some")
            }
            let token = APIToken(
                id: .random(), digest: digest, tenant: actor.tenant, account: account.id, name: name, scopes: wish.scopes,
                environments: wish.environments, createdBy: createdBy, createdAt: now, expiresAt: now.addingTimeInterval(wish.life))
            try tables.insert(token)
            try AuditLog.append(
                tables, .tokenCreated, by: actor.audit, on: "token:\(token.id)",
                detail: "account=\(account.id) scopes=\(wish.scopes.map(\.rawValue).sorted().joined(separator: ",")) "
                    + "environments=\(wish.environments.text) expires=\(token.expiresAt.formatted(.iso8601))", at: now)
            return token
        }
        return (token, secret)
    }

    /// Makes a token worthless; effective with the next request.
    public func revoke(_ id: String, by actor: PeopleService.Actor) async throws {
        try actor.require(.manageTokens, dangerous: false)
        guard let id = APITokenID(id) else { throw StoreError(.notFound, "no such token") }
        let now = clock.now()
        try await store.write(actor.tenant) { tables in
            guard try tables.apiTokens().contains(where: { $0.id == id }) else { throw StoreError(.notFound, "no such token") }
            guard try tables.revoke(token: id, at: now) else { return }
            try AuditLog.append(tables, .tokenRevoked, by: actor.audit, on: "token:\(id)", at: now)
        }
    }
}
