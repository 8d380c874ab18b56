import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import HTTPTypes
import Testing

/// The pages about people, over a real store.
@Suite struct AccountTests {
    private func cookie(_ answer: Plane.Answer) -> String? {
        answer.headers[.setCookie].flatMap { header in
            header.split(separator: ";").first?.split(separator: "=", maxSplits: 1).last.map(String.init)
        }
    }

    static let pages: [(path: String, permission: Permission?)] = [
        ("/people", .readUsers), ("/tokens", .manageTokens), ("/sessions", nil), ("/audit", .readAudit), ("/single-sign-on", .manageSignOn),
        ("/account", nil),
        ("/account/second-factor", nil), ("/step-up", nil),
    ]

    @Test(arguments: Role.allCases.filter(\.isPersonal)) func everyPageIsThereForWhoMaySeeItAndWellFormed(_ role: Role) async throws {
        let plane = try await Plane()
        let session = try await plane.caller(role)
        for (path, permission) in Self.pages {
            let answer = try await plane.page(path, session)
            #expect(answer.status == (permission.map { role.allows($0) } ?? true ? 200 : 403), "\(role) \(path)")
            #expect(answer.text.components(separatedBy: "<h1").count == 2, "\(path)")
            #expect(try XMLDocumentCheck.problems(answer.text).isEmpty, "\(path)")
            #expect(try await plane.page(path, nil).status == 303, "\(path) without a session")
            for mark in [plane.theirs.tenant.id.description, "theirs.example"] { #expect(!answer.text.contains(mark)) }
        }
    }

    @Test func aNewAdminIsLedFromTheOneTimePasswordToTheSecondFactor() async throws {
        let plane = try await Plane()
        let made = try await plane.services.access.people.create(
            email: "new@ours.example", role: .tenantAdmin, environments: .all, by: .operator(plane.ours.tenant.id))
        let once = try #require(made.oneTimePassword).expose()
        let sign = [("email", "new@ours.example"), ("password", once), ("new", "a sentence of ours"), ("repeat", "a sentence of ours")]
        let first = try await plane.post("/sign-in", nil, sign)
        #expect(first.status == 303 && first.headers[.location] == "/account/second-factor")
        let waiting = try #require(cookie(first))
        // Every other page leads there too, and nothing else is possible.
        for path in ["/", "/people", "/agents", "/audit", "/account"] {
            let answer = try await plane.page(path, waiting)
            #expect(answer.status == 303 && answer.headers[.location] == "/account/second-factor", "\(path)")
        }
        #expect(
            try await plane.post("/people", waiting, [("email", "x@ours.example"), ("role", "viewer")]).headers[.location]
                == "/account/second-factor")
        #expect(try await plane.post("/account/app", waiting, [], csrf: "00").status == 403)
        let begun = try await plane.post("/account/app", waiting, [])
        let uri = try #require(begun.text.firstMatch(of: /otpauth:[^<]*/)).output.replacing("&amp;", with: "&")
        // The picture is on the page itself: nothing is fetched for it from anywhere.
        let picture = try #require(QRCode(Array(uri.utf8)))
        #expect(begun.text.contains("viewBox=\"0 0 \(picture.side) \(picture.side)\"") && begun.text.contains("d=\"\(picture.path)\""))
        #expect(!begun.text.contains("<img") && begun.headers[.contentSecurityPolicy]?.contains("img-src 'self'") != false)
        #expect(try XMLDocumentCheck.problems(begun.text).isEmpty)
        let text = try #require(URLComponents(string: String(uri))?.queryItems?.first { $0.name == "secret" }?.value)
        let secret = try #require(Self.base32(text))
        let wrong = try await plane.post("/account/app/confirm", waiting, [("code", "12345")])
        #expect(wrong.status == 401 && wrong.headers[.setCookie] == nil)
        // The page after a wrong code holds a fresh secret: the one before is worth nothing.
        let old = TOTP.code(secret, step: TOTP.step(at: Date()))
        #expect(try await plane.post("/account/app/confirm", waiting, [("code", old)]).status == 401)
        let again = try await plane.post("/account/app", waiting, [])
        let last = try #require(again.text.firstMatch(of: /secret=([A-Z2-7]+)/)).output.1
        let code = TOTP.code(try #require(Self.base32(String(last))), step: TOTP.step(at: Date()))
        let done = try await plane.post("/account/app/confirm", waiting, [("code", code)])
        #expect(done.status == 200 && done.text.contains("Recovery codes"))
        let full = try #require(cookie(done))
        #expect(full != waiting)
        #expect(try await plane.page("/people", full).status == 200)
        #expect(try await plane.page("/people", waiting).status == 303, "the secret from before is worth nothing")
    }

    private static func base32(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (value, bits) = (0, 0)
        for letter in text.utf8 {
            guard let digit = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8).firstIndex(of: letter) else { return nil }
            value = (value << 5 | digit) & 0xFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(value >> bits & 255))
            }
        }
        return bytes
    }

    @Test func aDangerousActLeadsToTheProofFirst() async throws {
        let plane = try await Plane()
        let admin = try await plane.staleSession(.tenantAdmin)
        let answer = try await plane.post("/people", admin, [("email", "x@ours.example"), ("role", "viewer")])
        #expect(answer.status == 303 && answer.headers[.location] == "/step-up?next=%2Fpeople")
        let wrong = try await plane.post("/step-up", admin, [("password", "not it at all"), ("next", "/people")])
        #expect(wrong.status == 401 && wrong.headers[.setCookie] == nil)
        #expect(try await plane.store.read(plane.ours.tenant.id) { try $0.users() }.allSatisfy { $0.email != "x@ours.example" })
    }

    @Test func peopleAndTokensAreMadeAndShownOnce() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        let made = try await plane.post("/people", admin, [("email", "mallory@ours.example"), ("role", "viewer")])
        #expect(made.status == 200 && made.text.contains("One-time password of"))
        #expect(made.headers[.cacheControl] == "no-store")
        #expect(!(try await plane.page("/people", admin).text.contains("One-time password of")))
        let user = try #require(try await plane.store.readDirectory { try $0.user(email: "mallory@ours.example") })
        #expect(try await plane.post("/people/\(user.id)", admin, [("act", "disable"), ("role", "viewer")]).status == 303)
        #expect(try await plane.store.read(plane.ours.tenant.id) { try $0.user(user.id)?.disabledAt } != nil)
        #expect(try await plane.post("/people/\(plane.theirs.target.id)", admin, [("act", "disable"), ("role", "viewer")]).status == 404)
        let token = try await plane.post(
            "/tokens", admin, [("name", "ci"), ("account", plane.ours.account.id.description), ("scopes", "read"), ("days", "7")])
        let secret = try #require(token.text.firstMatch(of: /clr_[0-9A-Za-z]{49}/)).output
        #expect(try await plane.send(.get, "/api/v1/environments", bearer: String(secret)).status == 200)
        #expect(!(try await plane.page("/tokens", admin).text.contains(secret)))
        for (path, form) in [("/people", [("email", "y@ours.example"), ("role", "viewer")]), ("/tokens/\(plane.ours.token)/revoke", [])] {
            #expect(try await plane.post(path, admin, form, csrf: "00").status == 403)
            #expect(try await plane.post(path, try await plane.caller(.viewer), form).status == 403)
        }
        #expect(try await plane.post("/tokens/\(plane.ours.token)/revoke", admin, []).status == 303)
    }
}
