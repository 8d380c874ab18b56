public import Basics
public import WireProtocol

/// The upload of one bundle, as events in and actions out. It does nothing itself.
///
/// Open the upload; send the blocks and the pieces that the server does not have; complete. What may succeed later is tried again after a pause that
/// doubles, with full jitter, and comes on top of the server's `Retry-After`. What the server refuses for good ends the upload.
public struct UploadMachine: Sendable {
    /// What happened.
    public enum Event: Sendable {
        /// Begin.
        case started
        /// The server opened the upload, or found it again.
        case opened(UploadState)
        /// These blocks are stored, by their places in the bundle's list.
        case sentBlocks([Int])
        /// The piece is stored.
        case sent(piece: Int)
        /// The server answered the completion.
        case completed(UploadState)
        /// No answer, or one that is none.
        case failed(code: String)
        /// The server refused.
        case refused(Refusal)
        /// The pause is over.
        case waited
        /// The program ends.
        case stopping
    }
    /// What is to be done next.
    public enum Action: Sendable, Hashable {
        /// Open the upload.
        case open
        /// Send these blocks in one batch, by their places in the bundle's list.
        case sendBlocks([Int])
        /// Send these bytes of the bundle as this piece.
        case send(piece: Int, range: Range<Int>)
        /// Complete the upload.
        case complete
        /// Pause.
        case wait(Duration)
        /// Nothing more.
        case end(Outcome)
    }
    /// How an upload ended.
    public enum Outcome: Sendable, Hashable {
        /// The server has it; `run` analyses it.
        case accepted(run: RunID?)
        /// The server had it before.
        case alreadyKnown(run: RunID?)
        /// The server has it, and somebody has to look first.
        case held
        /// The server will never take it.
        case refused(Refusal)
        /// The server does not let this agent in; the bundle is not to blame.
        case shutOut(Refusal)
        /// Tried often enough for now.
        case postponed(code: String, after: Duration?)
        /// The program ends; nothing is lost.
        case stopped
    }
    /// How patient it is.
    public struct Patience: Sendable, Hashable {
        /// Failures in a row before it is put off.
        public var failures: Int
        /// The first pause is at most this.
        public var firstPause: Duration
        /// No pause is longer, unless the server asks for it.
        public var longestPause: Duration
        /// When the server asks for a longer pause than this, the upload is put off.
        public var longestRetryAfter: Duration
        /// A patience of these.
        public init(
            failures: Int = 8, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(60),
            longestRetryAfter: Duration = .seconds(300)
        ) {
            self.failures = failures
            self.firstPause = firstPause
            self.longestPause = longestPause
            self.longestRetryAfter = longestRetryAfter
        }
    }

    private enum Step { case open, sendBlocks, send, complete, ended }

    private let bundle: BundleID
    private let size: Int
    private let blocks: [(id: BlockID, size: Int)]
    private let patience: Patience
    private var step = Step.open
    private var pieceSize = UploadLimits.pieceSize
    private var missing: [Int] = []
    private var missingBlocks: [Int] = []
    private var failures = 0
    private var openings = 0
    private var isStopping = false

    /// Most pieces that a server may cut a bundle into.
    private static let pieceLimit = 1 << 20
    /// A server that forgets what it was sent is asked this often.
    private static let openingLimit = 12

    /// The upload of a bundle of `size` bytes, which needs `blocks`, each with its bytes in a batch.
    public init(bundle: BundleID, size: Int, blocks: [(id: BlockID, size: Int)] = [], patience: Patience = Patience()) {
        self.bundle = bundle
        self.size = size
        self.blocks = blocks
        self.patience = patience
    }

    /// How many pieces are to be sent yet.
    public var remaining: Int { missing.count }
    /// How many blocks are to be sent yet.
    public var remainingBlocks: Int { missingBlocks.count }

    /// Takes an event and says what is next. After `.end` everything gives the same end.
    public mutating func handle(_ event: Event, random: inout some RandomNumberGenerator) -> Action {
        if isStopping || step == .ended { return end(.stopped) }
        switch event {
        case .started, .waited: return next()
        case .opened(let state): return take(state, random: &random)
        case .completed(let state):
            guard state.status != .open else {
                step = .open
                return pause(code: "agent.badAnswer", random: &random)
            }
            return take(state, random: &random)
        case .sentBlocks(let sent):
            failures = 0
            missingBlocks.removeAll { sent.contains($0) }
            return next()
        case .sent(let piece):
            failures = 0
            missing.removeAll { $0 == piece }
            if missing.isEmpty { step = .complete }
            return next()
        case .failed(let code): return pause(code: code, random: &random)
        case .refused(let refusal): return take(refusal, random: &random)
        case .stopping:
            isStopping = true
            return end(.stopped)
        }
    }

