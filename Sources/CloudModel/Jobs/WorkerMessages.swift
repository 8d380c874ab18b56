/// What `cloudryption-server work` and `cloudryption-worker` say to each other over two pipes.
///
/// Each message is a frame: four bytes of length, big-endian, counting what follows; one byte of ``WorkerFrame``; the content.
public enum WorkerFrame: UInt8, Sendable, CaseIterable {
    /// To the worker, once, first: ``WorkerTask`` as JSON.
    case task = 1
    /// To the worker: a piece of the sealed bundle, in order, at most ``pieceBytes``.
    case bundlePiece = 2
    /// To the worker: no more pieces or blocks; empty.
    case bundleEnd = 3
    /// To the worker, after the pieces: a block of the bundle. Its name of 16 bytes, then its bytes.
    case block = 4
    /// From the worker: ``WorkerProgress`` as JSON.
    case progress = 16
    /// From the worker, last: one document of the result. One byte of ``WorkerDocument``, then a piece of it, in order.
    case document = 17
    /// From the worker, last: ``WorkerFailure`` as JSON; nothing follows.
    case failure = 18
    /// From the worker, last: everything was sent; empty.
    case done = 19

    /// Most bytes of a piece.
    public static let pieceBytes = 1 << 20
    /// Most bytes of a frame, so that a reader can refuse a length before it allocates.
    public static let frameBytes = pieceBytes + 64
}

/// The documents of a result, as the worker sends them.
public enum WorkerDocument: UInt8, Sendable, CaseIterable {
    /// `AnalysisResult` as JSON.
    case result = 1
    /// The snapshot as one SQLite file.
    case snapshot = 2

    /// Most bytes of the document; the reader refuses more.
    public var maximumBytes: Int {
        switch self {
        case .result: 512 << 20
        case .snapshot: 4 << 30
        }
    }
}

/// What the worker is told: everything that it may know of the outside.
public struct WorkerTask: Sendable, Codable {
    /// Tenant that the bundle must name.
    public var tenant: String
    /// Environment that the bundle must name.
    public var environment: String
    /// Agent that the bundle must name.
    public var agent: String
    /// The run that this is for.
    public var run: String
    /// The agent's public key, P-256, X9.63 uncompressed, base64.
    public var agentPublicKey: String
    /// The bundle's content key, unwrapped, base64. Never logged.
    public var contentKey: String
    /// A task of these parts.
    public init(tenant: String, environment: String, agent: String, run: String, agentPublicKey: String, contentKey: String) {
        self.tenant = tenant
        self.environment = environment
        self.agent = agent
        self.run = run
        self.agentPublicKey = agentPublicKey
        self.contentKey = contentKey
    }
}

/// How far the worker is.
public struct WorkerProgress: Sendable, Codable {
    /// The stage that begins: `open`, `normalise`, `controls`, `graph`, `paths`, `fixes`, `write`.
    public var stage: String
    /// The stage that begins.
    public init(stage: String) { self.stage = stage }
}

/// Why the worker gives up. Safe to store and to show.
public struct WorkerFailure: Sendable, Codable {
    /// A coded error's full code, such as `bundle.wrongRecipient`.
    public var code: String
    /// A sentence of ours.
    public var message: String
    /// Whether trying again can help.
    public var retryable: Bool
    /// A failure of these parts.
    public init(code: String, message: String, retryable: Bool) {
        self.code = code
        self.message = message
        self.retryable = retryable
    }
}
