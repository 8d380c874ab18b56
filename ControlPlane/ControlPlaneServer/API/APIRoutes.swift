import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// `/api/v1`. Each answer that was computed from a run is of that one run.
struct APIRoutes {
    let services: ListenerServices

    func add(to router: Router<SiteContext>) {
        router.post("api/v1/session", use: signIn)
        let api = router.group("api/v1")
            .add(middleware: Authentication(signIn: services.signIn))
            .group(context: SignedInContext.self)
        api.delete("session", use: signOut)
        api.get("whoami", use: whoami)
        api.get("environments", use: environments)
        api.get("status", use: status)
        api.get("agents", use: agents)
        api.get("runs", use: runs)
        api.get("findings", use: findings)
        api.get("paths", use: paths)
        api.get("paths/:id", use: path)
        api.get("plan", use: plan)
        api.post("enrolment-tokens", use: issueToken)
    }

    // MARK: Sessions

    @Sendable private func signIn(_ request: Request, _ context: SiteContext) async throws -> Response {
        let wish = try await request.json(API.SessionRequest.self, upTo: 8 << 10, on: context.channel)
        let signedIn = try await services.signIn.signIn(
            email: wish.email, password: Secret(wish.password), newPassword: wish.newPassword.map { Secret($0) }, source: context.source)
        return try JSONAnswer.response(
            API.Session(token: signedIn.token.expose(), expiresAt: signedIn.expiresAt.formatted(.iso8601), mustChangePassword: false))
    }

    @Sendable private func signOut(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try checkWrite(request, context)
        try await services.signIn.signOut(context.session)
        return Response(status: .noContent, headers: context.caller.byCookie ? [.setCookie: SessionCookie.clear] : [:])
    }

    /// A browser's writes need the token of a page of ours beside the cookie.
    private func checkWrite(_ request: Request, _ context: SignedInContext) throws {
        guard context.caller.byCookie else { return }
        guard let name = HTTPField.Name("x-csrf-token") else { throw Refusal.notSignedIn }
        try FormToken.check(request.headers[name], context.caller.token)
    }

    @Sendable private func whoami(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let user = context.session.user
        return try JSONAnswer.response(
            API.Caller(
                user: user.id, email: user.email, role: user.role.rawValue, tenant: context.session.tenant.id,
                tenantName: context.session.tenant.name))
    }

    // MARK: The fleet

    @Sendable private func environments(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let all = try await context.session.environments().map { API.Environment(id: $0.id, name: $0.name) }
        return try JSONAnswer.response(API.List(tenant: context.session.tenant.id, environment: nil, data: all))
    }

    @Sendable private func agents(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let environment = try await named(request, context.session)
        let now = services.clock.now()
        let all = try await context.session.agents(in: environment?.id).map { API.Agent($0, now: now) }
        return try JSONAnswer.response(API.List(tenant: context.session.tenant.id, environment: environment?.id, data: all))
    }

    @Sendable private func runs(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let environment = try await named(request, context.session)
        let limit = try request.number("limit", in: 1...1000) ?? 100
        let all = try await context.session.runs(in: environment?.id, limit: limit).map { API.Run($0) }
        return try JSONAnswer.response(API.List(tenant: context.session.tenant.id, environment: environment?.id, data: all))
    }

    private func named(_ request: Request, _ session: TenantSession) async throws -> ControlPlaneCore.Environment? {
        guard let name = request.uri.queryParameters["environment"] else { return nil }
        return try await session.environment(String(name))
    }

    @Sendable private func issueToken(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try checkWrite(request, context)
        try context.session.require(.manageAgents)
        let wish = try await request.json(API.EnrolmentTokenRequest.self, upTo: 8 << 10, on: context.channel)
        let environment = try await context.session.environment(wish.environment)
        let issued = try await services.enrolment.issueToken(for: environment, by: context.session)
        let answer = API.EnrolmentToken(
            token: issued.token.expose(), expiresAt: issued.expiresAt.formatted(.iso8601), command: services.enrolCommand(issued.token))
        return try JSONAnswer.response(answer, status: .created)
    }

    // MARK: Results

