import Basics
import CloudModel
import ControlPlaneCore
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// What every route does before and after its own work, in one place: who asks, how often, by what right, whether a page of ours asked for it,
/// whether it was answered before.
extension APIRoutes {
    func add(to router: Router<SiteContext>) {
        for route in table {
            router.on(route.routerPath, method: route.method) { request, context in try await answer(route, request, context) }
        }
    }

    private func answer(_ route: APIRoute, _ request: Request, _ context: SiteContext) async throws -> Response {
        var caller: Caller?
        if route.access != .anyone {
            guard let found = try await Authentication(signIn: services.signIn).caller(request) else { throw Refusal.notSignedIn }
            try limit(found.session)
            try check(route, found.session)
            if route.isWrite, found.byCookie { try FormToken.check(Self.formToken.flatMap { request.headers[$0] }, found.token) }
            caller = found
        }
        for (name, _) in request.uri.queryParameters where !route.query.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            throw Refusal(.badRequest, "http.badQuery", "\(DisplayText.safe(String(name), limit: 40)) is nothing that this route asks for.")
        }
        let body = route.body == nil ? [] : try await request.jsonBytes(upTo: route.bodyLimit, on: context.channel)
        let call = try APICall(route, request, context, caller: caller, body: body)
        guard route.isRepeatable, let key = try RepeatKey(request), let caller else { return try await finished(route, call) }
        return try await repeatable.answer(key, route, call, caller.session) { try await route.run(call) }.response
    }

    private func finished(_ route: APIRoute, _ call: APICall) async throws -> Response {
        var answer = try await route.run(call)
        guard route.method == .get, answer.status == .ok, route.access != .anyone else { return answer.response }
        let tag = Self.tag(answer)
        answer.headers[.eTag] = tag
        guard let asked = call.request.headers[.ifNoneMatch], Self.names(asked, tag) else { return answer.response }
        return Response(status: .notModified, headers: [.eTag: tag])
    }

    private static let formToken = HTTPField.Name("x-csrf-token")

    /// A strong validator (RFC 9110 §8.8.3): SHA-256 of the bytes.
    static func tag(_ answer: APIAnswer) -> String { "\"" + Hex.encode(Array(SHA256.hash(data: answer.body)).prefix(16)) + "\"" }

    private static func names(_ header: String, _ tag: String) -> Bool {
        header.utf8.count <= 1024
            && header.split(separator: ",").contains { part in
                let name = part.drop { $0 == " " }
                return name == "*" || (name.hasPrefix("W/") ? name.dropFirst(2) : name).prefix { $0 != " " }.utf8.elementsEqual(tag.utf8)
            }
    }

    /// Throws unless what would be changed is still what the caller saw (`If-Match`, RFC 9110 §13.1.1).
    static func checkMatch(_ request: Request, _ current: APIAnswer) throws {
        guard let wanted = request.headers[.ifMatch] else { return }
        guard names(wanted, tag(current)) else {
            throw Refusal(.preconditionFailed, "http.changedMeanwhile", "It was changed meanwhile: read it again.")
        }
    }

    private func limit(_ session: TenantSession) throws {
        let now = services.clock.now()
        let caller = session.token.map { "token \($0)" } ?? session.id.map { "session \($0)" } ?? "user \(session.user.id)"
        let wait = services.limits.callers.take(caller, at: now) ?? services.limits.tenants.take(session.tenant.id.description, at: now)
        guard let wait else { return }
        throw Refusal(
            .tooManyRequests, "http.tooManyRequests", "Too many requests: wait and try again.",
            headers: [.retryAfter: "\(max(1, Int(wait.rounded(.up))))"])
    }

    private func check(_ route: APIRoute, _ session: TenantSession) throws {
        switch route.access {
        case .anyone: break
        case .unfinished: try session.requirePerson()
        case .signedIn: try session.requireFull()
        case .person:
            try session.requirePerson()
            try session.requireFull()
        case .permission(let permission): try session.require(permission)
        }
        if route.isDangerous { try session.requireRecentProof() }
    }
}

/// How many requests may come, of one session or token and of one tenant. Of this process: with several nodes each has its own.
struct APILimits: Sendable {
    var callers = RateLimiter(burst: 240, perSecond: 40)
    var tenants = RateLimiter(burst: 1200, perSecond: 200)
}

extension Request {
    /// The body, which says to be JSON.
    func jsonBytes(upTo limit: Int, on channel: any Channel) async throws -> [UInt8] {
        let kind = headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
        guard kind.trimmingASCIISpace == "application/json" else {
            throw Refusal(.unsupportedMediaType, "http.notJSON", "This route takes application/json.")
        }
        return try await bytes(upTo: limit, on: channel)
    }
}
