import ArgumentParser
import Basics
import Glibc
import WireProtocol

/// `cloudryption audit …`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log of a server, or an exported one.",
        subcommands: [AuditList.self, AuditExportCommand.self, AuditKeyCommand.self, AuditVerify.self],
        defaultSubcommand: AuditList.self)
}

/// `cloudryption audit verify FILE`
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check an exported audit log, without a server.",
        discussion: """
            Finds an edited, dropped, inserted or reordered entry, names the first one and exits 1. The key is the log's public key, as
            `cloudryption-server audit key` prints it: keep it apart from the exports. Without --key it is read from CLOUDRYPTION_AUDIT_KEY.
            """)

    @Argument(help: ArgumentHelp("The export.", valueName: "file")) var file: String
    @Option(help: ArgumentHelp("The log's public key, NAME+ID+KEY, or a file that holds it.", valueName: "file|text")) var key: String?
    @Option(help: ArgumentHelp("The file begins after this entry; 0 for a whole log.", valueName: "number")) var after: UInt64 = 0
    @Option(help: "text or json.") var output: OutputForm = .text

    enum OutputForm: String, ExpressibleByArgument { case text, json }

    private struct Answer: Encodable {
        var intact: Bool
        var after: UInt64?
        var last: UInt64?
        var checkpoints: Int?
        var firstBroken: UInt64?
        var reason: String?
    }

    func run() throws {
        let bytes = try SafeFile.read(file, limit: 1 << 30)
        switch try AuditExport.verify(bytes, key: try trustedKey(), after: after) {
        case .intact(let after, let last, let checkpoints):
            if output == .json {
                Terminal.print(
                    String(
                        decoding: try WireJSON.encode(Answer(intact: true, after: after, last: last, checkpoints: checkpoints)),
                        as: UTF8.self))
            } else {
                Terminal.print(
                    "intact: entries \(after + 1) to \(last), under \(checkpoints) signed checkpoint\(checkpoints == 1 ? "" : "s")")
            }
        case .broken(let entry, let why):
            if output == .json {
                Terminal.print(String(decoding: try WireJSON.encode(Answer(intact: false, firstBroken: entry, reason: why)), as: UTF8.self))
                throw Ending.failure("")
            }
            throw Ending.failure("broken at entry \(entry): \(why)")
        }
    }

    private func trustedKey() throws -> AuditKey {
        guard let given = key ?? Terminal.environment("CLOUDRYPTION_AUDIT_KEY"), !given.isEmpty else {
            throw Ending.usage("say with which --key: the export's own says nothing about who made it")
        }
        // A key's name holds a slash too: what is no file is the key itself.
        if access(given, R_OK) == 0 { return try AuditKey(String(decoding: try SafeFile.read(given, limit: 4096), as: UTF8.self)) }
        return try AuditKey(given)
    }
}
