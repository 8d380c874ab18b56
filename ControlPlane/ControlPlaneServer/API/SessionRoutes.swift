import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// Signing in, step by step, and out.
extension APIRoutes {
    var sessionRoutes: [APIRoute] {
        [
            APIRoute(
                method: .post, path: "session", id: "signIn", summary: "Sign in.", access: .anyone, body: .named("SessionRequest"),
                bodyLimit: 8 << 10,
                answer: .json(.named("Session")), run: signIn),
            APIRoute(
                method: .delete, path: "session", id: "signOut", summary: "End this session.", access: .unfinished, answer: .nothing
            ) { call in
                try await services.signIn.signOut(try call.session)
                var answer = APIAnswer.nothing
                if call.caller?.byCookie == true { answer.headers[.setCookie] = SessionCookie.clear }
                return answer
            },
            APIRoute(
                method: .post, path: "session/challenge", id: "challenge", summary: "What a passkey is to sign.", access: .unfinished,
                answer: .json(.named("PasskeyChallenge"))
            ) { call in
                let session = try call.session
                let (challenge, passkeys, site) = try await services.access.factors.challenge(for: session)
                return try .json(
                    API.PasskeyChallenge(
                        challenge: Base64URL.encode(challenge), relyingParty: site,
                        credentials: passkeys.map { Base64URL.encode($0.credential) }, user: Base64URL.encode(session.user.id.bytes),
                        email: session.user.email))
            },
            APIRoute(
                method: .post, path: "session/second-factor", id: "showSecondFactor",
                summary: "End the wait for a second factor; the session gets another token.", access: .unfinished,
                body: .named("SecondFactorRequest"), answer: .json(.named("Session"))
            ) { call in
                let wish = try call.json(API.SecondFactorRequest.self)
                let factors = services.access.factors
                if let passkey = wish.passkey {
                    return try session(try await factors.finish(try call.session, passkey: passkey.answer, source: call.source), call)
                }
                guard let code = wish.code else { throw Refusal(.badRequest, "http.badBody", "Give a code or a passkey's answer.") }
                return try session(try await factors.finish(try call.session, code: Secret(code), source: call.source), call)
            },
            APIRoute(
                method: .post, path: "session/step-up", id: "stepUp",
                summary: "Show again who you are; the session gets another token, good for dangerous acts for five minutes.",
                access: .person, body: .named("StepUpRequest"), answer: .json(.named("Session"))
            ) { call in
                let wish = try call.json(API.StepUpRequest.self)
                let signedIn = try await services.access.factors.stepUp(
                    try call.session, password: wish.password.map { Secret($0) }, code: wish.code.map { Secret($0) },
                    passkey: wish.passkey?.answer, source: call.source)
                return try session(signedIn, call)
            },
            APIRoute(
                method: .get, path: "sessions", id: "sessions", summary: "Open sessions: your own, or everybody's.", access: .person,
                query: [.init(name: "everybody", schema: .bool, text: "Everybody's, with the permission readUsers.")] + Self.listItems,
                answer: .json(.list(of: "OpenSession"))
            ) { call in
                let session = try call.session
                let all = try await services.access.people.sessions(for: session, everybody: try call.flag("everybody"))
                return try list(all, "sessions", call, key: \.id.description) { API.OpenSession($0, current: session.id) }
            },
            APIRoute(
                method: .delete, path: "sessions/{id}", id: "endSession", summary: "End an open session.", access: .person, answer: .nothing
            ) { call in
                guard let id = SessionID(call.parameter("id")) else { throw Refusal(.notFound, "store.notFound", "No such session.") }
                try await services.access.people.endSession(id, by: try call.session)
                return .nothing
            },
        ]
    }

    private func signIn(_ call: APICall) async throws -> APIAnswer {
        let wish = try call.json(API.SessionRequest.self)
        let signedIn = try await services.signIn.signIn(
            email: wish.email, password: Secret(wish.password), newPassword: wish.newPassword.map { Secret($0) },
            code: wish.code.map { Secret($0) }, source: call.source)
        return try session(signedIn, call)
    }

    /// The new token, in what `shape` puts around it; a browser that came with its cookie gets it as one, where no script can read it.
    func session(_ signedIn: SignedIn, _ call: APICall, in shape: (API.Session) -> any Encodable = { $0 }) throws -> APIAnswer {
        let byCookie = call.caller?.byCookie == true
        var answer = try APIAnswer.json(shape(API.Session(signedIn, shown: !byCookie)))
        if byCookie {
            let seconds = Int(signedIn.expiresAt.timeIntervalSince(services.clock.now()))
            answer.headers[.setCookie] = SessionCookie.set(signedIn.token, seconds: seconds)
        }
        return answer
    }

    static let listItems: [APIRoute.Item] = [
        .init(name: "limit", schema: .number(1...1_000_000), text: "At most so many."),
        .init(name: "cursor", schema: .text(most: 512), text: "`next` of the answer before."),
    ]

    /// A list that is not of one run.
    func list<Element, Shown: Codable & Sendable>(
        _ all: [Element], _ route: String, _ call: APICall, environment: EnvironmentID? = nil, key: (Element) -> String,
        _ shown: (Element) -> Shown
    ) throws -> APIAnswer {
        let (page, next) = try services.cursors.page(all, route, call, key: key)
        return try .json(API.List(tenant: try call.session.tenant.id, environment: environment, data: page.map(shown), next: next))
    }
}

extension API.Session {
    init(_ signedIn: SignedIn, shown: Bool) {
        self.init(
            token: shown ? signedIn.token.expose() : "", expiresAt: signedIn.expiresAt.formatted(.iso8601), mustChangePassword: false,
            stage: signedIn.stage.rawValue)
    }
}

extension API.PasskeyAssertion {
    var answer: SecondFactors.PasskeyAnswer {
        .init(credential: credential, clientData: clientData, authenticatorData: authenticatorData, signature: signature)
    }
}

extension API.OpenSession {
    init(_ session: Session, current: SessionID?) {
        self.init(
            id: session.id, user: session.user, stage: session.stage.rawValue, proof: session.proof.rawValue, source: session.source,
            current: session.id == current, createdAt: session.createdAt.formatted(.iso8601),
            lastUsed: session.lastUsed.formatted(.iso8601),
            expiresAt: session.expiresAt.formatted(.iso8601))
    }
}
