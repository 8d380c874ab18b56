public import Basics
public import FoundationEssentials

/// The analysis of one bundle.
public struct Run: Sendable, Hashable {
    /// How far it is.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case queued, running, succeeded, failed
    }
    /// How often a run is tried before it fails for good.
    public static let maximumAttempts = 3

    /// UUIDv7.
    public var id: RunID
    /// Whose.
    public var tenant: TenantID
    /// Of which accounts.
    public var environment: EnvironmentID
    /// Of which bundle.
    public var bundle: BundleID
    /// Whose bundle.
    public var agent: AgentID
    /// How far it is.
    public var status: Status
    /// How often a worker took it.
    public var attempts: Int
    /// While running, the stage that the worker last named.
    public var stage: String?
    /// Why it failed, or why it is tried again: a full code, a colon, a sentence of ours.
    public var reason: String?
    /// `sha256:` and the digest of the snapshot's content, once succeeded.
    public var snapshot: String?
    /// When the bundle was accepted.
    public var createdAt: Date
    /// When a worker first took it.
    public var startedAt: Date?
    /// When it succeeded or failed.
    public var endedAt: Date?
    /// A run of these parts.
    public init(
        id: RunID, tenant: TenantID, environment: EnvironmentID, bundle: BundleID, agent: AgentID, status: Status, attempts: Int,
        stage: String? = nil, reason: String? = nil, snapshot: String? = nil, createdAt: Date, startedAt: Date? = nil, endedAt: Date? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.environment = environment
        self.bundle = bundle
        self.agent = agent
        self.status = status
        self.attempts = attempts
        self.stage = stage
        self.reason = reason
        self.snapshot = snapshot
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}
