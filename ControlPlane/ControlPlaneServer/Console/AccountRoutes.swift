import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// Pages about people: on the way in, one's own account, and everybody's. Every write needs the form's token, as all of the console's do.
struct AccountRoutes: PageRoutes {
    let services: ListenerServices
    let templates: Templates

    func add(to router: Router<SiteContext>) {
        let pages = signedIn(router)
        pages.get("sign-in/second-factor", use: secondFactorPage)
        pages.post("sign-in/second-factor", use: secondFactor)
        pages.get("step-up", use: stepUpPage)
        pages.post("step-up", use: stepUp)
        pages.get("account", use: account)
        pages.get("account/second-factor", use: enrolPage)
        pages.post("account/app", use: beginApp)
        pages.post("account/app/confirm", use: confirmApp)
        pages.post("account/recovery-codes", use: newCodes)
        pages.get("people", use: people)
        pages.post("people", use: addPerson)
        pages.post("people/:id", use: changePerson)
        pages.get("tokens", use: tokens)
        pages.post("tokens", use: makeToken)
        pages.post("tokens/:id/revoke", use: revokeToken)
        pages.get("sessions", use: sessions)
        pages.post("sessions/:id/end", use: endSession)
        pages.get("audit", use: audit)
    }

    // MARK: Second factors

