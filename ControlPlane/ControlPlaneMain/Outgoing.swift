import Basics
import ControlPlaneCore
import HTTPTransport

/// The core's way out, over libcurl: the system's authorities, no proxy, no redirect, ten seconds.
struct Outgoing: OutgoingHTTP {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient(
            configuration: HTTPConfiguration(
                connectTimeout: .seconds(5), timeout: .seconds(10), maxResponseBytes: 1 << 20, maxConnectionsPerHost: 4,
                userAgent: "cloudryption-server"))
    }

    func send(_ request: OutgoingRequest) async throws(OutgoingError) -> OutgoingAnswer {
        do throws(HTTPError) {
            let answer = try await client.send(
                HTTPRequest(
                    request.method == .get ? .get : .post, request.url, headers: request.headers,
                    body: request.body.isEmpty ? .none : .bytes(request.body), maxResponseBytes: request.maximumAnswer))
            return OutgoingAnswer(status: answer.status, body: answer.body)
        } catch {
            throw OutgoingError(error.code == .tooLarge ? .tooLarge : .failed, error.message, cause: error)
        }
    }
}
