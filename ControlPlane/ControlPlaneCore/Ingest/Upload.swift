public import Basics
public import FoundationEssentials

/// Why an upload is refused. Refusals of the bundle itself carry `bundle.…` codes instead; see ``IngestService``.
public struct UploadError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// No such upload of this agent.
        case unknownBundle
        /// The piece is not what its hash says.
        case pieceHashMismatch
        /// No piece of this number, or of another length than that piece has.
        case pieceOutOfRange
        /// Pieces are missing.
        case incomplete
        /// The whole is not what was announced.
        case digestMismatch
        /// Larger than any bundle may be.
        case tooLarge
        /// An older or the same sequence with other content.
        case sequenceReplayed
        /// The same bundle was announced or stored with other content.
        case conflict
        /// The header names another tenant or environment than the certificate.
        case wrongTenant
        /// The header names another agent, key or epoch than the certificate.
        case wrongAgent
        /// The announcement is broken.
        case badRequest
        /// Too many open uploads of this agent.
        case tooMany
        /// Something of ours failed; try again.
        case unavailable
    }
    /// `upload`.
    public static let domain = "upload"
    /// What kind.
    public var code: Code
    /// A sentence of ours.
    public var message: String
    /// For a debugger.
    public var cause: (any Error)?
    /// An error of this kind.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

/// An agent's announcement of a bundle.
public struct UploadOpening: Sendable, Hashable {
    /// Which.
    public var bundle: BundleID
    /// Whole size in bytes.
    public var size: Int
    /// SHA-256 of the whole, 32 bytes.
    public var sha256: [UInt8]
    /// The outer header's exact bytes.
    public var header: [UInt8]
    /// An announcement of these parts.
    public init(bundle: BundleID, size: Int, sha256: [UInt8], header: [UInt8]) {
        self.bundle = bundle
        self.size = size
        self.sha256 = sha256
        self.header = header
    }
}

/// How far an upload is.
public struct UploadStatus: Sendable, Hashable {
    /// How far.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Pieces are awaited.
        case open
        /// Stored and queued.
        case accepted
        /// The same bytes were accepted before.
        case alreadyKnown
        /// Stored; somebody has to look first.
        case held
    }
    /// Which.
    public var bundle: BundleID
    /// How far.
    public var state: State
    /// Numbers of the pieces that are here, ascending.
    public var received: [Int]
    /// Bytes of every piece but the last.
    public var pieceSize: Int
    /// The run that analyses it, once accepted.
    public var run: RunID?
    /// A status of these parts.
    public init(bundle: BundleID, state: State, received: [Int], pieceSize: Int, run: RunID?) {
        self.bundle = bundle
        self.state = state
        self.received = received
        self.pieceSize = pieceSize
        self.run = run
    }
}

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
    /// When.
    public var createdAt: Date
    /// An upload of these parts.
    public init(tenant: TenantID, bundle: BundleID, agent: AgentID, size: Int, sha256: [UInt8], header: [UInt8], createdAt: Date) {
        self.tenant = tenant
        self.bundle = bundle
        self.agent = agent
        self.size = size
        self.sha256 = sha256
        self.header = header
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
