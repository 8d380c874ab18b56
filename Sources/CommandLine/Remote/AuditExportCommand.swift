import ArgumentParser
import Basics
import WireProtocol

/// `cloudryption audit export`
struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the audit log to a file that proves itself.",
        discussion: "Check it with `cloudryption audit verify`, anywhere and without the server. The export is put on record.")
    @Option(help: ArgumentHelp("The file, 0600.", valueName: "file")) var out: String
    @Option(help: ArgumentHelp("Begin after this entry.", valueName: "number")) var after: UInt64 = 0

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        func page(after: UInt64, size: UInt64?) async throws -> API.AuditPage {
            try client.decode(
                API.AuditPage.self, try await client.get(API.Routes.auditExport, [("after", "\(after)"), ("size", size.map { "\($0)" })]))
        }
        let first = try await page(after: after, size: nil)
        var lines = [first.head] + first.lines
        var last = first.last
        while last < first.size {
            let next = try await page(after: last, size: first.size)
            guard next.last > last else { throw Ending.failure("the server has no entry \(last + 1): the log is not whole") }
            lines += next.lines
            last = next.last
        }
        try SafeFile.write(Array(lines.joined(separator: "\n").utf8) + [0x0A], to: out, mode: 0o600)
        Terminal.note("entries \(after + 1) to \(first.size); check with: cloudryption audit verify \(out) --key KEY")
    }
}

/// `cloudryption audit key`
struct AuditKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Print the audit log's public key.",
        discussion: "Keep it apart from the exports: an export is checked against the key of before, not the one that comes with it.")

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        Terminal.print(try client.decode(API.AuditCheckpoint.self, try await client.get(API.Routes.auditCheckpoint)).key)
    }
}
