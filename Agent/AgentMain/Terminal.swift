import AgentCore
import Basics
import Glibc
import Synchronization

/// Output that does not fail: who reads it may be gone.
enum Terminal {
    static func print(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        write(Array((line + "\n").utf8), to: descriptor)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// One line that is written over and over, on a terminal only.
final class ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let last = Mutex<(at: ContinuousClock.Instant?, isOpen: Bool)>((nil, false))

    func show(_ progress: CollectProgress) {
        guard isShown else { return }
        last.withLock { last in
            let now = ContinuousClock.now
            if let at = last.at, now - at < .milliseconds(80) { return }
            last = (now, true)
            let text = DisplayText.safe("\(progress.completed)/\(progress.total)  \(progress.current)", limit: 100)
            Terminal.write(Array("\r\u{1B}[K  \(text)".utf8), to: STDERR_FILENO)
        }
    }

    func clear() {
        last.withLock { last in
            guard last.isOpen else { return }
            last.isOpen = false
            Terminal.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
        }
    }
}
