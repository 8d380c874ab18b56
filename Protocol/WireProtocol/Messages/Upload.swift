public import Basics

/// Opens an upload, or finds it again. `upload.md#open`.
public struct UploadRequest: Sendable, Hashable, Codable {
    /// The bundle; the header says the same.
    public var bundle: BundleID
    /// Bytes of the sealed bundle.
    public var size: Int
    /// Lower-case hexadecimal SHA-256 of the sealed bundle.
    public var sha256: String
    /// Bytes of a piece, as the agent would like it; ``UploadState/pieceSize`` decides.
    public var pieceSize: Int
    /// The bundle's outer header, its exact bytes, base64.
    public var headerBase64: String
    /// Of a bundle of format version 2: the blocks that it needs.
    public var blocks: BlockList?
    /// A request of these parts.
    public init(
        bundle: BundleID, size: Int, sha256: String, pieceSize: Int = UploadLimits.pieceSize, headerBase64: String, blocks: BlockList? = nil
    ) {
        self.bundle = bundle
        self.size = size
        self.sha256 = sha256
        self.pieceSize = pieceSize
        self.headerBase64 = headerBase64
        self.blocks = blocks
    }
}

/// How far an upload is. `upload.md#state`.
public struct UploadState: Sendable, Hashable, Codable {
    /// The kinds of state.
    public enum Status: String, Sendable, Codable, CaseIterable {
        /// Pieces are missing, or ``Routes/complete(_:)`` was not called yet.
        case open
        /// Checked, stored and queued.
        case accepted
        /// This very bundle was accepted before.
        case alreadyKnown
        /// Stored, not queued: somebody has to look first.
        case held
    }
    /// The bundle.
    public var bundle: BundleID
    /// Where it stands.
    public var status: Status
    /// Indices of the pieces that are stored, ascending.
    public var received: [Int]
    /// Bytes of every piece but the last.
    public var pieceSize: Int
    /// The run that analyses it, once there is one.
    public var run: RunID?
    /// Of an open bundle of format version 2: the blocks that the server does not have.
    public var missing: BlockList?
    /// A state of these parts.
    public init(
        bundle: BundleID, status: Status, received: [Int], pieceSize: Int, run: RunID? = nil, missing: BlockList? = nil
    ) {
        self.bundle = bundle
        self.status = status
        self.received = received
        self.pieceSize = pieceSize
        self.run = run
        self.missing = missing
    }
}

/// Bounds and sums of piecewise upload. `upload.md#pieces`.
public enum UploadLimits {
    /// Bytes of a piece.
    public static let pieceSize = 4 << 20

    /// How many pieces a bundle of `size` bytes has; 0 for sizes and piece sizes below one.
    public static func pieceCount(size: Int, pieceSize: Int = pieceSize) -> Int {
        guard size > 0, pieceSize > 0 else { return 0 }
        return (size - 1) / pieceSize + 1
    }

    /// The bytes of piece `index`, as offsets into the bundle, or `nil` when there is no such piece.
    public static func range(ofPiece index: Int, size: Int, pieceSize: Int = pieceSize) -> Range<Int>? {
        guard index >= 0, index < pieceCount(size: size, pieceSize: pieceSize) else { return nil }
        let start = index * pieceSize
        return start..<(size - start > pieceSize ? start + pieceSize : size)
    }
}

/// Why an upload is refused; `upload.CODE` in a ``Problem``. `upload.md#errors`.
public enum UploadCode: String, Sendable, CaseIterable {
    case unknownBundle, pieceHashMismatch, pieceOutOfRange, pieceSizeMismatch, incomplete, digestMismatch, tooLarge, sequenceReplayed
    case conflict, unknownBlock, badBatch, wrongTenant, wrongEnvironment, wrongAgent, wrongKey, clockSkew, malformed, throttled,
        unavailable, pendingApproval
    /// `upload.CODE`.
    public var full: String { "upload.\(rawValue)" }
}

/// A sign of life. `upload.md#heartbeat`.
public struct Heartbeat: Sendable, Hashable, Codable {
    /// The agent's version.
    public var agentVersion: String
    /// The host's name, to be shown.
    public var hostname: String
    /// Such as `linux/x86_64`.
    public var platform: String
    /// Bundles that wait.
    public var spoolDepth: Int
    /// Code of the last error, such as `http.unreachable`; absent when the last collection and upload went well.
    public var lastError: String?
    /// The agent's clock, RFC 3339.
    public var clock: String
    /// Permissions that the last collection missed, `service:Operation`; absent when there was none yet.
    public var missingPermissions: [String]?
    /// The authorities that the agent trusts, `sha256:HEX` each.
    public var authorities: [String]?
    /// How many entries the checkpoint of the audit log covers that the agent holds; absent when it holds none.
    public var auditSize: UInt64?
    /// Which configuration the agent goes by; absent from one that knows of none.
    public var configuration: HeldConfiguration?
    /// A heartbeat of these parts.
    public init(
        agentVersion: String, hostname: String, platform: String, spoolDepth: Int, lastError: String? = nil, clock: String,
        missingPermissions: [String]? = nil, authorities: [String]? = nil, auditSize: UInt64? = nil,
        configuration: HeldConfiguration? = nil
    ) {
        self.agentVersion = agentVersion
        self.hostname = hostname
        self.platform = platform
        self.spoolDepth = spoolDepth
        self.lastError = lastError
        self.clock = clock
        self.missingPermissions = missingPermissions
        self.authorities = authorities
        self.auditSize = auditSize
        self.configuration = configuration
    }
}

/// The answer to a sign of life.
public struct HeartbeatAnswer: Sendable, Hashable, Codable {
    /// The server's clock, RFC 3339.
    public var serverTime: String
    /// Something for the agent's log.
    public var message: String?
    /// Whether the agent should ask for its next certificate now.
    public var renew: Bool?
    /// The authorities that are trusted now, `sha256:HEX` each: an agent that lacks one asks for its next certificate, which comes with them.
    public var authorities: [String]?
    /// The newest checkpoint of the tenant's audit log, for the agent to remember. `audit.md#witnesses`.
    public var audit: AuditWord?
    /// What the agent has to go by from now on, where that is not what it goes by. `configuration.md`.
    public var configuration: SignedConfiguration?
    /// An answer of these parts.
    public init(
        serverTime: String, message: String? = nil, renew: Bool? = nil, authorities: [String]? = nil, audit: AuditWord? = nil,
        configuration: SignedConfiguration? = nil
    ) {
        self.serverTime = serverTime
        self.message = message
        self.renew = renew
        self.authorities = authorities
        self.audit = audit
        self.configuration = configuration
    }
}
