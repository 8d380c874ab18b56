import Basics
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import HTTPTypes
import Testing

/// The settings of single sign-on as a tenant's admin sees and changes them.
@Suite struct SignOnPageTests {
    private static let good = [
        ("issuer", "https://idp.example.com"), ("client", "cloudryption"), ("secret", "what-only-we-and-they-know"), ("claim", "groups"),
        ("value-0", "security"), ("role-0", "securityAdmin"), ("value-1", "everybody"), ("role-1", "viewer"), ("value-2", ""),
        ("role-2", "viewer"),
    ]

    private static func replacing(_ name: String, _ value: String) -> [(String, String)] {
        good.filter { $0.0 != name } + [(name, value)]
    }

    private func stored(_ plane: Plane) async throws -> SignOn? {
        try await plane.store.read(plane.ours.tenant.id) { try $0.signOn() }
    }

    @Test func theSecretCanBeGivenAndNeverBeSeen() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        let empty = try await plane.page("/single-sign-on", admin)
        #expect(empty.text.contains("not set up") && empty.text.contains("/sso/\(plane.ours.tenant.id)/callback"))
        let saved = try await plane.post("/single-sign-on", admin, Self.good)
        #expect(saved.status == 303 && saved.headers[.location] == "/single-sign-on")
        let shown = try await plane.page("/single-sign-on", admin)
        for text in ["in force", "https://idp.example.com", "value=\"security\"", "value=\"everybody\"", "stored; empty keeps it"] {
            #expect(shown.text.contains(text), "\(text)")
        }
        #expect(!shown.text.contains("what-only-we-and-they-know"))
        #expect(try await stored(plane)?.roles == ["security": .securityAdmin, "everybody": .viewer])
        // Saved again with an empty field it stays; for another client it has to be given again; and it can go.
        let secret = try #require(try await stored(plane)?.wrappedSecret)
        #expect(try await plane.post("/single-sign-on", admin, Self.replacing("secret", "")).status == 303)
        #expect(try await stored(plane)?.wrappedSecret == secret)
        let moved = try await plane.post(
            "/single-sign-on", admin, Self.replacing("secret", "").map { $0.0 == "issuer" ? ("issuer", "https://evil.example.com") : $0 })
        #expect(moved.status == 409 && moved.text.contains("give the client") && moved.text.contains("https://evil.example.com"))
        #expect(try await stored(plane)?.issuer == "https://idp.example.com")
        #expect(try await plane.post("/single-sign-on", admin, Self.replacing("secret", "") + [("public", "yes")]).status == 303)
        #expect(try await stored(plane)?.wrappedSecret == nil)
        #expect(try await plane.post("/single-sign-on/remove", admin, []).status == 303)
        #expect(try await stored(plane) == nil)
        let log = try await plane.store.read(plane.ours.tenant.id) { try $0.auditEntries(after: 0, limit: 1000) }
        #expect(log.count { $0.act == "signOnConfigured" } == 3 && log.contains { $0.act == "signOnRemoved" })
        #expect(!log.contains { $0.detail.contains("what-only-we") })
    }

    @Test func whatCannotBeSavedIsSaidAndWhatWasTypedStays() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        let bad: [([(String, String)], Int)] = [
            (Self.replacing("issuer", "http://idp.example.com"), 422), (Self.replacing("issuer", "https://127.0.0.1"), 422),
            (Self.replacing("role-0", "serviceAccount"), 409), (Self.replacing("role-0", "root"), 422),
            (Self.replacing("value-1", "security"), 409), (Self.replacing("client", ""), 409),
            (Self.good.filter { !$0.0.hasPrefix("value-") }, 409),
        ]
        for (form, status) in bad {
            let answer = try await plane.post("/single-sign-on", admin, form)
            #expect(answer.status == status, "\(form)")
            #expect(answer.text.contains("role=\"alert\"") && answer.text.contains("value=\"groups\""))
            #expect(!answer.text.contains("what-only-we-and-they-know"))
            #expect(try XMLDocumentCheck.problems(answer.text).isEmpty)
        }
        // Hostile text goes nowhere but into its field.
        let hostile = try await plane.post("/single-sign-on", admin, Self.replacing("issuer", "\"><script>alert(1)</script>"))
        #expect(!hostile.text.contains("<script>alert"))
        #expect(try await stored(plane) == nil)
    }

    @Test func onlyATenantAdminWithAProofAndThePagesOwnFormChangesIt() async throws {
        let plane = try await Plane()
        for role in Role.allCases where role.isPersonal && role != .tenantAdmin {
            let answer = try await plane.post("/single-sign-on", try await plane.caller(role), Self.good)
            #expect(answer.status == 403, "\(role)")
        }
        #expect(try await plane.post("/single-sign-on", try await plane.caller(.tenantAdmin), Self.good, csrf: "00").status == 403)
        let stale = try await plane.staleSession(.tenantAdmin)
        let answer = try await plane.post("/single-sign-on", stale, Self.good)
        #expect(answer.status == 303 && answer.headers[.location] == "/step-up?next=%2Fsingle-sign-on")
        #expect(try await stored(plane) == nil)
    }
}
