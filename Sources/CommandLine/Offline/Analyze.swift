import ArgumentParser
import CloudModel

/// `cloudryption analyze`: the engine on a folder, without any server.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Analyse a folder of records or of saved AWS CLI answers, without any server.",
        discussion: """
            INPUT is what `cloudryption-agent collect` wrote, or a folder of files that each hold exactly what the AWS CLI printed, named \
            SERVICE.OPERATION[.REGION][.RESOURCE].json; several accounts are INPUT/ACCOUNT/….
            """)

    @Argument(help: "The folder to analyse.")
    var input: String
    @Option(help: "The folder to write the results to.")
    var out: String
    @OptionGroup var premises: PremiseOptions
    @Option(help: "End with exit code 3 when a path or finding is at least this bad: informational, low, medium, high or critical.")
    var failOn: Severity?

    func run() throws {
        try OfflineAnalysis.run(try CollectionFolder.read(input), premises: try premises.read(input: input), out: out, failOn: failOn)
    }
}
