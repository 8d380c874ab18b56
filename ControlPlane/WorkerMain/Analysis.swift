import CloudModel
import Engine
import FoundationEssentials

/// The one place where the worker meets the engine.
enum Analysis {
    /// Analyses a collection; the snapshot is written to `snapshot`. Answers the result document.
    static func run(_ collection: consuming CloudCollection, snapshot: String, progress: (WorkerProgress) -> Void) throws -> [UInt8] {
        let result = try Pipeline.run(collection, snapshotPath: snapshot, progress: progress)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(result))
    }
}
