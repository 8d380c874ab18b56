import AgentCollectors
import AgentCore
import ArgumentParser
import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

/// `cloudryption scan`: collect and analyse in one go, without any server.
struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a cloud with the credentials at hand, and analyse it, without any server.", subcommands: [AWS.self])

    /// `cloudryption scan aws`.
    struct AWS: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "aws",
            abstract: "Read the AWS account of the credentials in the environment, with read-only calls, and analyse it.")

        @Option(help: "The folder to write the results to.")
        var out: String
        @Option(help: "Only these regions, separated by commas; otherwise every enabled one.")
        var regions: String?
        @Option(help: "Another address of the AWS API; default AWS_ENDPOINT_URL.")
        var endpointURL: String?
        @Option(help: "Keep the redacted records in this folder too.")
        var keepRecords: String?
        @OptionGroup var premises: PremiseOptions
        @Option(help: "End with exit code 3 when a path or finding is at least this bad: informational, low, medium, high or critical.")
        var failOn: Severity?

        func run() async throws {
            // Before a long collection, not after it.
            try ResultFolder(out).discard()
            let premises = try premises.read(input: nil)
            let environment = ProcessInfo.processInfo.environment
            let collector = AWSCollector(
                configuration: AWSCollectorConfiguration(
                    environment: environment, profileFiles: try .load(environment: environment), endpointURL: endpointURL,
                    regions: regions?.split(separator: ",").map(String.init)),
                http: try HTTPClient(configuration: HTTPConfiguration(proxy: .environment)))
            let line = ProgressLine()
            let collection = try await collector.collect { line.show(completed: $0.completed, total: $0.total, $0.current) }
            line.clear()
            if let keepRecords { try CollectionFolder.write(collection, to: keepRecords) }
            try OfflineAnalysis.run(collection, premises: premises, out: out, failOn: failOn)
        }
    }
}
