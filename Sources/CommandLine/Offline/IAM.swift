import ArgumentParser
import Basics
import CloudModel
import Glibc
import IAMEvaluator

/// `cloudryption iam`: questions about policies, without any account.
struct IAM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iam", abstract: "Answer questions about access policies.", subcommands: [Evaluate.self, Lint.self])

    /// `cloudryption iam evaluate`.
    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide cases of policies and requests, one JSON object a line in, one a line out.",
            discussion: """
                Each case has an id, a request and the policies that apply to it; the answer names the decision, what blocked it and the \
                statements that decided. A broken line is answered with an error, the rest is still answered, and the exit code is 1.
                """)

        @Argument(help: "The file of cases; - for standard input.")
        var file = "-"
        @Flag(help: "Keys that a case's context lacks are free: answers allowed, denied, or conditional with the conditions.")
        var unknown = false
        @Option(help: "Keys that are surely absent, separated by commas; only with --unknown.")
        var knownAbsent: String?

        private static func trimmed(_ text: Substring) -> String {
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }

        func validate() throws {
            guard unknown || knownAbsent == nil else { throw ValidationError("--known-absent needs --unknown") }
        }

        func run() throws {
            let absent = unknown ? Set((knownAbsent ?? "").split(separator: ",").map { Self.trimmed($0) }) : nil
            var lines = try LineReader(file)
            var failed = false
            while let line = try lines.next() {
                // An empty line between cases says nothing.
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                let answer = EvaluationCase.answer(line: line, unknown: absent)
                if !answer.isCase { failed = true }
                Terminal.print(bytes: answer.answer.canonicalBytes + [0x0A])
            }
            if failed { throw Ending(status: 1, line: "") }
        }
    }
}

/// The lines of a file or of standard input, each at most 16 MiB.
private struct LineReader: ~Copyable {
    private static let longest = 16 << 20
    private let descriptor: Int32
    private let name: String
    private var waiting: [UInt8] = []
    private var searched = 0
    private var ended = false

    init(_ path: String) throws {
        name = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Ending.failure("\(DisplayText.safe(path)): cannot be read") }
    }
    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next line without its end, or `nil` at the end.
    mutating func next() throws -> [UInt8]? {
        while true {
            if let end = waiting[searched...].firstIndex(of: 0x0A) {
                let line = Array(waiting[..<end])
                waiting.removeSubrange(...end)
                searched = 0
                return line
            }
            searched = waiting.count
            if ended {
                defer { waiting = [] }
                searched = 0
                return waiting.isEmpty ? nil : waiting
            }
            guard waiting.count <= Self.longest else {
                throw Ending.failure("\(DisplayText.safe(name)): a line is longer than \(Self.longest) bytes")
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Ending.failure("\(DisplayText.safe(name)): cannot be read") }
            ended = count == 0
            waiting.append(contentsOf: chunk[0..<count])
        }
    }
}
