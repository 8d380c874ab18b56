import ArgumentParser
import Basics
import CloudModel
import Engine

/// `cloudryption query paths`: how an attacker gets from here to there.
struct QueryPaths: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paths", abstract: "How an attacker gets from one place to another.",
        discussion: """
            ID is an ARN, internet, admin:ACCOUNT, or a shorter name that only one thing has: an instance's identifier, a bucket's name, \
            user/NAME. The answer is the strongest path for each start and end; a principal's own rights count, other than in paths.json.
            """)

    @Option(help: "Where it starts: ID, internet or any-principal.") var from: String
    @Option(help: "Where it ends: ID, admin or jewels.") var to: String
    @Argument(help: "The folder to ask.") var input: String
    @OptionGroup var premises: PremiseOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let query = try FolderQuestion.query(input, premises)
        let found = try FolderQuestion.asked {
            try query.paths(
                from: from == "any-principal" ? .anyPrincipal : .named(from),
                to: to == "admin" ? .admin : to == "jewels" ? .jewels : .named(to))
        }
        if answer.output == .json {
            AnswerOptions.write(.array(found.paths.map(\.json)))
        } else if found.paths.isEmpty {
            Terminal.print("No path in what could be read.")
        }
        if answer.output == .text { for path in found.paths { PathText.show(path) } }
        // Unknown is not no; and a list of paths has no place for it.
        for doubt in found.doubts { Terminal.error("cannot be ruled out: \(DisplayText.safe(doubt))") }
    }
}

/// `cloudryption query blast-radius`: what one place opens.
struct QueryBlastRadius: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blast-radius", abstract: "Everything that an attacker gets to from one place, likeliest first.")

    @Argument(help: "An ARN, internet, admin:ACCOUNT, or a shorter name that only one thing has.") var id: String
    @Argument(help: "The folder to ask.") var input: String
    @OptionGroup var premises: PremiseOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let query = try FolderQuestion.query(input, premises)
        FolderQuestion.show(
            try FolderQuestion.asked { try query.blastRadius(of: id) }, answer, beside: "from",
            nothing: "It leads nowhere in what could be read.")
    }
}

/// `cloudryption query reaches`: what gets to one place.
struct QueryReaches: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reaches", abstract: "Every place from which an attacker gets to one thing, likeliest first.")

    @Argument(help: "An ARN, admin:ACCOUNT, or a shorter name that only one thing has.") var id: String
    @Argument(help: "The folder to ask.") var input: String
    @OptionGroup var premises: PremiseOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let query = try FolderQuestion.query(input, premises)
        FolderQuestion.show(
            try FolderQuestion.asked { try query.reaching(id) }, answer, beside: "to", nothing: "Nothing gets there in what could be read.")
    }
}

/// What questions to a folder's graph share.
enum FolderQuestion {
    static func query(_ input: String, _ premises: PremiseOptions) throws -> GraphQuery {
        let collection = try CollectionFolder.read(input)
        let premises = try premises.read(input: input)
        return try asked { try GraphQuery(collection, premises: premises) }
    }

    /// A name that is not in the collection ends the command with one line.
    static func asked<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as PremiseError { throw Ending.failure(DisplayText.safe(error.message)) }
    }

    static func show(_ nodes: [ReachedNode], _ answer: AnswerOptions, beside: String, nothing: String) {
        if answer.output == .json { return AnswerOptions.write(.array(nodes.map(\.json))) }
        guard !nodes.isEmpty else { return Terminal.print(nothing) }
        Table(
            columns: [
                .init("likelihood", isNumber: true), .init("confidence"), .init("hops", isNumber: true), .init("kind"), .init("what"),
                .init("by"), .init(beside),
            ],
            rows: nodes.map { node in
                [
                    .init(Figure.likelihood(node.likelihood)), .init(node.confidence.rawValue), .init(String(node.hops)),
                    .init(node.kind.rawValue), .init(node.id), .init(node.technique), .init(node.beside),
                ]
            }
        ).show()
    }
}

extension Figure {
    /// A likelihood with three digits behind the point.
    static func likelihood(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value <= 1 else { return "-" }
        let thousandths = Int((value * 1000).rounded())
        let digits = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
