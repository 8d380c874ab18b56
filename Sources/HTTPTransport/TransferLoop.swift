import CCurl
import Glibc
import Synchronization

/// One thread that drives libcurl's multi interface.
final class TransferLoop: Sendable {
    private enum Command: Sendable {
        case start(Transfer)
        case abort(Transfer)
        case stop
    }
    /// libcurl allows `curl_multi_wakeup` from any thread; all else happens on the loop's own thread.
    private struct Multi: @unchecked Sendable { let handle: UnsafeMutableRawPointer }

    private let multi: Multi
    private let inbox = Mutex((commands: [Command](), isOpen: true))

    init(maxConnectionsPerHost: Int) throws(HTTPError) {
        guard let handle = curl_multi_init() else { throw HTTPError(.invalidConfiguration, "libcurl has no memory") }
        multi = Multi(handle: handle)
        cc_multi_setopt_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, maxConnectionsPerHost))
        cc_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, 256)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            curl_multi_cleanup(handle)
            throw HTTPError(.invalidConfiguration, "no thread for the transport: error \(failure)")
        }
        pthread_detach(thread)
    }

    func start(_ transfer: Transfer) { enqueue(.start(transfer)) }
    func abort(_ transfer: Transfer) { enqueue(.abort(transfer)) }
    /// Ends the thread; what is under way is cancelled.
    func stop() { enqueue(.stop) }

    // The wake-up happens under the lock, so that the thread cannot free the handle between.
    private func enqueue(_ command: Command) {
        let isTaken = inbox.withLock { inbox in
            guard inbox.isOpen else { return false }
            inbox.commands.append(command)
            curl_multi_wakeup(multi.handle)
            return true
        }
        if !isTaken, case .start(let transfer) = command { transfer.finish(.failure(Self.shutDown(transfer))) }
    }

    private static func shutDown(_ transfer: Transfer) -> HTTPError {
        HTTPError(.cancelled, "\(transfer.target.name): the client was shut down")
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    private func run() {
        // Signals belong to the program's other threads; a broken connection must not end the program either.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        _ = cc_name_thread("transport")

        var active: [UnsafeMutableRawPointer: Transfer] = [:]
        var stopped = false
        while !stopped {
            for command in takeCommands() {
                switch command {
                case .start(let transfer):
                    if transfer.isCancelled {
                        transfer.finish(.failure(HTTPError(.cancelled, "\(transfer.target.name): cancelled")))
                    } else if let handle = transfer.prepare() {
                        active[handle] = transfer
                        if curl_multi_add_handle(multi.handle, handle) != CURLM_OK {
                            active[handle] = nil
                            transfer.finish(
                                .failure(HTTPError(.invalidConfiguration, "\(transfer.target.name): libcurl refuses the transfer")))
                        }
                    }
                case .abort(let transfer):
                    if let handle = transfer.handle, active.removeValue(forKey: handle) != nil {
                        curl_multi_remove_handle(multi.handle, handle)
                    }
                    transfer.finish(.failure(HTTPError(.cancelled, "\(transfer.target.name): cancelled")))
                case .stop:
                    stopped = true
                }
            }
            if stopped { break }
            var running: Int32 = 0
            let performed = curl_multi_perform(multi.handle, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi.handle, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
                let code = cc_msg_result(message)
                curl_multi_remove_handle(multi.handle, handle)
                active.removeValue(forKey: handle)?.complete(code)
            }
            // Far away, because a wake-up, a socket or libcurl's own timers end the wait.
            if performed != CURLM_OK || curl_multi_poll(multi.handle, nil, 0, 60_000, nil) != CURLM_OK { usleep(20_000) }
        }
        for (handle, transfer) in active {
            curl_multi_remove_handle(multi.handle, handle)
            transfer.finish(.failure(Self.shutDown(transfer)))
        }
        inbox.withLock { inbox in
            inbox.isOpen = false
            curl_multi_cleanup(multi.handle)
        }
        for case .start(let transfer) in takeCommands() { transfer.finish(.failure(Self.shutDown(transfer))) }
    }
}
