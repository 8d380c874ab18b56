import CloudModel

/// The one place where the worker meets the engine.
enum Analysis {
    /// Analyses a collection; the snapshot is written to `snapshot`. Answers the result document.
    static func run(_ collection: CloudCollection, snapshot: String, stage: (String) -> Void) throws -> [UInt8] {
        throw FrameError(code: .failed, message: "the engine is not there yet")
    }
}
