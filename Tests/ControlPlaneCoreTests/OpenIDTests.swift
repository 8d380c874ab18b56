import Basics
import CloudModel
import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import ControlPlaneCore

@Suite struct OpenIDTests {
    let provider: OpenIDProvider
    let time = HandClock()
    let keys: OpenIDKeys
    let verifier: OpenIDVerifier

    init() throws {
        provider = try OpenIDProvider()
        keys = OpenIDKeys(http: provider, clock: time.clock)
        verifier = OpenIDVerifier(keys: keys, clock: time.clock)
    }

    private func expectation(nonce: String? = nil, maximumAge: TimeInterval? = nil) throws -> OpenIDVerifier.Expectation {
        .init(issuer: try OpenIDIssuer(provider.issuer), audience: "cloudryption", nonce: nonce, maximumAge: maximumAge)
    }
    private func answer(_ token: Secret<String>, nonce: String? = nil, maximumAge: TimeInterval? = nil) async throws -> String {
        let expected = try expectation(nonce: nonce, maximumAge: maximumAge)
        return await refusal { try await verifier.verify(token, as: expected) }
    }
    private func answer(_ change: (inout JSONObject) -> Void) async throws -> String {
        try await answer(provider.token(at: time.now, change))
    }

    @Test func aTokenOfEachAlgorithmIsBelieved() async throws {
        let tokens: [(OpenIDProvider.Key, JSONObject)] = [
            (.p256(provider.p256), ["alg": "ES256", "kid": "ec"]), (.ed25519(provider.ed25519), ["alg": "EdDSA", "kid": "ed"]),
            (.rsa(provider.rsa), ["alg": "RS256", "kid": "rsa", "typ": "JWT"]),
        ]
        for (key, header) in tokens {
            let verified = try await verifier.verify(provider.token(at: time.now, key: key, header: header), as: expectation())
            #expect(verified.subject == "system:serviceaccount:security:agent")
            #expect(verified.issuer.description == provider.issuer && verified.claims["aud"]?.string == "cloudryption")
        }
        #expect(provider.asked.count == 2, "the keys are asked for once")
    }

