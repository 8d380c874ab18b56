import TestSupport
import Testing

/// What a POSIX shell makes of commands: the arguments that programs get.
enum Shell {
    /// The arguments of each call of `aws`, which answers `answer`; nothing else is run.
    static func calls(_ script: String, answering answer: String = "ID") throws -> [[String]] {
        let aws = "aws() { printf '%s\\036' \"$@\" >&2; printf '\\035' >&2; echo '\(answer)'; }\n"
        // No program is found but what the shell has built in.
        let run = try Command("/usr/bin/env", ["-i", "PATH=/nowhere", "/bin/sh", "-euc", aws + script]).run()
        #expect(run.status == 0, "\(run.errors)")
        let calls = run.errors.split(separator: "\u{1D}", omittingEmptySubsequences: false)
        #expect(calls.last == "", "something else was run: \(run.errors)")
        return calls.dropLast().map { call in
            call.split(separator: "\u{1E}", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }
}
