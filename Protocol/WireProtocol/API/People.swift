public import Basics

// A table of messages, hence its length.
extension API {
    /// A person or a service account.
    public struct User: Sendable, Codable {
        /// Its identifier.
        public var id: UserID
        /// Its address.
        public var email: String
        /// What it is.
        public var role: String
        /// Where its role counts; `nil` for all.
        public var environments: [EnvironmentID]?
        /// Whether it may come in.
        public var enabled: Bool
        /// Whether it has a second factor.
        public var secondFactor: Bool
        /// Sessions that are open.
        public var openSessions: Int
        /// Whether it came through single sign-on.
        public var signOn: Bool
        /// RFC 3339.
        public var createdAt: String
        /// Of these parts.
        public init(
            id: UserID, email: String, role: String, environments: [EnvironmentID]? = nil, enabled: Bool, secondFactor: Bool,
            openSessions: Int, signOn: Bool, createdAt: String
        ) {
            self.id = id
            self.email = email
            self.role = role
            self.environments = environments
            self.enabled = enabled
            self.secondFactor = secondFactor
            self.openSessions = openSessions
            self.signOn = signOn
            self.createdAt = createdAt
        }
    }

    /// A person or a service account to be made.
    public struct NewUser: Sendable, Codable {
        /// Its address.
        public var email: String
        /// What it is to be.
        public var role: String
        /// Where its role counts; `nil` for all.
        public var environments: [EnvironmentID]?
        /// Of these parts.
        public init(email: String, role: String, environments: [EnvironmentID]? = nil) {
            self.email = email
            self.role = role
            self.environments = environments
        }
    }

    /// A user who was made.
    public struct MadeUser: Sendable, Codable {
        /// The user.
        public var user: User
        /// To be changed at the first sign-in; shown once; a service account has none.
        public var oneTimePassword: String?
        /// Of these parts.
        public init(user: User, oneTimePassword: String? = nil) {
            self.user = user
            self.oneTimePassword = oneTimePassword
        }
    }

    /// What is to change; what is not named stays.
    public struct UserChange: Sendable, Codable {
        /// The role from now on.
        public var role: String?
        /// Where it counts from now on.
        public var environments: [EnvironmentID]?
        /// `true`: it counts in all environments from now on.
        public var everywhere: Bool?
        /// Whether the user may come in.
        public var enabled: Bool?
        /// Of these parts.
        public init(role: String? = nil, environments: [EnvironmentID]? = nil, everywhere: Bool? = nil, enabled: Bool? = nil) {
            self.role = role
            self.environments = environments
            self.everywhere = everywhere
            self.enabled = enabled
        }
    }

    /// A password to be changed at the next sign-in.
    public struct OneTimePassword: Sendable, Codable {
        /// Shown once.
        public var oneTimePassword: String
        /// Of these parts.
        public init(oneTimePassword: String) {
            self.oneTimePassword = oneTimePassword
        }
    }

    /// A role and what it allows.
    public struct Role: Sendable, Codable {
        /// Its word.
        public var role: String
        /// Its name.
        public var title: String
        /// What it allows.
        public var permissions: [String]
        /// Whether a password alone is not enough.
        public var needsSecondFactor: Bool
        /// Of these parts.
        public init(role: String, title: String, permissions: [String], needsSecondFactor: Bool) {
            self.role = role
            self.title = title
            self.permissions = permissions
            self.needsSecondFactor = needsSecondFactor
        }
    }

    /// An API token.
    public struct Token: Sendable, Codable {
        /// Its identifier; it opens nothing.
        public var id: APITokenID
        /// The service account.
        public var account: UserID
        /// What it is for.
        public var name: String
        /// What it may do.
        public var scopes: [String]
        /// Where; `nil` for all.
        public var environments: [EnvironmentID]?
        /// RFC 3339.
        public var createdAt: String
        /// RFC 3339.
        public var expiresAt: String
        /// RFC 3339; `nil` before the first use.
        public var lastUsed: String?
        /// RFC 3339; `nil` unless it was revoked.
        public var revokedAt: String?
        /// Of these parts.
        public init(
            id: APITokenID, account: UserID, name: String, scopes: [String], environments: [EnvironmentID]? = nil, createdAt: String,
            expiresAt: String, lastUsed: String? = nil, revokedAt: String? = nil
        ) {
            self.id = id
            self.account = account
            self.name = name
            self.scopes = scopes
            self.environments = environments
            self.createdAt = createdAt
            self.expiresAt = expiresAt
            self.lastUsed = lastUsed
            self.revokedAt = revokedAt
        }
    }

