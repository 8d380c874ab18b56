import Foundation
import Glibc

/// One thread for one body, for what blocks for minutes.
final class BlockingThread: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func start() {
        let body = body
        let thread = Thread {
            // Writing to a pipe that nobody reads is an error to handle, not a reason to end the program.
            var pipe = sigset_t()
            sigemptyset(&pipe)
            sigaddset(&pipe, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipe, nil)
            body()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