    @Sendable private func status(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let reading = try await Reading.load(request, context.session, services)
        guard let environment = reading.environment else {
            throw Refusal(.notFound, "environment.notFound", "This tenant has no environment yet.")
        }
        var agents = API.Status.Agents(live: 0, stale: 0)
        if context.session.allows(.readAgents) {
            let now = services.clock.now()
            for agent in try await context.session.agents(in: environment.id) {
                switch agent.state(at: now) {
                case .live: agents.live += 1
                case .stale, .waiting, .expired, .pendingApproval, .quarantined: agents.stale += 1
                case .revoked: break
                }
            }
        }
        return try JSONAnswer.response(
            API.Status(
                tenant: context.session.tenant.id, environment: API.Environment(id: environment.id, name: environment.name),
                run: reading.result?.run.id, snapshot: reading.result?.snapshot, summary: reading.result?.result.summary, agents: agents,
                lastRun: reading.runs.first.map { API.Run($0) }))
    }

    /// The one run that the query means, and what `data` makes of it.
    private func answer<Content: Codable & Sendable>(
        _ request: Request, _ context: SignedInContext, _ data: (RunResult) throws -> Content
    ) async throws -> Response {
        let result = try await result(request, context)
        return try JSONAnswer.response(
            API.Envelope(
                tenant: result.run.tenant, environment: result.environment.id, run: result.run.id, snapshot: result.snapshot,
                data: try data(result)))
    }

    private func result(_ request: Request, _ context: SignedInContext) async throws -> RunResult {
        let reading = try await Reading.load(request, context.session, services)
        guard let result = reading.result else {
            throw Refusal(.notFound, "run.none", "No run of this environment has succeeded yet. Nothing is known about it.")
        }
        return result
    }

    /// `severity=` keeps that severity and worse, `limit=` the first so many.
    @Sendable private func findings(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let least = try request.severity() ?? .informational
        let limit = try request.number("limit", in: 1...1_000_000) ?? .max
        return try await answer(request, context) { Array($0.result.findings.filter { $0.severity >= least }.prefix(limit)) }
    }

    @Sendable private func paths(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let least = try request.severity() ?? .informational
        let limit = try request.number("limit", in: 1...1_000_000) ?? .max
        return try await answer(request, context) { Array($0.result.paths.filter { $0.severity >= least }.prefix(limit)) }
    }

    @Sendable private func plan(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try await answer(request, context) { $0.result.plan }
    }

    @Sendable private func path(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let name = context.parameters.get("id") ?? ""
        guard name.hasSuffix(".svg") else {
            return try await answer(request, context) { try Self.path(name, in: $0) }
        }
        return try PictureAnswer.response(try Self.path(String(name.dropLast(4)), in: try await result(request, context)))
    }

    static func path(_ id: String, in result: RunResult) throws -> AttackPath {
        guard id.utf8.count <= 80, let path = result.result.paths.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
            throw Refusal(.notFound, "path.notFound", "This run has no such path.")
        }
        return path
    }
}

/// A path's picture as a file of its own: it carries its colours, and may do nothing but be drawn.
enum PictureAnswer {
    static func response(_ path: AttackPath) throws -> Response {
        guard !path.steps.isEmpty, path.steps.count <= 40 else {
            throw Refusal(.notFound, "path.noPicture", "There is no picture of this path.")
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "image/svg+xml; charset=utf-8",
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            ], body: ResponseBody(byteBuffer: ByteBuffer(string: PathPicture.svg(path, standalone: true))))
    }
}

extension API.Agent {
    init(_ agent: ControlPlaneCore.Agent, now: Date) {
        let state = agent.state(at: now)
        self.init(
            id: agent.id, environment: agent.environment, state: state.rawValue, live: state == .live, hostname: agent.hostname,
            platform: agent.platform, version: agent.version, enrolledAt: agent.enrolledAt.formatted(.iso8601),
            lastSeen: agent.lastSeen?.formatted(.iso8601), certificateEnds: agent.notAfter.formatted(.iso8601),
            spoolDepth: agent.spoolDepth,
            lastError: agent.lastError)
    }
}

extension API.Run {
    init(_ run: ControlPlaneCore.Run) {
        self.init(
            id: run.id, environment: run.environment, agent: run.agent, bundle: run.bundle, status: run.status.rawValue,
            attempts: run.attempts,
            reason: run.reason, queuedAt: run.createdAt.formatted(.iso8601), startedAt: run.startedAt?.formatted(.iso8601),
            endedAt: run.endedAt?.formatted(.iso8601), snapshot: run.snapshot)
    }
}
