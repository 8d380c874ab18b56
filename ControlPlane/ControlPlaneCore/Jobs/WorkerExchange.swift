import Basics
import CloudModel
import FoundationEssentials
import Glibc
import WireProtocol

/// Feeds a worker and listens to it at the same time, on one thread, with poll(2): a worker that does not read cannot stop us from reading.
struct WorkerExchange {
    private let process: WorkerProcess
    private let deadline: ContinuousClock.Instant
    private var conversation = WorkerConversation()
    private var said: [UInt8] = []
    private var input: CInt
    private var output: CInt
    private var errors: CInt

    init(process: WorkerProcess, deadline: ContinuousClock.Instant) {
        self.process = process
        self.deadline = deadline
        input = process.input
        output = process.output
        errors = process.errors
    }

    /// Runs until the worker closed its output. Answers how it ended, `nil` when it did not say.
    mutating func run(
        _ job: WorkerJob, _ body: (WorkerConversation.Event) throws(WorkerError) -> Void
    ) throws(WorkerError) -> WorkerConversation.End? {
        let bundle = open(job.bundle, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard bundle >= 0 else { throw WorkerError(.inputUnavailable, "the bundle is not there: error \(errno)") }
        defer { close(bundle) }
        guard let task = try? JSONEncoder().encode(job.task) else { throw WorkerError(.inputUnavailable, "the task cannot be written") }
        var outgoing = WorkerFraming.frame(.task, task)[...]
        var blocks = job.blocks[...]
        var isRead = false
        var ended = false
        var chunk = [UInt8](repeating: 0, count: WorkerFrame.pieceBytes)
        while output >= 0 {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw WorkerError(.timedOut, "the worker took longer than it may") }
            var watched = [
                pollfd(fd: input, events: CShort(POLLOUT), revents: 0), pollfd(fd: output, events: CShort(POLLIN), revents: 0),
                pollfd(fd: errors, events: CShort(POLLIN), revents: 0),
            ]
            let milliseconds = CInt(clamping: min(left.components.seconds, 60) * 1000 + 1)
            guard poll(&watched, 3, milliseconds) >= 0 || errno == EINTR else {
                throw WorkerError(.died, "the worker's pipes fail: error \(errno)")
            }
            if watched[2].revents != 0 { readErrors(&chunk) }
            if watched[1].revents != 0 {
                let count = read(output, &chunk, chunk.count)
                if count > 0 {
                    for event in try conversation.receive(chunk[0..<count]) { try body(event) }
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    close(output)
                    output = -1
                }
            }
            if watched[0].revents != 0, input >= 0 {
                if outgoing.isEmpty, !isRead {
                    let count = read(bundle, &chunk, chunk.count)
                    guard count >= 0 else { throw WorkerError(.inputUnavailable, "the bundle cannot be read: error \(errno)") }
                    isRead = count == 0
                    if !isRead { outgoing = WorkerFraming.frame(.bundlePiece, chunk[0..<count])[...] }
                }
                if outgoing.isEmpty, isRead, !ended {
                    if let block = blocks.popFirst() {
                        guard let bytes = try? block.read() else {
                            throw WorkerError(.inputUnavailable, "block \(block.id) cannot be read")
                        }
                        outgoing = WorkerFraming.frame(.block, block.id.bytes + bytes)[...]
                    } else {
                        ended = true
                        outgoing = WorkerFraming.frame(.bundleEnd, [])[...]
                    }
                }
                if outgoing.isEmpty {
                    closeInput()
                } else {
                    let count = outgoing.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
                    if count > 0 {
                        outgoing = outgoing.dropFirst(count)
                    } else if errno != EAGAIN, errno != EINTR {
                        // It stopped listening; what it says decides what that means.
                        closeInput()
                    }
                }
            }
        }
        return try conversation.close()
    }

    private mutating func closeInput() {
        close(input)
        input = -1
    }

    private mutating func readErrors(_ chunk: inout [UInt8]) {
        let count = read(errors, &chunk, chunk.count)
        if count > 0 {
            said += chunk[0..<min(count, max(0, WorkerSupervisor.errorBytes - said.count))]
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close(errors)
            errors = -1
        }
    }

    /// Closes what is open and tells what the worker wrote to its error output.
    mutating func finish(errors report: (String) -> Void) {
        if errors >= 0 {
            var chunk = [UInt8](repeating: 0, count: 1 << 14)
            readErrors(&chunk)
        }
        for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
        (input, output, errors) = (-1, -1, -1)
        defer { said = [] }
        if !said.isEmpty { report(DisplayText.safe(String(decoding: said, as: UTF8.self), limit: 4000)) }
    }
}
