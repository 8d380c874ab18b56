import Basics
import FoundationEssentials
import HTTPTransport
import WireProtocol

extension APIClient {
    /// Sends a write. Where the server wants to see again who asks, asks for a code, and sends it once more with the session's new token.
    func act(_ method: HTTPRequest.Method, _ path: String, _ message: (any Encodable)? = nil) async throws -> [UInt8] {
        let body = try message.map { try Self.encode($0) }
        // The same name for both: what was done the first time is not done again.
        let name = UUID().uuidString.lowercased()
        do {
            return try await send(method, path, body: body, repeatKey: name)
        } catch let refusal as ServerRefusal where refusal.problem.code == AuthCode.stepUpRequired.full {
            let wish: API.StepUpRequest
            if let code = try Self.code(asking: "This is a dangerous act. Code of your authenticator app: ") {
                wish = API.StepUpRequest(code: code.expose())
            } else {
                guard let password = Terminal.secret("This is a dangerous act. Your password: "), !password.expose().isEmpty else {
                    throw refusal
                }
                wish = API.StepUpRequest(password: password.expose())
            }
            let session = try decode(API.Session.self, try await send(.post, API.Routes.stepUp, body: try WireJSON.encode(wish)))
            let client = try taking(session)
            return try await client.send(method, path, body: body, repeatKey: name)
        }
    }

    private static func encode(_ message: some Encodable) throws -> [UInt8] { try WireJSON.encode(message) }

    /// A code from `CLOUDRYPTION_CODE`, or typed; `nil` when there is none.
    static func code(asking prompt: String) throws -> Secret<String>? {
        if let code = Terminal.environment("CLOUDRYPTION_CODE"), !code.isEmpty { return Secret(code) }
        guard let code = Terminal.secret(prompt), !code.expose().isEmpty else { return nil }
        return code
    }

    /// The client with a session's new token, which is remembered from now on.
    func taking(_ session: API.Session) throws -> APIClient {
        var profile = try ProfileFile.load()
        profile.token = session.token
        try ProfileFile.save(profile)
        return APIClient(http: http, server: server, token: Secret(session.token))
    }

    /// Every element of a list that is given in parts.
    func all<Element: Codable & Sendable>(_ type: Element.Type, _ path: String, _ query: [(String, String?)] = []) async throws -> [Element]
    {
        var elements: [Element] = []
        var cursor: String?
        repeat {
            let part = try decode(API.List<Element>.self, try await get(path, query + [("cursor", cursor)]))
            elements += part.data
            cursor = part.next
        } while cursor != nil
        return elements
    }
}
