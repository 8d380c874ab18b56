import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneServer
import ControlPlaneStore
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import WireProtocol

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve console, API and the agents' gateway.")

    @OptionGroup var data: DataOption
    @Option(help: ArgumentHelp("Where console, API and enrolment are.", valueName: "host:port"))
    var listen = "127.0.0.1:8443"
    @Option(help: ArgumentHelp("Where enrolled agents come in.", valueName: "host:port"))
    var agentListen = "127.0.0.1:8444"
    @Option(
        help: ArgumentHelp("Host name or address under which others reach this server; the first one is told to agents.", valueName: "name")
    )
    var publicName: [String] = []
    @Option(help: ArgumentHelp("Where this machine reads health and numbers, without TLS; a loopback address.", valueName: "host:port"))
    var metricsListen: String?
    @Flag(help: "Also take runs and start workers.")
    var withWork = false
    @Option(help: ArgumentHelp("The cloudryption-worker program; by default the one beside this program.", valueName: "path"))
    var worker: String?
    @Flag(help: "Let workers run on a kernel without Landlock. See operations.md.")
    var allowMissingLandlock = false
    @Option(help: ArgumentHelp("Bytes of a piece of new uploads.", valueName: "bytes"))
    var pieceSize = UploadLimits.pieceSize

    @Option(help: ArgumentHelp("How long agents' certificates last: 600 to 604800 seconds.", valueName: "seconds"))
    var certificateLifetime = 86_400
    @Option(help: ArgumentHelp("For tests on this machine: asks this address instead of AWS STS.", valueName: "http://127.0.0.1:port"))
    var testSTS: String?
    @Flag(help: "For tests on this machine: issuers of OpenID tokens may be on loopback, without TLS.")
    var testIssuers = false

    mutating func validate() throws {
        guard (600...604_800).contains(certificateLifetime) else { throw ValidationError("--certificate-lifetime: 600 to 604800") }
        if testSTS != nil || testIssuers {
            // What vouches for agents must not be an address of the operator's choosing where others come in.
            let isLocal = ["localhost", "127.0.0.1", "::1"]
            guard publicName.allSatisfy(isLocal.contains),
                [listen, agentListen].allSatisfy({ ControlPlaneServer.Address($0).map { isLocal.contains($0.host) } ?? false })
            else { throw ValidationError("--test-sts and --test-issuers are for a server that only this machine can reach") }
            if let testSTS {
                let address = testSTS.utf8.dropFirst("http://127.0.0.1:".utf8.count)
                guard testSTS.utf8.starts(with: "http://127.0.0.1:".utf8), (1...5).contains(address.count),
                    address.allSatisfy({ (0x30...0x39).contains($0) })
                else { throw ValidationError("--test-sts: http://127.0.0.1:PORT") }
            }
        }
        guard ControlPlaneServer.Address(listen) != nil else { throw ValidationError("--listen: not HOST:PORT") }
        if let metricsListen {
            guard let address = ControlPlaneServer.Address(metricsListen), address.isLoopback else {
                throw ValidationError("--metrics-listen: not HOST:PORT of loopback")
            }
        }
        guard ControlPlaneServer.Address(agentListen) != nil else { throw ValidationError("--agent-listen: not HOST:PORT") }
        guard (512...64 << 20).contains(pieceSize) else { throw ValidationError("--piece-size: 512 to 67108864") }
    }

    func run() async throws {
        guard let site = ControlPlaneServer.Address(listen), let gateway = ControlPlaneServer.Address(agentListen) else { return }
        let logger = Log.make()
        let installation = try await Installation(data)
        for remark in (installation.store as? PostgreSQLStore)?.remarks ?? [] {
            logger.warning("the database is not as it should be", metadata: ["remark": "\(remark)"])
        }
        let dropped = try await installation.store.sweep(now: Date())
        if dropped != (0, 0) { logger.info("notes of the directory put right", metadata: ["count": "\(dropped.dropped + dropped.made)"]) }
        let names = publicName.isEmpty ? ["localhost", "127.0.0.1", "::1"] : publicName
        var services = try installation.services(
            names: names, sitePort: site.port, gatewayPort: gateway.port, pieceSize: pieceSize,
            outside: Outside(http: try Outgoing(), issuers: testIssuers ? .loopbackToo : .standard, stsEndpoint: testSTS),
            certificateLifetime: Double(certificateLifetime))
        services.metricsToken = getenv("CLOUDRYPTION_METRICS_TOKEN").map { Secret(String(cString: $0)) }
        let server = try ControlPlaneServer(
            services: services, configuration: .init(site: site, gateway: gateway, metrics: metricsListen.flatMap { .init($0) }),
            logger: logger
        ) { listener, port in
            logger.info("listening", metadata: ["listener": "\(listener.rawValue)", "port": "\(port)"])
        }
        var all: [any Service] = [
            server, Work.signing(services.audit, logger),
            AuthorityReload(installation: installation, names: names, server: server, logger: logger),
        ]
        if withWork { all.append(try await Work.queue(installation, worker: worker, allowMissingLandlock, logger)) }
        try await Work.serve(all, logger)
        try await installation.store.close()
    }
}
