public import Basics

/// Where a bundle stands in its agent's row of bundles.
public struct BundlePosition: Sendable, Hashable {
    /// The bundle.
    public var bundle: BundleID
    /// Its epoch.
    public var epoch: UInt64
    /// Its sequence number within the epoch.
    public var sequence: UInt64
    /// SHA-256 of the whole sealed bundle.
    public var sha256: [UInt8]
    /// A position of these parts.
    public init(bundle: BundleID, epoch: UInt64, sequence: UInt64, sha256: [UInt8]) {
        self.bundle = bundle
        self.epoch = epoch
        self.sequence = sequence
        self.sha256 = sha256
    }
}

/// What is to be done with a verified bundle.
public enum ReplayVerdict: String, Sendable, Hashable, CaseIterable {
    /// New: keep it.
    case accepted
    /// The very bytes that were kept before: answer as then, keep nothing.
    case alreadyKnown
    /// Its number, or its epoch, is one that was passed: `upload.sequenceReplayed`.
    case replayed
    /// Its identifier belongs to other bytes, or its epoch was never given out: `upload.conflict`.
    case conflict
}

/// The rule against replayed bundles. `upload.md#replay`. Pure; whoever keeps the bundles asks it inside the transaction that keeps one.
public enum ReplayGuard {
    /// Judges a bundle whose envelope was verified.
    ///
    /// - Parameters:
    ///   - candidate: the bundle.
    ///   - known: the bundle that was accepted under the same identifier, of whatever agent, if any.
    ///   - epoch: the agent's current epoch.
    ///   - highestSequence: the largest sequence number accepted in that epoch; `nil` before the first.
    public static func judge(
        _ candidate: BundlePosition, known: BundlePosition?, epoch: UInt64, highestSequence: UInt64?
    ) -> ReplayVerdict {
        if let known { return known == candidate ? .alreadyKnown : .conflict }
        if candidate.epoch > epoch { return .conflict }
        if candidate.epoch < epoch { return .replayed }
        if let highestSequence, candidate.sequence <= highestSequence { return .replayed }
        return .accepted
    }
}
