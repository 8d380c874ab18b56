import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import Foundation
import Testing

@testable import ControlPlaneCore

/// A tenant whose people come from a provider of their own.
private struct Federation {
    let installation: Installation
    let made: TenancyService.Bootstrapped
    let provider: OpenIDProvider
    let signOn: SingleSignOn

    init() async throws {
        installation = try await Installation()
        made = try await installation.tenant()
        provider = try OpenIDProvider()
        let description: JSONValue = [
            "issuer": .string(provider.issuer), "jwks_uri": "https://issuer.example/keys", "token_endpoint": "https://issuer.example/token",
            "authorization_endpoint": "https://issuer.example/authorize?theme=dark",
            "authorization_response_iss_parameter_supported": true,
        ]
        provider.answer("/tenant/.well-known/openid-configuration", 200, description.canonicalBytes)
        signOn = SingleSignOn(
            store: installation.store, clock: installation.time.clock, master: installation.master, http: provider, policy: .standard,
            consoleURL: "https://localhost:8443")
        _ = try await configure()
    }

    func configure(_ roles: [String: Role] = ["admins": .tenantAdmin, "readers": .viewer]) async throws -> SignOn {
        let admin = try await installation.session(.tenantAdmin, in: made.tenant)
        return try await signOn.configure(
            issuer: provider.issuer, clientID: "us", secret: .fresh(Secret("our secret")), roleClaim: "groups", roles: roles, by: admin)
    }

    struct Begun {
        var items: [String: String]
        var browser: Secret<String>
    }

    func begin() async throws -> Begun {
        let (location, browser) = try await signOn.begin(made.tenant.id, next: "/paths", source: "127.0.0.1")
        let items = URLComponents(string: location)?.queryItems ?? []
        return Begun(items: Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }, browser: browser)
    }

    /// What the provider gives for the code.
    func give(_ begun: Begun, groups: JSONValue = ["readers"], _ change: (inout JSONObject) -> Void = { _ in }) throws {
        let token = try provider.token(at: installation.time.now, audience: "us") { claims in
            claims["sub"] = "subject-1"
            claims["nonce"] = .string(begun.items["nonce"] ?? "")
            claims["groups"] = groups
            claims["email"] = "Eve@Acme.example"
            claims["email_verified"] = true
            change(&claims)
        }
        provider.answer("/token", 200, JSONValue.object(["id_token": .string(token.expose())]).canonicalBytes)
    }

    func finish(_ begun: Begun, browser: Secret<String>? = nil, state: String? = nil, issuer: String? = nil, code: String? = "code")
        async throws
        -> SignedIn
    {
        try await signOn.finish(
            made.tenant.id,
            .init(state: state ?? begun.items["state"] ?? "", code: code, issuer: issuer ?? provider.issuer, error: nil),
            browser: browser ?? begun.browser, source: "127.0.0.1"
        ).signedIn
    }
}

@Suite struct SingleSignOnTests {
    @Test func theProviderIsAskedAsTheStandardsSay() async throws {
        let federation = try await Federation()
        let begun = try await federation.begin()
        #expect(begun.items["response_type"] == "code" && begun.items["client_id"] == "us" && begun.items["theme"] == "dark")
        #expect(begun.items["code_challenge_method"] == "S256" && begun.items["code_challenge"]?.utf8.count == 43)
        #expect(begun.items["redirect_uri"] == "https://localhost:8443/sso/\(federation.made.tenant.id)/callback")
        let other = try await federation.begin()
        for name in ["state", "nonce", "code_challenge"] { #expect(begun.items[name] != other.items[name], "\(name)") }
    }

    @Test func whoComesBackIsWhoTheProviderSaysAndWhatItSays() async throws {
        let federation = try await Federation()
        let begun = try await federation.begin()
        try federation.give(begun)
        let signedIn = try await federation.finish(begun)
        let session = try await federation.installation.services.signIn.authenticate(signedIn.token)
        #expect(session.user.email == "eve@acme.example" && session.user.role == .viewer && session.proof == .signOn)
        // The next time the same person, now with another role; a privileged one has to have a second factor here or there.
        let again = try await federation.begin()
        try federation.give(again, groups: ["readers", "admins"]) { $0["email"] = "other@acme.example" }
        let risen = try await federation.finish(again)
        #expect(risen.stage == .enrolment)
        #expect(try await federation.installation.services.signIn.authenticate(risen.token).user.id == session.user.id)
        #expect(await refusal { try await federation.installation.services.signIn.authenticate(signedIn.token) } == "auth.noSession")
        let strong = try await federation.begin()
        try federation.give(strong, groups: "admins") { $0["amr"] = ["pwd", "otp"] }
        #expect(try await federation.finish(strong).stage == .full)
        // Nobody signs in with a password who has none.
        let password = await refusal {
            try await federation.installation.services.signIn.signIn(email: "eve@acme.example", password: Secret(""), source: "")
        }
        #expect(password == "auth.badCredentials")
    }

    @Test func anAnswerCountsOnceForItsBrowserAndItsTime() async throws {
        let federation = try await Federation()
        let begun = try await federation.begin()
        let other = try await federation.begin()
        try federation.give(begun)
        #expect(await refusal { try await federation.finish(begun, browser: other.browser) } == "auth.badSignOn")
        // The attempt is spent with its first answer.
        #expect(await refusal { try await federation.finish(begun) } == "auth.badSignOn")
        let third = try await federation.begin()
        try federation.give(third)
        _ = try await federation.finish(third)
        #expect(await refusal { try await federation.finish(third) } == "auth.badSignOn")
        let late = try await federation.begin()
        federation.installation.time.advance(SingleSignOn.patience + 1)
        try federation.give(late)
        #expect(await refusal { try await federation.finish(late) } == "auth.badSignOn")
        let begun5 = try await federation.begin()
        try federation.give(begun5)
        #expect(await refusal { try await federation.finish(begun5, state: "made-up") } == "auth.badSignOn")
    }

    /// Mix-up, another audience, another nonce, another issuer, no end, no role, an address nobody vouches for.
    @Test func whatDoesNotFitIsRefusedAndOnRecord() async throws {
        let federation = try await Federation()
        func attempt(
            _ code: String, issuer: String? = nil, groups: JSONValue = ["readers"], _ change: (inout JSONObject) -> Void = { _ in }
        ) async throws {
            let begun = try await federation.begin()
            try federation.give(begun, groups: groups, change)
            #expect(await refusal { try await federation.finish(begun, issuer: issuer) } == "auth.badSignOn", "\(code)")
            let last = try await federation.installation.audit(federation.made.tenant.id).last
            #expect(last?.act == "signOnFailed" && last?.outcome == "openid.\(code)", "\(code): \(last?.outcome ?? "-")")
        }
        try await attempt("wrongIssuer", issuer: "https://evil.example")
        try await attempt("wrongAudience") { $0["aud"] = "somebody else" }
        try await attempt("wrongNonce") { $0["nonce"] = "another" }
        try await attempt("wrongIssuer") { $0["iss"] = "https://evil.example" }
        try await attempt("missingClaim") { $0["exp"] = nil }
        try await attempt("missingClaim", groups: ["strangers"])
        try await attempt("missingClaim", groups: [["readers"]])
        try await attempt("missingClaim") { $0["email_verified"] = false }
        try await attempt("missingClaim") { $0["email_verified"] = "true" }
        #expect(
            try await federation.installation.store.read(federation.made.tenant.id) { try $0.users() }.allSatisfy {
                $0.signOnSubject == nil
            })
        let entries = try await federation.installation.audit(federation.made.tenant.id)
        #expect(!entries.contains { $0.detail.contains("our secret") })
    }

