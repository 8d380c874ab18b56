public import Basics
public import CloudModel

/// The types of `/api/v1`; results themselves are CloudModel's. `Protocol/Spec/results.md#api`.
public enum API {
    /// Paths of the API.
    public enum Routes {
        /// `POST` ``SessionRequest`` → ``Session``; `DELETE` ends it.
        public static let session = "/api/v1/session"
        /// `GET` → ``Caller``.
        public static let whoami = "/api/v1/whoami"
        /// `GET` → ``List`` of ``Environment``.
        public static let environments = "/api/v1/environments"
        /// `GET` → ``Status``.
        public static let status = "/api/v1/status"
        /// `GET` → ``List`` of ``Agent``.
        public static let agents = "/api/v1/agents"
        /// `GET` → ``List`` of ``Run``, newest first.
        public static let runs = "/api/v1/runs"
        /// `GET` → ``Envelope`` of [`Finding`].
        public static let findings = "/api/v1/findings"
        /// `GET` → ``Envelope`` of [`AttackPath`].
        public static let paths = "/api/v1/paths"
        /// `GET` → ``Envelope`` of `Plan`.
        public static let plan = "/api/v1/plan"
        /// `POST` ``EnrolmentTokenRequest`` → ``EnrolmentToken``.
        public static let enrolmentTokens = "/api/v1/enrolment-tokens"
        /// `GET` → ``List`` of ``EnrolmentRule``; `POST` ``NewEnrolmentRule`` → ``EnrolmentRule``.
        public static let enrolmentRules = "/api/v1/enrolment-rules"
        /// `GET` → ``List`` of ``Lock``; `POST` ``Lock``.
        public static let locks = "/api/v1/locks"
        /// `POST` ``CodeRequest`` → ``Session``: ends the wait for a second factor.
        public static let secondFactor = "/api/v1/session/second-factor"
        /// `POST` ``StepUpRequest`` → ``Session``: dangerous acts are possible for five minutes.
        public static let stepUp = "/api/v1/session/step-up"
        /// `GET` → ``Caller``, also before everything that is asked for was shown.
        public static let me = "/api/v1/me"
        /// `GET` → ``SecondFactors``.
        public static let secondFactors = "/api/v1/me/second-factors"
        /// `POST` → ``RecoveryCodes``.
        public static let recoveryCodes = "/api/v1/me/recovery-codes"
        /// `POST` → ``AppSecret``; `DELETE` drops the app.
        public static let app = "/api/v1/me/app"
        /// `POST` ``CodeRequest`` → ``Enrolled``.
        public static let confirmApp = "/api/v1/me/app/confirm"
        /// `GET` → ``List`` of ``User``; `POST` ``NewUser`` → ``MadeUser``.
        public static let users = "/api/v1/users"
        /// `GET` → ``User``; `PATCH` ``UserChange`` → ``User``.
        public static func user(_ name: String) -> String { "\(users)/\(PercentEncoding.encode(name))" }
        /// `GET` → ``List`` of ``Role``.
        public static let roles = "/api/v1/roles"
        /// `GET` → ``List`` of ``Token``; `POST` ``NewToken`` → ``MadeToken``.
        public static let tokens = "/api/v1/tokens"
        /// `GET` → ``List`` of ``OpenSession``.
        public static let sessions = "/api/v1/sessions"
        /// `GET` → ``List`` of ``AuditEntry``.
        public static let audit = "/api/v1/audit"
        /// `GET` → ``AuditPage``.
        public static let auditExport = "/api/v1/audit/export"
        /// `GET` → ``AuditCheckpoint``.
        public static let auditCheckpoint = "/api/v1/audit/checkpoint"
        /// `GET` → ``Envelope`` of `AttackPath`.
        public static func path(_ id: String) -> String { "\(paths)/\(PercentEncoding.encode(id))" }
        /// `GET` → the path's picture, `image/svg+xml`.
        public static func picture(_ id: String) -> String { "\(path(id)).svg" }
        /// Query item that names the environment; without it, the tenant's first one is meant.
        public static let environmentQuery = "environment"
    }

    /// What every answer computed from a run comes in: all of `data` is of that one run and snapshot.
    public struct Envelope<Content: Codable & Sendable>: Sendable, Codable {
        /// The tenant.
        public var tenant: TenantID
        /// The environment.
        public var environment: EnvironmentID
        /// The run.
        public var run: RunID
        /// The snapshot's digest.
        public var snapshot: String
        /// The answer.
        public var data: Content
        /// Where a list goes on, as `cursor=`; `nil` at its end.
        public var next: String?
        /// An answer of these parts.
        public init(tenant: TenantID, environment: EnvironmentID, run: RunID, snapshot: String, data: Content, next: String? = nil) {
            self.next = next
            self.tenant = tenant
            self.environment = environment
            self.run = run
            self.snapshot = snapshot
            self.data = data
        }
    }

