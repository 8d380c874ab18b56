public import Basics
public import FoundationEssentials

/// An upload that is not complete, as the store keeps it.
public struct Upload: Sendable, Hashable {
    /// Whose.
    public var tenant: TenantID
    /// Of which bundle.
    public var bundle: BundleID
    /// By whom.
    public var agent: AgentID
    /// Announced size.
    public var size: Int
    /// Announced SHA-256.
    public var sha256: [UInt8]
    /// Announced header.
    public var header: [UInt8]
    /// Bytes of every piece but the last; fixed when the upload is opened.
    public var pieceSize: Int
    /// When.
    public var createdAt: Date
    /// An upload of these parts.
    public init(
        tenant: TenantID, bundle: BundleID, agent: AgentID, size: Int, sha256: [UInt8], header: [UInt8], pieceSize: Int, createdAt: Date
    ) {
        self.tenant = tenant
        self.bundle = bundle
        self.agent = agent
        self.size = size
        self.sha256 = sha256
        self.header = header
        self.pieceSize = pieceSize
        self.createdAt = createdAt
    }
}

/// A bundle that was checked in.
public struct StoredBundle: Sendable, Hashable {
    /// Whose.
    public var tenant: TenantID
    /// Which.
    public var id: BundleID
    /// Of which accounts.
    public var environment: EnvironmentID
    /// By whom.
    public var agent: AgentID
    /// The agent's enrolment it was made under.
    public var epoch: UInt64
    /// The agent's count.
    public var sequence: UInt64
    /// Size in bytes.
    public var size: Int
    /// SHA-256 of the whole.
    public var sha256: [UInt8]
    /// Key that signed it, P-256, X9.63 uncompressed.
    public var agentKey: [UInt8]
    /// When it was accepted.
    public var acceptedAt: Date
    /// The run that analyses it.
    public var run: RunID
    /// A bundle of these parts.
    public init(
        tenant: TenantID, id: BundleID, environment: EnvironmentID, agent: AgentID, epoch: UInt64, sequence: UInt64, size: Int,
        sha256: [UInt8], agentKey: [UInt8], acceptedAt: Date, run: RunID
    ) {
        self.tenant = tenant
        self.id = id
        self.environment = environment
        self.agent = agent
        self.epoch = epoch
        self.sequence = sequence
        self.size = size
        self.sha256 = sha256
        self.agentKey = agentKey
        self.acceptedAt = acceptedAt
        self.run = run
    }
}
