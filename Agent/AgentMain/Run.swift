import AgentCollectors
import AgentCore
import ArgumentParser
import Basics
import HTTPTransport
import Logging
import ServiceLifecycle
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Collects, seals and uploads on a schedule, or once.")

    @Flag(help: "Uploads what waits, collects once, uploads that, and ends.")
    var once = false
    @Option(help: "From one collection to the next: 90s, 30m, 6h, 1d.")
    var interval: Span = Span(duration: .seconds(6 * 3600))
    @Option(help: "From one sign of life to the next.")
    var heartbeat: Span = Span(duration: .seconds(60))
    @Option(help: "Most mebibytes that wait in the spool.")
    var spoolLimit = 2048
    @Option(help: "Most mebibytes of memory; an agent that needs more ends.")
    var memoryLimit = 4096
    @Flag(help: "Takes no settings of the server's: schedule, regions, services and rate stay as given here.")
    var ownSettingsOnly = false
    @OptionGroup var cloud: CloudOptions
    @OptionGroup var stateOptions: StateOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard interval.duration >= .seconds(60) else { throw ValidationError("--interval must be a minute at least") }
        guard (256...1 << 20).contains(memoryLimit) else { throw ValidationError("--memory-limit must be between 256 and \(1 << 20)") }
        guard (1...1 << 20).contains(spoolLimit) else { throw ValidationError("--spool-limit must be between 1 and \(1 << 20)") }
    }

    func run() async throws {
        var collecting = try cloud.configuration()
        let folder = try StateFolder(existing: try stateOptions.path(creating: false))
        try Confinement.limitMemory(mebibytes: memoryLimit)
        // Before anything else, so that a folder without an identity gets nothing written into it.
        _ = try folder.identity()
        collecting.redactionKey = try folder.redactionKey()
        let progress = ProgressLine()
        let logger = log.logger(progress: progress)
        let agent = try AgentService(
            folder: folder, collector: try CloudOptions.collector(collecting),
            configuration: .init(
                interval: interval.duration, heartbeat: heartbeat.duration, spoolLimit: spoolLimit << 20, takesSettings: !ownSettingsOnly),
            transport: { configuration throws(HTTPError) in try HTTPClient(configuration: configuration) },
            events: { logger.note($0, progress: progress) })
        var quiet = logger
        quiet.logLevel = .error
        let service: any Service = once ? OneRun(agent: agent) : agent
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(
                    service: ServiceNotice(agent: agent, environment: Environment.all), successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .ignore),
                .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        // Longer than the pause between two pieces ever is.
        configuration.maximumGracefulShutdownDuration = .seconds(60)
        defer { progress.clear() }
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// One collection as a service, so that signals end it in order.
private struct OneRun: Service {
    let agent: AgentService
    func run() async throws { try await agent.runOnce() }
}

/// A time such as `90s`, `30m`, `6h`, `1d`.
struct Span: ExpressibleByArgument {
    var duration: Duration

    init(duration: Duration) { self.duration = duration }
    init?(argument: String) {
        guard let unit = argument.last, let number = Int(argument.dropLast()), (1...1_000_000).contains(number) else { return nil }
        switch unit {
        case "s": duration = .seconds(number)
        case "m": duration = .seconds(number * 60)
        case "h": duration = .seconds(number * 3600)
        case "d": duration = .seconds(number * 86_400)
        default: return nil
        }
    }
    var defaultValueDescription: String {
        let seconds = duration.components.seconds
        return seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds)s"
    }
}