    /// What a list that is not of one run comes in, such as agents or runs.
    public struct List<Element: Codable & Sendable>: Sendable, Codable {
        /// The tenant.
        public var tenant: TenantID
        /// The environment; `nil` when all of the tenant's are meant.
        public var environment: EnvironmentID?
        /// The elements.
        public var data: [Element]
        /// Where the list goes on, as `cursor=`; `nil` at its end.
        public var next: String?
        /// A list of these parts.
        public init(tenant: TenantID, environment: EnvironmentID?, data: [Element], next: String? = nil) {
            self.next = next
            self.tenant = tenant
            self.environment = environment
            self.data = data
        }
    }

    /// An environment.
    public struct Environment: Sendable, Hashable, Codable {
        /// Its identifier.
        public var id: EnvironmentID
        /// Its name.
        public var name: String
        /// An environment of these parts.
        public init(id: EnvironmentID, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// How an environment stands.
    public struct Status: Sendable, Codable {
        /// How many agents are there.
        public struct Agents: Sendable, Hashable, Codable {
            /// Heard of lately.
            public var live: Int
            /// Not heard of lately.
            public var stale: Int
            /// These counts.
            public init(live: Int, stale: Int) {
                self.live = live
                self.stale = stale
            }
        }
        /// The tenant.
        public var tenant: TenantID
        /// The environment.
        public var environment: Environment
        /// The newest run that succeeded; `nil` before the first one.
        public var run: RunID?
        /// Its snapshot's digest.
        public var snapshot: String?
        /// Its summary.
        public var summary: AnalysisSummary?
        /// The agents.
        public var agents: Agents
        /// The newest run, however it ended.
        public var lastRun: Run?
        /// A status of these parts.
        public init(
            tenant: TenantID, environment: Environment, run: RunID?, snapshot: String?, summary: AnalysisSummary?, agents: Agents,
            lastRun: Run?
        ) {
            self.tenant = tenant
            self.environment = environment
            self.run = run
            self.snapshot = snapshot
            self.summary = summary
            self.agents = agents
            self.lastRun = lastRun
        }
    }

    /// An enrolled agent.
    public struct Agent: Sendable, Hashable, Codable {
        /// Its identifier.
        public var id: AgentID
        /// Its environment.
        public var environment: EnvironmentID
        /// `active`, `locked` or `revoked`.
        public var state: String
        /// Whether it was heard of lately.
        public var live: Bool
        /// Its host's name, as it says.
        public var hostname: String
        /// Its platform, as it says.
        public var platform: String
        /// Its version.
        public var version: String
        /// RFC 3339.
        public var enrolledAt: String
        /// RFC 3339; `nil` before the first word from it.
        public var lastSeen: String?
        /// When its certificate ends, RFC 3339.
        public var certificateEnds: String?
        /// Bundles that wait on its disk.
        public var spoolDepth: Int?
        /// Code of its last error.
        public var lastError: String?
        /// An agent of these parts.
        public init(
            id: AgentID, environment: EnvironmentID, state: String, live: Bool, hostname: String, platform: String, version: String,
            enrolledAt: String, lastSeen: String?, certificateEnds: String? = nil, spoolDepth: Int? = nil, lastError: String? = nil
        ) {
            self.id = id
            self.environment = environment
            self.state = state
            self.live = live
            self.hostname = hostname
            self.platform = platform
            self.version = version
            self.enrolledAt = enrolledAt
            self.lastSeen = lastSeen
            self.certificateEnds = certificateEnds
            self.spoolDepth = spoolDepth
            self.lastError = lastError
        }
    }

    /// The analysis of one bundle.
    public struct Run: Sendable, Hashable, Codable {
        /// Its identifier.
        public var id: RunID
        /// Its environment.
        public var environment: EnvironmentID
        /// The agent that sent the bundle.
        public var agent: AgentID
        /// The bundle.
        public var bundle: BundleID
        /// `queued`, `running`, `succeeded` or `failed`.
        public var status: String
        /// How often it was started.
        public var attempts: Int
        /// Why it failed, or why it was tried again.
        public var reason: String?
        /// RFC 3339.
        public var queuedAt: String
        /// RFC 3339; of the last attempt.
        public var startedAt: String?
        /// RFC 3339.
        public var endedAt: String?
        /// The snapshot's digest, once it succeeded.
        public var snapshot: String?
        /// A run of these parts.
        public init(
            id: RunID, environment: EnvironmentID, agent: AgentID, bundle: BundleID, status: String, attempts: Int, reason: String?,
            queuedAt: String, startedAt: String?, endedAt: String?, snapshot: String?
        ) {
            self.id = id
            self.environment = environment
            self.agent = agent
            self.bundle = bundle
            self.status = status
            self.attempts = attempts
            self.reason = reason
            self.queuedAt = queuedAt
            self.startedAt = startedAt
            self.endedAt = endedAt
            self.snapshot = snapshot
        }
    }
}