    /// An API token to be made.
    public struct NewToken: Sendable, Codable {
        /// The service account, by identifier or address.
        public var account: String
        /// What it is for.
        public var name: String
        /// What it may do.
        public var scopes: [String]
        /// Where; `nil` for all.
        public var environments: [EnvironmentID]?
        /// How long it lives, 1 to 366.
        public var days: Int
        /// Of these parts.
        public init(account: String, name: String, scopes: [String], environments: [EnvironmentID]? = nil, days: Int) {
            self.account = account
            self.name = name
            self.scopes = scopes
            self.environments = environments
            self.days = days
        }
    }

    /// A token that was made.
    public struct MadeToken: Sendable, Codable {
        /// The token.
        public var token: Token
        /// What the program shows as its bearer token; shown once.
        public var secret: String
        /// Of these parts.
        public init(token: Token, secret: String) {
            self.token = token
            self.secret = secret
        }
    }

    /// An open session.
    public struct OpenSession: Sendable, Codable {
        /// Its identifier; it opens nothing.
        public var id: SessionID
        /// Whose.
        public var user: UserID
        /// How far it goes.
        public var stage: String
        /// What opened it.
        public var proof: String
        /// From where.
        public var source: String
        /// Whether it is the one that asks.
        public var current: Bool
        /// RFC 3339.
        public var createdAt: String
        /// RFC 3339.
        public var lastUsed: String
        /// RFC 3339.
        public var expiresAt: String
        /// Of these parts.
        public init(
            id: SessionID, user: UserID, stage: String, proof: String, source: String, current: Bool, createdAt: String, lastUsed: String,
            expiresAt: String
        ) {
            self.id = id
            self.user = user
            self.stage = stage
            self.proof = proof
            self.source = source
            self.current = current
            self.createdAt = createdAt
            self.lastUsed = lastUsed
            self.expiresAt = expiresAt
        }
    }

    /// One line of the audit log.
    public struct AuditEntry: Sendable, Codable {
        /// Position, from 1, without gaps.
        public var index: UInt64
        /// RFC 3339.
        public var time: String
        /// Who.
        public var actor: String
        /// What.
        public var act: String
        /// On what.
        public var subject: String
        /// `ok`, or the refusal's code.
        public var outcome: String
        /// More, as `name=value` pairs.
        public var detail: String
        /// Of these parts.
        public init(index: UInt64, time: String, actor: String, act: String, subject: String, outcome: String, detail: String) {
            self.index = index
            self.time = time
            self.actor = actor
            self.act = act
            self.subject = subject
            self.outcome = outcome
            self.detail = detail
        }
    }

    /// An environment to be made.
    public struct NewEnvironment: Sendable, Codable {
        /// Its name, 1 to 64 visible characters.
        public var name: String
        /// Of these parts.
        public init(name: String) {
            self.name = name
        }
    }

    /// How the tenant's own OpenID provider is asked.
    public struct SignOn: Sendable, Codable {
        /// Exactly as the provider names itself.
        public var issuer: String
        /// Our name there.
        public var clientID: String
        /// The claim that says what somebody is.
        public var roleClaim: String
        /// Which of its values gives which role.
        public var roles: [String: String]
        /// What the provider has to be told; the server says it.
        public var redirectURI: String?
        /// Of these parts.
        public init(issuer: String, clientID: String, roleClaim: String, roles: [String: String], redirectURI: String? = nil) {
            self.issuer = issuer
            self.clientID = clientID
            self.roleClaim = roleClaim
            self.roles = roles
            self.redirectURI = redirectURI
        }
    }

    /// How the provider is to be asked from now on.
    public struct SignOnChange: Sendable, Codable {
        /// Exactly as the provider names itself.
        public var issuer: String
        /// Our name there.
        public var clientID: String
        /// Our secret there; `nil` for a public client.
        public var clientSecret: String?
        /// The claim that says what somebody is.
        public var roleClaim: String
        /// Which of its values gives which role.
        public var roles: [String: String]
        /// Of these parts.
        public init(issuer: String, clientID: String, clientSecret: String? = nil, roleClaim: String, roles: [String: String]) {
            self.issuer = issuer
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.roleClaim = roleClaim
            self.roles = roles
        }
    }

    /// A visit of the operator's.
    public struct BreakGlass: Sendable, Codable {
        /// The account that it uses.
        public var id: UserID
        /// Who asked for it.
        public var `operator`: String
        /// Why.
        public var reason: String
        /// Who approved it.
        public var approvedBy: String?
        /// RFC 3339.
        public var requestedAt: String
        /// RFC 3339.
        public var openedAt: String?
        /// RFC 3339.
        public var endsAt: String?
        /// Of these parts.
        public init(
            id: UserID, operator: String, reason: String, approvedBy: String? = nil, requestedAt: String, openedAt: String? = nil,
            endsAt: String? = nil
        ) {
            self.id = id
            self.operator = `operator`
            self.reason = reason
            self.approvedBy = approvedBy
            self.requestedAt = requestedAt
            self.openedAt = openedAt
            self.endsAt = endsAt
        }
    }
}
