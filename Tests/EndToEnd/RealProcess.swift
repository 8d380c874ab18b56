import Foundation
import TestSupport
import Testing

/// A program of ours, or one that a test needs, as a real process with its output in files.
final class RealProcess: Sendable {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private let child: Child
    private let folder: URL
    var identifier: Int32 { child.identifier }

    /// Starts it with exactly this environment and PATH.
    init(_ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "clr-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in [("in", input ?? ""), ("out", ""), ("err", "")] { try Data(text.utf8).write(to: folder.appending(path: name)) }
        var all = environment
        all["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        child = try Child(
            program.path, arguments, environment: all, input: FileHandle(forReadingFrom: folder.appending(path: "in")),
            output: FileHandle(forWritingTo: folder.appending(path: "out")), errors: FileHandle(forWritingTo: folder.appending(path: "err"))
        )
    }

    deinit {
        kill(SIGKILL)
        child.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    var isRunning: Bool { child.status == nil }
    var exitStatus: Int32? { child.status }
    var output: String { (try? String(contentsOf: folder.appending(path: "out"), encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOf: folder.appending(path: "err"), encoding: .utf8)) ?? "" }

    /// Signals this process, and nothing else.
    func kill(_ signal: Int32) {
        child.kill(signal)
    }

    /// Waits until it ends; ends it after `limit`.
    func outcome(limit: Duration = .seconds(300)) async throws -> Outcome {
        try await eventually(within: limit, "\(identifier) to end") { !self.isRunning }
        return Outcome(status: child.wait(), output: output, errors: errors)
    }

    /// Runs a program to its end.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String? = nil, limit: Duration = .seconds(300)
    ) async throws -> Outcome {
        try await RealProcess(program, arguments, environment: environment, input: input).outcome(limit: limit)
    }
}

struct NeverHappened: Error, CustomStringConvertible {
    var description: String
}

/// Polls real processes until `condition` holds. The only place here that waits by the clock: other processes have no other signal.
func eventually(within limit: Duration = .seconds(60), _ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    // On a busy machine nobody may have looked for long.
    if try await condition() { return }
    throw NeverHappened(description: "waited \(limit) for \(what)")
}

/// A loopback port that was free a moment ago.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    try #require(bound)
    return Int(UInt16(bigEndian: address.sin_port))
}
