public import Basics
public import CloudModel

/// One run with what it computed: everything on a page or in an answer comes from one of these.
public struct RunResult: Sendable {
    /// Of which accounts.
    public var environment: Environment
    /// The run; succeeded.
    public var run: Run
    /// `sha256:` and the digest of the snapshot's content.
    public var snapshot: String
    /// What it computed.
    public var result: AnalysisResult
    /// A result of these parts.
    public init(environment: Environment, run: Run, snapshot: String, result: AnalysisResult) {
        self.environment = environment
        self.run = run
        self.snapshot = snapshot
        self.result = result
    }
}

/// Results of runs.
public struct ResultsService: Sendable {
    let store: any ControlPlaneStore

    /// The newest succeeded run of an environment; `nil` when there is none yet.
    public func latest(in environment: Environment, for session: TenantSession) async throws -> RunResult? {
        throw StoreError(.unavailable, "not built yet")
    }

    /// One run's results; `nil` when it has none.
    public func result(of run: RunID, for session: TenantSession) async throws -> RunResult? {
        throw StoreError(.unavailable, "not built yet")
    }
}
