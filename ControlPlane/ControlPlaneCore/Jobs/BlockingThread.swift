import Foundation

/// One thread for one body, for what blocks for minutes.
final class BlockingThread: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func start() {
        let body = body
        let thread = Thread { body() }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
