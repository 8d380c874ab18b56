public import Basics
import CloudModel
import Crypto
import FoundationEssentials
public import ServiceLifecycle
import WireProtocol

/// Takes runs one after the other, gives each to a worker, and keeps what comes of it.
///
/// A run is taken with a lease that is renewed while its worker lives. A run whose worker dies is tried again, at most
/// ``Run/maximumAttempts`` times, then failed with the reason. When this program dies, the lease ends, and the next one takes the run.
public struct RunQueue: Service {
    /// How long a lease lasts without renewal.
    static let lease: TimeInterval = 60
    /// How long a run that was found is shown to nobody else: until it is claimed, or for ever so long when it cannot be.
    static let hold: TimeInterval = 10
    /// How often it is renewed.
    static let renewal: Duration = .seconds(15)
    /// How long to wait before asking again for something to do.
    static let pause: Duration = .milliseconds(500)
    /// The longest wait for word of a run, where the store can send word; leases end without one.
    static let patience: Duration = .seconds(5)

    /// What happened, for the log.
    public enum Event: Sendable {
        /// A worker has a run.
        case started(RunID, attempt: Int)
        /// It is done.
        case succeeded(RunID)
        /// It is tried again.
        case retried(RunID, reason: String)
        /// It is given up.
        case failed(RunID, reason: String)
        /// What a worker wrote to its error output.
        case workerSaid(RunID, String)
        /// The queue itself could not go on; it tries again.
        case trouble(String)
        /// Runs that an earlier program left behind were queued again.
        case recovered(Int)
    }

    let store: any ControlPlaneStore
    let objects: ObjectFolder
    let sealingKeys: SealingKeys
    let supervisor: WorkerSupervisor
    let clock: WallClock
    let worker: String
    let report: @Sendable (Event) -> Void
    private let blocking = BlockingWork()

    /// A queue that gives runs to `supervisor`.
    public init(
        store: any ControlPlaneStore, data: DataFolder, master: MasterKey, supervisor: WorkerSupervisor, clock: WallClock = .system,
        report: @escaping @Sendable (Event) -> Void
    ) {
        self.store = store
        objects = data.objects
        sealingKeys = SealingKeys(master: master)
        self.supervisor = supervisor
        self.clock = clock
        worker = "work-\(SecretText.base62(SecretText.randomBytes(16), width: 22))"
        self.report = report
    }

