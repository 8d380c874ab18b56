public import Basics

extension API {
    /// One agent with its credentials and their history.
    public struct AgentDetail: Sendable, Hashable, Codable {
        /// A certificate that the agent was given.
        public struct Certificate: Sendable, Hashable, Codable {
            /// Serial number, lower-case hexadecimal.
            public var serial: String
            /// Of which enrolment.
            public var epoch: UInt64
            /// Names the issuing key.
            public var issuer: String
            /// RFC 3339.
            public var issuedAt: String
            /// RFC 3339.
            public var notAfter: String
            /// RFC 3339; `nil` before its first use.
            public var firstUsedAt: String?
            /// RFC 3339; when another one took over.
            public var supersededAt: String?
            /// RFC 3339.
            public var revokedAt: String?
            /// A certificate of these parts.
            public init(
                serial: String, epoch: UInt64, issuer: String, issuedAt: String, notAfter: String, firstUsedAt: String?,
                supersededAt: String?, revokedAt: String?
            ) {
                self.serial = serial
                self.epoch = epoch
                self.issuer = issuer
                self.issuedAt = issuedAt
                self.notAfter = notAfter
                self.firstUsedAt = firstUsedAt
                self.supersededAt = supersededAt
                self.revokedAt = revokedAt
            }
        }
        /// The agent.
        public var agent: API.Agent
        /// `waiting`, `pendingApproval`, `live`, `stale`, `quarantined`, `revoked` or `expired`.
        public var condition: String
        /// Counts enrolments.
        public var epoch: UInt64
        /// `token`, `aws-iam` or `oidc`.
        public var method: String
        /// What let it in: `token:NAME` or `rule:UUID`.
        public var grant: String?
        /// The account that was proven or named.
        public var account: String?
        /// Why its bundles are held: `operator` or `copiedKey`.
        public var quarantine: String?
        /// Whether somebody asked for a fresh key that did not come yet.
        public var renewalWanted: Bool
        /// Seconds by which its clock is ahead of the server's.
        public var clockSkew: Int?
        /// What its last collection was denied, `service:operation`.
        public var missingPermissions: [String]
        /// RFC 3339; when it last said what it was denied. Absent when it never did: then an empty list says nothing.
        public var permissionsCheckedAt: String?
        /// Its certificates, newest first.
        public var certificates: [Certificate]
        /// Its bundles that are held, oldest first.
        public var held: [BundleID]
        /// The version of the settings that it has to go by; `nil` when nobody ever set any.
        public var settingsVersion: UInt64?
        /// Which version it goes by, and which one it did not take, as it said.
        public var configuration: HeldConfiguration?
        /// A detail of these parts.
        public init(
            agent: API.Agent, condition: String, epoch: UInt64, method: String, grant: String?, account: String?, quarantine: String?,
            renewalWanted: Bool, clockSkew: Int?, missingPermissions: [String], permissionsCheckedAt: String?, certificates: [Certificate],
            held: [BundleID], settingsVersion: UInt64? = nil, configuration: HeldConfiguration? = nil
        ) {
            self.agent = agent
            self.condition = condition
            self.epoch = epoch
            self.method = method
            self.grant = grant
            self.account = account
            self.quarantine = quarantine
            self.renewalWanted = renewalWanted
            self.clockSkew = clockSkew
            self.missingPermissions = missingPermissions
            self.permissionsCheckedAt = permissionsCheckedAt
            self.certificates = certificates
            self.held = held
            self.settingsVersion = settingsVersion
            self.configuration = configuration
        }
    }

    /// What is set for an environment's agents, or for one.
    public struct StoredSettings: Sendable, Hashable, Codable {
        /// What.
        public var settings: AgentSettings
        /// Above every version before; `nil` when nobody ever set anything.
        public var version: UInt64?
        /// RFC 3339.
        public var changedAt: String?
        /// Settings of these parts.
        public init(settings: AgentSettings, version: UInt64?, changedAt: String?) {
            self.settings = settings
            self.version = version
            self.changedAt = changedAt
        }
    }

    /// Ends a quarantine.
    public struct ReleaseRequest: Sendable, Hashable, Codable {
        /// Whether what was held stays unanalysed.
        public var discard: Bool
        /// A request of these parts.
        public init(discard: Bool) { self.discard = discard }
    }

