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
        /// A request of these parts.
        public init(email: String, password: String, newPassword: String? = nil) {
            self.email = email
            self.password = password
            self.newPassword = newPassword
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
        /// A session of these parts.
        public init(token: String, expiresAt: String, mustChangePassword: Bool) {
            self.token = token
            self.expiresAt = expiresAt
            self.mustChangePassword = mustChangePassword
        }
    }

    /// Who is asking.
    public struct Caller: Sendable, Hashable, Codable {
        /// The user.
        public var user: UserID
        /// Its address.
        public var email: String
        /// What it may do: `admin`, …
        public var role: String
        /// Its tenant.
        public var tenant: TenantID
        /// The tenant's name.
        public var tenantName: String
        /// A caller of these parts.
        public init(user: UserID, email: String, role: String, tenant: TenantID, tenantName: String) {
            self.user = user
            self.email = email
            self.role = role
            self.tenant = tenant
            self.tenantName = tenantName
        }
    }

    /// Asks for an enrolment token.
    public struct EnrolmentTokenRequest: Sendable, Codable {
        /// Name or identifier of the environment.
        public var environment: String
        /// A request for this environment.
        public init(environment: String) { self.environment = environment }
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