    private mutating func next() -> Action {
        switch step {
        case .open:
            openings += 1
            return openings > Self.openingLimit ? end(.postponed(code: "agent.badAnswer", after: nil)) : .open
        case .sendBlocks:
            guard !missingBlocks.isEmpty else {
                step = missing.isEmpty ? .complete : .send
                return next()
            }
            return .sendBlocks(batch)
        case .send:
            guard let piece = missing.first, let range = UploadLimits.range(ofPiece: piece, size: size, pieceSize: pieceSize) else {
                step = .complete
                return .complete
            }
            return .send(piece: piece, range: range)
        case .complete: return .complete
        case .ended: return .end(.stopped)
        }
    }

    /// As many of the missing blocks as one batch holds, one at least.
    private var batch: [Int] {
        var bytes = 0
        let whole = missingBlocks.prefix { index in
            bytes += blocks[index].size
            return bytes <= UploadLimits.pieceSize
        }
        return Array(whole.isEmpty ? missingBlocks.prefix(1) : whole)
    }

    private mutating func take(_ state: UploadState, random: inout some RandomNumberGenerator) -> Action {
        guard state.bundle == bundle else { return pause(code: "agent.badAnswer", random: &random) }
        switch state.status {
        case .accepted: return end(.accepted(run: state.run))
        case .alreadyKnown: return end(.alreadyKnown(run: state.run))
        case .held: return end(.held)
        case .open:
            let count = UploadLimits.pieceCount(size: size, pieceSize: state.pieceSize)
            guard state.pieceSize <= 256 << 20, (1...Self.pieceLimit).contains(count) else {
                return pause(code: "agent.badAnswer", random: &random)
            }
            pieceSize = state.pieceSize
            let received = Set(state.received)
            missing = (0..<count).filter { !received.contains($0) }
            // A server that does not say which blocks it lacks is sent all.
            let wanted = state.missing.map { Set($0.ids) }
            missingBlocks = blocks.indices.filter { wanted?.contains(blocks[$0].id) ?? true }
            step = .sendBlocks
            return next()
        }
    }

    private mutating func take(_ refusal: Refusal, random: inout some RandomNumberGenerator) -> Action {
        if refusal.isTransient {
            return pause(code: refusal.code ?? "http.status\(refusal.status)", retryAfter: refusal.retryAfter, random: &random)
        }
        switch refusal.code {
        case UploadCode.pieceHashMismatch.full: return pause(code: UploadCode.pieceHashMismatch.full, random: &random)
        case UploadCode.unknownBundle.full, UploadCode.incomplete.full, UploadCode.pieceOutOfRange.full, UploadCode.pieceSizeMismatch.full:
            // The server knows less, or cuts otherwise, than a moment ago.
            step = .open
            return pause(code: refusal.code ?? "", random: &random)
        case let code? where code.utf8.starts(with: "auth.".utf8): return end(.shutOut(refusal))
        default: return end(.refused(refusal))
        }
    }

    private mutating func pause(code: String, retryAfter: Duration? = nil, random: inout some RandomNumberGenerator) -> Action {
        failures += 1
        if failures >= patience.failures { return end(.postponed(code: code, after: retryAfter)) }
        if let retryAfter, retryAfter > patience.longestRetryAfter { return end(.postponed(code: code, after: retryAfter)) }
        let pause = Backoff.pause(failures: failures, first: patience.firstPause, longest: patience.longestPause, random: &random)
        // Behind the server's own pause: all agents heard the same one, and would come back together.
        return .wait(pause + (retryAfter ?? .zero))
    }

    private mutating func end(_ outcome: Outcome) -> Action {
        step = .ended
        return .end(outcome)
    }
}

/// Pauses between tries: doubling bounds, and anything below the bound with equal chance ("full jitter"), so that agents do not come back together.
public enum Backoff {
    /// The pause after `failures` failures in a row.
    public static func pause(failures: Int, first: Duration, longest: Duration, random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(longest, first * (1 << max(0, min(failures - 1, 30))))
        return bound * Double.random(in: 0...1, using: &random)
    }
}
