import Basics
import ControlPlaneStore
import Crypto
import EnrolmentCA
import Foundation
import SwiftASN1
import TestSupport
import Testing
import WireProtocol
import X509

@testable import ControlPlaneCore

/// The authorities over time, and the lists of what they revoked.
@Suite struct RotationTests {
    /// `openssl verify -crl_check`, as another verifier would: what it says of a certificate, by a list, at a time.
    private struct OtherVerifier {
        let folder: String

        init(_ place: Place, _ authority: CertificateAuthority, list: [UInt8]) throws {
            folder = place.installation.path + "/verifier-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(list).write(to: URL(filePath: folder + "/crl.der"))
            try Data((authority.rootPEM + "\n").utf8).write(to: URL(filePath: folder + "/root.pem"))
            try Data((authority.issuingPEM + "\n").utf8).write(to: URL(filePath: folder + "/issuing.pem"))
            #expect(try openssl(["crl", "-inform", "DER", "-in", "crl.der", "-out", "crl.pem"]).0 == 0)
        }

        private func openssl(_ arguments: [String]) throws -> (Int32, String) {
            let outcome = try Command("/usr/bin/openssl", arguments, in: folder).run()
            return (outcome.status, outcome.output + outcome.errors)
        }

        func verdict(_ agent: TestAgent, at time: Date) throws -> String {
            try Data(agent.response.certificates[0].utf8).write(to: URL(filePath: folder + "/leaf.pem"))
            return try openssl([
                "verify", "-crl_check", "-attime", String(Int(time.timeIntervalSince1970)), "-CAfile", "root.pem", "-untrusted",
                "issuing.pem", "-CRLfile", "crl.pem", "leaf.pem",
            ]).1
        }
    }

    @Test func otherVerifiersLearnOfRevokedCertificatesFromTheList() async throws {
        let place = try await Place()
        let (good, bad) = (try await place.agent(), try await place.agent())
        try await place.installation.services.agents.revoke(bad.response.agent.description, by: place.admin)
        let list = try await place.installation.services.revocationLists.list(issuer: nil)
        let verifier = try OtherVerifier(place, try place.installation.watch.current().signing, list: list)
        let now = place.installation.time.now
        #expect(try verifier.verdict(good, at: now).contains("leaf.pem: OK"))
        #expect(try verifier.verdict(bad, at: now).contains("certificate revoked"))
        // An old list, or one for another issuer, vouches for nobody.
        #expect(try verifier.verdict(good, at: now + 90_000).contains("CRL has expired"))
        #expect(try verifier.verdict(good, at: now - 30).contains("leaf.pem: OK"), "a clock that is a little behind takes it")
        #expect(await refusal { try await place.installation.services.revocationLists.list(issuer: "00") } == "store.notFound")
    }

    @Test func eachAuthorityHasItsOwnListForAsLongAsItIsTrusted() async throws {
        let place = try await Place()
        let (watch, folder, lists) = (
            place.installation.watch, place.installation.data.authority, place.installation.services.revocationLists
        )
        let (old, moved) = (try await place.agent(), try await place.agent())
        let first = try watch.current().signing
        try CertificateAuthorities.prepare(folder, now: place.installation.time.now)
        try CertificateAuthorities.activate(folder)
        let second = try watch.current().signing
        let renewed = try await place.renewed(moved)
        _ = try await renewed.authenticate()
        for agent in [old, moved] { try await place.installation.services.agents.revoke(agent.response.agent.description, by: place.admin) }
        let fresh = try await place.agent()
        let now = place.installation.time.now
        // Without a name the list is that of the authority that signs now; the old one's is there under its name.
        let current = try OtherVerifier(place, second, list: try await lists.list(issuer: nil))
        let before = try OtherVerifier(place, first, list: try await lists.list(issuer: first.issuer))
        #expect(try current.verdict(fresh, at: now).contains("leaf.pem: OK"))
        #expect(try current.verdict(renewed, at: now).contains("certificate revoked"))
        #expect(try before.verdict(old, at: now).contains("certificate revoked"))
        #expect(try before.verdict(moved, at: now).contains("certificate revoked"), "what was replaced is revoked with its agent")
        #expect(!(try OtherVerifier(place, first, list: try await lists.list(issuer: nil)).verdict(old, at: now).contains("OK")))
        try CertificateAuthorities.retire(folder)
        #expect(await refusal { try await lists.list(issuer: first.issuer) } == "store.notFound", "nobody trusts it any more")
        _ = try await lists.list(issuer: second.issuer)
    }

