import Foundation
import Synchronization
import Testing

/// A program of ours, or one that a test needs, as a real process with its output in files.
final class RealProcess: Sendable {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private let process: Mutex<Process>
    private let folder: URL
    let identifier: Int32

    /// Starts it with exactly this environment and PATH.
    init(_ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "clr-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder.appending(path: name).path, contents: nil) }
        let started = Process()
        started.executableURL = program
        started.arguments = arguments
        var all = environment
        all["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        started.environment = all
        // The process has its own copies; ours are closed at once, for Process keeps them as long as the tests run, and with more than a
        // thousand open files Foundation reads beyond the list of them when it starts the next one.
        var ours = [
            try FileHandle(forWritingTo: folder.appending(path: "out")), try FileHandle(forWritingTo: folder.appending(path: "err")),
        ]
        started.standardOutput = ours[0]
        started.standardError = ours[1]
        defer { for handle in ours { try? handle.close() } }
        if let input {
            let pipe = Pipe()
            started.standardInput = pipe
            ours.append(pipe.fileHandleForReading)
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        } else {
            started.standardInput = FileHandle.nullDevice
        }
        try started.run()
        identifier = started.processIdentifier
        process = Mutex(started)
    }

    deinit {
        kill(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    var isRunning: Bool { process.withLock { $0.isRunning } }
    var exitStatus: Int32? { process.withLock { $0.isRunning ? nil : $0.terminationStatus } }
    var output: String { (try? String(contentsOf: folder.appending(path: "out"), encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOf: folder.appending(path: "err"), encoding: .utf8)) ?? "" }

    /// Signals this process, and nothing else.
    func kill(_ signal: Int32) {
        process.withLock { if $0.isRunning { _ = Glibc.kill($0.processIdentifier, signal) } }
    }

    /// Waits until it ends; ends it after `limit`.
    func outcome(limit: Duration = .seconds(120)) async throws -> Outcome {
        try await eventually(within: limit, "\(identifier) to end") { !self.isRunning }
        return Outcome(status: process.withLock { $0.terminationStatus }, output: output, errors: errors)
    }

    /// Runs a program to its end.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String? = nil, limit: Duration = .seconds(120)
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
