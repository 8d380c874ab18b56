import Basics
import WireProtocol
import Foundation
import Testing

@testable import ControlPlaneCore

/// Registrations and assertions made with python-fido2 and cryptography, and found good by py_webauthn: a second opinion on ours.
struct PasskeyVector: Sendable, CustomTestStringConvertible {
    var name: String
    var challenge: String
    var clientData: String
    var attestation: String
    var assertionChallenge: String
    var assertionClientData: String
    var authenticatorData: String
    var signature: String
    var testDescription: String { name }

    static let all = [
        PasskeyVector(
            name: "es256", challenge: "352f9fc000986fc1a818983fdfb15ac49055524ef56403deb36a50ab96fbf72d",
            clientData:
                "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiTlMtZndBQ1liOEdvR0pnXzM3RmF4SkJWVWs3MVpBUGVzMnBRcTViNzl5MCIsIm9yaWdpbiI6Imh0dHBzOi8vbG9jYWxob3N0Ojg0NDMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
            attestation:
                "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAABwAAAAAAAAAAAAAAAAAAAAAAIOXja_AqObcytVe6zkOGTYTnm5oI4cnoC5Pe2CK0NK3tpQECAyYgASFYIKzLJo47QL2UNsegWi4JJ2WQbk4Q547yqncVOOr4dAm7IlggbdbFfE9vQjBg3IJGQA6slM6k4522Lekr4oT6GQ2XyxA",
            assertionChallenge: "12e19911847799e2a98f235b85952ed8ec3ddb9bccdfba7ff05b542d771c13e1",
            assertionClientData:
                "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiRXVHWkVZUjNtZUtwanlOYmhaVXUyT3c5MjV2TTM3cF84RnRVTFhjY0UtRSIsIm9yaWdpbiI6Imh0dHBzOi8vbG9jYWxob3N0Ojg0NDMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
            authenticatorData: "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAACA",
            signature:
                "MEYCIQC4KcSuLT-TuZ2cL3d1yTwmbJEqOWViJOC9g7D32oj_vQIhAL3iXUB3KNdajmG3peEQer_V5HBRdrkhy5uatiMeTEec"
        ),
        PasskeyVector(
            name: "eddsa", challenge: "cc786d99e42faeeb45884fec6028d258591b024b8259f9dcabb7c617c6ee52d7",
            clientData:
                "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiekhodG1lUXZydXRGaUVfc1lDalNXRmtiQWt1Q1dmbmNxN2ZHRjhidVV0YyIsIm9yaWdpbiI6Imh0dHBzOi8vbG9jYWxob3N0Ojg0NDMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
            attestation:
                "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViBSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAABwAAAAAAAAAAAAAAAAAAAAAAIM632F7LyomBtwT3mpSPJYmOZfxO9OOIJiW0sTHGRjhipAEBAycgBiFYIJ_Z9Kok4UHm28nQ03we3F5hMEQjwAmEUW5cZzvJcS6n",
            assertionChallenge: "cc88145aed8e03bc6a86cd72949bcbcd4e4d54e57c6a411f6e7474468b40a976",
            assertionClientData:
                "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoieklnVVd1Mk9BN3hxaHMxeWxKdkx6VTVOVk9WOGFrRWZiblIwUm90QXFYWSIsIm9yaWdpbiI6Imh0dHBzOi8vbG9jYWxob3N0Ojg0NDMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
            authenticatorData: "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAACA",
            signature:
                "80m0-ak_nm9Dmbthj6qHwsPVjVFnKCLgoY0n9npP_CKk77kPkokf6m5lg2qziuF1Sx2eza8tl5NG3ULHuiXfBw"
        ),
    ]

    static let site = WebAuthn(consoleURL: "https://localhost:8443")
    static let time = Date(timeIntervalSince1970: 1_790_000_000)

    var registration: WebAuthn.Registration {
        .init(clientData: Base64URL.decode(clientData.utf8) ?? [], attestation: Base64URL.decode(attestation.utf8) ?? [])
    }

    func passkey(_ site: WebAuthn = site) throws -> Passkey {
        try site.register(registration, challenge: Hex.decode(challenge) ?? [], user: .random(), name: "key", at: Self.time)
    }

