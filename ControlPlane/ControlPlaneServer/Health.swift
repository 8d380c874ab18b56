import Basics
import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// Whether the server lives, whether it can work, and what it did. On a listener of its own, which only this machine reaches; on the site's
/// listener the numbers need a token.
struct HealthRoutes: Sendable {
    let services: ListenerServices
    let metrics: Metrics

    func add<Context: RequestContext>(to router: Router<Context>, open: Bool) {
        router.get("healthz") { _, _ in Self.text(.ok, "ok\n") }
        router.get("readyz") { _, _ in
            await services.isReady() ? Self.text(.ok, "ready\n") : Self.text(.serviceUnavailable, "the database does not answer\n")
        }
        router.get("metrics") { request, _ in
            if !open { try check(request) }
            var response = Self.text(.ok, metrics.text)
            response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
            return response
        }
    }

    private func check(_ request: Request) throws {
        // Without a token nothing says that there are numbers.
        guard let token = services.metricsToken else { throw Refusal.notFound }
        let given = Array((request.headers[.authorization] ?? "").utf8)
        guard SHA256.hash(data: given) == SHA256.hash(data: Array("Bearer \(token.expose())".utf8)) else { throw Refusal.notSignedIn }
    }

    private static func text(_ status: HTTPTypes.HTTPResponse.Status, _ text: String) -> Response {
        Response(status: status, headers: [.contentType: "text/plain"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
