import Basics
import ControlPlaneCore
import HTTPTypes
import Hummingbird

/// Single sign-on: the page of its settings, and the way to a tenant's provider and back.
struct SignOnRoutes: PageRoutes {
    let services: ListenerServices
    let templates: Templates

    func add(to router: Router<SiteContext>) {
        router.get("sso/:tenant", use: beginSignOn)
        router.get("sso/:tenant/callback", use: finishSignOn)
        let pages = signedIn(router)
        pages.get("single-sign-on", use: settings)
        pages.post("single-sign-on", use: change)
        pages.post("single-sign-on/remove", use: remove)
    }

    // MARK: Settings

    @Sendable private func settings(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try page("signOn", try await page(request, context, draft: nil, message: nil))
    }

    private func page(_ request: Request, _ context: SignedInContext, draft: SignOnPage.Draft?, message: String?) async throws -> SignOnPage
    {
        let stored = try await services.access.signOn.configuration(for: context.session)
        let source = try await pageSource(request, context)
        return SignOnPage(
            source, stored: stored, draft: draft ?? stored.map { SignOnPage.Draft($0) } ?? SignOnPage.Draft(),
            redirectURI: services.access.signOn.redirectURI(of: context.session.tenant.id),
            entrance: services.access.signOn.entrance(of: context.session.tenant.id), message: message)
    }

    @Sendable private func change(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let draft = SignOnPage.Draft(form)
        do {
            var roles: [String: Role] = [:]
            for row in draft.rows where !row.value.isEmpty {
                guard roles.updateValue(try APIRoutes.role(row.role), forKey: row.value) == nil else {
                    throw Refusal(.conflict, "http.badForm", "A value of the claim gives one role: it stands here twice.")
                }
            }
            let secret: SingleSignOn.ClientSecret =
                switch form["secret"] {
                case let secret? where !secret.isEmpty: .fresh(Secret(secret))
                default: form["public"] == nil ? .kept : .absent
                }
            _ = try await services.access.signOn.configure(
                issuer: draft.issuer, clientID: draft.clientID, secret: secret, roleClaim: draft.roleClaim, roles: roles,
                by: context.session)
            return seeOther("/single-sign-on")
        } catch {
            // What was typed stays, but the secret.
            let refusal = Refusal(error)
            guard [.conflict, .unprocessableContent].contains(refusal.status) else { throw error }
            return try page(
                "signOn", try await page(request, context, draft: draft, message: refusal.detail), status: refusal.status)
        }
    }

    @Sendable private func remove(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        try await services.access.signOn.remove(by: context.session)
        return seeOther("/single-sign-on")
    }

    // MARK: There and back

    private static let browserCookie = "__Host-sso"

    @Sendable private func beginSignOn(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard let tenant = context.parameters.get("tenant").flatMap({ TenantID($0) }) else { throw Refusal.notFound }
        let (location, browser) = try await services.access.signOn.begin(tenant, next: next(request), source: context.source)
        return Response(
            status: .seeOther,
            headers: [
                .location: location,
                .setCookie: "\(Self.browserCookie)=\(browser.expose()); Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax",
            ])
    }

    @Sendable private func finishSignOn(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard let tenant = context.parameters.get("tenant").flatMap({ TenantID($0) }) else { throw Refusal.notFound }
        let query = request.uri.queryParameters
        let answer = SingleSignOn.Answer(
            state: query["state"].map(String.init) ?? "", code: query["code"].map(String.init), issuer: query["iss"].map(String.init),
            error: query["error"].map(String.init))
        let (signedIn, next) = try await services.access.signOn.finish(
            tenant, answer, browser: SessionCookie.token(request, named: Self.browserCookie), source: context.source)
        return goOn(signedIn, to: next)
    }
}
