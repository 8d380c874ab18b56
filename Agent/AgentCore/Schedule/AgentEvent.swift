public import Basics
public import FoundationEssentials

/// What the agent does, for its log: constants and identifiers, no content.
public enum AgentEvent: Sendable {
    case collecting
    case progress(CollectProgress)
    case collected(records: Int, notSeen: Int)
    case sealed(bundle: BundleID, bytes: Int, sequence: UInt64)
    /// A waiting bundle went for a newer one.
    case superseded(bundle: BundleID)
    case uploading(bundle: BundleID, bytes: Int)
    case pieceSent(bundle: BundleID, piece: Int, remaining: Int)
    case blocksSent(bundle: BundleID, count: Int, remaining: Int)
    case waiting(Duration)
    case uploaded(bundle: BundleID, run: RunID?, how: String)
    /// The server will never take it.
    case refused(bundle: BundleID, code: String, message: String)
    case renewed(notAfter: Date)
    case heartbeat(clockSkew: Double?)
    /// From now on it goes by these settings of the server's.
    case configured(version: UInt64)
    /// Something that the server says about this agent's version. Foreign text, fit to be shown.
    case advice(String)
    /// Something did not work; it will be tried again where that makes sense.
    case failed(code: String, message: String)
    case sleeping(Duration)
}
