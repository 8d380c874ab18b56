import AgentCore
import FoundationEssentials
import Glibc
import ServiceLifecycle

/// What systemd is told of this service, as `sd_notify(3)` does: datagrams to the socket that `NOTIFY_SOCKET` names. Without one, nothing.
struct ServiceNotice: Service {
    let agent: AgentService
    private let socket: String?
    private let watchdog: Duration?

    init(agent: AgentService, environment: [String: String]) {
        self.agent = agent
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        // The watchdog may be meant for another process of the unit.
        let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    func run() async throws {
        guard socket != nil else { return try await gracefulShutdown() }
        say("READY=1\nSTATUS=at work")
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // An agent whose loops stand still is not at work: then systemd starts it anew.
                if agent.isMoving { say("WATCHDOG=1") }
                try? await Task.sleep(for: (watchdog ?? .seconds(3600)) / 3)
            }
        }
        say("STOPPING=1")
    }

    private func say(_ text: String) {
        guard let socket else { return }
        let path = Array(socket.utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.count < room else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: path)
            // An abstract socket begins with a zero byte.
            if path.first == UInt8(ascii: "@") { target[0] = 0 }
        }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
