import AgentCollectors
import AgentCore
import ArgumentParser
import Basics
import CloudModel

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Collects once into a folder, redacted; needs no server and no identity.")

    @Option(help: "The folder to write to; made where it is missing.")
    var out: String
    @OptionGroup var cloud: CloudOptions
    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        let collecting = try cloud.configuration()
        let folder = try Privileges.giveUp(workingIn: out, use: .output)
        let progress = ProgressLine()
        defer { progress.clear() }
        let collection = try await CloudOptions.collector(collecting).collect { progress.show($0) }
        progress.clear()
        try CollectionFolder.write(collection, to: folder)
        let failed = collection.coverage.filter { $0.outcome != .collected }
        Terminal.print(
            "\(collection.records.count) records in \(out)"
                + (failed.isEmpty ? "" : "; \(failed.count) calls gave none, see collection.json"))
    }
}
