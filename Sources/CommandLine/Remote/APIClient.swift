import Basics
import CloudModel
import HTTPTransport
import WireProtocol

/// Asks the API of one server as one caller.
struct APIClient {
    let http: any HTTPSending
    /// `https://HOST:PORT`, without a slash at the end.
    let server: String
    let token: Secret<String>?

    /// The client of the saved profile.
    static func signedIn() throws -> APIClient {
        let profile = try ProfileFile.load()
        let trust: HTTPConfiguration.Trust = profile.ca.isEmpty ? .system : .authorities(pem: profile.ca)
        return APIClient(
            http: try HTTPClient(configuration: configuration(trust)), server: try ServerAddress(profile.server).text,
            token: Secret(profile.token))
    }

    static func configuration(_ trust: HTTPConfiguration.Trust) -> HTTPConfiguration {
        HTTPConfiguration(
            trust: trust, proxy: .environment, timeout: .seconds(120), maxResponseBytes: 512 << 20, userAgent: "cloudryption-cli")
    }

    /// The body of the answer to a `GET`, checked to be JSON.
    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> [UInt8] {
        let items = query.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        return try await send(.get, path + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
    }

    /// - Parameter repeatKey: under this a write can be sent again without being done again.
    func send(_ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, repeatKey: String? = nil) async throws -> [UInt8] {
        var headers = [(name: "Accept", value: Routes.json)]
        if let token { headers.append((name: "Authorization", value: "Bearer \(token.expose())")) }
        if let repeatKey { headers.append((name: "Idempotency-Key", value: repeatKey)) }
        if body != nil { headers.append((name: "Content-Type", value: Routes.json)) }
        let answer: HTTPResponse
        do {
            answer = try await http.send(HTTPRequest(method, server + path, headers: headers, body: body.map { .bytes($0) } ?? .none))
        } catch {
            switch error.code {
            case .untrustedPeer:
                throw Ending.failure("\(server): the server's certificate is not trusted; sign in with --ca FILE or --ca-pin sha256:HEX")
            default: throw Ending.failure("\(server): \(error.message)")
            }
        }
        if (200..<300).contains(answer.status) { return answer.body }
        guard let problem: Problem = try? WireJSON.decode(from: answer.body) else {
            throw Ending.failure("\(server) answers with status \(answer.status); is this a Cloudryption server?")
        }
        throw ServerRefusal(problem: problem)
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
        do {
            return try WireJSON.decode(type, from: bytes, limits: JSONLimits(bytes: 512 << 20, depth: 32, stringBytes: 4 << 20))
        } catch {
            throw Ending.failure("\(server) gave an answer that this version cannot read (\(error.description))")
        }
    }
}

/// What the server refused, in its words.
struct ServerRefusal: CodedError {
    enum Code: String, CaseIterable, Sendable { case refused }
    static let domain = "server"
    var problem: Problem
    var code: Code { .refused }
    var message: String { DisplayText.safe(problem.detail) }
    var cause: (any Error)? { nil }
    var description: String {
        if problem.code == AuthCode.noSession.full || problem.code == AuthCode.sessionExpired.full {
            return "the session has ended: sign in again with cloudryption login"
        }
        if problem.code == AuthCode.mustEnrolSecondFactor.full {
            return "your role needs a second factor: enrol one with cloudryption mfa enrol"
        }
        return "\(DisplayText.safe(problem.code, limit: 80)): \(message)"
    }
}

/// The address of a server as a person writes it.
struct ServerAddress {
    /// `https://HOST[:PORT]`
    let text: String

    init(_ written: String) throws {
        var address = written
        while address.hasSuffix("/") { address.removeLast() }
        guard address.hasPrefix("https://"), address.utf8.count <= 300 else {
            throw Ending.usage("\(DisplayText.safe(written, limit: 100)): a server's address begins with https://")
        }
        let rest = address.dropFirst("https://".count)
        guard !rest.isEmpty,
            rest.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0)
            })
        else {
            throw Ending.usage(
                "\(DisplayText.safe(written, limit: 100)): not the address of a server, such as https://cloudryption.example:8443")
        }
        text = address
    }
}
