public import Foundation
import Glibc
import Synchronization

/// A process of the tests' own that inherits nothing but its standard input, output and errors.
///
/// Not Foundation's `Process`, whose children may inherit what is opened in the moment in which they start: an end of another child's pipe,
/// whose reader then waits for as long as they live, or what Foundation itself learns of another child's end by.
public final class Child: Sendable {
    /// Why a process does not start.
    public struct NotStarted: Error, CustomStringConvertible {
        /// In one sentence.
        public var description: String
    }

    /// Its process identifier.
    public let identifier: Int32
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - environment: exactly this; that of the tests by default.
    ///   - folder: where it runs; where the tests run by default.
    ///   - input: read by it as standard input; nothing by default. Likewise where its output and errors go.
    public init(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil, in folder: String? = nil, input: FileHandle? = nil,
        output: FileHandle? = nil, errors: FileHandle? = nil
    ) throws {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        // Threads of dispatch block signals; children must not.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        for (place, handle) in [input, output, errors].enumerated() {
            if let handle {
                posix_spawn_file_actions_adddup2(&actions, handle.fileDescriptor, Int32(place))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(place), "/dev/null", place == 0 ? O_RDONLY : O_WRONLY, 0)
            }
        }
        guard Self.closeFrom(&actions, 3) == 0 else { throw NotStarted(description: "\(program) would inherit open files") }
        let command = (folder.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments
        var all = (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0.key)=\($0.value)") }
        var words = command.map { strdup($0) }
        defer { for text in all + words { free(text) } }
        all.append(nil)
        words.append(nil)
        var identifier: pid_t = 0
        let failure = posix_spawn(&identifier, command[0], &actions, &attributes, words, all)
        guard failure == 0 else { throw NotStarted(description: "\(program) does not start: \(String(cString: strerror(failure)))") }
        self.identifier = identifier
    }

    /// How it ended: its exit status, or the number of the signal that ended it; `nil` while it runs.
    public var status: Int32? { look(WNOHANG) }

    /// Waits on this thread until it ends.
    @discardableResult public func wait() -> Int32 { look(0) ?? -1 }

    /// Signals this process, and nothing else.
    public func kill(_ signal: Int32) {
        ended.withLock { if $0 == nil { _ = Glibc.kill(identifier, signal) } }
    }

    private func look(_ options: Int32) -> Int32? {
        while true {
            let found = ended.withLock { ended -> Int32?? in
                if let ended { return ended }
                var raw: Int32 = 0
                let answer = waitpid(identifier, &raw, options)
                if answer < 0, errno == EINTR { return .none }
                guard answer == identifier else { return .some(nil) }
                ended = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : raw & 0x7F
                return ended
            }
            if let found { return found }
        }
    }

    /// glibc's `posix_spawn_file_actions_addclosefrom_np`, which its header shows to GNU's dialect of C only.
    private static func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32 {
        typealias Function = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        guard let found = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return ENOSYS }
        return unsafeBitCast(found, to: Function.self)(actions, first)
    }

    /// The two ends of a pipe. No other child inherits them, for none inherits anything.
    public static func pipe() throws -> (reading: FileHandle, writing: FileHandle) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw NotStarted(description: "no pipe: \(String(cString: strerror(errno)))") }
        return (
            FileHandle(fileDescriptor: ends[0], closeOnDealloc: true), FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        )
    }
}
