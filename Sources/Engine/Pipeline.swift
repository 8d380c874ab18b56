public import CloudModel
import SnapshotStore

/// Everything from a collection to a result: the same input gives the same result.
public enum Pipeline {
    /// What can be chosen for a run.
    public struct Options: Sendable {
        /// Whether fixes are looked for.
        public var findsFixes: Bool
        /// What the plan is to do.
        public var plan: PlanRequest
        /// Options as given.
        public init(findsFixes: Bool = true, plan: PlanRequest = PlanRequest()) {
            self.findsFixes = findsFixes
            self.plan = plan
        }
    }

    /// A result with its graph, which is too large to go with it everywhere.
    public struct Analysis: Sendable {
        /// The result.
        public var result: AnalysisResult
        /// The graph that the result's paths are in.
        public var graph: GraphExport
    }

    /// Analyses a collection; see ``analyse(_:snapshotPath:options:premises:progress:)``.
    public static func run(
        _ collection: consuming CloudCollection, snapshotPath: String, options: Options = Options(), premises: Premises = Premises(),
        progress: (WorkerProgress) -> Void = { _ in }
    ) throws -> AnalysisResult {
        try stages(collection, snapshotPath: snapshotPath, options: options, premises: premises, progress: progress).result
    }

    /// Analyses a collection.
    ///
    /// - Parameters:
    ///   - collection: what was collected; it is let go as soon as it was read, where nobody else holds it.
    ///   - snapshotPath: where the snapshot's database is written; the file must not exist.
    ///   - premises: what the owner says besides.
    ///   - progress: told the name of each stage as it begins: `normalise`, `graph`, `paths`, `controls`, `fixes`, `write`.
    /// - Throws: when the database cannot be written, and ``PremiseError``. What is in the collection is never a reason: what cannot be read is said in the result's coverage.
    public static func analyse(
        _ collection: consuming CloudCollection, snapshotPath: String, options: Options = Options(), premises: Premises = Premises(),
        progress: (WorkerProgress) -> Void = { _ in }
    ) throws -> Analysis {
        let (result, evaluation) = try stages(
            collection, snapshotPath: snapshotPath, options: options, premises: premises, progress: progress)
        return Analysis(result: result, graph: GraphExport(evaluation, digest: result.summary.snapshot))
    }

    private static func stages(
        _ collection: consuming CloudCollection, snapshotPath: String, options: Options, premises: Premises,
        progress: (WorkerProgress) -> Void
    ) throws -> (result: AnalysisResult, evaluation: Evaluation) {
        progress(WorkerProgress(stage: "normalise"))
        let snapshot = Normaliser.normalise(collection)
        let digest = SnapshotDigest.of(snapshot)
        progress(WorkerProgress(stage: "graph"))
        let evaluation = Evaluation(snapshot, premises: premises)
        try evaluation.checkPremises()
        progress(WorkerProgress(stage: "paths"))
        let judged = evaluation.judged()
        progress(WorkerProgress(stage: "controls"))
        try evaluation.writeSnapshot(to: snapshotPath, digest: digest)
        let controls = try Self.controls(snapshotPath)
        progress(WorkerProgress(stage: "fixes"))
        let outcome =
            options.findsFixes
            ? Planner(evaluation, options.plan).plan(judged)
            : PlanOutcome(plan: Planner.emptyPlan(judged.paths), paths: judged.paths, gaps: [])
        progress(WorkerProgress(stage: "write"))
        let result = evaluation.result(
            digest: digest, judged: judged, paths: outcome.paths, plan: outcome.plan, findings: controls.findings,
            controls: controls.controls, gaps: outcome.gaps)
        return (result, evaluation)
    }

    private static func controls(_ path: String) throws -> (findings: [Finding], controls: [ControlResult]) {
        try ControlRunner.run(try SnapshotDatabase(path: path))
    }
}
