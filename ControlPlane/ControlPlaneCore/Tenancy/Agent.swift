public import Basics
public import FoundationEssentials

/// An enrolled agent with what it last said of itself.
public struct Agent: Sendable, Hashable {
    /// How the fleet page names an agent's condition.
    public enum State: String, Sendable, CaseIterable {
        /// Enrolled, never heard of since.
        case waiting
        /// Somebody has to approve it before its bundles are taken.
        case pendingApproval
        /// Heard of within ``Agent/liveFor``.
        case live
        /// Not heard of for longer.
        case stale
        /// It may speak; its bundles are kept for somebody to look at.
        case quarantined
        /// Shut out for good.
        case revoked
        /// Its certificate ended without renewal.
        case expired
    }
    /// An agent counts as live for this many seconds after its last word.
    public static let liveFor: TimeInterval = 900

    /// Random.
    public var id: AgentID
    /// Whose it is.
    public var tenant: TenantID
    /// Whose accounts it reads.
    public var environment: EnvironmentID
    /// Counts enrolments: a bundle of an older epoch is refused.
    public var epoch: UInt64
    /// SHA-256 over the DER SubjectPublicKeyInfo of its current key, 32 bytes.
    public var keyDigest: [UInt8]
    /// Its current public key, P-256, X9.63 uncompressed.
    public var publicKey: [UInt8]
    /// Serial number of its current certificate, lower-case hexadecimal.
    public var serial: String
    /// When the current certificate ends.
    public var notAfter: Date
    /// Whether it is shut out.
    public var revoked: Bool
    /// Name of the host it runs on, as it said. Foreign text.
    public var hostname: String
    /// Operating system and processor, as it said. Foreign text.
    public var platform: String
    /// The program's version, as it said. Foreign text.
    public var version: String
    /// Bundles waiting in its spool, as it said.
    public var spoolDepth: Int
    /// Its last error, as it said. Foreign text.
    public var lastError: String?
    /// When it enrolled.
    public var enrolledAt: Date
    /// When an authenticated request of it was last seen.
    public var lastSeen: Date?
    /// Highest sequence of an accepted bundle in this epoch.
    public var sequence: UInt64
    /// How it came in, whether it is held, and what it last said beside.
    public var standing: AgentStanding

    /// An agent of these parts.
    public init(
        id: AgentID, tenant: TenantID, environment: EnvironmentID, epoch: UInt64, keyDigest: [UInt8], publicKey: [UInt8], serial: String,
        notAfter: Date, revoked: Bool = false, hostname: String, platform: String, version: String, spoolDepth: Int = 0,
        lastError: String? = nil, enrolledAt: Date, lastSeen: Date? = nil, sequence: UInt64 = 0,
        standing: AgentStanding = AgentStanding()
    ) {
        self.id = id
        self.tenant = tenant
        self.environment = environment
        self.epoch = epoch
        self.keyDigest = keyDigest
        self.publicKey = publicKey
        self.serial = serial
        self.notAfter = notAfter
        self.revoked = revoked
        self.hostname = hostname
        self.platform = platform
        self.version = version
        self.spoolDepth = spoolDepth
        self.lastError = lastError
        self.enrolledAt = enrolledAt
        self.lastSeen = lastSeen
        self.sequence = sequence
        self.standing = standing
    }

    /// Its condition at `now`.
    public func state(at now: Date) -> State {
        if revoked { return .revoked }
        if now > notAfter { return .expired }
        if standing.quarantine != nil { return .quarantined }
        if !standing.approved { return .pendingApproval }
        guard let lastSeen else { return .waiting }
        return now.timeIntervalSince(lastSeen) <= Self.liveFor ? .live : .stale
    }
}
