import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import ControlPlaneStore
import EnrolmentCA
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import ServiceLifecycle
import SQLDatabase
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// A whole control plane behind the first listener's routes, with two tenants that know nothing of each other.
final class Plane: Sendable {
    struct Side: Sendable {
        var tenant: Tenant
        var environment: ControlPlaneCore.Environment
        var agent: AgentID
        var run: RunID
        /// Whom the tests change.
        var target: User
        var account: User
        var token: APITokenID
    }

    let path: String
    let store: any ControlPlaneStore
    let services: ControlPlaneServices
    let ours: Side
    let theirs: Side
    private let respond: @Sendable (Request) async throws -> Response
    let routes: [APIRoute]
    /// The listeners' authorities, PEM.
    let authorities: String
    private let makeServer: @Sendable (@escaping @Sendable (ControlPlaneServer.Listener, Int) async -> Void) throws -> ControlPlaneServer
    /// Where it listens, while it does; else what is asked goes to the router at once.
    private let line = Mutex<Line?>(nil)
    private let programs = Mutex<[TenantID: String]>([:])

    /// The two databases.
    enum Backend: CaseIterable, Sendable { case sqlite, postgresql }

    init(_ backend: Backend = .sqlite, limits: APILimits = APILimits()) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/cloudryption-plane-\(UUID().uuidString)"
        self.path = path
        let data = try DataFolder(path)
        let store: any ControlPlaneStore =
            switch backend {
            case .sqlite: try SQLiteStore(path: data.database, tenants: data.tenants, now: Date())
            case .postgresql:
                try await PostgreSQLStore(
                    PostgreSQLAddress(PostgreSQLServer.shared().address(database: PostgreSQLServer.shared().makeDatabase())),
                    connections: 4, patience: .seconds(600), now: Date())
            }
        self.store = store
        let authority = try AuthorityWatch(folder: data.authority)
        let current = try authority.current()
        try current.serving.ensureServerCertificate(in: data.tls, names: ["localhost"], now: Date())
        services = try ControlPlaneServices(
            store: store, data: data, authority: authority, master: try MasterKey(folder: data.keys),
            tls: ListenerIdentity(
                certificates: try CertificateAuthority.serverChain(in: data.tls), privateKeyFile: data.tls + "/server.key",
                agentAuthorities: current.roots, agentIssuers: current.trusted.map(\.issuingPEM)), gatewayURL: "https://localhost:8444",
            consoleURL: "https://localhost:8443")
        var listeners = ListenerServices(services)
        listeners.limits = limits
        authorities = current.roots.joined()
        makeServer = { [services, listeners] heard in
            try ControlPlaneServer(
                services: listeners, tls: services.tls,
                configuration: .init(site: .init(host: "127.0.0.1", port: 0), gateway: .init(host: "127.0.0.1", port: 0)),
                logger: Self.quiet, onListening: heard)
        }
        let responder = try makeServer { _, _ in }.siteRouter().buildResponder()
        respond = { request in
            let source = ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: Self.quiet)
            return try await responder.respond(to: request, context: SiteContext(source: source))
        }
        routes = APIRoutes(services: ListenerServices(services)).table
        ours = try await Self.side(services, store, "ours")
        theirs = try await Self.side(services, store, "theirs")
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A plane whose server listens on loopback while `body` runs: what is sent goes through TLS, HTTP and sockets, on connections that stay
    /// open.
    static func listening(_ backend: Backend = .sqlite, _ body: @escaping @Sendable (Plane) async throws -> Void) async throws {
        let plane = try await Plane(backend)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = try plane.makeServer { listener, port in if listener == .site { continuation.yield(port) } }
        let group = ServiceGroup(services: [server], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            if let port = await ports.first(where: { _ in true }) {
                let line = try Line(port: port, authorities: plane.authorities)
                plane.line.withLock { $0 = line }
                do {
                    try await body(plane)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                // Open connections end here, and are not waited for.
                plane.line.withLock { $0 = nil }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func side(_ services: ControlPlaneServices, _ store: any ControlPlaneStore, _ name: String) async throws -> Side {
        let made = try await services.tenancy.bootstrap(tenant: name, environment: "env-\(name)", admin: "admin@\(name).example")
        let tenant = made.tenant.id
        let now = Date()
        let agent = Agent(
            id: .random(), tenant: tenant, environment: made.environment.id, epoch: 1, keyDigest: Array(name.utf8), publicKey: [4],
            serial: "01", notAfter: now + 86400, hostname: "host", platform: "linux", version: "1", enrolledAt: now)
        let run = Run(
            id: .fresh(milliseconds: UInt64(now.timeIntervalSince1970 * 1000)), tenant: tenant, environment: made.environment.id,
            bundle: .random(), agent: agent.id, status: .queued, attempts: 0, createdAt: now)
        try await store.write(tenant) { tables in
            try tables.insert(agent)
            try tables.insert(
                StoredBundle(
                    tenant: tenant, id: run.bundle, environment: made.environment.id, agent: agent.id, epoch: 1, sequence: 1, size: 1,
                    sha256: [1], agentKey: [1], acceptedAt: now, run: run.id))
            try tables.insert(run)
        }
        let people = services.access.people
        let target = try await people.create(
            email: "target@\(name).example", role: .viewer, environments: .all, by: .operator(tenant)
        ).user
        let account = try await people.create(
            email: "ci@\(name).example", role: .serviceAccount, environments: .all, by: .operator(tenant)
        ).user
        let token = try await services.access.tokens.create(
            .init(account: account.email, name: "spare", scopes: [.readResults], environments: .all, life: 86400), by: .operator(tenant)
        ).token
        return Side(
            tenant: made.tenant, environment: made.environment, agent: agent.id, run: run.id, target: target, account: account,
            token: token.id)
    }

    /// A fresh session of somebody with this role, signed in all the way just now; of a service account a token with all its scopes.
    func caller(_ role: Role, of side: Side? = nil, stage: SessionStage = .full) async throws -> String {
        let side = side ?? ours
        let tenant = side.tenant.id
        guard role.isPersonal else {
            if let known = programs.withLock({ $0[tenant] }) { return known }
            let secret = try await services.access.tokens.create(
                .init(
                    account: side.account.email, name: "all", scopes: Role.serviceAccount.permissions, environments: .all, life: 86400),
                by: .operator(tenant)
            ).secret.expose()
            programs.withLock { $0[tenant] = secret }
            return secret
        }
        let email = "\(role.rawValue.lowercased())-\(stage.rawValue.lowercased())@\(side.tenant.name).example"
        let known = try await store.readDirectory { try $0.user(email: email) }
        let user: User
        if let known {
            user = known
        } else {
            user = try await services.access.people.create(email: email, role: role, environments: .all, by: .operator(tenant)).user
        }
        return try await store.write(tenant) { tables in
            try SignInService.open(tables, user, stage: stage, proof: .code, source: "test", at: Date())
        }.token.expose()
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var text: String
    }

    private final class Collector: ResponseBodyWriter, @unchecked Sendable {
        // One task writes.
        var bytes: [UInt8] = []
        func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    func send(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, bearer: String? = nil, body: String? = nil, form: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        if let bearer { fields[.authorization] = "Bearer \(bearer)" }
        if let body {
            fields[.contentType] = "application/json"
            fields[.contentLength] = String(body.utf8.count)
        }
        if let form { fields[.contentLength] = String(form.utf8.count) }
        if let line = line.withLock({ $0 }) {
            return try await line.send(method, path, fields, body: Array((body ?? form ?? "").utf8))
        }
        let head = HTTPTypes.HTTPRequest(method: method, scheme: "https", authority: "localhost:8443", path: path, headerFields: fields)
        let response = try await respond(Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body ?? form ?? ""))))
        let collector = Collector()
        try await response.body.write(collector)
        return Answer(status: response.status.code, headers: response.headers, text: String(decoding: collector.bytes, as: UTF8.self))
    }

    /// A page as a browser asks for it.
    func page(_ path: String, _ cookie: String?) async throws -> Answer {
        try await send(
            .get, path, headers: ["accept": "text/html"].merging(cookie.map { ["cookie": "__Host-session=\($0)"] } ?? [:]) { $1 })
    }

    /// A form as a browser sends it, with the token of the page that it was on.
    func post(_ path: String, _ cookie: String?, _ form: [(String, String)], csrf: String? = nil) async throws -> Answer {
        let token = csrf ?? cookie.map { FormToken.make(Secret($0)) } ?? ""
        let body = (form + [("csrf", token)]).map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        var headers = ["accept": "text/html", "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"]
        if let cookie { headers["cookie"] = "__Host-session=\(cookie)" }
        return try await send(.post, path, form: body, headers: headers)
    }

    /// A full session whose proof is older than dangerous acts allow.
    func staleSession(_ role: Role) async throws -> String {
        let user = try await services.signIn.authenticate(Secret(try await caller(role))).user
        let token = SecretText.token(prefix: SecretText.sessionPrefix)
        let digest = try #require(SecretText.digest(of: token, prefix: SecretText.sessionPrefix))
        let now = Date()
        try await store.write(user.tenant) { tables in
            try tables.insert(
                Session(
                    digest: digest, tenant: user.tenant, user: user.id, proof: .code, provedAt: now - 301, createdAt: now - 400,
                    lastUsed: now, expiresAt: now + 600))
        }
        return token.expose()
    }
}
