import Logging
import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// The pages. Everything works without script.
struct ConsoleRoutes: PageRoutes {
    let services: ListenerServices
    let templates: Templates

    func add(to router: Router<SiteContext>) {
        for file in StaticFiles.all { router.get(RouterPath(String(file.path.dropFirst()))) { _, _ in file.response } }
        router.post("csp", use: report)
        router.get("sign-in", use: signInPage)
        router.post("sign-in", use: signIn)
        let pages = signedIn(router)
        pages.post("sign-out", use: signOut)
        pages.get("/", use: exposure)
        pages.get("paths", use: paths)
        pages.get("paths.csv", use: pathsFile)
        pages.get("paths/:id", use: path)
        pages.get("fixes", use: fixes)
        pages.get("findings", use: findings)
        pages.get("findings.csv", use: findingsFile)
        pages.get("coverage", use: coverage)
        pages.get("runs", use: runs)
    }

    /// The page for a refusal, where a browser asked for one; for a reader who is not signed in, the way to sign in.
    @Sendable func refusal(_ refusal: Refusal, _ request: Request) -> Response? {
        let path = request.uri.path
        guard !path.hasPrefix("/api/"), !path.hasPrefix("/v1/"), request.headers[.accept]?.contains("text/html") == true else { return nil }
        if refusal.status == .unauthorized, request.method == .get || request.method == .head {
            let next = path == "/" && request.uri.query == nil ? "" : "?next=\(PercentEncoding.encode(request.uri.string))"
            return Response(status: .seeOther, headers: [.location: "/sign-in" + next])
        }
        // Whoever still has something to show is led to where that is done.
        switch refusal.code {
        case AuthCode.mustEnrolSecondFactor.full: return Response(status: .seeOther, headers: [.location: "/account/second-factor"])
        case AuthCode.secondFactorRequired.full where request.method == .get:
            return Response(
                status: .seeOther, headers: [.location: "/sign-in/second-factor?next=\(PercentEncoding.encode(request.uri.string))"])
        case AuthCode.stepUpRequired.full:
            let back = "/" + (path.split(separator: "/").first.map(String.init) ?? "")
            return Response(status: .seeOther, headers: [.location: "/step-up?next=\(PercentEncoding.encode(back))"])
        default: break
        }
        var response = try? page("problem", ProblemPage(refusal), status: refusal.status)
        for field in refusal.headers { response?.headers[field.name] = field.value }
        return response
    }

    // MARK: Signing in and out