    /// A rule by which agents enrol without a token. `condition` is as `ControlPlane/Docs/enrolment` says.
    public struct EnrolmentRule: Sendable, Hashable, Codable {
        /// Its identifier.
        public var id: EnrolmentRuleID
        /// Into which environment it leads.
        public var environment: EnvironmentID
        /// `aws-iam` or `oidc`.
        public var method: String
        /// With `aws-iam`: patterns of roles.
        public var roles: [String]?
        /// With `oidc`.
        public var issuer: String?
        /// With `oidc`: for whom tokens have to be made.
        public var audience: String?
        /// With `oidc`: patterns of `sub`.
        public var subjects: [String]?
        /// With `oidc`: patterns of further claims.
        public var claims: [String: String]?
        /// Whether somebody has to approve each agent.
        public var needsApproval: Bool
        /// RFC 3339.
        public var createdAt: String
        /// A rule of these parts.
        public init(
            id: EnrolmentRuleID, environment: EnvironmentID, method: String, roles: [String]? = nil, issuer: String? = nil,
            audience: String? = nil, subjects: [String]? = nil, claims: [String: String]? = nil, needsApproval: Bool, createdAt: String
        ) {
            self.id = id
            self.environment = environment
            self.method = method
            self.roles = roles
            self.issuer = issuer
            self.audience = audience
            self.subjects = subjects
            self.claims = claims
            self.needsApproval = needsApproval
            self.createdAt = createdAt
        }
    }

    /// A rule to be made.
    public struct NewEnrolmentRule: Sendable, Hashable, Codable {
        /// Name or identifier of the environment.
        public var environment: String
        /// `aws-iam` or `oidc`.
        public var method: String
        /// With `aws-iam`: patterns of roles.
        public var roles: [String]?
        /// With `oidc`.
        public var issuer: String?
        /// With `oidc`: for whom tokens have to be made.
        public var audience: String?
        /// With `oidc`: patterns of `sub`.
        public var subjects: [String]?
        /// With `oidc`: patterns of further claims.
        public var claims: [String: String]?
        /// With `oidc`: the issuer's keys, for an issuer that the server cannot reach.
        public var keys: String?
        /// Whether somebody has to approve each agent.
        public var needsApproval: Bool?
        /// A wish of these parts.
        public init(
            environment: String, method: String, roles: [String]? = nil, issuer: String? = nil, audience: String? = nil,
            subjects: [String]? = nil, claims: [String: String]? = nil, keys: String? = nil, needsApproval: Bool? = nil
        ) {
            self.environment = environment
            self.method = method
            self.roles = roles
            self.issuer = issuer
            self.audience = audience
            self.subjects = subjects
            self.claims = claims
            self.keys = keys
            self.needsApproval = needsApproval
        }
    }

    /// A one-time token as it is listed: its text is shown once, when it is made.
    public struct ListedToken: Sendable, Hashable, Codable {
        /// Names it; opens nothing.
        public var name: String
        /// For which accounts.
        public var environment: EnvironmentID
        /// `open`, `used` or `expired`.
        public var state: String
        /// RFC 3339.
        public var createdAt: String
        /// RFC 3339.
        public var expiresAt: String
        /// Which agent came of it.
        public var usedBy: AgentID?
        /// A token of these parts.
        public init(name: String, environment: EnvironmentID, state: String, createdAt: String, expiresAt: String, usedBy: AgentID?) {
            self.name = name
            self.environment = environment
            self.state = state
            self.createdAt = createdAt
            self.expiresAt = expiresAt
            self.usedBy = usedBy
        }
    }

    /// Something that is shut out, or is to be.
    public struct Lock: Sendable, Hashable, Codable {
        /// `tenant`, `environment`, `agent`, `grant` or `serial`.
        public var kind: String
        /// Which; anything for the tenant.
        public var subject: String
        /// RFC 3339; absent in a request.
        public var since: String?
        /// A lock of these parts.
        public init(kind: String, subject: String, since: String? = nil) {
            self.kind = kind
            self.subject = subject
            self.since = since
        }
    }
}
