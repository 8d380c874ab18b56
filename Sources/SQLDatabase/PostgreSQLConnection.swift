import Dispatch
import Glibc
import Synchronization

/// A thread that runs one actor's jobs one after the other, and may block.
final class ConnectionThread: SerialExecutor {
    private let jobs = Mutex<(waiting: [UnownedJob], ended: Bool)>(([], false))
    private let ready = DispatchSemaphore(value: 0)

    /// Starts the thread.
    init() throws(SQLError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self)
        let started = pthread_create(
            &thread, &attributes,
            { context in
                // A server that hangs up is an error to handle, not a reason to end the program.
                var pipe = sigset_t()
                sigemptyset(&pipe)
                sigaddset(&pipe, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &pipe, nil)
                if let context { Unmanaged<ConnectionThread>.fromOpaque(context).takeRetainedValue().work() }
                return nil
            }, held.toOpaque())
        guard started == 0 else {
            held.release()
            throw SQLError(.failed, "no thread can be started: error \(started)")
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        jobs.withLock { $0.waiting.append(unowned) }
        ready.signal()
    }

    /// Lets the thread end after what was given to it.
    func end() {
        jobs.withLock { $0.ended = true }
        ready.signal()
    }

    private func work() {
        while true {
            ready.wait()
            let (batch, ended) = jobs.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.ended)
            }
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            if ended, batch.isEmpty { return }
        }
    }
}

/// One connection, on a thread of its own.
actor PostgreSQLConnection {
    private let thread: ConnectionThread
    private let address: PostgreSQLAddress
    private var session: PostgreSQLSession?
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ address: PostgreSQLAddress) throws(SQLError) {
        thread = try ConnectionThread()
        self.address = address
    }
    deinit { thread.end() }

    /// Connects; blocks no thread but its own.
    func open() throws(SQLError) { session = try PostgreSQLSession(address) }
    /// Whether it can be used again.
    var isSound: Bool { session.map { !$0.isBroken } ?? false }
    /// Disconnects.
    func close() { session = nil }

    /// The connection was lost before anything of the body ran: another may be tried.
    struct LostBefore: Error { var cause: SQLError }

    /// Runs `body` in one transaction that begins with `opening`.
    func transaction<T: Sendable>(
        _ opening: [(sql: StaticString, parameters: [SQLValue])], _ body: @Sendable (any SQLWriting) throws -> T
    ) throws -> T {
        guard let session else { throw LostBefore(cause: SQLError(.cannotOpen, "the connection is closed")) }
        do throws(SQLError) { try session.pipeline(opening) } catch {
            session.rollback()
            if session.isBroken { throw LostBefore(cause: error) }
            throw error
        }
        do {
            let result = try body(session)
            try session.commit()
            return result
        } catch {
            session.rollback()
            throw error
        }
    }

    /// Runs statements outside of a transaction.
    func outside<T: Sendable>(_ body: @Sendable (any SQLWriting) throws -> T) throws -> T {
        guard let session else { throw SQLError(.cannotOpen, "the connection is closed") }
        return try body(session)
    }

    /// Waits for word on a channel that was listened to; at most until `end`, or until the task is cancelled.
    func awaitNotification(until end: ContinuousClock.Instant) throws -> Bool {
        guard let session else { throw SQLError(.cannotOpen, "the connection is closed") }
        while ContinuousClock.now < end, !Task.isCancelled {
            if try session.notified() { return true }
        }
        return false
    }
}
