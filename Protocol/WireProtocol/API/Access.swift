public import Basics

extension API {
    /// Signs in; with `newPassword` it changes the password first.
    public struct SessionRequest: Sendable, Codable {
        /// Who.
        public var email: String
        /// The password, perhaps the one-time one.
        public var password: String
        /// The password from now on.
        public var newPassword: String?
        /// The second factor: a code of the authenticator app, or a recovery code.
        public var code: String?
        /// A request of these parts.
        public init(email: String, password: String, newPassword: String? = nil, code: String? = nil) {
            self.email = email
            self.password = password
            self.newPassword = newPassword
            self.code = code
        }
    }

    /// A session.
    public struct Session: Sendable, Codable {
        /// The bearer token; shown once.
        public var token: String
        /// RFC 3339.
        public var expiresAt: String
        /// Whether the password has to be changed before anything else.
        public var mustChangePassword: Bool
        /// `full`; or `secondFactor` or `enrolment` when a second factor has to be shown or enrolled before anything else.
        public var stage: String
        /// A session of these parts.
        public init(token: String, expiresAt: String, mustChangePassword: Bool, stage: String = "full") {
            self.token = token
            self.expiresAt = expiresAt
            self.mustChangePassword = mustChangePassword
            self.stage = stage
        }
    }

    /// Who is asking.
    public struct Caller: Sendable, Hashable, Codable {
        /// The user.
        public var user: UserID
        /// Its address.
        public var email: String
        /// What it is: `tenantAdmin`, …
        public var role: String
        /// Its tenant.
        public var tenant: TenantID
        /// The tenant's name.
        public var tenantName: String
        /// `full`, `secondFactor` or `enrolment`.
        public var stage: String
        /// What the caller may do now.
        public var permissions: [String]
        /// Where; `nil` for all environments.
        public var environments: [EnvironmentID]?
        /// The token that was shown; `nil` for a session.
        public var token: APITokenID?
        /// A caller of these parts.
        public init(
            user: UserID, email: String, role: String, tenant: TenantID, tenantName: String, stage: String = "full",
            permissions: [String] = [], environments: [EnvironmentID]? = nil, token: APITokenID? = nil
        ) {
            self.user = user
            self.email = email
            self.role = role
            self.tenant = tenant
            self.tenantName = tenantName
            self.stage = stage
            self.permissions = permissions
            self.environments = environments
            self.token = token
        }
    }

    /// Asks for an enrolment token.
    public struct EnrolmentTokenRequest: Sendable, Codable {
        /// The environment's name or identifier.
        public var environment: String
        /// Only for an agent that says that it reads this account.
        public var account: String?
        /// Only for hosts whose names fit, with `*` for any run of characters.
        public var host: String?
        /// Whether somebody has to approve the agent before it is live.
        public var needsApproval: Bool?
        /// For this agent to enrol again under its own name.
        public var agent: String?
        /// A request of these parts.
        public init(
            environment: String, account: String? = nil, host: String? = nil, needsApproval: Bool? = nil, agent: String? = nil
        ) {
            self.environment = environment
            self.account = account
            self.host = host
            self.needsApproval = needsApproval
            self.agent = agent
        }
    }

    /// A one-time enrolment token.
    public struct EnrolmentToken: Sendable, Codable {
        /// The token; shown once.
        public var token: String
        /// RFC 3339.
        public var expiresAt: String
        /// The command to run where the agent is to live.
        public var command: String
        /// A token of these parts.
        public init(token: String, expiresAt: String, command: String) {
            self.token = token
            self.expiresAt = expiresAt
            self.command = command
        }
    }

    /// The command line's profile file, 0600: `~/.config/cloudryption/profile.json` or `$CLOUDRYPTION_PROFILE`.
    public struct Profile: Sendable, Codable {
        /// Base address of the API, `https://HOST:PORT`.
        public var server: String
        /// PEM of the CA that the server's certificate is checked against.
        public var ca: String
        /// The session's bearer token.
        public var token: String
        /// A profile of these parts.
        public init(server: String, ca: String, token: String) {
            self.server = server
            self.ca = ca
            self.token = token
        }
    }
}
