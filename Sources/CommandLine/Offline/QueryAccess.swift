import ArgumentParser
import Basics
import CloudModel
import Engine

/// What `query can` and `query who-can` have in common.
struct AccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A condition key that every request has, as KEY=VALUE; may be repeated.", valueName: "key=value"))
    var context: [String] = []
    @Option(help: "Condition keys that the request surely lacks, separated by commas.")
    var knownAbsent: String?
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        for pair in context where !pair.utf8.dropFirst().contains(UInt8(ascii: "=")) {
            throw ValidationError("--context takes KEY=VALUE")
        }
    }

    var options: AccessQuery.Options {
        var values: [String: [String]] = [:]
        for pair in context {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // A key that is given twice has both values.
            values[parts[0].lowercased(), default: []].append(String(parts[1]))
        }
        return AccessQuery.Options(
            context: values, knownAbsent: Set((knownAbsent ?? "").split(separator: ",").map(String.init)))
    }

    /// Asks a folder. What is wrong with the question is usage, what is not in the folder an error.
    func ask<Answer>(_ input: String, _ body: (AccessQuery) throws(AccessQueryError) -> Answer) throws -> Answer {
        let collection = try CollectionFolder.read(input)
        let query = AccessQuery(Normaliser.normalise(collection), files: collection.files)
        do {
            return try body(query)
        } catch {
            let line = DisplayText.safe(error.message)
            switch error.code {
            case .invalidAction, .invalidResource: throw Ending.usage(line)
            case .invalidPrincipal, .unknownPrincipal, .ambiguousPrincipal: throw Ending.failure(line)
            }
        }
    }
}

extension Query {
    /// `cloudryption query can`.
    struct Can: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a principal may do an action on a resource, with the statements that decide.",
            discussion: """
                The first line is the answer: allowed, denied, conditional with the conditions, or unknown with what is not known. A request \
                is taken to be made with TLS by the principal itself; what else it may have is open unless --context says it.
                """)

        @Argument(
            help: """
                An ARN of a user, role, session or root; user/NAME, role/NAME or root where one account has it; an account's digits; a service \
                principal; * for anyone without credentials.
                """)
        var principal: String
        @Argument(help: "The action, such as s3:GetObject.")
        var action: String
        @Argument(help: "The resource's ARN, or * for actions that have none.")
        var resource: String
        @Argument(help: "The folder, as analyze takes it.")
        var input: String
        @Option(help: "The name of the role's session.")
        var session: String?
        @OptionGroup var access: AccessOptions

        func run() throws {
            let found = try access.ask(input) { query throws(AccessQueryError) in
                var options = access.options
                options.session = session
                return try query.can(principal, action, on: resource, options)
            }
            switch access.answer.output {
            case .json: AnswerOptions.write(found.json)
            case .text: for line in AccessText.lines(found) { Terminal.print(line) }
            }
        }
    }

    /// `cloudryption query who-can`.
    struct WhoCan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who may do an action on a resource, with the statements that decide.",
            discussion: """
                Every user, role and root of the collected accounts, and whom the resource's own policy admits from elsewhere. Those for whom \
                it cannot be told stand apart.
                """)

        @Argument(help: "The action, such as s3:GetObject.")
        var action: String
        @Argument(help: "The resource's ARN, or * for actions that have none.")
        var resource: String
        @Argument(help: "The folder, as analyze takes it.")
        var input: String
        @Flag(help: "List those that may not, too.")
        var all = false
        @OptionGroup var access: AccessOptions

        func run() throws {
            let found = try access.ask(input) { query throws(AccessQueryError) in
                var options = access.options
                options.listsDenied = all
                return try query.whoCan(action, on: resource, options)
            }
            switch access.answer.output {
            case .json: AnswerOptions.write(found.json)
            case .text: for line in AccessText.lines(found) { Terminal.print(line) }
            }
        }
    }
}

/// Answers in words. Everything that comes from a cloud is escaped.
enum AccessText {
    static func lines(_ found: CanAnswer) -> [String] {
        var lines = [verdict(found.answer), "  \(subject(found.answer.principal, found.question))"]
        lines += found.answer.statements.map(quotation)
        lines += found.question.notes.map { "note: " + DisplayText.safe($0) }
        return lines
    }

    static func lines(_ found: WhoCanAnswer) -> [String] {
        let counts = AccessAnswer.Decision.allCases.map { "\(found.counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        var lines = ["\(subject(nil, found.question)): \(counts)"]
        for answer in found.able { lines += entry(answer) }
        // The same is not known of many: say it once.
        var groups: [(head: String, answers: [AccessAnswer])] = []
        for answer in found.unknown {
            let head = verdict(answer)
            if let place = groups.firstIndex(where: { $0.head == head }) {
                groups[place].answers.append(answer)
            } else {
                groups.append((head, [answer]))
            }
        }
        for group in groups {
            lines.append(group.head)
            for answer in group.answers {
                lines.append("  " + name(answer))
                lines += answer.statements.map { "    " + quotation($0) }
            }
        }
        for answer in found.denied ?? [] { lines += entry(answer) }
        lines += found.question.notes.map { "note: " + DisplayText.safe($0) }
        return lines
    }

    private static func entry(_ answer: AccessAnswer) -> [String] {
        ["\(name(answer)): \(verdict(answer))"] + answer.statements.map { "  " + quotation($0) }
    }

    private static func name(_ answer: AccessAnswer) -> String {
        switch answer.principal {
        case "*": "* (anyone, without credentials)"
        case "any-account": "any-account (principals of every AWS account)"
        default: DisplayText.safe(answer.principal) + (answer.isExternal ? " (external)" : "")
        }
    }

    private static func subject(_ principal: String?, _ question: AccessQuestion) -> String {
        ([principal, question.action, question.resource].compactMap { $0.map { DisplayText.safe($0) } }).joined(separator: " ")
            + (question.exists == false ? " (not in the collected accounts)" : "")
    }

    /// The answer in one line, its first word the decision.
    static func verdict(_ answer: AccessAnswer) -> String {
        let why = answer.why.map { DisplayText.safe($0) }.joined(separator: "; ")
        switch answer.decision {
        case .allowed: return "allowed"
        case .conditional: return "conditional: allowed only if \(DisplayText.safe(answer.text ?? "its conditions hold", limit: 4096))"
        case .denied:
            let kind = answer.isExplicit == true ? "explicit deny" : "implicit deny"
            return "denied (\(kind): \(answer.blockedBy.joined(separator: ", ")))" + (why.isEmpty ? "" : ": \(why)")
        case .unknown:
            let known = answer.known.map { "; by what was collected: \($0.rawValue)" } ?? ""
            return "unknown: \(why.isEmpty ? "a fact that this depends on was not collected" : why)\(known)"
        }
    }

    /// `FILE: policy NAME, statement N (Allow): {…}`.
    static func quotation(_ statement: QuotedStatement) -> String {
        let kind =
            switch statement.policyType {
            case "identity": "policy"
            case "acl": "access-control list of"
            case "grant": "grant"
            case "scp": "service control policy"
            case "rcp": "resource control policy"
            default: "\(statement.policyType) policy"
            }
        let place = statement.statement.map { ", statement \($0)" } ?? ""
        return "\(DisplayText.safe(statement.file)): \(kind) \(DisplayText.safe(statement.policy))\(place) (\(statement.effect)): "
            + DisplayText.safe(statement.text.canonicalText, limit: 16384)
    }
}
