import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// What a caller does about themselves.
extension APIRoutes {
    var ownRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "whoami", id: "whoami", summary: "Who asks, and what they may do.", access: .signedIn,
                answer: .json(.named("Caller"))
            ) { try .json(API.Caller(try $0.session)) },
            APIRoute(
                method: .get, path: "me", id: "me", summary: "The same, also before everything that is asked for was shown.",
                access: .unfinished, answer: .json(.named("Caller"))
            ) { try .json(API.Caller(try $0.session)) },
            APIRoute(
                method: .post, path: "me/password", id: "changePassword", summary: "Another password; your other sessions end.",
                access: .person, isDangerous: true, body: .named("PasswordChange"), answer: .nothing
            ) { call in
                let wish = try call.json(API.PasswordChange.self)
                try await services.signIn.changePassword(to: Secret(wish.newPassword), by: try call.session)
                return .nothing
            },
            APIRoute(
                method: .get, path: "me/second-factors", id: "secondFactors", summary: "Your second factors.", access: .unfinished,
                answer: .json(.named("SecondFactors"))
            ) { call in
                let status = try await services.access.factors.status(of: try call.session)
                return try .json(
                    API.SecondFactors(
                        app: status.hasApp, recoveryCodes: status.recoveryCodes,
                        passkeys: status.passkeys.map {
                            API.Passkey(
                                credential: Base64URL.encode($0.credential), name: $0.name, createdAt: $0.createdAt.formatted(.iso8601),
                                lastUsed: $0.lastUsed?.formatted(.iso8601))
                        }))
            },
            APIRoute(
                method: .post, path: "me/app", id: "beginApp",
                summary: "A secret for an authenticator app, in force once it showed a code.",
                access: .unfinished, answer: .json(.named("AppSecret"))
            ) { call in
                let (secret, uri) = try await services.access.factors.begin(try call.session)
                return try .json(API.AppSecret(secret: secret.expose(), uri: uri.expose()))
            },
            APIRoute(
                method: .post, path: "me/app/confirm", id: "confirmApp", summary: "Put the app in force with its first code.",
                access: .unfinished, body: .named("CodeRequest"), answer: .json(.named("Enrolled"))
            ) { call in
                let code = try call.json(API.CodeRequest.self).code
                let (codes, signedIn) = try await services.access.factors.confirm(try call.session, code: Secret(code), source: call.source)
                return try session(signedIn, call) { API.Enrolled(recoveryCodes: codes.map { $0.expose() }, session: $0) }
            },
            APIRoute(
                method: .delete, path: "me/app", id: "dropApp", summary: "Drop the authenticator app.", access: .person, isDangerous: true,
                answer: .nothing
            ) { call in
                try await services.access.factors.dropApp(try call.session)
                return .nothing
            },
            APIRoute(
                method: .post, path: "me/recovery-codes", id: "newRecoveryCodes", summary: "Fresh recovery codes; those of before end.",
                access: .person, isDangerous: true, answer: .json(.named("RecoveryCodes"))
            ) { call in
                let codes = try await services.access.factors.newRecoveryCodes(try call.session)
                return try .json(API.RecoveryCodes(recoveryCodes: codes.map { $0.expose() }))
            },
            APIRoute(
                method: .post, path: "me/passkeys", id: "addPasskey", summary: "Add a passkey that signed this session's challenge.",
                access: .unfinished, body: .named("PasskeyRegistration"), answer: .json(.named("Session"))
            ) { call in
                let wish = try call.json(API.PasskeyRegistration.self)
                let signedIn = try await services.access.factors.addPasskey(
                    try call.session, name: wish.name, clientData: wish.clientData, attestation: wish.attestation, source: call.source)
                return try session(signedIn, call)
            },
            APIRoute(
                method: .delete, path: "me/passkeys/{credential}", id: "dropPasskey", summary: "Drop a passkey.", access: .person,
                isDangerous: true, answer: .nothing
            ) { call in
                try await services.access.factors.dropPasskey(try call.session, credential: call.parameter("credential"))
                return .nothing
            },
        ]
    }
}

extension API.Caller {
    init(_ session: TenantSession) {
        self.init(
            user: session.user.id, email: session.user.email, role: session.user.role.rawValue, tenant: session.tenant.id,
            tenantName: session.tenant.name, stage: session.stage.rawValue, permissions: session.permissions.map(\.rawValue),
            environments: session.environments.listed, token: session.token)
    }
}

extension EnvironmentScope {
    /// The identifiers in order; `nil` for all.
    var listed: [EnvironmentID]? { if case .only(let some) = self { some.sorted() } else { nil } }

    init(_ listed: [EnvironmentID]?) { self = listed.map { .only(Set($0)) } ?? .all }
}