    @Test func theAuthorityIsReplacedWithoutAnOutageAndWhoSleptEnrolsAgain() async throws {
        let place = try await Place()
        let watch = place.installation.watch
        let folder = place.installation.data.authority
        let (awake, second, asleep) = (try await place.agent(), try await place.agent(), try await place.agent())
        let old = try watch.current()
        #expect(await refusal { try CertificateAuthorities.activate(folder) } == "ca.wrongPhase")
        #expect(await refusal { try CertificateAuthorities.retire(folder) } == "ca.wrongPhase")
        #expect(await refusal { try CertificateAuthorities.rollBack(folder) } == "ca.wrongPhase")
        func answer(_ agent: TestAgent) async throws -> HeartbeatAnswer {
            try await place.installation.services.agents.heartbeat(
                Heartbeat(agentVersion: "0.1.0", hostname: "h", platform: "p", spoolDepth: 0, clock: ""),
                from: try await agent.authenticate())
        }
        // Prepare: both are trusted, the old one signs.
        try CertificateAuthorities.prepare(folder, now: place.installation.time.now)
        #expect(await refusal { try CertificateAuthorities.prepare(folder, now: place.installation.time.now) } == "ca.wrongPhase")
        #expect(try watch.current().phase == .prepared && watch.current().signing.pin == old.signing.pin)
        #expect(try await answer(awake).authorities?.count == 2)
        #expect(try await answer(awake).renew == nil)
        #expect(place.installation.services.enrolment.authorities.count == 2)
        // Back, and forth again.
        try CertificateAuthorities.rollBack(folder)
        #expect(try watch.current().phase == .steady && watch.current().pins == old.pins)
        try CertificateAuthorities.prepare(folder, now: place.installation.time.now)
        // Activate: the next one signs, the old one vouches for the listeners.
        try CertificateAuthorities.activate(folder)
        let active = try watch.current()
        #expect(active.signing.pin != old.signing.pin && active.serving.pin == old.signing.pin)
        #expect(try await answer(awake).renew == true)
        let renewed = try await place.renewed(awake)
        #expect(try await answer(renewed).renew == nil)
        _ = try await place.renewed(second).authenticate()
        let drain = try await place.fleet.certifiedAgents()
        #expect(drain.filter { !$0.isOfSigning }.map(\.agent) == [asleep.response.agent], "the drain names who is left")
        // The leaf leads to the new root alone.
        let leaf = try Certificate(pemEncoded: renewed.response.certificates[0])
        let issuing = try Certificate(pemEncoded: renewed.response.certificates[1])
        #expect(issuing.publicKey.isValidSignature(leaf.signature, for: leaf))
        #expect(try Certificate(pemEncoded: active.signing.rootPEM).publicKey.isValidSignature(issuing.signature, for: issuing))
        // One step back is possible still, and agents go back too.
        try CertificateAuthorities.rollBack(folder)
        #expect(try await answer(renewed).renew == true)
        try CertificateAuthorities.activate(folder)
        // Retire: the old one is trusted no more. Who slept comes back with a token and its old key, under its old name.
        try CertificateAuthorities.retire(folder)
        #expect(try watch.current().pins == [active.signing.pin])
        let issued = try await place.installation.services.enrolment.issueTokenAsOperator(for: place.acme.environment)
        let key = P256.Signing.PrivateKey()
        var request = try Installation.request(issued.token, key)
        request.authority = place.installation.services.enrolment.authorityPin
        let statement = EnrolmentStatement(
            method: .token,
            binding: EnrolmentBinding(
                authority: active.signing.pin, tenant: place.acme.tenant.id, environment: place.acme.environment.id, challenge: "",
                csr: request.csr), evidence: issued.token.expose())
        request.statement = try statement.signed(with: key)
        request.previous = PreviousIdentity(agent: asleep.response.agent, signature: try statement.signed(with: asleep.key))
        let response = try await place.installation.enrol(request)
        #expect(response.agent == asleep.response.agent && response.epoch == 2 && response.authorities.count == 1)
        // A second generation can follow.
        try CertificateAuthorities.prepare(folder, now: place.installation.time.now)
        #expect(try watch.current().pins.count == 2)
    }

    @Test func aBrokenStateOfTheAuthoritiesSignsNothing() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let state = place.installation.data.authority + "/state.json"
        for text in [
            "{", "{}", #"{"formatVersion":1,"phase":"active","old":"../../etc","next":"x"}"#,
            #"{"formatVersion":1,"phase":"active","old":"."}"#,
        ] {
            try Data(text.utf8).write(to: URL(filePath: state))
            #expect(await refusal { try place.installation.watch.current() } == "ca.unusable", "\(text)")
            #expect(await refusal { try await place.renewed(agent) } == "enrolment.unavailable")
        }
    }
}
