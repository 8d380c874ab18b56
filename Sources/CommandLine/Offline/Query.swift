import ArgumentParser
import CloudModel

/// `cloudryption query`: questions about a folder of collected answers, without any server.
///
/// One file each: what a question needs stays with it, and what all of them share is here.
struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Ask a folder of records or of saved AWS CLI answers, without any server.",
        subcommands: [Can.self, WhoCan.self, QueryPaths.self, QueryBlastRadius.self, QueryReaches.self])
}

/// How the answer to a question is written.
enum AnswerForm: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// What all questions to a folder have in common.
struct AnswerOptions: ParsableArguments {
    @Option(help: "How to write: text or json.") var output: AnswerForm = .text

    /// Writes an answer as canonical JSON, one line.
    static func write(_ json: JSONValue) { Terminal.print(bytes: json.canonicalBytes + [0x0A]) }
}
