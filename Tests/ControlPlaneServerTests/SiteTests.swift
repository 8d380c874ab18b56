import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import FoundationXML
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import WireProtocol

/// The first listener's routes without a socket.
struct Site: Sendable {
    let world: World
    let respond: @Sendable (Request) async throws -> Response

    init(_ world: World = World()) throws {
        self.world = world
        let folder = try TestFolder()
        let leaf = try TestCA().server()
        let identity = ListenerIdentity(
            certificates: [leaf.chain], privateKeyFile: try folder.write("key.pem", leaf.key), agentAuthorities: [leaf.chain])
        let server = try ControlPlaneServer(
            services: world.core.services, tls: identity,
            configuration: .init(site: .init(host: "127.0.0.1", port: 0), gateway: .init(host: "127.0.0.1", port: 0)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let responder = server.siteRouter().buildResponder()
        respond = { request in
            let channel = NIOAsyncTestingChannel()
            return try await responder.respond(
                to: request,
                context: SiteContext(
                    source: ApplicationRequestContextSource(
                        channel: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })))
        }
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var text: String
        var code: String? { (try? JSONValue(parsing: Array(text.utf8)))?["code"]?.string }
    }

    private final class Collector: ResponseBodyWriter, @unchecked Sendable {
        // One task writes.
        var bytes: [UInt8] = []
        func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    func send(
        _ method: HTTPTypes.HTTPRequest.Method = .get, _ path: String, _ headers: [String: String] = [:], body: String = ""
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        if !body.isEmpty { fields[.contentLength] = String(body.utf8.count) }
        let head = HTTPTypes.HTTPRequest(method: method, scheme: "https", authority: "localhost:8443", path: path, headerFields: fields)
        let response = try await respond(Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body))))
        let collector = Collector()
        try await response.body.write(collector)
        return Answer(status: response.status.code, headers: response.headers, text: String(decoding: collector.bytes, as: UTF8.self))
    }

    func page(_ path: String, cookie: String = "alpha-session") async throws -> Answer {
        try await send(.get, path, ["accept": "text/html", "cookie": "__Host-session=\(cookie)"])
    }
    func api(_ path: String, token: String = "alpha-session") async throws -> Answer {
        try await send(.get, path, ["authorization": "Bearer \(token)"])
    }
}

@Suite struct APITests {
    static let reading = ["whoami", "environments", "status", "agents", "runs", "findings", "paths", "paths/path-00000000000000a1", "plan"]

