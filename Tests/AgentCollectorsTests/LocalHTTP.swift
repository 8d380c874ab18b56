import Foundation
import FoundationNetworking
import HTTPTransport

enum LocalHTTP {
    static func client() throws -> any HTTPSending { URLSending() }
}
struct URLSending: HTTPSending {
    static let session: URLSession = {
        let c = URLSessionConfiguration.ephemeral
        c.httpMaximumConnectionsPerHost = 32
        return URLSession(configuration: c)
    }()
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        guard let url = URL(string: request.url) else { throw HTTPError(.invalidRequest, "url") }
        var r = URLRequest(url: url)
        r.httpMethod = request.method.rawValue
        for h in request.headers where h.name != "Host" { r.setValue(h.value, forHTTPHeaderField: h.name) }
        if case .bytes(let b) = request.body { r.httpBody = Data(b) }
        do {
            let (d, a) = try await Self.session.data(for: r)
            guard let a = a as? HTTPURLResponse else { throw HTTPError(.badAnswer, "x") }
            return HTTPResponse(status: a.statusCode, headers: a.allHeaderFields.map { (name: "\($0)", value: "\($1)") }, body: Array(d))
        } catch { throw HTTPError(.unreachable, "x") }
    }
}
