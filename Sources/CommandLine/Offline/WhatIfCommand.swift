import ArgumentParser
import Basics
import CloudModel
import Engine
import FoundationEssentials
import Glibc

/// `cloudryption what-if`: an account before and after changes, evaluated again.
struct WhatIfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if", abstract: "Show what changes would do: paths closed, left and new, controls, and accesses that are lost.",
        discussion: """
            Changes are named by their identifiers (cloudryption plan INPUT), or read from a file: a plan.json, one of its fixes or a list of \
            them, or operations of RFC 6902 that each name their "record". --write leaves the folder of records as it would be then, for \
            anyone to analyse again.
            """)

    @Argument(help: "The folder of records or saved AWS CLI answers.") var input: String
    @Option(parsing: .upToNextOption, help: "Identifiers of changes.") var fix: [String] = []
    @Option(help: "A file with changes.") var patch: String?
    @Option(help: "Write the patched folder here.") var write: String?
    @Option(help: "How to write: table or json.") var output: OutputForm?
    @OptionGroup var premises: PremiseOptions

    func validate() throws {
        guard fix.isEmpty != (patch == nil) else { throw ValidationError("name changes with --fix or with --patch") }
    }

    func run() throws {
        let collection = try CollectionFolder.read(input)
        let session = try PlanFiles.session(collection, try premises.read(input: input))
        let scratch = try ScratchFolder()
        defer { scratch.remove() }
        let result: WhatIf
        let patched: CloudCollection
        switch try changes(session) {
        case .edits(let edits):
            guard let other = session.patched(edits), let whatIf = try session.whatIf(edits, scratch: scratch.path) else {
                throw Ending.failure("the changes cannot be read")
            }
            (patched, result) = (other, whatIf)
        case .operations(let operations):
            do throws(RecordOperations.Failure) { patched = try operations.apply(to: collection) } catch {
                throw Ending.failure("operation \(error.operation): \(DisplayText.safe(error.reason))")
            }
            result = try session.whatIf(patched, scratch: scratch.path)
        }
        if let write {
            try CollectionFolder.write(patched, to: write)
            // What the owner says of it goes with it.
            let jewels = input + "/" + CollectionFolder.jewels
            if let bytes = try? SafeFile.read(jewels, limit: JewelRules.fileBytes) {
                try SafeFile.write(bytes, to: write + "/" + CollectionFolder.jewels)
            }
        }
        if output == .json || output == nil && !PlanFiles.isTerminal {
            Terminal.print(bytes: result.json.prettyBytes)
        } else {
            show(result)
        }
        if let write {
            Terminal.note("The patched folder is \(DisplayText.safe(write)): cloudryption analyze \(DisplayText.safe(write)) --out …")
        }
    }

    private enum Changes {
        case edits([FixEdit])
        case operations(RecordOperations)
    }

    private func changes(_ session: PlanSession) throws -> Changes {
        guard let patch else {
            let (edits, unknown) = session.edits(ofFixes: fix)
            if let name = unknown.first { throw Ending.failure("\(DisplayText.safe(name)) is no change of a path of this folder") }
            return .edits(edits)
        }
        let json = try PlanFiles.json(patch)
        let list = json["fixes"]?.array ?? json.array ?? [json]
        if !list.isEmpty, list.allSatisfy({ $0["op"] != nil }) {
            do throws(RecordOperations.Failure) { return .operations(try RecordOperations(list)) } catch {
                throw Ending.failure("\(DisplayText.safe(patch)): operation \(error.operation): \(error.reason)")
            }
        }
        let edits = list.flatMap { $0["edits"]?.array ?? [$0] }
        do {
            return .edits(try JSONDecoder().decode([FixEdit].self, from: Data(JSONValue.array(edits).canonicalBytes)))
        } catch { throw Ending.failure("\(DisplayText.safe(patch)): holds neither fixes nor operations") }
    }

    private func show(_ result: WhatIf) {
        func say(_ text: String) { Terminal.print(DisplayText.safe(text, limit: 1000)) }
        say("before: \(Figure.count(result.before.paths.count, "attack path")), exposure \(Figure.text(result.before.exposure))")
        say("after:  \(Figure.count(result.after.paths.count, "attack path")), exposure \(Figure.text(result.after.exposure))")
        func list(_ name: String, _ lines: [String]) {
            guard !lines.isEmpty else { return }
            Terminal.print("")
            say("\(name): \(lines.count)")
            for line in lines.prefix(40) { say("  \(line)") }
            if lines.count > 40 { say("  and \(lines.count - 40) more") }
        }
        list("closed", result.closed.map { "\($0.severity.rawValue) \($0.id) \($0.title)" })
        list("left", result.left.map { "\($0.path.severity.rawValue) \($0.path.id) \($0.path.title). \($0.why)" })
        list("new", result.new.map { "\($0.severity.rawValue) \($0.id) \($0.title)" })
        list("controls", result.verdicts.map { "\($0.control) \($0.resource): \($0.before) → \($0.after)" })
        list("accesses lost", result.accesses.map { "\($0.principal) \($0.action) on \($0.resource) (\($0.use))" })
    }
}

/// A folder of ours that is removed again.
struct ScratchFolder {
    let path: String

    init() throws {
        let place = FileManager.default.temporaryDirectory.path + "/cloudryption-\(UInt64.random(in: .min ... .max))"
        guard mkdir(place, 0o700) == 0 else {
            throw Ending.failure("cannot make a folder in \(FileManager.default.temporaryDirectory.path)")
        }
        path = place
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
