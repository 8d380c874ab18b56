import Foundation
import HTTPTransport
import HTTPTypes
import Testing

/// Kept-open connections to a server that listens on loopback.
struct Line: Sendable {
    private let client: HTTPClient
    private let port: Int

    init(port: Int, authorities: String) throws {
        self.port = port
        client = try HTTPClient(configuration: HTTPConfiguration(trust: .authorities(pem: authorities)))
    }

    func send(_ method: HTTPTypes.HTTPRequest.Method, _ path: String, _ fields: HTTPFields, body: [UInt8]) async throws -> Plane.Answer {
        let answer = try await client.send(
            HTTPTransport.HTTPRequest(
                try #require(HTTPTransport.HTTPRequest.Method(rawValue: method.rawValue)), "https://localhost:\(port)\(path)",
                // The client counts the bytes itself.
                headers: fields.filter { $0.name != .contentLength }.map { (name: $0.name.rawName, value: $0.value) },
                body: body.isEmpty ? .none : .bytes(body)))
        var headers = HTTPFields()
        for (name, value) in answer.headers { if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) } }
        return Plane.Answer(status: answer.status, headers: headers, text: String(decoding: answer.body, as: UTF8.self))
    }
}