    func assertion(of passkey: Passkey) -> WebAuthn.Assertion {
        .init(
            credential: passkey.credential, clientData: Base64URL.decode(assertionClientData.utf8) ?? [],
            authenticatorData: Base64URL.decode(authenticatorData.utf8) ?? [], signature: Base64URL.decode(signature.utf8) ?? [])
    }
}

@Suite struct PasskeyTests {
    @Test(arguments: PasskeyVector.all) func takesWhatAnotherImplementationMadeAndChecked(_ vector: PasskeyVector) throws {
        let passkey = try vector.passkey()
        #expect(passkey.signCount == 7 && passkey.algorithm == (vector.name == "es256" ? .es256 : .edDSA))
        #expect(
            try PasskeyVector.site.verify(
                vector.assertion(of: passkey), challenge: Hex.decode(vector.assertionChallenge) ?? [], by: passkey) == 8)
    }

    private func refuses(_ body: () throws -> Void, at place: SourceLocation = #_sourceLocation) {
        #expect(throws: AccessError.self, sourceLocation: place) { try body() }
    }

    @Test(arguments: PasskeyVector.all) func refusesAnotherChallengeSiteOrAct(_ vector: PasskeyVector) throws {
        let passkey = try vector.passkey()
        let challenge = Hex.decode(vector.assertionChallenge) ?? []
        let good = vector.assertion(of: passkey)
        let verify: (WebAuthn.Assertion, [UInt8], Passkey, WebAuthn) throws -> Void = { _ = try $3.verify($0, challenge: $1, by: $2) }
        try verify(good, challenge, passkey, PasskeyVector.site)
        refuses { try verify(good, [UInt8](repeating: 1, count: 32), passkey, PasskeyVector.site) }
        refuses { try verify(good, [], passkey, PasskeyVector.site) }
        for other in ["https://localhost:8444", "https://localhost", "https://evil.example:8443", "http://localhost:8443"] {
            refuses { try verify(good, challenge, passkey, WebAuthn(consoleURL: other)) }
            refuses { _ = try vector.passkey(WebAuthn(consoleURL: other)) }
        }
        // A registration is no assertion, and an assertion no registration.
        var mixed = good
        mixed.clientData = vector.registration.clientData
        refuses { try verify(mixed, Hex.decode(vector.challenge) ?? [], passkey, PasskeyVector.site) }
        var named = good
        named.credential = [1, 2, 3]
        refuses { try verify(named, challenge, passkey, PasskeyVector.site) }
    }

    @Test(arguments: PasskeyVector.all) func refusesEveryChangedByte(_ vector: PasskeyVector) throws {
        let passkey = try vector.passkey()
        let challenge = Hex.decode(vector.assertionChallenge) ?? []
        let good = vector.assertion(of: passkey)
        for index in good.authenticatorData.indices {
            var bad = good
            bad.authenticatorData[index] ^= 0x01
            refuses { _ = try PasskeyVector.site.verify(bad, challenge: challenge, by: passkey) }
        }
        for index in good.signature.indices {
            var bad = good
            bad.signature[index] ^= 0x10
            refuses { _ = try PasskeyVector.site.verify(bad, challenge: challenge, by: passkey) }
        }
        for index in good.clientData.indices {
            var bad = good
            bad.clientData[index] ^= 0x01
            refuses { _ = try PasskeyVector.site.verify(bad, challenge: challenge, by: passkey) }
        }
    }

    @Test(arguments: PasskeyVector.all) func refusesACountThatDoesNotGrow(_ vector: PasskeyVector) throws {
        var passkey = try vector.passkey()
        let challenge = Hex.decode(vector.assertionChallenge) ?? []
        for count in [UInt32(8), 9, .max] {
            passkey.signCount = count
            refuses { _ = try PasskeyVector.site.verify(vector.assertion(of: passkey), challenge: challenge, by: passkey) }
        }
    }

    @Test(arguments: PasskeyVector.all) func refusesAnUncheckedHolderACutAnswerAndBytesBehindIt(_ vector: PasskeyVector) throws {
        let good = vector.registration
        let challenge = Hex.decode(vector.challenge) ?? []
        let register: (WebAuthn.Registration) throws -> Void = {
            _ = try PasskeyVector.site.register($0, challenge: challenge, user: .random(), name: "key", at: PasskeyVector.time)
        }
        try register(good)
        for count in good.attestation.indices {
            refuses { try register(.init(clientData: good.clientData, attestation: Array(good.attestation.prefix(count)))) }
        }
        refuses { try register(.init(clientData: good.clientData, attestation: good.attestation + [0])) }
        // Flags stand 32 bytes behind the start of the authenticator data, which begins with the hash of the site's name.
        let start = try #require(good.attestation.indices.first { good.attestation[$0...].starts(with: [0x49, 0x96, 0x0D, 0xE5]) })
        for flags in [UInt8(0x40), 0x41, 0x44, 0x05, 0x55, 0xC5] {
            var bad = good
            bad.attestation[start + 32] = flags
            refuses { try register(bad) }
        }
        // A point that is not on the curve is no key.
        if vector.name == "es256" {
            var bad = good
            bad.attestation[bad.attestation.count - 1] ^= 1
            refuses { try register(bad) }
        }
        let text = String(decoding: good.clientData, as: UTF8.self)
        for (from, to) in [
            ("\"crossOrigin\":false", "\"crossOrigin\":true"), ("\"crossOrigin\":false", "\"crossOrigin\":\"false\""),
            ("\"crossOrigin\":false", "\"topOrigin\":\"https://evil.example\""), ("webauthn.create", "webauthn.get"),
            ("{", "{\"type\":\"webauthn.create\","),
        ] {
            let changed = text.replacing(from, with: to, maxReplacements: 1)
            #expect(changed != text)
            refuses { try register(.init(clientData: Array(changed.utf8), attestation: good.attestation)) }
        }
    }

    @Test func knowsTheSiteFromItsAddress() {
        for (address, name) in [
            ("https://Console.Example:8443", "console.example"), ("https://localhost", "localhost"), ("https://[::1]:8443", "::1"),
        ] { #expect(WebAuthn(consoleURL: address).relyingParty == name) }
    }
}