    @Test func unsignedAndWronglySignedTokensAreRefused() async throws {
        let other = P256.Signing.PrivateKey()
        #expect(try await answer(provider.token(at: time.now, key: .p256(other))) == "openid.badSignature")
        // "alg": "none", with and without a signature.
        let none = try provider.token(at: time.now, header: ["alg": "none"])
        #expect(try await answer(none) == "openid.refusedAlgorithm")
        let parts = none.expose().split(separator: ".").map(String.init)
        #expect(try await answer(Secret(parts[0] + "." + parts[1] + ".")) == "openid.refusedAlgorithm")
        for name in ["None", "HS256", "RS512", "PS256", "ES384", ""] {
            #expect(
                try await answer(provider.token(at: time.now, header: ["alg": .string(name), "kid": "ec"])) == "openid.refusedAlgorithm")
        }
        // A key is of one algorithm: the token cannot have it used for another.
        #expect(try await answer(provider.token(at: time.now, header: ["alg": "RS256", "kid": "ec"])) == "openid.unknownKey")
        #expect(try await answer(provider.token(at: time.now, header: ["alg": "ES256", "kid": "nobody"])) == "openid.unknownKey")
        // A changed claim under the old signature.
        let good = try provider.token(at: time.now).expose().split(separator: ".").map(String.init)
        let changed = try provider.token(at: time.now) { $0["sub"] = "system:serviceaccount:kube-system:admin" }.expose()
            .split(separator: ".").map(String.init)
        #expect(try await answer(Secret(good[0] + "." + changed[1] + "." + good[2])) == "openid.badSignature")
    }

    @Test func aTokenWithoutANameForItsKeyIsTakenOnlyWhereThereIsNoChoice() async throws {
        let unnamed: JSONObject = ["alg": "ES256"]
        #expect(try await answer(provider.token(at: time.now, header: unnamed)) == "none")
        provider.publish([OpenIDProvider.jwk(provider.p256.publicKey, "a"), OpenIDProvider.jwk(P256.Signing.PrivateKey().publicKey, "b")])
        time.advance(3601)
        #expect(try await answer(provider.token(at: time.now, header: unnamed)) == "openid.unknownKey")
    }

    @Test func issuerAudienceAndSubjectHaveToFitExactly() async throws {
        #expect(try await answer { $0["iss"] = "https://issuer.example/tenant/" } == "openid.wrongIssuer")
        #expect(try await answer { $0["iss"] = "https://ISSUER.example/tenant" } == "openid.wrongIssuer")
        #expect(try await answer { $0["iss"] = nil } == "openid.wrongIssuer")
        #expect(try await answer { $0["aud"] = nil } == "openid.missingClaim")
        #expect(try await answer { $0["aud"] = "sts.amazonaws.com" } == "openid.wrongAudience")
        #expect(try await answer { $0["aud"] = [] } == "openid.wrongAudience")
        #expect(try await answer { $0["aud"] = ["vault", "cloudryption"] } == "none")
        #expect(try await answer { $0["sub"] = nil } == "openid.missingClaim")
        #expect(try await answer { $0["sub"] = "" } == "openid.missingClaim")
    }

    @Test func aForeignIssuersTokenMakesTheServerAskNobody() async throws {
        #expect(try await answer { $0["iss"] = "https://attacker.example" } == "openid.wrongIssuer")
        #expect(provider.asked.isEmpty)
    }

    @Test func timesAreHeldToWithLittleLeeway() async throws {
        let now = Int(time.now.timeIntervalSince1970)
        #expect(try await answer { $0["exp"] = nil } == "openid.missingClaim", "SPIRE 1.12.3 took a token without an end")
        #expect(try await answer { $0["exp"] = "tomorrow" } == "openid.missingClaim")
        #expect(try await answer { $0["exp"] = .number("1e300") } == "openid.missingClaim")
        #expect(try await answer { $0["exp"] = .number("\(now - 61)") } == "openid.expired")
        #expect(try await answer { $0["exp"] = .number("\(now - 59)") } == "none")
        #expect(try await answer { $0["nbf"] = .number("\(now + 61)") } == "openid.notYetValid")
        #expect(try await answer { $0["nbf"] = .number("\(now + 59)") } == "none")
        #expect(try await answer { $0["iat"] = .number("\(now + 61)") } == "openid.notYetValid")
        #expect(try await answer { $0["iat"] = nil } == "none")
        let old = try provider.token(at: time.now) { $0["iat"] = .number("\(now - 400)") }
        #expect(try await answer(old) == "none")
        #expect(try await answer(old, maximumAge: 300) == "openid.expired")
        #expect(try await answer(provider.token(at: time.now) { $0["iat"] = nil }, maximumAge: 300) == "openid.missingClaim")
    }

    @Test func anIDTokenAnswersItsSignInAndItsClientAlone() async throws {
        func token(_ change: (inout JSONObject) -> Void = { _ in }) throws -> Secret<String> {
            try provider.token(at: time.now) {
                $0["nonce"] = "n-0S6"
                change(&$0)
            }
        }
        #expect(try await answer(token(), nonce: "n-0S6") == "none")
        #expect(try await answer(token(), nonce: "other") == "openid.wrongNonce")
        #expect(try await answer(token { $0["nonce"] = nil }, nonce: "n-0S6") == "openid.wrongNonce")
        #expect(try await answer(token { $0["azp"] = "somebody" }, nonce: "n-0S6") == "openid.wrongAudience")
        #expect(try await answer(token { $0["aud"] = ["cloudryption", "other"] }, nonce: "n-0S6") == "openid.wrongAudience")
        #expect(try await answer(token { ($0["aud"], $0["azp"]) = (["cloudryption", "other"], "cloudryption") }, nonce: "n-0S6") == "none")
    }

    @Test(arguments: [
        "", "a.b", "a.b.c.d", "..", "e30.e30.", "e30=.e30.AA", "eyJhbGciOiJFUzI1NiJ9.bm90IGpzb24.AA", "eyJhbGciOiJFUzI1NiJ9.e30.A+A",
        "eyJhbGciOiJFUzI1NiIsImFsZyI6IkVTMjU2In0.e30.AAAA", String(repeating: "a", count: 17000),
    ])
    func whatIsNoTokenIsRefused(_ text: String) async throws {
        let said = try await answer(Secret(text))
        #expect(["openid.malformedToken", "openid.refusedAlgorithm"].contains(said))
    }

    @Test func tokensThatNeedAnExtensionOrAreOfAnotherTypeAreRefused() async throws {
        for header: JSONObject in [
            ["alg": "ES256", "kid": "ec", "crit": ["exp"]], ["alg": "ES256", "kid": "ec", "b64": false],
            ["alg": "ES256", "kid": "ec", "typ": "logout+jwt"], ["alg": "ES256", "kid": 7],
        ] {
            #expect(try await answer(provider.token(at: time.now, header: header)) == "openid.malformedToken")
        }
    }

    @Test func anUnknownKeyMakesTheServerAskAgainButNotAtTheAttackersPace() async throws {
        #expect(try await answer(provider.token(at: time.now)) == "none")
        #expect(provider.asked.count == 2)
        for round in 0..<50 {
            let token = try provider.token(at: time.now, header: ["alg": "ES256", "kid": .string("made-up-\(round)")])
            #expect(try await answer(token) == "openid.unknownKey")
        }
        #expect(provider.asked.count == 2, "within the pause nobody is asked")
        // The issuer replaced its key: after the pause its first token is believed.
        let fresh = P256.Signing.PrivateKey()
        provider.publish([OpenIDProvider.jwk(fresh.publicKey, "fresh")])
        time.advance(31)
        #expect(try await answer(provider.token(at: time.now, key: .p256(fresh), header: ["alg": "ES256", "kid": "fresh"])) == "none")
        #expect(provider.asked.count == 4)
        #expect(try await answer(provider.token(at: time.now)) == "openid.unknownKey", "a withdrawn key is withdrawn")
    }

    @Test func aShortOutageOfTheIssuerIsBridgedAndALongOneIsNot() async throws {
        #expect(try await answer(provider.token(at: time.now)) == "none")
        provider.answer("/keys", 503)
        time.advance(3 * 3600)
        #expect(try await answer(provider.token(at: time.now)) == "none")
        time.advance(22 * 3600)
        #expect(try await answer(provider.token(at: time.now)) == "openid.unavailable")
    }

    @Test func manyTokensAtOnceAskOnce() async throws {
        let token = try provider.token(at: time.now)
        let expected = try expectation()
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<30 { group.addTask { await refusal { try await verifier.verify(token, as: expected) } } }
            for await answer in group { #expect(answer == "none") }
        }
        #expect(provider.asked.count == 2)
    }

    @Test func aDescriptionOfSomebodyElseOrWithBadAddressesIsRefused() async throws {
        provider.publish([OpenIDProvider.jwk(provider.p256.publicKey, "ec")], describedAs: "https://attacker.example")
        #expect(try await answer(provider.token(at: time.now)) == "openid.badDiscovery")
        let description: JSONValue = ["issuer": .string(provider.issuer), "jwks_uri": "http://169.254.169.254/latest/"]
        provider.answer("/tenant/.well-known/openid-configuration", 200, description.canonicalBytes)
        time.advance(31)
        #expect(try await answer(provider.token(at: time.now)) == "openid.badDiscovery")
        #expect(!provider.asked.contains("http://169.254.169.254/latest/"))
        provider.publish([])
        time.advance(31)
        #expect(try await answer(provider.token(at: time.now)) == "openid.badDiscovery")
        provider.answer("/keys", 200, [UInt8](repeating: 0x20, count: 300 << 10))
        time.advance(31)
        #expect(try await answer(provider.token(at: time.now)) == "openid.badDiscovery")
    }

    @Test(arguments: [
        "http://issuer.example", "https://127.0.0.1", "https://10.0.0.1/x", "https://localhost", "https://[::1]/",
        "https://issuer.example?x",
        "https://user@issuer.example", "https://issuer.example#x", "https://metadata.google.internal", "https://0x7f.1", "https://a..b",
        "ftp://issuer.example", "https://", "https://issuer.example:99999", "https://issuer .example", "https://2130706433",
    ])
    func whatIsNoIssuerIsRefused(_ text: String) async {
        #expect(await refusal { try OpenIDIssuer(text) } == "openid.badIssuer")
    }

    @Test func issuersOfTheLargeProvidersAreTaken() throws {
        for text in [
            "https://accounts.google.com", "https://token.actions.githubusercontent.com",
            "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "https://issuer.example:8443/realms/x/",
        ] {
            #expect(try OpenIDIssuer(text).description == text)
        }
        _ = try OpenIDIssuer("http://127.0.0.1:8080/x", policy: .loopbackToo)
        #expect(throws: OpenIDError.self) { try OpenIDIssuer("http://10.0.0.1:8080/x", policy: .loopbackToo) }
    }

    @Test func keysOfNoUseArePassedOver() async throws {
        let weak: JSONValue = [
            "kty": "RSA", "kid": "weak", "n": .string(Base64URL.encode([UInt8](repeating: 0xC5, count: 128))), "e": "AQAB",
        ]
        let encryption: JSONValue = ["kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"]
        let symmetric: JSONValue = ["kty": "oct", "kid": "ec", "k": "c2VjcmV0"]
        provider.publish([weak, encryption, symmetric, OpenIDProvider.jwk(provider.p256.publicKey, "ec")])
        #expect(try await answer(provider.token(at: time.now)) == "none")
        #expect(try await answer(provider.token(at: time.now, header: ["alg": "RS256", "kid": "weak"])) == "openid.unknownKey")
    }

    @Test func base64ForURLsHasOneSpelling() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        for text in ["A", "AAAAA", "AB", "AAB", "AA==", "A A", "+_8", "é"] { #expect(Base64URL.decode(text.utf8) == nil, "\(text)") }
    }
}