    @Test(arguments: reading)
    func answersWhoIsSignedIn(_ route: String) async throws {
        let answer = try await Site().api("/api/v1/\(route)")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test(arguments: reading)
    func tellsNothingToWhoIsNot(_ route: String) async throws {
        let site = try Site()
        for headers in [[:], ["authorization": "Bearer nobody"], ["authorization": "Basic YTpi"], ["cookie": "session=alpha-session"]] {
            let answer = try await site.send(.get, "/api/v1/\(route)", headers)
            #expect(answer.status == 401)
            #expect(answer.code == "auth.noSession")
        }
    }

    @Test func namesTenantEnvironmentRunAndSnapshotOnEveryResult() async throws {
        let site = try Site()
        for route in ["findings", "paths", "plan", "paths/path-00000000000000a1"] {
            let answer = try JSONValue(parsing: Array(try await site.api("/api/v1/\(route)").text.utf8))
            #expect(answer["tenant"]?.string == site.world.alpha.id.description)
            #expect(answer["environment"]?.string == site.world.environment.id.description)
            #expect(answer["run"]?.string == site.world.run.id.description)
            #expect(answer["snapshot"]?.string == site.world.run.snapshot)
            #expect(answer["data"] != nil)
        }
    }

    @Test func keepsAnotherTenantsThingsOutOfReachByEveryName() async throws {
        let site = try Site()
        for path in [
            "paths?environment=\(site.world.foreign.id)", "paths?environment=secret-lab", "paths?run=\(site.world.foreignRun.id)",
            "status?environment=\(site.world.foreign.id)", "runs?environment=secret-lab", "agents?environment=secret-lab",
        ] {
            let answer = try await site.api("/api/v1/\(path)")
            #expect(answer.status == 404, "\(path)")
            #expect(!answer.text.contains("BETA"))
        }
        // What Beta sees of it itself.
        #expect(try await site.api("/api/v1/paths?environment=secret-lab", token: "beta-session").text.contains("BETA ONLY"))
        let post = try await site.send(
            .post, "/api/v1/enrolment-tokens", ["authorization": "Bearer alpha-session", "content-type": "application/json"],
            body: #"{"environment":"secret-lab"}"#)
        #expect(post.status == 404)
        #expect(site.world.core.state.withLock { $0.tokens } == 0)
    }

    @Test func saysThatNothingIsKnownBeforeTheFirstRun() async throws {
        let site = try Site(World(result: nil))
        let answer = try await site.api("/api/v1/paths")
        #expect(answer.status == 404)
        #expect(answer.code == "run.none")
        #expect(try await site.api("/api/v1/status").status == 200)
    }

    @Test func signsInAndRefusesWhatIsNotACredential() async throws {
        let site = try Site()
        let json = ["content-type": "application/json"]
        let good = try await site.send(
            .post, "/api/v1/session", json, body: #"{"email":"admin@example.test","password":"right horse battery"}"#)
        #expect(good.status == 200)
        #expect(try JSONValue(parsing: Array(good.text.utf8))["token"]?.string == "alpha-session")
        let wrong = try await site.send(.post, "/api/v1/session", json, body: #"{"email":"admin@example.test","password":"x"}"#)
        #expect(wrong.status == 401 && wrong.code == "auth.badCredentials")
        let change = try await site.send(.post, "/api/v1/session", json, body: #"{"email":"admin@example.test","password":"one-time"}"#)
        #expect(change.status == 403 && change.code == "auth.mustChangePassword")
        let weak = try await site.send(
            .post, "/api/v1/session", json, body: #"{"email":"admin@example.test","password":"one-time","newPassword":"short"}"#)
        #expect(weak.status == 422 && weak.code == "auth.weakPassword")
        #expect(try await site.send(.post, "/api/v1/session", json, body: #"{"email":"a","email":"b","password":"x"}"#).status == 400)
        #expect(try await site.send(.post, "/api/v1/session", json, body: "{").code == "message.malformed")
        #expect(try await site.send(.post, "/api/v1/session", json, body: "[]").code == "message.unexpectedShape")
        #expect(try await site.send(.post, "/api/v1/session", ["content-type": "text/plain"], body: "{}").status == 415)
        let large = try await site.send(.post, "/api/v1/session", json, body: "{\"email\":\"" + String(repeating: "a", count: 9000) + "\"}")
        #expect(large.status == 413 && large.code == "http.bodyTooLarge")
    }

    @Test func refusesANumberOrSeverityThatIsNone() async throws {
        let site = try Site()
        for query in ["paths?severity=worst", "paths?limit=0", "paths?limit=-1", "paths?limit=99999999999999999999", "runs?limit=x"] {
            #expect(try await site.api("/api/v1/\(query)").code == "http.badQuery")
        }
        let some = try JSONValue(parsing: Array(try await site.api("/api/v1/paths?severity=high&limit=1").text.utf8))
        #expect(some["data"]?.array?.count == 1)
    }

    @Test func letsOnlyWhoMayManageAgentsMakeTokens() async throws {
        let headers = ["authorization": "Bearer alpha-session", "content-type": "application/json"]
        let admin = try Site()
        let made = try await admin.send(.post, "/api/v1/enrolment-tokens", headers, body: #"{"environment":"production"}"#)
        #expect(made.status == 201)
        #expect(
            made.text.contains("cloudryption-agent enroll --server https://localhost:8443 --token clre_shown-once --ca-pin sha256:abab"))
        for role in [Role.viewer, .securityAnalyst, .auditor, .serviceAccount] {
            let site = try Site(World(role: role))
            let answer = try await site.send(.post, "/api/v1/enrolment-tokens", headers, body: #"{"environment":"production"}"#)
            #expect(answer.status == 403 && answer.code == "auth.forbidden")
            #expect(site.world.core.state.withLock { $0.tokens } == 0)
        }
        #expect(try await Site(World(role: .viewer)).api("/api/v1/agents").status == 403)
    }

    @Test func wantsAPagesProofForWhatABrowsersCookieWouldDo() async throws {
        let site = try Site()
        let cookie = ["cookie": "__Host-session=alpha-session", "content-type": "application/json"]
        let body = #"{"environment":"production"}"#
        func post(_ more: [String: String]) async throws -> Site.Answer {
            try await site.send(.post, "/api/v1/enrolment-tokens", cookie.merging(more) { $1 }, body: body)
        }
        #expect(try await post([:]).code == "auth.foreignOrigin")
        #expect(try await post(["sec-fetch-site": "cross-site"]).code == "auth.foreignOrigin")
        #expect(try await post(["sec-fetch-site": "same-site"]).code == "auth.foreignOrigin")
        #expect(try await post(["sec-fetch-site": "none"]).code == "auth.foreignOrigin")
        #expect(try await post(["origin": "https://localhost:8443.evil.test"]).code == "auth.foreignOrigin")
        #expect(try await post(["origin": "null"]).code == "auth.foreignOrigin")
        #expect(try await post(["sec-fetch-site": "cross-site", "origin": "https://localhost:8443"]).code == "auth.foreignOrigin")
        #expect(try await post(["sec-fetch-site": "same-origin"]).code == "auth.badFormToken")
        #expect(
            try await post(["sec-fetch-site": "same-origin", "x-csrf-token": FormToken.make(Secret("beta-session"))]).code
                == "auth.badFormToken")
        #expect(site.world.core.state.withLock { $0.tokens } == 0)
        #expect(
            try await post(["origin": "https://localhost:8443", "x-csrf-token": FormToken.make(Secret("alpha-session"))]).status == 201)
        #expect(try await post(["sec-fetch-site": "same-origin", "x-csrf-token": FormToken.make(Secret("alpha-session"))]).status == 201)
    }

    @Test func drawsAPathThatMayDoNothing() async throws {
        let site = try Site(World(result: SampleResult.make(hostile: true)))
        let answer = try await site.api("/api/v1/paths/path-00000000000000a1.svg")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "image/svg+xml; charset=utf-8")
        #expect(answer.headers[.contentSecurityPolicy]?.contains("sandbox") == true)
        let parser = XMLParser(data: Data(answer.text.utf8))
        #expect(parser.parse())
        #expect(!answer.text.contains("<script") && !answer.text.contains("<img"))
        #expect(try await site.api("/api/v1/paths/path-unknown.svg").status == 404)
        #expect(try await site.api("/api/v1/paths/..%2f..%2fetc").status == 404)
    }

    @Test func keepsEnrolmentOpenToWhoHasNoCertificateYet() async throws {
        let site = try Site()
        #expect(try await site.send(.get, "/v1/enrolment/authorities").status == 200)
        let request = EnrolmentRequest(token: "clre_x", csr: "csr", agentVersion: "1", hostname: "h", platform: "p")
        let body = String(decoding: try WireJSON.encode(request), as: UTF8.self)
        let answer = try await site.send(.post, "/v1/enrolment", ["content-type": "application/json"], body: body)
        #expect(answer.status == 403 && answer.code == "enrolment.invalidToken")
        let large = try await site.send(
            .post, "/v1/enrolment", ["content-type": "application/json"],
            body: "{\"csr\":\"" + String(repeating: "a", count: 50_000) + "\"}")
        #expect(large.status == 413)
        #expect(site.world.core.state.withLock { $0.enrolled.count } == 1)
        // Nothing of the agents' listener is here.
        #expect(try await site.send(.post, "/v1/uploads", ["content-type": "application/json"], body: "{}").status == 404)
        #expect(try await site.send(.get, "/v1/sealing-key").status == 404)
    }
}

@Suite struct ConsoleTests {
    static let pages = [
        "/", "/paths", "/paths/path-00000000000000a1", "/paths/path-00000000000000a3", "/fixes", "/fixes?fixes=1", "/fixes?fixes=0",
        "/fixes?fix=fix-00000000000000f1", "/fixes?fix=fix-00000000000000f2&fix=fix-00000000000000f1",
        "/findings",
        "/findings?severity=high", "/coverage", "/runs", "/agents", "/agents?state=live",
    ]

    @Test(arguments: pages)
    func rendersWithOneHeadingATitleAndItsProvenance(_ path: String) async throws {
        let site = try Site()
        let answer = try await site.page(path)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
        #expect(answer.text.components(separatedBy: "<h1").count == 2)
        #expect(answer.text.contains(" · Cloudryption</title>"))
        for fact in ["production", site.world.run.id.description, site.world.run.snapshot ?? "-", "2026-11-23 17:02 UTC"] {
            #expect(answer.text.contains(fact), "\(path) does not name \(fact)")
        }
        #expect(try XMLDocumentCheck.problems(answer.text).isEmpty)
    }

    @Test func sendsTheHeadersThatKeepOthersOut() async throws {
        let site = try Site()
        for path in ["/", "/sign-in", "/nothing-here", "/api/v1/paths"] {
            let headers = try await site.page(path).headers
            let policy = headers[.contentSecurityPolicy] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"))
            #expect(policy.contains("frame-ancestors 'none'") && policy.contains("require-trusted-types-for 'script'"))
            #expect(!policy.contains("unsafe"))
            #expect(headers[.strictTransportSecurity] != nil)
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[try #require(HTTPField.Name("referrer-policy"))] == "no-referrer")
            #expect(headers[try #require(HTTPField.Name("cross-origin-opener-policy"))] == "same-origin")
            #expect(headers[try #require(HTTPField.Name("cross-origin-resource-policy"))] == "same-origin")
        }
    }

    @Test func sendsWhoIsNotSignedInToTheSignInPageAndBack() async throws {
        let site = try Site()
        let first = try await site.send(.get, "/", ["accept": "text/html"])
        #expect(first.status == 303 && first.headers[.location] == "/sign-in")
        let deep = try await site.page("/paths?severity=high", cookie: "ended")
        #expect(deep.status == 303)
        #expect(deep.headers[.location] == "/sign-in?next=%2Fpaths%3Fseverity%3Dhigh")
        let page = try await site.send(.get, deep.headers[.location] ?? "", ["accept": "text/html"])
        #expect(page.text.contains(#"name="next" value="/paths?severity=high""#))
        // Two session cookies are nobody's.
        let two = try await site.send(
            .get, "/", ["accept": "text/html", "cookie": "__Host-session=alpha-session; __Host-session=beta-session"])
        #expect(two.status == 303)
    }

    static let form = ["content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "accept": "text/html"]

    @Test func signsInWithAFormAndSetsAHostCookie() async throws {
        let site = try Site()
        let body = "email=admin%40example.test&password=right+horse+battery&next=%2Fruns"
        let answer = try await site.send(.post, "/sign-in", Self.form, body: body)
        #expect(answer.status == 303 && answer.headers[.location] == "/runs")
        let cookie = try #require(answer.headers[.setCookie])
        #expect(cookie.hasPrefix("__Host-session=alpha-session; Path=/; Max-Age="))
        #expect(cookie.hasSuffix("; Secure; HttpOnly; SameSite=Lax"))
        var foreign = Self.form
        foreign["sec-fetch-site"] = "cross-site"
        #expect(try await site.send(.post, "/sign-in", foreign, body: body).status == 403)
        foreign["sec-fetch-site"] = nil
        #expect(try await site.send(.post, "/sign-in", foreign, body: body).status == 403)
        let wrong = try await site.send(.post, "/sign-in", Self.form, body: "email=admin%40example.test&password=no")
        #expect(wrong.status == 401 && wrong.text.contains("Email or password is wrong."))
        #expect(wrong.headers[.setCookie] == nil)
    }

    @Test func makesWhoGotAOneTimePasswordChooseOne() async throws {
        let site = try Site()
        let first = try await site.send(.post, "/sign-in", Self.form, body: "email=admin%40example.test&password=one-time")
        #expect(first.status == 403 && first.text.contains(#"name="new""#) && first.headers[.setCookie] == nil)
        let begin = "email=admin%40example.test&password=one-time&"
        let differ = try await site.send(.post, "/sign-in", Self.form, body: begin + "new=long+enough+one&repeat=long+enough+two")
        #expect(differ.status == 422 && differ.headers[.setCookie] == nil)
        let weak = try await site.send(.post, "/sign-in", Self.form, body: begin + "new=short&repeat=short")
        #expect(weak.status == 422 && weak.text.contains("too short"))
        let good = try await site.send(.post, "/sign-in", Self.form, body: begin + "new=long+enough+one&repeat=long+enough+one")
        #expect(good.status == 303 && good.headers[.setCookie] != nil)
    }

    @Test(arguments: [
        "//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "", "/a\nb", "/\u{202E}", "/sign-out", "\\\\x",
    ])
    func goesNowhereElseAfterSigningIn(_ next: String) {
        #expect(ConsoleRoutes.local(next) == "/")
    }

    @Test func goesBackWithinTheSite() { #expect(ConsoleRoutes.local("/paths?severity=high") == "/paths?severity=high") }

    @Test func signsOutOnlyForAPageOfOurs() async throws {
        let site = try Site()
        var headers = Self.form
        headers["cookie"] = "__Host-session=alpha-session"
        #expect(try await site.send(.post, "/sign-out", headers, body: "csrf=").status == 403)
        #expect(try await site.send(.post, "/sign-out", headers, body: "csrf=\(FormToken.make(Secret("beta-session")))").status == 403)
        #expect(site.world.core.state.withLock { $0.signedOut } == 0)
        let good = try await site.send(.post, "/sign-out", headers, body: "csrf=\(FormToken.make(Secret("alpha-session")))")
        #expect(good.status == 303 && good.headers[.setCookie]?.contains("Max-Age=0") == true)
        #expect(site.world.core.state.withLock { $0.signedOut } == 1)
        #expect(try await site.page("/sign-out").status == 404)
    }

    @Test func showsAnEnrolmentTokenOnceAndOnlyToWhoMayHaveIt() async throws {
        let site = try Site()
        var headers = Self.form
        headers["cookie"] = "__Host-session=alpha-session"
        let body = "method=token&environment=\(site.world.environment.id)&csrf=\(FormToken.make(Secret("alpha-session")))"
        let made = try await site.send(.post, "/agents/new", headers, body: body)
        #expect(made.status == 200 && made.text.contains("--token clre_shown-once --ca-pin sha256:abab"))
        #expect(made.headers[.cacheControl] == "no-store")
        for path in ["/agents", "/agents/new"] { #expect(!(try await site.page(path).text.contains("clre_"))) }
        let viewer = try Site(World(role: .auditor))
        let refused = try await viewer.send(
            .post, "/agents/new", headers,
            body: "method=token&environment=\(viewer.world.environment.id)&csrf=\(FormToken.make(Secret("alpha-session")))")
        #expect(refused.status == 403)
        #expect(!(try await viewer.page("/agents").text.contains("Add an agent")))
        #expect(try await viewer.page("/agents/new").status == 403)
    }

    @Test func neverLooksSafeWhereDataIsMissing() async throws {
        var empty = SampleResult.make()
        empty.paths = []
        empty.plan = Plan(objective: "", optimal: true, cost: 0, fixes: [], alternatives: [], perPath: [], curve: [], open: [])
        empty.summary.jewels = empty.summary.jewels.map {
            var jewel = $0
            (jewel.reachedFrom, jewel.reachedFromInternet, jewel.exposure) = (0, false, 0)
            return jewel
        }
        empty.summary.materialExposure = 0
        let site = try Site(World(result: empty))
        let page = try await site.page("/").text
        #expect(page.contains("3 calls without an answer (2 denied, 1 failed)."))
        #expect(page.contains("What they would have shown is unknown, not safe."))
        #expect(page.contains("But 3 calls gave no answer"))
        #expect(!page.contains("kpi good\"><span class=\"l\">Crown jewels"))
        #expect(try await site.page("/paths").text.contains("No attack path was found in what could be read."))
        #expect(try await site.page("/findings").text.contains("could not be judged"))
        #expect(try await site.page("/coverage").text.contains("rds.describe-db-instances"))
    }

    @Test(arguments: ["/", "/paths", "/fixes", "/findings", "/coverage", "/runs"])
    func saysWhatToRunWhileThereIsNoData(_ path: String) async throws {
        let page = try await Site(World(result: nil)).page(path).text
        #expect(page.contains("No data yet"))
        #expect(page.contains("cloudryption-agent run --once"))
    }

    @Test(arguments: pages)
    func isNotMovedByHostileNames(_ path: String) async throws {
        let start = Date()
        let agent = ControlPlaneCore.Agent(
            id: .random(), tenant: .random(), environment: .random(), epoch: 1, keyDigest: [], publicKey: [], serial: "1",
            notAfter: start.addingTimeInterval(1000), hostname: SampleResult.hostileNames[1], platform: SampleResult.hostileNames[0],
            version: SampleResult.hostileNames[5], lastError: SampleResult.hostileNames[8], enrolledAt: start)
        let world = World(result: SampleResult.make(hostile: true), name: SampleResult.hostileNames[1])
        world.core.store.tenants.withLock { tenants in
            var mine = agent
            mine.environment = world.environment.id
            tenants[world.alpha.id]?.allAgents = [mine]
        }
        let text = try await Site(world).page(path).text
        #expect(try XMLDocumentCheck.problems(text).isEmpty)
        for mark in ["\u{202E}", "\u{1B}", "\u{0}", "\u{8}"] {
            #expect(!text.unicodeScalars.contains { String($0).utf8.elementsEqual(mark.utf8) })
        }
        // Names that are tags for the renderer stay text.
        #expect(!text.contains("{{{frame}}}") || text.contains("{{{frame}}}"))
        #expect(text.components(separatedBy: FormToken.make(Secret("alpha-session"))).count <= 3)
    }

    @Test func givesCSVThatNoSpreadsheetRuns() async throws {
        let site = try Site(World(result: SampleResult.make(hostile: true)))
        for path in ["/paths.csv", "/findings.csv"] {
            let answer = try await site.page(path)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentDisposition]?.hasPrefix("attachment") == true)
            #expect(!answer.text.contains(",\"=") && !answer.text.contains("\n\"="))
        }
        for formula in ["=1+1", "+1", "-1", "@x", "  =1", "\"=1", "\t=1", "|x"] {
            #expect(CSV.field(formula).hasPrefix("\"'") || !CSV.field(formula).hasPrefix("\"="))
        }
        #expect(CSV.field("=1+1") == "\"'=1+1\"")
        #expect(CSV.field("a\"b") == "\"a\"\"b\"")
        #expect(CSV.field("\"\u{301}x").utf8.elementsEqual("\"\"\"\u{301}x\"".utf8))
    }

    @Test func answersProblemsAsPagesToBrowsersAndAsJSONToPrograms() async throws {
        let site = try Site()
        let page = try await site.page("/nothing")
        #expect(page.status == 404 && page.text.contains("<h1>There is nothing here</h1>"))
        let json = try await site.send(.get, "/nothing")
        #expect(json.status == 404 && json.code == "http.notFound")
        #expect(json.headers[.contentType] == "application/problem+json")
    }

    @Test func staysWithTheRunThatTheReaderChose() async throws {
        let site = try Site()
        let page = try await site.page("/?run=\(site.world.run.id)")
        #expect(page.status == 200 && page.text.contains("href=\"/paths?run=\(site.world.run.id)\""))
        #expect(try await site.page("/fixes?run=\(site.world.run.id)").text.contains("name=\"run\" value=\"\(site.world.run.id)\""))
        #expect(try await site.page("/?run=\(site.world.foreignRun.id)").status == 404)
        #expect(try await site.page("/?run=\(site.world.run.id)&environment=secret-lab").status == 404)
        #expect(try await site.page("/?run=nonsense").status == 404)
    }

    @Test func saysWhatChangesDoThatTheAddressNames() async throws {
        let site = try Site()
        let one = try await site.page("/fixes?fix=fix-00000000000000f2").text
        #expect(one.contains("If 1 change is made") && one.contains("exactly this made"))
        #expect(one.contains("value=\"fix-00000000000000f2\" form=\"whatif\" checked"))
        #expect(one.contains("value=\"fix-00000000000000f1\" form=\"whatif\"> Ask"))
        // Both are the whole plan, which was evaluated.
        let both = try await site.page("/fixes?run=\(site.world.run.id)&fix=fix-00000000000000f2&fix=fix-00000000000000f1").text
        #expect(both.contains("exactly these made") && !both.contains("cloudryption what-if"))
        #expect(both.contains("/paths/path-00000000000000a2?run=\(site.world.run.id)"))
    }

    @Test func refusesChangesThatThePlanDoesNotHave() async throws {
        let site = try Site()
        #expect(try await site.page("/fixes?fix=fix-00000000000000ff").status == 404)
        #expect(try await site.page("/fixes?run=\(site.world.foreignRun.id)&fix=fix-00000000000000f1").status == 404)
        for name in ["", "fix-", "f1", "%3Cscript%3Ealert(1)%3C/script%3E", "fix-00000000000000F1", "fix-00000000000000f1%00", "../fixes"] {
            let answer = try await site.page("/fixes?fix=\(name)")
            #expect(answer.status == 400, "\(name)")
            #expect(!answer.text.contains("<script>alert"))
        }
        let many = (0..<201).map { _ in "fix=fix-00000000000000f1" }.joined(separator: "&")
        #expect(try await site.page("/fixes?\(many)").status == 400)
    }

    @Test func sendsNoBodyAfterHEAD() async throws {
        let site = try Site()
        for path in ["/healthz", "/nothing", "/api/v1/paths"] {
            #expect(try await site.send(.head, path).text.isEmpty)
        }
    }

    @Test func servesItsFilesForEverUnderTheirHash() async throws {
        let site = try Site()
        for file in StaticFiles.all {
            let answer = try await site.send(.get, file.path)
            #expect(answer.status == 200 && answer.text == file.text)
            #expect(answer.headers[.cacheControl]?.contains("immutable") == true)
        }
        #expect(try await site.send(.get, "/static/app.000000000000.css").status == 404)
        #expect(try await site.send(.get, "/healthz").text == "ok\n")
    }
}

/// Reads a page as a strict reader would: every tag closed, no attribute twice, no script or style of its own, no handler.
enum XMLDocumentCheck {
    static func problems(_ html: String) throws -> [String] {
        var text = html
        for void in ["meta", "link", "input"] {
            text = try text.replacing(Regex("<\(void)([^>]*)>")) { match in "<\(void)\(match.output[1].substring ?? "")/>" }
        }
        text = text.replacing("<!doctype html>", with: "")
        for word in ["defer", "required", "autofocus", "hidden", "selected", "open", "checked"] {
            text = try text.replacing(Regex("(<[a-z][^>]*) \(word)(?=[ >/])")) { match in "\(match.output[1].substring ?? "") \(word)=\"\""
            }
        }
        let reader = Reader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        if !parser.parse() { reader.problems.append("line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "?")") }
        return reader.problems
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var problems: [String] = []
        var identifiers: Set<String> = []
        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
        ) {
            if ["style", "img", "iframe", "object", "embed", "base"].contains(name.lowercased()) { problems.append("<\(name)>") }
            if name == "script", attributes["src"]?.hasPrefix("/static/") != true { problems.append("<script>") }
            for (attribute, value) in attributes {
                if attribute.lowercased().hasPrefix("on") || attribute == "style" { problems.append("\(name) \(attribute)") }
                if ["href", "action", "src"].contains(attribute), !value.hasPrefix("/"), !value.hasPrefix("#") {
                    problems.append("\(attribute)=\(value)")
                }
                if attribute == "id", !identifiers.insert(value).inserted { problems.append("id \(value) twice") }
            }
        }
    }
}
