import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take runs and start a worker for each.")

    @OptionGroup var data: DataOption
    @Option(help: ArgumentHelp("The cloudryption-worker program; by default the one beside this program.", valueName: "path"))
    var worker: String?
    @Flag(help: "Let workers run on a kernel without Landlock. See operations.md.")
    var allowMissingLandlock = false

    func run() async throws {
        let logger = Log.make()
        let installation = try await Installation(data)
        let queue = try await Self.queue(installation, worker: worker, allowMissingLandlock, logger)
        try await Self.serve([queue, Self.signing(installation.audit, logger)], logger)
        try await installation.store.close()
    }

    /// The queue of a data folder that nobody else works on; what an earlier program left running is queued again.
    static func queue(_ installation: Installation, worker: String?, _ allowMissingLandlock: Bool, _ logger: Logger) async throws
        -> RunQueue
    {
        try installation.lockForWork()
        let program = worker ?? beside
        guard access(program, X_OK) == 0 else {
            throw WorkerError(.cannotStart, "\(program) is not a program: say --worker PATH")
        }
        if allowMissingLandlock { logger.warning("workers may run without Landlock") }
        var supervisor = WorkerSupervisor(program: program, scratch: installation.data.scratch)
        supervisor.allowsMissingLandlock = allowMissingLandlock
        let queue = RunQueue(
            store: installation.store, data: installation.data, master: installation.master, supervisor: supervisor
        ) { event in
            switch event {
            case .started(let run, let attempt): logger.info("run started", metadata: ["run": "\(run)", "attempt": "\(attempt)"])
            case .succeeded(let run): logger.info("run succeeded", metadata: ["run": "\(run)"])
            case .retried(let run, let reason): logger.warning("run is tried again", metadata: ["run": "\(run)", "reason": "\(reason)"])
            case .failed(let run, let reason): logger.error("run failed", metadata: ["run": "\(run)", "reason": "\(reason)"])
            case .workerSaid(let run, let text): logger.debug("worker said", metadata: ["run": "\(run)", "text": "\(text)"])
            case .trouble(let text): logger.error("queue trouble", metadata: ["reason": "\(text)"])
            case .recovered(let count): logger.warning("runs queued again", metadata: ["count": "\(count)"])
            }
        }
        try await queue.recover(othersWork: installation.store is PostgreSQLStore)
        return queue
    }

    static func signing(_ audit: AuditService, _ logger: Logger) -> AuditSigning {
        AuditSigning(audit) { tenant, reason in
            logger.error("an audit log cannot be signed", metadata: ["tenant": "\(tenant)", "reason": "\(reason)"])
        }
    }

    static func serve(_ services: [any Service], _ logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: configuration).run()
    }

    private static var beside: String {
        let own = CommandLine.arguments.first ?? ""
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? own
        return executable.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(executable[..<$0]) + "/cloudryption-worker" }
            ?? "cloudryption-worker"
    }
}