    @Sendable private func secondFactorPage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        guard context.session.stage == .secondFactor else {
            return seeOther(context.session.stage == .full ? next(request) : "/account/second-factor")
        }
        return try page("proof", try await proof(context, next: next(request), message: nil))
    }

    private func proof(_ context: SignedInContext, next: String, message: String?) async throws -> ProofPage {
        let status = try await services.access.factors.status(of: context.session)
        return ProofPage(
            head: PageHead("Your second factor"), message: message, text: "The password was right. Now show your second factor.",
            action: "/sign-in/second-factor", next: next, csrf: FormToken.make(context.caller.token),
            asksCode: status.hasApp || status.recoveryCodes > 0, asksPassword: false, asksPasskey: !status.passkeys.isEmpty,
            passkeyRoute: "session/second-factor")
    }

    @Sendable private func secondFactor(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let next = ConsoleRoutes.local(form["next"] ?? "/")
        do {
            let code = Secret(form["code"] ?? "")
            return seeOther(next, try await services.access.factors.finish(context.session, code: code, source: context.source))
        } catch let error as AccessError where error.code == .badSecondFactor || error.code == .throttled {
            return try page("proof", try await proof(context, next: next, message: error.message + "."), status: .unauthorized)
        }
    }

    @Sendable private func stepUpPage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try page("proof", try await stepUpProof(context, next: next(request), message: nil))
    }

    private func stepUpProof(_ context: SignedInContext, next: String, message: String?) async throws -> ProofPage {
        try context.session.requireFull()
        let status = try await services.access.factors.status(of: context.session)
        let hasFactor = status.hasApp || !status.passkeys.isEmpty
        return ProofPage(
            head: PageHead("Is it you?"), message: message,
            text: "What comes next is a dangerous act. Show again who you are; then do it again.",
            action: "/step-up", next: next, csrf: FormToken.make(context.caller.token),
            asksCode: hasFactor && (status.hasApp || status.recoveryCodes > 0), asksPassword: !hasFactor,
            asksPasskey: !status.passkeys.isEmpty, passkeyRoute: "session/step-up")
    }

    @Sendable private func stepUp(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let next = ConsoleRoutes.local(form["next"] ?? "/")
        do {
            let signedIn = try await services.access.factors.stepUp(
                context.session, password: form["password"].map { Secret($0) }, code: form["code"].map { Secret($0) }, passkey: nil,
                source: context.source)
            return seeOther(next, signedIn)
        } catch let error as AccessError where [.badSecondFactor, .badCredentials, .throttled].contains(error.code) {
            return try page("proof", try await stepUpProof(context, next: next, message: error.message + "."), status: .unauthorized)
        }
    }

    @Sendable private func enrolPage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.requirePerson()
        return try page(
            "enrolApp",
            EnrolAppPage(required: context.session.stage == .enrolment, uri: "", csrf: FormToken.make(context.caller.token)))
    }

    @Sendable private func beginApp(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        return try page("enrolApp", try await enrol(context, message: nil))
    }

    private func enrol(_ context: SignedInContext, message: String?) async throws -> EnrolAppPage {
        let (secret, uri) = try await services.access.factors.begin(context.session)
        return EnrolAppPage(
            message: message, required: context.session.stage == .enrolment, secret: secret.expose(), uri: uri.expose(),
            picture: QRCode(Array(uri.expose().utf8)).map { .init(side: $0.side, path: $0.path) },
            csrf: FormToken.make(context.caller.token))
    }

    @Sendable private func confirmApp(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        do {
            let (codes, signedIn) = try await services.access.factors.confirm(
                context.session, code: Secret(form["code"] ?? ""), source: context.source)
            return try shown(codes, signedIn, next: "/", context)
        } catch let error as AccessError where error.code == .badSecondFactor {
            return try page(
                "enrolApp", try await enrol(context, message: "That was not the code. Here is a fresh secret."), status: .unauthorized)
        }
    }

    private func shown(_ codes: [Secret<String>], _ signedIn: SignedIn?, next: String, _ context: SignedInContext) throws -> Response {
        let csrf = FormToken.make(signedIn?.token ?? context.caller.token)
        var response = try page("recoveryCodes", RecoveryCodesPage(codes: codes.map { $0.expose() }, next: next, csrf: csrf))
        if let signedIn { response.headers[.setCookie] = seeOther(next, signedIn).headers[.setCookie] }
        return response
    }

    @Sendable private func newCodes(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        return try shown(try await services.access.factors.newRecoveryCodes(context.session), nil, next: "/account", context)
    }

    // MARK: Pages

    private func source(_ request: Request, _ context: SignedInContext) async throws -> PageSource {
        try context.session.requireFull()
        try context.session.requirePerson()
        return try await pageSource(request, context)
    }

    /// Everybody, for their names; nobody, for who may not know them.
    private func everybody(_ session: TenantSession) async throws -> [PeopleService.Person] {
        session.allows(.readUsers) ? try await services.access.people.people(for: .session(session)) : []
    }

    @Sendable private func account(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let source = try await source(request, context)
        return try page("account", AccountPage(source, try await services.access.factors.status(of: context.session)))
    }

    @Sendable private func people(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.readUsers)
        let source = try await source(request, context)
        return try page("people", PeoplePage(source, try await everybody(context.session), issued: nil))
    }

    @Sendable private func addPerson(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let made = try await services.access.people.create(
            email: form["email"] ?? "", role: try APIRoutes.role(form["role"] ?? ""), environments: .all, by: .session(context.session))
        guard let password = made.oneTimePassword else { return seeOther("/people") }
        return try await peoplePage(request, context, made.user.email, password)
    }

    private func peoplePage(
        _ request: Request, _ context: SignedInContext, _ email: String, _ password: Secret<String>
    ) async throws -> Response {
        let source = try await source(request, context)
        let issued = PeoplePage.Issued(email: Wording.shown(email, limit: 254), password: password.expose())
        return try page("people", PeoplePage(source, try await everybody(context.session), issued: issued))
    }

    @Sendable private func changePerson(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let id = context.parameters.get("id") ?? ""
        let people = services.access.people
        switch form["act"] {
        case "role":
            _ = try await people.change(id, .init(role: try APIRoutes.role(form["role"] ?? "")), by: .session(context.session))
        case "disable": _ = try await people.change(id, .init(isEnabled: false), by: .session(context.session))
        case "enable": _ = try await people.change(id, .init(isEnabled: true), by: .session(context.session))
        case "reset-second-factors": try await people.resetSecondFactors(of: id, by: .session(context.session))
        case "reset-password":
            let password = try await people.resetPassword(of: id, by: .session(context.session))
            return try await peoplePage(request, context, try await people.person(id, for: .session(context.session)).user.email, password)
        default: throw Refusal(.badRequest, "http.badForm", "The form does not say what to do.")
        }
        // Whoever changed themselves has no session any more, and is sent to sign in.
        return seeOther("/people")
    }

    @Sendable private func tokens(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try await tokensPage(request, context, issued: nil)
    }

    private func tokensPage(_ request: Request, _ context: SignedInContext, issued: Secret<String>?) async throws -> Response {
        let all = try await services.access.tokens.tokens(for: .session(context.session))
        let source = try await source(request, context)
        return try page("tokens", TokensPage(source, all, try await everybody(context.session), issued: issued?.expose()))
    }

    @Sendable private func makeToken(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        guard let set = TokensPage.sets.first(where: { Array($0.value.utf8) == Array((form["scopes"] ?? "").utf8) }),
            let days = Int(form["days"] ?? ""), (1...366).contains(days)
        else { throw Refusal(.badRequest, "http.badForm", "Choose scopes, and 1 to 366 days.") }
        let made = try await services.access.tokens.create(
            .init(
                account: form["account"] ?? "", name: form["name"] ?? "", scopes: set.scopes, environments: .all,
                life: TimeInterval(days) * 86400), by: .session(context.session))
        return try await tokensPage(request, context, issued: made.secret)
    }

    @Sendable private func revokeToken(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        try await services.access.tokens.revoke(context.parameters.get("id") ?? "", by: .session(context.session))
        return seeOther("/tokens")
    }

    @Sendable private func sessions(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let source = try await source(request, context)
        let all = try await services.access.people.sessions(for: context.session, everybody: context.session.allows(.readUsers))
        return try page("sessions", SessionsPage(source, all, try await everybody(context.session)))
    }

    @Sendable private func endSession(_ request: Request, _ context: SignedInContext) async throws -> Response {
        _ = try await form(request, context)
        guard let id = context.parameters.get("id").flatMap({ SessionID($0) }) else { throw Refusal.notFound }
        try await services.access.people.endSession(id, by: context.session)
        return seeOther(id == context.session.id ? "/sign-in" : "/sessions")
    }

    @Sendable private func audit(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.readAudit)
        let source = try await source(request, context)
        let before = try request.number("before", in: 1...Int.max).map { UInt64($0) }
        let end: UInt64
        if let before { end = before - 1 } else { end = try await context.session.auditLength() }
        let start = end > AuditPage.length ? end - AuditPage.length : 0
        let entries = end == 0 ? [] : try await context.session.auditEntries(after: start, limit: Int(end - start))
        return try page("audit", AuditPage(source, entries, try await everybody(context.session)))
    }
}
