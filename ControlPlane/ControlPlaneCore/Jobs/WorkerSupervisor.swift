import Basics
import CloudModel
import Crypto
import FoundationEssentials
import Glibc
import Synchronization
import WireProtocol

/// One run's input for a worker.
struct WorkerJob: Sendable {
    var task: WorkerTask
    var bundle: String
    /// Of a bundle of format version 2: its blocks, each once.
    var blocks: [BlockSource] = []
    /// Where the snapshot grows.
    var snapshot: String
}

/// What a worker computed, checked for form.
struct WorkerResult: Sendable {
    var document: [UInt8]
    var result: AnalysisResult
    var snapshotPath: String
    var snapshotDigest: [UInt8]
    var snapshotSize: Int
}

/// Starts `cloudryption-worker`, one for each run, gives it one bundle and its content key, and believes nothing that it says.
public struct WorkerSupervisor: Sendable {
    /// The program.
    public var program: String
    /// Folder in which each worker gets its own, removed afterwards.
    public var scratch: String
    /// What it may use up.
    public var limits = WorkerLimits()
    /// Lets a worker run on a kernel without Landlock; see Docs/operations.md.
    public var allowsMissingLandlock = false
    /// Most bytes of what it writes to its error output that are kept.
    static let errorBytes = 16 << 10

    /// A supervisor of this program.
    public init(program: String, scratch: String) {
        self.program = program
        self.scratch = scratch
    }

    /// Runs one worker to its end. Cancelling kills it.
    ///
    /// - Parameters:
    ///   - stage: told each stage as it begins.
    ///   - errors: told what the worker wrote to its error output, bounded and made fit for a log.
    func run(
        _ job: WorkerJob, stage: @escaping @Sendable (String) -> Void, errors: @escaping @Sendable (String) -> Void
    ) async throws(WorkerError) -> WorkerResult {
        let folder = scratch + "/\(job.task.run).\(UInt32.random(in: .min ... .max))"
        do throws(FileError) { try SafeFile.makePrivateFolder(folder) } catch {
            throw WorkerError(.cannotStart, "no scratch folder", cause: error)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The worker's home is its scratch folder; nothing of ours is in its environment.
        var environment = ["HOME=\(folder)", "TMPDIR=\(folder)", "SQLITE_TMPDIR=\(folder)", "LC_ALL=C", "TZ=UTC"]
        if allowsMissingLandlock { environment.append("CLOUDRYPTION_WORKER_ALLOW_NO_LANDLOCK=1") }
        let deadline = ContinuousClock.now + limits.wallClock
        let running = RunningWorker()
        let started = environment
        let result: Result<WorkerResult, WorkerError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own, because it blocks for as long as the worker runs, and because the kernel ends the worker with the
                // thread that started it.
                let thread = BlockingThread {
                    do throws(WorkerError) {
                        let process = try WorkerProcess.start(program, scratch: folder, environment: started, limits: limits)
                        running.began(process)
                        continuation.resume(
                            returning: .success(try Self.talk(process, job, deadline: deadline, stage: stage, errors: errors)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                thread.start()
            }
        } onCancel: {
            running.stop()
        }
        if Task.isCancelled, case .failure = result { throw WorkerError(.stopped, "the worker was stopped") }
        return try result.get()
    }

    /// The whole conversation; blocks. Whatever happens, the process is gone and the pipes are closed afterwards.
    private static func talk(
        _ process: WorkerProcess, _ job: WorkerJob, deadline: ContinuousClock.Instant, stage: (String) -> Void, errors: (String) -> Void
    ) throws(WorkerError) -> WorkerResult {
        var exchange = WorkerExchange(process: process, deadline: deadline)
        var snapshotFile: CInt = -1
        defer { if snapshotFile >= 0 { close(snapshotFile) } }
        do throws(WorkerError) {
            snapshotFile = open(job.snapshot, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard snapshotFile >= 0 else { throw WorkerError(.resultUnavailable, "the snapshot cannot be written: error \(errno)") }
            let target = snapshotFile
            var digest = SHA256()
            var size = 0
            let end = try exchange.run(job) { event throws(WorkerError) in
                switch event {
                case .stage(let name): stage(name)
                case .snapshot(let bytes):
                    try write(bytes, to: target)
                    digest.update(data: bytes)
                    size += bytes.count
                }
            }
            let status = process.wait()
            exchange.finish(errors: errors)
            switch end {
            case .failure(let failure):
                throw WorkerError(.gaveUp, "\(failure.code): \(failure.message)", retryable: failure.retryable)
            case nil:
                throw WorkerError(.died, "the worker \(WorkerProcess.words(status))")
            case .done(let document):
                guard status == 0 else { throw WorkerError(.died, "the worker \(WorkerProcess.words(status))") }
                guard fsync(target) == 0 else { throw WorkerError(.resultUnavailable, "the snapshot cannot be written: error \(errno)") }
                return WorkerResult(
                    document: document, result: try decode(document), snapshotPath: job.snapshot, snapshotDigest: Array(digest.finalize()),
                    snapshotSize: size)
            }
        } catch {
            process.kill()
            _ = process.wait()
            exchange.finish(errors: errors)
            unlink(job.snapshot)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) throws(WorkerError) {
        let problem = bytes.withUnsafeBytes { buffer -> CInt in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                done += count
            }
            return 0
        }
        guard problem == 0 else { throw WorkerError(.resultUnavailable, "the snapshot cannot be written: error \(problem)") }
    }

    /// Strict JSON within limits, of exactly our types, whose snapshot digest has the form of one.
    static func decode(_ document: [UInt8]) throws(WorkerError) -> AnalysisResult {
        let limits = JSONLimits(bytes: WorkerDocument.result.maximumBytes, depth: 32, stringBytes: 4 << 20)
        let result: AnalysisResult
        do throws(WireJSONError) { result = try WireJSON.decode(from: document, limits: limits) } catch {
            throw WorkerError(.badAnswer, "the worker's result cannot be read: \(error)", cause: error)
        }
        let snapshot = Array(result.summary.snapshot.utf8)
        let prefix = Array("sha256:".utf8)
        guard snapshot.starts(with: prefix), Hex.decode(String(decoding: snapshot.dropFirst(prefix.count), as: UTF8.self))?.count == 32
        else {
            throw WorkerError(.badAnswer, "the worker's result names no snapshot")
        }
        return result
    }
}

/// Lets a cancelled task reach a process that another thread starts, before or after that happens.
private final class RunningWorker: Sendable {
    private struct State {
        var process: WorkerProcess?
        var stopped = false
    }
    private let state = Mutex(State())

    func began(_ process: WorkerProcess) {
        let stopped = state.withLock { state in
            state.process = process
            return state.stopped
        }
        if stopped { process.kill() }
    }

    func stop() {
        let process = state.withLock { state in
            state.stopped = true
            return state.process
        }
        process?.kill()
    }
}
