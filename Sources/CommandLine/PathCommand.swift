import ArgumentParser
import Basics
import CloudModel
import Engine
import WireProtocol

/// `cloudryption path ID`: from a server, or with INPUT from a folder without any.
struct Path: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One attack path, step by step.",
        discussion: "With INPUT, a folder as analyze takes it, no server is asked; --environment means nothing then.")
    @OptionGroup var options: ReadingOptions
    @Argument(help: "The path's identifier, as cloudryption paths and paths.json show it.") var id: String
    @Argument(help: "A folder of records or of saved AWS CLI answers to find the path in.") var input: String?
    @Option(help: "Draw the path as SVG into this file; - for standard output, and nothing else then.") var svg: String?
    @OptionGroup var premises: PremiseOptions

    mutating func run() async throws {
        if let input { return try offline(input) }
        let client = try APIClient.signedIn()
        let body = try await client.get(API.Routes.path(id), options.query)
        let answer = try client.decode(API.Envelope<AttackPath>.self, body)
        if try draw(answer.data) { return }
        if options.output == .json { return try options.json(body) }
        let plan = try client.decode(
            API.Envelope<Plan>.self, try await client.get(API.Routes.plan, [("run", answer.run.description)]))
        options.provenance(answer.run, answer.snapshot)
        PathText.show(answer.data)
        Terminal.print("")
        let known = Dictionary((plan.data.fixes + plan.data.alternatives).map { ($0.id, $0) }) { first, _ in first }
        let fixes = answer.data.fixes.compactMap { known[$0] }
        Terminal.print(fixes.isEmpty ? "No single change is known that cuts this path." : "Each of these alone cuts the path:")
        for fix in fixes { Terminal.print(DisplayText.safe("  \(fix.title) (\(fix.resource))", limit: 2000)) }
    }

    private func offline(_ input: String) throws {
        let query = try FolderQuestion.query(input, premises)
        guard let path = query.path(id) else {
            throw Ending.failure(
                "\(DisplayText.safe(input)) has no path \(DisplayText.safe(id, limit: 60)); cloudryption analyze lists them")
        }
        if try draw(path) { return }
        if options.output == .json { return Terminal.print(bytes: path.json.prettyBytes) }
        PathText.show(path)
        Terminal.print("")
        Terminal.print("Which changes cut it: cloudryption analyze, in plan.json.")
    }

    /// Writes the picture where one is asked for; answers whether standard output is taken by it.
    private func draw(_ path: AttackPath) throws -> Bool {
        guard let svg else { return false }
        let picture = Array((PathPicture.svg(path, standalone: true) + "\n").utf8)
        if svg == "-" {
            Terminal.print(bytes: picture)
            return true
        }
        try SafeFile.write(picture, to: svg)
        return false
    }
}

/// A path in words.
enum PathText {
    static func show(_ path: AttackPath) {
        func say(_ text: String) { Terminal.print(DisplayText.safe(text, limit: 2000)) }
        say(path.title)
        say(
            "\(path.id): \(path.severity.rawValue), exposure \(Figure.text(path.score)), \(path.confidence.rawValue)"
                + (path.likelihood.map { ", likelihood \(Figure.likelihood($0))" } ?? ""))
        Terminal.print("")
        say(path.narrative)
        for (index, step) in path.steps.enumerated() {
            Terminal.print("")
            say("\(index + 1). \(step.from) -> \(step.to)")
            say("   \(step.technique): \(step.why)")
            for condition in step.conditions { say("   only if \(condition)") }
            if step.confidence == .unknown { say("   not certain: a fact that it needs was not collected") }
            for fact in step.evidence {
                let place = [fact.policy, fact.statement.map { "statement \($0)" }, fact.pointer].compactMap { $0 }.joined(separator: ", ")
                say("   evidence: \(fact.record)\(place.isEmpty ? "" : " (\(place))")")
            }
        }
        if let alternatives = path.alternatives {
            Terminal.print("")
            say("Other first steps:")
            for other in alternatives {
                say("   \(other.technique) to \(other.to)" + (other.likelihood.map { ", likelihood \(Figure.likelihood($0))" } ?? ""))
            }
        }
        Terminal.print("")
    }
}
