import Foundation
import Testing

/// What a POSIX shell makes of commands: the arguments that programs get.
enum Shell {
    /// The arguments of each call of `aws`, which answers `answer`; nothing else is run.
    static func calls(_ script: String, answering answer: String = "ID") throws -> [[String]] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // No program is found but what the shell has built in.
        process.environment = ["PATH": "/nowhere"]
        process.arguments = [
            "-euc", "aws() { printf '%s\\036' \"$@\" >&2; printf '\\035' >&2; echo '\(answer)'; }\n" + script,
        ]
        let (out, errors) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        let calls = text.components(separatedBy: "\u{1D}")
        #expect(calls.last == "", "something else was run: \(text)")
        return calls.dropLast().map { Array($0.components(separatedBy: "\u{1E}").dropLast()) }
    }
}
