import Basics
import CloudModel
import ControlPlaneCore
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// One row of the API. ``APIRoutes/table`` is the only way to a route: the router, the OpenAPI document and the tests' matrix are made from it,
/// so that a route without a row cannot exist.
struct APIRoute: Sendable {
    /// Who may ask.
    enum Access: Sendable, Hashable {
        /// Anybody at all.
        case anyone
        /// A person who is signed in or on the way there.
        case unfinished
        /// Whoever is signed in all the way, with a session or a token.
        case signedIn
        /// A person who is signed in all the way.
        case person
        /// Whoever has the permission.
        case permission(Permission)
    }
    /// One item of the query.
    struct Item: Sendable {
        var name: String
        var schema: Schema
        var text: String
    }
    /// What comes back when all is well.
    enum Answer: Sendable {
        case json(Schema)
        case created(Schema)
        case nothing
        case media(String)
    }

    var method: HTTPTypes.HTTPRequest.Method
    /// Below `/api/v1/`, with `{name}` for what varies.
    var path: String
    /// Stable: clients are generated from it.
    var id: String
    var summary: String
    var access: Access
    /// Whether the caller has to have shown within five minutes who they are.
    var isDangerous = false
    /// Whether it may answer that there is no such thing, though nothing in its path or body names one.
    var mayFindNothing = false
    var query: [Item] = []
    var body: Schema?
    /// Most bytes of the body.
    var bodyLimit = 64 << 10
    var answer: Answer
    var run: @Sendable (APICall) async throws -> APIAnswer

    var isWrite: Bool { method != .get }
    /// Whether the caller may send it again under a key of its own choice and get the first answer.
    var isRepeatable: Bool { method == .post && access != .anyone && access != .unfinished }
    /// The router's spelling.
    var routerPath: RouterPath {
        RouterPath(
            "api/v1/"
                + path.split(separator: "/").map { $0.hasPrefix("{") ? ":\($0.dropFirst().dropLast())" : String($0) }.joined(separator: "/")
        )
    }
    /// What varies in the path.
    var parameters: [String] { path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) } }
}

/// One request of the API, once its caller is known.
struct APICall: Sendable {
    let request: Request
    let channel: any Channel
    let source: String
    let caller: Caller?
    let body: [UInt8]
    private let parameters: [String: String]

    init(_ route: APIRoute, _ request: Request, _ context: SiteContext, caller: Caller?, body: [UInt8]) throws {
        self.request = request
        channel = context.channel
        source = context.source
        self.caller = caller
        self.body = body
        var parameters: [String: String] = [:]
        for name in route.parameters {
            guard let text = context.parameters.get(name).flatMap({ PercentEncoding.decode($0) }), text.utf8.count <= 400 else {
                throw Refusal.notFound
            }
            parameters[name] = text
        }
        self.parameters = parameters
    }

    /// The caller's session.
    var session: TenantSession {
        get throws {
            guard let caller else { throw Refusal.notSignedIn }
            return caller.session
        }
    }

    /// What varies in the path.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }
    func query(_ name: String) -> String? { request.uri.queryParameters[Substring(name)].map(String.init) }
    func flag(_ name: String) throws -> Bool {
        switch query(name) {
        case nil, "false": false
        case "true": true
        default: throw Refusal(.badRequest, "http.badQuery", "\(name) is true or false.")
        }
    }
    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value { try WireJSON.decode(type, from: body) }
}

/// An answer of the API, whole: its bytes are what its `ETag` is of.
struct APIAnswer: Sendable {
    var status: HTTPTypes.HTTPResponse.Status
    var type: String?
    var body: [UInt8]
    var headers: HTTPFields = [:]

    static func json(_ value: some Encodable, status: HTTPTypes.HTTPResponse.Status = .ok) throws -> APIAnswer {
        APIAnswer(status: status, type: Routes.json, body: try WireJSON.encode(value) + [0x0A])
    }
    static let nothing = APIAnswer(status: .noContent, type: nil, body: [])

    var response: Response {
        var headers = headers
        if let type { headers[.contentType] = type }
        return Response(status: status, headers: headers, body: type == nil ? .init() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