    @Sendable private func signInPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        try page(
            "signIn",
            SignInPage(head: PageHead("Sign in"), message: nil, email: "", next: next(request), mustChange: false, asksCode: false))
    }

    @Sendable private func signIn(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard RequestOrigin.isOurs(request) else { throw Authentication.foreignOrigin }
        let form = try await request.form(on: context.channel)
        let email = form["email"] ?? ""
        let next = Self.local(form["next"] ?? "/")
        func again(
            _ message: String?, mustChange: Bool, asksCode: Bool = false, status: HTTPTypes.HTTPResponse.Status
        ) throws -> Response {
            let shown = email.utf8.count <= 254 ? Wording.shown(email, limit: 254) : ""
            return try page(
                "signIn",
                SignInPage(
                    head: PageHead(mustChange ? "Choose a password" : "Sign in"), message: message, email: shown, next: next,
                    mustChange: mustChange, asksCode: asksCode),
                status: status)
        }
        var newPassword: Secret<String>?
        if let new = form["new"] {
            guard let repeated = form["repeat"], new.utf8.elementsEqual(repeated.utf8) else {
                return try again("The two new passwords are not the same.", mustChange: true, status: .unprocessableContent)
            }
            newPassword = Secret(new)
        }
        do {
            let signedIn = try await services.signIn.signIn(
                email: email, password: Secret(form["password"] ?? ""), newPassword: newPassword,
                code: form["code"].map { Secret($0) }, source: context.source)
            return goOn(signedIn, to: next)
        } catch {
            let refusal = Refusal(error)
            switch refusal.code {
            case AuthCode.mustChangePassword.full: return try again(nil, mustChange: true, status: .forbidden)
            case AuthCode.weakPassword.full: return try again(refusal.detail, mustChange: true, status: refusal.status)
            case AuthCode.badCredentials.full:
                return try again("Email or password is wrong.", mustChange: newPassword != nil, status: .unauthorized)
            case AuthCode.secondFactorRequired.full, AuthCode.badSecondFactor.full:
                return try again(
                    "Your account has a second factor: give its code too.", mustChange: newPassword != nil, asksCode: true,
                    status: refusal.status)
            case AuthCode.throttled.full, "auth.lockedOut": return try again(refusal.detail, mustChange: false, status: refusal.status)
            default: throw error
            }
        }
    }

    @Sendable private func signOut(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        try await services.signIn.signOut(context.session)
        return Response(status: .seeOther, headers: [.location: "/sign-in", .setCookie: SessionCookie.clear])
    }

    /// `next` when it is a path of this site, else `/`.
    static func local(_ next: String) -> String {
        let bytes = Array(next.utf8)
        guard bytes.count <= 512, bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }), !next.hasPrefix("/sign-")
        else { return "/" }
        return next
    }

    /// Browsers tell of what the content policy stopped. What they say is foreign text, so only that they said it is noted.
    @Sendable private func report(_ request: Request, _ context: SiteContext) async throws -> Response {
        let bytes = try await request.bytes(upTo: 16 << 10, on: context.channel)
        context.logger.notice("content policy report", metadata: ["bytes": "\(bytes.count)"])
        return Response(status: .noContent)
    }

    // MARK: Pages

    /// The page that `make` makes of the run, or the one that says what to do while there is none.
    private func resultPage(
        _ request: Request, _ context: SignedInContext, _ place: PageSource.Place, _ title: String, _ name: String,
        _ make: (PageSource, RunResult) throws -> any Page
    ) async throws -> Response {
        let source = try await pageSource(request, context)
        guard let result = source.result else { return try page("noRun", NoRunPage(source, place, title: title)) }
        return try page(name, try make(source, result))
    }

    @Sendable private func exposure(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try await resultPage(request, context, .exposure, "Exposure", "exposure") { ExposurePage($0, $1) }
    }

    @Sendable private func paths(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let severity = try request.severity()
        return try await resultPage(request, context, .paths, "Attack paths", "paths") { PathsPage($0, $1, severity: severity) }
    }

    @Sendable private func path(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let name = context.parameters.get("id") ?? ""
        if name.hasSuffix(".svg") {
            guard let result = try await pageSource(request, context).result else { throw Refusal.notFound }
            return try PictureAnswer.answer(try APIRoutes.path(String(name.dropLast(4)), in: result)).response
        }
        return try await resultPage(request, context, .paths, "Attack paths", "path") {
            PathPage($0, $1, try APIRoutes.path(name, in: $1))
        }
    }

    @Sendable private func fixes(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let count = try request.number("fixes", in: 0...10_000)
        let names = try request.chosenFixes()
        return try await resultPage(request, context, .fixes, "Fix plan", "fixes") { source, result in
            FixesPage(source, result, count: count, whatIf: try names.map { try WhatIfPart(result, names: $0) })
        }
    }

    @Sendable private func findings(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let severity = try request.severity()
        return try await resultPage(request, context, .findings, "Findings", "findings") { FindingsPage($0, $1, severity: severity) }
    }

    @Sendable private func coverage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try await resultPage(request, context, .coverage, "Coverage", "coverage") { CoveragePage($0, $1) }
    }

    @Sendable private func runs(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let source = try await pageSource(request, context)
        guard !source.runs.isEmpty else { return try page("noRun", NoRunPage(source, .runs, title: "Runs")) }
        return try page("runs", RunsPage(source))
    }

    // MARK: Files

    private func file(_ name: String, _ rows: [[String]]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/csv; charset=utf-8", .contentDisposition: "attachment; filename=\"\(name)\""],
            body: ResponseBody(byteBuffer: ByteBuffer(string: CSV.text(rows))))
    }

    private func result(_ request: Request, _ context: SignedInContext) async throws -> RunResult {
        guard let result = try await pageSource(request, context).result else { throw Refusal.notFound }
        return result
    }

    @Sendable private func pathsFile(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let severity = try request.severity()
        let result = try await result(request, context)
        let head = ["path", "severity", "exposure", "confidence", "source", "target", "title", "steps", "run", "snapshot"]
        return file(
            "paths.csv",
            [head]
                + result.result.paths.filter { severity == nil || $0.severity == severity }.map {
                    [
                        $0.id, $0.severity.rawValue, Wording.figure($0.score), $0.confidence.rawValue, $0.source, $0.target, $0.title,
                        String($0.steps.count), result.run.id.description, result.snapshot,
                    ]
                })
    }

    @Sendable private func findingsFile(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let severity = try request.severity()
        let result = try await result(request, context)
        let head = [
            "control", "severity", "verdict", "resource", "kind", "account", "region", "title", "why", "remediation", "run", "snapshot",
        ]
        return file(
            "findings.csv",
            [head]
                + result.result.findings.filter { severity == nil || $0.severity == severity }.map {
                    [
                        $0.control, $0.severity.rawValue, $0.verdict.rawValue, $0.resource, $0.resourceKind, $0.account, $0.region ?? "",
                        $0.title,
                        $0.why, $0.remediation, result.run.id.description, result.snapshot,
                    ]
                })
    }
}

/// Comma-separated values (RFC 4180) that no spreadsheet runs.
enum CSV {
    static func text(_ rows: [[String]]) -> String {
        rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// `value` in quotes, made safe to show; with an apostrophe in front where a spreadsheet would take it for a formula.
    static func field(_ value: String) -> String {
        let safe = DisplayText.safe(value, limit: 4000)
        var text = String.UnicodeScalarView("\"".unicodeScalars)
        if let first = safe.unicodeScalars.first(where: { $0 != " " && $0 != "\"" && $0 != "'" }),
            ["=", "+", "-", "@", "\t", "\r", "|", "％", "＝", "＋", "－", "＠"].contains(first)
        {
            text.append("'")
        }
        for scalar in safe.unicodeScalars {
            if scalar == "\"" { text.append("\"") }
            text.append(scalar)
        }
        text.append("\"")
        return String(text)
    }
}
