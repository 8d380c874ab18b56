import Basics
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Why a listener could not be opened.
struct ListenError: CodedError {
    enum Code: String, CaseIterable { case unusable }
    static let domain = "listener"
    var code: Code
    var message: String
    var cause: (any Error)?
}

/// One listener, whose failure names its address.
struct Listening: Service {
    let application: any Service
    let address: ControlPlaneServer.Address

    func run() async throws {
        do { try await application.run() } catch let error as IOError {
            let host = address.host.utf8.contains(UInt8(ascii: ":")) ? "[\(address.host)]" : address.host
            throw ListenError(
                code: .unusable, message: "cannot listen on \(host):\(address.port): \(error)", cause: error)
        }
    }
}
