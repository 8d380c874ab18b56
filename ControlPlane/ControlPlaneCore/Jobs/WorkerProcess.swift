import Basics
import CSandbox
import Glibc
import Synchronization

/// What a worker may use up. Docs/defaults.md has the reasons.
public struct WorkerLimits: Sendable, Hashable {
    /// Address space in bytes.
    public var addressSpace: UInt64 = 8 << 30
    /// Processor time in seconds.
    public var processorSeconds: UInt64 = 1800
    /// Largest file it may write.
    public var fileSize: UInt64 = 4 << 30
    /// Open descriptors.
    public var descriptors: UInt64 = 64
    /// Time from start to end.
    public var wallClock: Duration = .seconds(1800)
    /// The defaults.
    public init() {}
}

/// A running worker: its own session, an empty environment, nothing inherited but three pipes.
final class WorkerProcess: Sendable {
    let pid: pid_t
    let input: CInt
    let output: CInt
    let errors: CInt
    /// Guards against killing a number that was given to another process meanwhile: set once the process was waited for.
    private let status = Mutex<CInt?>(nil)

    private init(pid: pid_t, input: CInt, output: CInt, errors: CInt) {
        self.pid = pid
        self.input = input
        self.output = output
        self.errors = errors
    }

    /// Starts `program` with `scratch` as its only argument and working folder, and limits it before it gets anything to read.
    static func start(_ program: String, scratch: String, environment: [String], limits: WorkerLimits) throws(WorkerError) -> WorkerProcess
    {
        var pipes: [CInt] = [-1, -1, -1]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        let pid = sb_spawn(program, scratch, scratch, &variables, &pipes)
        for variable in variables { free(variable) }
        guard pid > 0 else { throw WorkerError(.cannotStart, "\(program) does not start: \(String(cString: strerror(-pid)))") }
        let process = WorkerProcess(pid: pid, input: pipes[0], output: pipes[1], errors: pipes[2])
        let limited =
            sb_limit_process(pid, SB_LIMIT_AS, limits.addressSpace) == 0
            && sb_limit_process(pid, SB_LIMIT_CPU, limits.processorSeconds) == 0
            && sb_limit_process(pid, SB_LIMIT_FSIZE, limits.fileSize) == 0
            && sb_limit_process(pid, SB_LIMIT_NOFILE, limits.descriptors) == 0 && sb_limit_process(pid, SB_LIMIT_CORE, 0) == 0
        guard limited else {
            process.kill()
            _ = process.wait()
            process.closePipes()
            throw WorkerError(.cannotStart, "the worker cannot be limited")
        }
        return process
    }

    /// Ends the worker and whatever it may have started.
    func kill() {
        status.withLock { status in
            if status == nil { _ = Glibc.kill(-pid, SIGKILL) == 0 || Glibc.kill(pid, SIGKILL) == 0 }
        }
    }

    /// Waits for the end; blocks. Answers the status that waitpid gives.
    func wait() -> CInt {
        // Wait without reaping first, so that `kill` never meets a number that is free again.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return status.withLock { known in
            if let known { return known }
            var code: CInt = 0
            while waitpid(pid, &code, 0) < 0, errno == EINTR {}
            known = code
            return code
        }
    }

    func closePipes() { for descriptor in [input, output, errors] { close(descriptor) } }

    /// How a status that `wait` gave reads.
    static func words(_ status: CInt) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "ended with code \(status >> 8 & 0xFF)" : "was killed by signal \(signal)"
    }
}