    /// Works until told to stop; then the run at hand goes back into the queue as if it had not been tried.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await workOnce() { continue }
                    await store.awaitRuns(atMost: Self.patience)
                    continue
                } catch is CancellationError {
                    break
                } catch {
                    report(.trouble((error as? any CodedError)?.description ?? "\(type(of: error))"))
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Removes what a killed program left on the disk, and queues again what is marked as running. Only for whoever knows that nobody else
    /// works on the folder: it holds the work lock.
    ///
    /// - Parameter othersWork: whether other machines take runs from the same database. Then what is marked as running may be theirs, and
    ///   its lease decides.
    public func recover(othersWork: Bool = false) async throws {
        let scratch = supervisor.scratch
        let objects = objects
        try await blocking.run {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: scratch)) ?? [] {
                try? FileManager.default.removeItem(atPath: "\(scratch)/\(name)")
            }
            objects.removeUnfinishedSnapshots()
        }
        guard !othersWork else { return }
        let left = try await store.readDirectory { try $0.runningRuns() }
        for (tenant, id) in left {
            let now = clock.now()
            try await store.write(tenant) { tables in
                guard let run = try tables.run(id), run.status == .running else { return }
                try giveBack(run, reason: "worker.died: the program that ran it ended", retryable: true, tables, now)
            }
        }
        if !left.isEmpty { report(.recovered(left.count)) }
    }

    /// Takes one run to its end; answers whether there was one.
    @discardableResult public func workOnce() async throws -> Bool {
        let now = clock.now()
        // Looking costs no write while there is nothing to do.
        guard try await store.readDirectory({ try $0.nextRun(now: now) }) != nil else { return false }
        let hold = now.addingTimeInterval(Self.hold)
        guard let next = try await store.takeNextRun(now: now, hold: hold) else { return true }
        let claimed = try await store.write(next.tenant) { tables -> Run? in
            guard
                let run = try tables.claim(next.run, worker: worker, now: now, leaseUntil: now.addingTimeInterval(Self.lease))
            else { return nil }
            guard run.attempts <= Run.maximumAttempts else {
                // Its workers died so hard that nobody could say so.
                var failed = run
                failed.attempts = run.attempts - 1
                try giveBack(failed, reason: "worker.died: it never came to an end", retryable: true, tables, now)
                return nil
            }
            try AuditLog.append(tables, .runStarted, by: .system, on: "run:\(run.id)", detail: "attempt=\(run.attempts)", at: now)
            return run
        }
        guard let run = claimed else { return true }
        report(.started(run.id, attempt: run.attempts))
        do throws(WorkerError) {
            let result = try await withLease(of: run) { () throws(WorkerError) in try await work(on: run) }
            try await keep(result, of: run)
            report(.succeeded(run.id))
        } catch {
            // Also when we were told to stop: a cancelled task could not write down that it gives the run back.
            try await Task { try await note(error, of: run) }.value
        }
        return true
    }

    private func work(on run: Run) async throws(WorkerError) -> WorkerResult {
        let job: WorkerJob
        do {
            let found = try await store.read(run.tenant) { (try $0.bundle(run.bundle), try $0.sealingKeys()) }
            let blocks = try await blocks(of: run)
            guard let bundle = found.0 else { throw WorkerError(.inputUnavailable, "the bundle is not known", retryable: false) }
            let objects = objects
            let path = try objects.bundle(run.tenant, bundle.id, digest: bundle.sha256)
            let prefix = try await blocking.run { try Self.prefix(of: path) }
            let header = try BundleHeader.read(prefix)
            let key = try sealingKeys.contentKey(of: header, stored: found.1)
            job = WorkerJob(
                task: WorkerTask(
                    tenant: run.tenant.description, environment: run.environment.description, agent: run.agent.description,
                    run: run.id.description, agentPublicKey: Data(bundle.agentKey).base64EncodedString(),
                    contentKey: key.withUnsafeBytes { Data($0) }.base64EncodedString()),
                bundle: path, blocks: blocks, snapshot: try objects.incomingSnapshot(run.tenant, run.id))
        } catch let error as BundleError {
            throw WorkerError(.inputUnavailable, error.description, retryable: false, cause: error)
        } catch {
            throw error as? WorkerError ?? WorkerError(.inputUnavailable, "the bundle or its key cannot be read", cause: error)
        }
        let id = run.id
        let store = store
        let worker = worker
        let clock = clock
        let report = report
        return try await supervisor.run(job) { stage in
            // Only for show: a stage that cannot be noted is no reason to stop.
            Task.detached {
                _ = try? await store.write(run.tenant) {
                    try $0.renewLease(of: id, worker: worker, until: clock.now().addingTimeInterval(Self.lease), stage: stage)
                }
            }
        } errors: { text in
            report(.workerSaid(id, text))
        }
    }

    /// The blocks that the run's bundle needs, each as it came. One that is not here, or not as it came, ends the run, and is forgotten: with its
    /// next bundle the agent sends it again.
    private func blocks(of run: Run) async throws -> [BlockSource] {
        let objects = objects
        let (stored, missing) = try await store.read(run.tenant) { tables -> ([StoredBlock], [BlockID]) in
            let ids = Set(try tables.blocks(ofBundle: run.bundle)?.ids ?? [])
            let found = try ids.map { ($0, try tables.block($0, of: run.agent)) }
            return (found.compactMap(\.1), found.filter { $0.1 == nil }.map(\.0))
        }
        let checked = try await blocking.run {
            try stored.map { block -> (BlockSource, Bool) in
                let source = BlockSource(
                    id: block.id, path: try objects.pack(run.tenant, block.pack), start: block.start, size: block.size)
                // A disk that does not answer is no reason to forget anything: then the run is tried again.
                do {
                    return (source, Array(SHA256.hash(data: try source.read())) == block.sha256)
                } catch let error as StoreError where error.code == .notFound {
                    return (source, false)
                }
            }
        }
        let damaged = checked.filter { !$0.1 }.map(\.0.id)
        guard missing.isEmpty, damaged.isEmpty else {
            try await store.write(run.tenant) { tables in
                for id in damaged { try tables.deleteBlock(named: id.bytes, of: run.agent) }
            }
            throw WorkerError(
                .inputUnavailable,
                "\(missing.count + damaged.count) blocks of the bundle are gone or damaged; the agent's next bundle brings them",
                retryable: false)
        }
        return checked.map(\.0)
    }

    private static func prefix(of path: String) throws -> [UInt8] {
        struct Enough: Error {}
        var bytes: [UInt8] = []
        do {
            try ObjectFolder.read(path) { chunk in
                bytes += chunk
                if bytes.count >= BundleHeader.byteCount { throw Enough() }
            }
        } catch is Enough {}
        return bytes
    }

    /// Runs `body` while the lease is renewed; a lost lease cancels it.
    private func withLease(
        of run: Run, _ body: @escaping @Sendable () async throws(WorkerError) -> WorkerResult
    ) async throws(WorkerError) -> WorkerResult {
        let outcome: Result<WorkerResult, WorkerError> = await withTaskGroup(of: Result<WorkerResult, WorkerError>?.self) { group in
            group.addTask {
                do throws(WorkerError) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.renewal)) != nil {
                    let until = clock.now().addingTimeInterval(Self.lease)
                    let held = try? await store.write(run.tenant) {
                        try $0.renewLease(of: run.id, worker: worker, until: until, stage: nil)
                    }
                    // No answer is not yet a loss: the lease outlasts three more tries.
                    if held == false { return .failure(WorkerError(.stopped, "another program took the run")) }
                }
                return nil
            }
            var last: Result<WorkerResult, WorkerError> = .failure(WorkerError(.stopped, "the worker was stopped"))
            for await result in group {
                guard let result else { continue }
                last = result
                break
            }
            group.cancelAll()
            return last
        }
        return try outcome.get()
    }

    private func keep(_ result: WorkerResult, of run: Run) async throws(WorkerError) {
        let now = clock.now()
        do {
            let digest = Array(SHA256.hash(data: result.document))
            let objects = objects
            try await blocking.run {
                try SafeFile.write(result.document, to: try objects.result(run.tenant, run.id, digest: digest), mode: 0o600)
                try ObjectFolder.publish(
                    result.snapshotPath, as: try objects.snapshot(run.tenant, run.id, digest: result.snapshotDigest))
            }
            let row = StoredResult(
                run: run.id, environment: run.environment, snapshot: result.result.summary.snapshot, resultDigest: digest,
                resultSize: result.document.count, snapshotDigest: result.snapshotDigest, snapshotSize: result.snapshotSize, createdAt: now)
            try await store.write(run.tenant) { tables in
                var done = run
                done.status = .succeeded
                done.reason = nil
                done.snapshot = row.snapshot
                done.endedAt = now
                try tables.put(row)
                guard try tables.finish(done, worker: worker) else { throw WorkerError(.stopped, "another program took the run") }
                try AuditLog.append(
                    tables, .runSucceeded, by: .system, on: "run:\(run.id)", detail: "snapshot=\(row.snapshot)", at: now)
            }
        } catch {
            throw error as? WorkerError ?? WorkerError(.resultUnavailable, "the result cannot be kept", cause: error)
        }
    }

    private func note(_ error: WorkerError, of run: Run) async throws {
        let now = clock.now()
        let reason = error.code == .gaveUp ? error.message : error.description
        var back = run
        // Being stopped says nothing about the run.
        if error.code == .stopped { back.attempts -= 1 }
        let final = try await store.write(run.tenant) { [back] tables -> Run.Status? in
            // Whoever holds the run now decides; a run that we lost is not ours to give back.
            guard try tables.renewLease(of: run.id, worker: worker, until: now, stage: nil) else { return nil }
            return try giveBack(back, reason: reason, retryable: error.retryable, tables, now)
        }
        switch final {
        case .failed: report(.failed(run.id, reason: reason))
        case .queued: report(.retried(run.id, reason: reason))
        default: break
        }
    }

    @discardableResult private func giveBack(
        _ run: Run, reason: String, retryable: Bool, _ tables: any TenantWriting, _ now: Date
    ) throws -> Run.Status {
        var run = run
        let again = retryable && run.attempts < Run.maximumAttempts
        run.status = again ? .queued : .failed
        run.reason = reason
        run.endedAt = again ? nil : now
        try tables.requeue(run)
        try AuditLog.append(
            tables, again ? .runRetried : .runFailed, by: .system, on: "run:\(run.id)", outcome: Self.code(of: reason),
            detail: "attempts=\(run.attempts)", at: now)
        return run.status
    }

    private static func code(of reason: String) -> String {
        String(decoding: reason.utf8.prefix { $0 != UInt8(ascii: ":") && $0 > 0x20 && $0 < 0x7F }.prefix(64), as: UTF8.self)
    }
}
