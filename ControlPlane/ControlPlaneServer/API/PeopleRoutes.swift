import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import WireProtocol

/// People, roles, and the tokens of service accounts.
extension APIRoutes {
    var peopleRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "users", id: "users", summary: "Everybody, by address.", access: .permission(.readUsers),
                query: Self.listItems, answer: .json(.list(of: "User"))
            ) { call in
                let people = try await services.access.people.people(for: .session(try call.session))
                return try list(people, "users", call, key: \.user.id.description) { API.User($0) }
            },
            APIRoute(
                method: .post, path: "users", id: "createUser", summary: "Make a person or a service account.",
                access: .permission(.manageUsers), isDangerous: true, body: .named("NewUser"), answer: .created(.named("MadeUser"))
            ) { call in
                let wish = try call.json(API.NewUser.self)
                let made = try await services.access.people.create(
                    email: wish.email, role: try Self.role(wish.role), environments: EnvironmentScope(wish.environments),
                    by: .session(try call.session))
                let person = PeopleService.Person(user: made.user, hasSecondFactor: false, openSessions: 0)
                return try .json(
                    API.MadeUser(user: API.User(person), oneTimePassword: made.oneTimePassword?.expose()), status: .created)
            },
            APIRoute(
                method: .get, path: "users/{user}", id: "user", summary: "One of them, by identifier or address.",
                access: .permission(.readUsers), answer: .json(.named("User")), run: user),
            APIRoute(
                method: .patch, path: "users/{user}", id: "changeUser", summary: "Change role, environments, or whether they may come in.",
                access: .permission(.manageUsers), isDangerous: true, body: .named("UserChange"), answer: .json(.named("User"))
            ) { call in
                let wish = try call.json(API.UserChange.self)
                guard wish.environments == nil || wish.everywhere != true else {
                    throw Refusal(.badRequest, "http.badBody", "Name environments, or say everywhere, not both.")
                }
                if call.request.headers[.ifMatch] != nil { try Self.checkMatch(call.request, try await user(call)) }
                let environments = wish.everywhere == true ? EnvironmentScope.all : wish.environments.map { EnvironmentScope($0) }
                let person = try await services.access.people.change(
                    call.parameter("user"),
                    .init(role: try wish.role.map(Self.role), environments: environments, isEnabled: wish.enabled),
                    by: .session(try call.session))
                return try .json(API.User(person))
            },
            APIRoute(
                method: .post, path: "users/{user}/reset-second-factors", id: "resetSecondFactors",
                summary: "Drop every second factor of somebody who lost theirs.", access: .permission(.manageUsers), isDangerous: true,
                answer: .nothing
            ) { call in
                try await services.access.people.resetSecondFactors(of: call.parameter("user"), by: .session(try call.session))
                return .nothing
            },
            APIRoute(
                method: .post, path: "users/{user}/reset-password", id: "resetPassword",
                summary: "A one-time password for somebody who forgot theirs.", access: .permission(.manageUsers), isDangerous: true,
                answer: .json(.named("OneTimePassword"))
            ) { call in
                let password = try await services.access.people.resetPassword(
                    of: call.parameter("user"), by: .session(try call.session))
                return try .json(API.OneTimePassword(oneTimePassword: password.expose()))
            },
            APIRoute(
                method: .get, path: "roles", id: "roles", summary: "What each role allows.", access: .signedIn, query: Self.listItems,
                answer: .json(.list(of: "Role"))
            ) { call in
                try list(Role.allCases, "roles", call, key: \.rawValue) { role in
                    API.Role(
                        role: role.rawValue, title: role.title, permissions: Permission.allCases.filter(role.allows).map(\.rawValue),
                        needsSecondFactor: role.needsSecondFactor)
                }
            },
            APIRoute(
                method: .get, path: "tokens", id: "tokens", summary: "API tokens, newest first.", access: .permission(.manageTokens),
                query: Self.listItems, answer: .json(.list(of: "Token"))
            ) { call in
                let tokens = try await services.access.tokens.tokens(for: .session(try call.session))
                return try list(tokens, "tokens", call, key: \.id.description) { API.Token($0) }
            },
            APIRoute(
                method: .post, path: "tokens", id: "createToken", summary: "Make an API token for a service account.",
                access: .permission(.manageTokens), isDangerous: true, body: .named("NewToken"), answer: .created(.named("MadeToken"))
            ) { call in
                let wish = try call.json(API.NewToken.self)
                let scopes = try wish.scopes.map { word in
                    guard let permission = Permission(rawValue: word) else {
                        throw Refusal(.unprocessableContent, "http.badBody", "There is no permission \(DisplayText.safe(word, limit: 40)).")
                    }
                    return permission
                }
                guard (1...366).contains(wish.days) else {
                    throw Refusal(.unprocessableContent, "http.badBody", "A token lives 1 to 366 days.")
                }
                let made = try await services.access.tokens.create(
                    .init(
                        account: wish.account, name: wish.name, scopes: Set(scopes), environments: EnvironmentScope(wish.environments),
                        life: TimeInterval(wish.days) * 86400), by: .session(try call.session))
                return try .json(API.MadeToken(token: API.Token(made.token), secret: made.secret.expose()), status: .created)
            },
            APIRoute(
                method: .delete, path: "tokens/{id}", id: "revokeToken", summary: "Make a token worthless.",
                access: .permission(.manageTokens), answer: .nothing
            ) { call in
                try await services.access.tokens.revoke(call.parameter("id"), by: .session(try call.session))
                return .nothing
            },
        ]
    }

    @Sendable private func user(_ call: APICall) async throws -> APIAnswer {
        try .json(API.User(try await services.access.people.person(call.parameter("user"), for: .session(try call.session))))
    }

    static func role(_ word: String) throws -> Role {
        guard let role = Role(rawValue: word) else {
            throw Refusal(
                .unprocessableContent, "http.badBody", "A role is one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }
}

extension API.User {
    init(_ person: PeopleService.Person) {
        self.init(
            id: person.user.id, email: person.user.email, role: person.user.role.rawValue, environments: person.user.environments.listed,
            enabled: person.user.disabledAt == nil, secondFactor: person.hasSecondFactor, openSessions: person.openSessions,
            signOn: person.user.signOnSubject != nil, createdAt: person.user.createdAt.formatted(.iso8601))
    }
}

extension API.Token {
    init(_ token: APIToken) {
        self.init(
            id: token.id, account: token.account, name: token.name, scopes: token.scopes.map(\.rawValue).sorted(),
            environments: token.environments.listed, createdAt: token.createdAt.formatted(.iso8601),
            expiresAt: token.expiresAt.formatted(.iso8601), lastUsed: token.lastUsed?.formatted(.iso8601),
            revokedAt: token.revokedAt?.formatted(.iso8601))
    }
}
