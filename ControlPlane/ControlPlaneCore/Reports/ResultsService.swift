public import Basics
public import CloudModel
import Crypto
import FoundationEssentials

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
    let objects: ObjectFolder
    let blocking: BlockingWork
    let recent = RecentResults()

    /// The newest succeeded run of an environment; `nil` when there is none yet.
    public func latest(in environment: Environment, for session: TenantSession) async throws -> RunResult? {
        try session.require(.readResults, in: environment.id)
        let run = try await store.read(session.tenant.id) {
            try $0.runs(environment: environment.id, status: .succeeded, limit: 1).first
        }
        guard let run else { return nil }
        return try await result(of: run.id, for: session)
    }

    /// One run's results; `nil` when it has none.
    public func result(of run: RunID, for session: TenantSession) async throws -> RunResult? {
        try session.require(.readResults)
        let tenant = session.tenant.id
        let found = try await store.read(tenant) { tables -> (Run, StoredResult, Environment)? in
            guard let run = try tables.run(run), run.status == .succeeded, let row = try tables.result(of: run.id) else { return nil }
            guard let environment = try tables.environments().first(where: { $0.id == run.environment }) else { return nil }
            return (run, row, environment)
        }
        guard let (run, row, environment) = found, session.environments.contains(environment.id) else { return nil }
        let result: AnalysisResult
        if let known = await recent.result(tenant, run.id) {
            result = known
        } else {
            let path = try objects.result(tenant, run.id, digest: row.resultDigest)
            result = try await blocking.run {
                let document = try SafeFile.read(path, limit: row.resultSize)
                guard Array(SHA256.hash(data: document)) == row.resultDigest else {
                    throw StoreError(.corrupt, "the stored result is not what the run computed")
                }
                return try JSONDecoder().decode(AnalysisResult.self, from: Data(document))
            }
            await recent.keep(result, tenant, run.id)
        }
        return RunResult(environment: environment, run: run, snapshot: row.snapshot, result: result)
    }
}

/// The last few results, decoded. Named by tenant and run, so that one tenant's can never answer another's question.
actor RecentResults {
    private struct Name: Hashable {
        var tenant: TenantID
        var run: RunID
    }
    private static let limit = 4
    private var results: [(name: Name, result: AnalysisResult)] = []

    func result(_ tenant: TenantID, _ run: RunID) -> AnalysisResult? {
        results.first { $0.name == Name(tenant: tenant, run: run) }?.result
    }

    func keep(_ result: AnalysisResult, _ tenant: TenantID, _ run: RunID) {
        results.removeAll { $0.name == Name(tenant: tenant, run: run) }
        results.insert((Name(tenant: tenant, run: run), result), at: 0)
        if results.count > Self.limit { results.removeLast() }
    }
}