@Suite struct CBORTests {
    /// From RFC 8949 appendix A.
    @Test(arguments: [
        ("00", CBOR.unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("1903e8", .unsigned(1000)),
        ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)), ("3863", .negative(99)), ("3bffffffffffffffff", .negative(.max)),
        ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null), ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])),
        ("6161", .text("a")), ("62c3bc", .text("ü")), ("80", .array([])), ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)])),
        ("a0", .map([:])), ("a201020304", .map([.unsigned(1): .unsigned(2), .unsigned(3): .unsigned(4)])),
        ("a26161016162820203", .map([.text("a"): .unsigned(1), .text("b"): .array([.unsigned(2), .unsigned(3)])])),
    ]) func readsTheExamplesOfTheStandard(_ hex: String, _ value: CBOR) throws {
        #expect(try CBOR(try #require(Hex.decode(hex))) == value)
    }

    /// Longer forms, indefinite lengths, tags, fractions, undefined, reserved forms, cut off, behind the end, repeated names, bad UTF-8.
    @Test(arguments: [
        "", "1800", "190017", "1a00000001", "1b0000000000000001", "5f4101ff", "9f01ff", "bf6161f5ff", "c074", "f90000",
        "fb3ff199999999999a",
        "f7", "f0", "f818", "1c", "1f", "ff", "42", "4201", "61", "8201", "a101", "a1", "0000", "a2010201020a", "a20101010a", "62c328",
        "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7b7fffffffffffffff", "8181818181818100",
        "c249010000000000000000",
    ]) func refusesEverythingElse(_ hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: AccessError.self) { try CBOR(bytes) }
    }

    @Test func holdsItsLimits() {
        #expect(throws: AccessError.self) { try CBOR([UInt8](repeating: 0x81, count: 5000)) }
        #expect(throws: AccessError.self) { try CBOR([0x99, 0x01, 0x2C] + [UInt8](repeating: 0, count: 300)) }
        #expect(throws: AccessError.self) { try CBOR([0x59, 0x40, 0x01] + [UInt8](repeating: 0, count: 16385)) }
    }
}
