import Foundation

/// A program that is run to its end, with its input and output in files.
public struct Command: Sendable {
    /// How it ended, and what it wrote.
    public struct Outcome: Sendable {
        /// Its exit status, or the number of the signal that ended it.
        public var status: Int32
        /// What it wrote to standard output.
        public var output: String
        /// What it wrote to standard error.
        public var errors: String
    }

    private let program: String
    private let arguments: [String]
    private let folder: String?

    /// - Parameters:
    ///   - program: its path.
    ///   - folder: where it runs; where the tests run by default.
    public init(_ program: String, _ arguments: [String], in folder: String? = nil) {
        self.program = program
        self.arguments = arguments
        self.folder = folder
    }

    /// Runs it and waits on this thread.
    public func run(input: String = "") throws -> Outcome {
        let files = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let (given, output, errors) = (files.appending(path: "in"), files.appending(path: "out"), files.appending(path: "err"))
        for (file, text) in [(given, input), (output, ""), (errors, "")] { try Data(text.utf8).write(to: file) }
        let child = try Child(
            program, arguments, in: folder, input: FileHandle(forReadingFrom: given), output: FileHandle(forWritingTo: output),
            errors: FileHandle(forWritingTo: errors))
        let status = child.wait()
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return Outcome(status: status, output: try text(output), errors: try text(errors))
    }

    /// Runs it on a thread of its own, so that none of those that tests share waits.
    public func runAside(input: String = "") async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try run(input: input) }) }.start()
        }
    }
}
