import Basics
import ControlPlaneCore
import ControlPlaneServer
import EnrolmentCA
import FoundationEssentials
import Logging
import ServiceLifecycle

/// Takes a step of a rotation into the listeners that run: for handshakes from then on, and for agents' requests on open connections.
struct AuthorityReload: Service {
    let installation: Installation
    let names: [String]
    let server: ControlPlaneServer
    let logger: Logger

    /// How often the authorities' state is looked at.
    static let pause = Duration.seconds(2)

    func run() async throws {
        var last = installation.authority.last
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pause) }
            do {
                let current = try installation.authority.current()
                guard current.pins != last.pins || current.phase != last.phase else { continue }
                try server.reload(try installation.listenerIdentity(names: names))
                last = current
                logger.notice("authorities changed", metadata: ["phase": "\(current.phase.rawValue)"])
            } catch {
                // The listeners keep what they have; signing and letting in ask for the state themselves and fail closed.
                logger.error("authorities cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }
}
