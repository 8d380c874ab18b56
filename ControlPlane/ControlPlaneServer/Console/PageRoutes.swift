import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// What all of the console's routes do alike.
protocol PageRoutes: Sendable {
    var services: ListenerServices { get }
    var templates: Templates { get }
}

extension PageRoutes {
    /// Routes of who is signed in, however far.
    func signedIn(_ router: Router<SiteContext>) -> RouterGroup<SignedInContext> {
        router.group("").add(middleware: Authentication(signIn: services.signIn)).group(context: SignedInContext.self)
    }

    func page(_ name: String, _ model: some Page, status: HTTPTypes.HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: try templates.render(name, model))))
    }

    /// The form of a page that was made for this session.
    func form(_ request: Request, _ context: SignedInContext) async throws -> [String: String] {
        let form = try await request.form(on: context.channel)
        try FormToken.check(form["csrf"], context.caller.token)
        return form
    }

    func pageSource(_ request: Request, _ context: SignedInContext) async throws -> PageSource {
        PageSource(
            session: context.session, csrf: FormToken.make(context.caller.token),
            reading: try await Reading.load(request, context.session, services), now: services.clock.now())
    }

    func seeOther(_ path: String, _ signedIn: SignedIn? = nil) -> Response {
        var headers: HTTPFields = [.location: path]
        if let signedIn {
            headers[.setCookie] = SessionCookie.set(
                signedIn.token, seconds: Int(signedIn.expiresAt.timeIntervalSince(services.clock.now())))
        }
        return Response(status: .seeOther, headers: headers)
    }

    /// Where somebody goes who just signed in: to `next`, or first to what their session waits for.
    func goOn(_ signedIn: SignedIn, to next: String) -> Response {
        let path =
            switch signedIn.stage {
            case .full: next
            case .secondFactor: "/sign-in/second-factor?next=\(PercentEncoding.encode(next))"
            case .enrolment: "/account/second-factor"
            }
        return seeOther(path, signedIn)
    }

    /// `next=` of the query, when it is a path of this site.
    func next(_ request: Request) -> String { ConsoleRoutes.local(request.uri.queryParameters["next"].map(String.init) ?? "/") }
}