    @Test func anAddressOfAnotherTenantIsNotTaken() async throws {
        let federation = try await Federation()
        let other = try await federation.installation.tenant("other")
        let begun = try await federation.begin()
        try federation.give(begun) { $0["email"] = .string(other.admin) }
        #expect(await refusal { try await federation.finish(begun) } == "auth.badSignOn")
        #expect(await refusal { try await federation.signOn.begin(other.tenant.id, next: "/", source: "") } == "auth.badSignOn")
    }

    @Test func onlyWhoManagesSignOnConfiguresItAndOnlySoThatItCanWork() async throws {
        let federation = try await Federation()
        let installation = federation.installation
        for role in Role.allCases where role != .tenantAdmin {
            let session = try await installation.session(role, in: federation.made.tenant)
            #expect(
                await refusal {
                    _ = try await federation.signOn.configure(
                        issuer: federation.provider.issuer, clientID: "us", secret: .absent, roleClaim: "groups", roles: ["a": .viewer],
                        by: session)
                } == "auth.forbidden")
        }
        #expect(await refusal { _ = try await federation.configure(["a": .serviceAccount]) } == "store.conflict")
        #expect(await refusal { _ = try await federation.configure([:]) } == "store.conflict")
        let admin = try await installation.session(.tenantAdmin, in: federation.made.tenant)
        for issuer in ["http://issuer.example", "https://127.0.0.1", "https://localhost", "https://issuer.example?x=1"] {
            #expect(
                await refusal {
                    _ = try await federation.signOn.configure(
                        issuer: issuer, clientID: "us", secret: .absent, roleClaim: "groups", roles: ["a": .viewer], by: admin)
                } == "openid.badIssuer", "\(issuer)")
        }
        try await federation.signOn.remove(by: admin)
        #expect(await refusal { try await federation.begin() } == "auth.badSignOn")
    }

    @Test func aStoredClientSecretIsNeverSentToAnotherClientOrProvider() async throws {
        let federation = try await Federation()
        let admin = try await federation.installation.session(.tenantAdmin, in: federation.made.tenant)
        let before = try #require(try await federation.signOn.configuration(for: admin)?.wrappedSecret)
        func keep(_ issuer: String, _ client: String) async throws -> SignOn {
            try await federation.signOn.configure(
                issuer: issuer, clientID: client, secret: .kept, roleClaim: "roles", roles: ["a": .viewer], by: admin)
        }
        let other = "https://other.example"
        #expect(await refusal { _ = try await keep(other, "us") } == "store.conflict")
        #expect(await refusal { _ = try await keep(federation.provider.issuer, "them") } == "store.conflict")
        #expect(try await keep(federation.provider.issuer, "us").wrappedSecret == before)
        // Without one there is nothing to keep.
        _ = try await federation.signOn.configure(
            issuer: other, clientID: "us", secret: .absent, roleClaim: "roles", roles: ["a": .viewer], by: admin)
        #expect(try await keep(federation.provider.issuer, "them").wrappedSecret == nil)
    }
}
