import Basics
import ControlPlaneStore
import Crypto
import EnrolmentCA
import Foundation
import SwiftASN1
import Testing
import WireProtocol
import X509

@testable import ControlPlaneCore

/// Revocation, quarantine, locks, renewal, re-enrolment, and the rotation of the authorities.
@Suite struct CredentialLifeTests {
    private struct Place {
        let installation: Installation
        let acme: TenancyService.Bootstrapped
        let admin: TenantSession

        init() async throws {
            installation = try await Installation()
            acme = try await installation.tenant()
            admin = try await installation.session(.tenantAdmin, in: acme.tenant)
        }
        var fleet: FleetService { installation.services.fleet }
        func agent() async throws -> TestAgent { try await installation.enrol(acme.environment) }
        func acts() async throws -> [String] { try await installation.audit(acme.tenant.id).map(\.act) }
        func state(_ agent: TestAgent) async throws -> ControlPlaneCore.Agent.State {
            try await fleet.agent(agent.response.agent.description, by: admin).agent.state(at: installation.time.now)
        }
        /// A renewed agent, whose new certificate was not used yet.
        func renewed(_ agent: TestAgent) async throws -> TestAgent {
            let key = P256.Signing.PrivateKey()
            let answer = try await installation.services.enrolment.renew(
                try await agent.authenticate(), CertificateRequest(csr: try Installation.csr(key)))
            var response = agent.response
            response.certificates = answer.certificates
            return TestAgent(installation: installation, key: key, response: response)
        }
    }

    // MARK: Locks

    @Test(arguments: Lock.Kind.allCases) func whatIsLockedIsOutWithTheNextRequestAndNothingElseIs(_ kind: Lock.Kind) async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let found = try await agent.authenticate()
        let other = try await place.installation.tenant("other")
        let stranger = try await place.installation.enrol(other.environment)
        let subject =
            switch kind {
            case .tenant: place.acme.tenant.id.description
            case .environment: place.acme.environment.id.description
            case .agent: found.id.description
            case .grant: try #require(found.agent.standing.grant)
            case .serial: found.agent.serial
            }
        try await place.fleet.lock(kind, subject, by: place.admin)
        #expect(await refusal { try await agent.authenticate() } == "auth.certificateRevoked")
        _ = try await stranger.authenticate()
        #expect(try await place.acts().last == "lockSet")
        guard kind != .serial else {
            #expect(await refusal { try await place.fleet.unlock(kind, subject, by: place.admin) } == "store.conflict")
            return
        }
        try await place.fleet.unlock(kind, subject, by: place.admin)
        _ = try await agent.authenticate()
        #expect(try await place.acts().last { !$0.hasPrefix("certificate") } == "lockLifted")
    }

    @Test func aLockedEnvironmentTakesNobodyNew() async throws {
        let place = try await Place()
        try await place.fleet.lock(.environment, "production", by: place.admin)
        #expect(await refusal { try await place.agent() } == "enrolment.revoked")
    }

    @Test func nobodyLocksWhatIsNotTheirs() async throws {
        let place = try await Place()
        let other = try await place.installation.tenant("other")
        let stranger = try await place.installation.enrol(other.environment)
        let id = stranger.response.agent.description
        #expect(await refusal { try await place.fleet.lock(.agent, id, by: place.admin) } == "store.notFound")
        #expect(await refusal { try await place.fleet.quarantine(id, by: place.admin) } == "store.notFound")
        #expect(await refusal { try await place.installation.services.agents.revoke(id, by: place.admin) } == "store.notFound")
        #expect(await refusal { try await place.fleet.agent(id, by: place.admin) } == "store.notFound")
        let viewer = try await place.installation.session(.viewer, in: place.acme.tenant)
        let own = try await place.agent().response.agent.description
        #expect(await refusal { try await place.installation.services.agents.revoke(own, by: viewer) } == "auth.forbidden")
    }

    @Test func aRevokedAgentStaysOutAlsoWithAnotherTokenAndItsRowOutlivesItsCertificate() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        _ = try await agent.authenticate()
        try await place.installation.services.agents.revoke(agent.response.agent.description, by: place.admin)
        #expect(await refusal { try await agent.authenticate() } == "auth.certificateRevoked")
        place.installation.time.advance(30 * 86_400)
        #expect(try await place.state(agent) == .revoked)
        let certificates = try await place.fleet.agent(agent.response.agent.description, by: place.admin).certificates
        #expect(certificates.count == 1 && certificates[0].revokedAt != nil)
        // Coming back under its own name needs more than a token.
        let issued = try await place.installation.services.enrolment.issueTokenAsOperator(
            for: place.acme.environment, terms: EnrolmentTerms(agent: agent.response.agent))
        let request = try Installation.request(issued.token, P256.Signing.PrivateKey())
        #expect(await refusal { try await place.installation.enrol(request) } == "enrolment.revoked")
    }

    // MARK: Quarantine

    @Test func bundlesOfAQuarantinedAgentAreHeldUntilSomebodyReleasesThem() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let id = agent.response.agent.description
        try await place.fleet.quarantine(id, by: place.admin)
        let first = try agent.bundle(sequence: 1)
        let held = try await agent.upload(first)
        #expect(held.status == .held && held.run == nil)
        #expect(try await agent.upload(first).status == .held, "asked again, the answer is the same")
        #expect(try await place.state(agent) == .quarantined)
        #expect(
            try await place.installation.store.read(place.acme.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }.isEmpty)
        #expect(try await place.fleet.agent(id, by: place.admin).held.count == 1)
        try await place.fleet.release(id, by: place.admin)
        let runs = try await place.installation.store.read(place.acme.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }
        #expect(runs.map(\.status) == [.queued])
        #expect(try await agent.upload(first).run == runs[0].id)
        #expect(try await agent.upload(agent.bundle(sequence: 2)).status == .accepted)
        #expect(try await place.acts().contains("bundleReleased"))
    }

    @Test func whatIsDiscardedIsNeverAnalysed() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let id = agent.response.agent.description
        try await place.fleet.quarantine(id, by: place.admin)
        _ = try await agent.upload(agent.bundle(sequence: 1))
        try await place.fleet.release(id, discarding: true, by: place.admin)
        #expect(
            try await place.installation.store.read(place.acme.tenant.id) { try $0.runs(environment: nil, status: nil, limit: 9) }.isEmpty)
    }

    @Test func anAgentThatHasToBeApprovedWaitsWithItsBundle() async throws {
        let place = try await Place()
        let issued = try await place.installation.services.enrolment.issueToken(
            for: place.acme.environment, terms: EnrolmentTerms(needsApproval: true), by: place.admin)
        let key = P256.Signing.PrivateKey()
        let response = try await place.installation.enrol(Installation.request(issued.token, key))
        #expect(response.pendingApproval == true)
        let agent = TestAgent(installation: place.installation, key: key, response: response)
        #expect(try await place.state(agent) == .pendingApproval)
        #expect(await refusal { try await agent.upload(agent.bundle(sequence: 1)) } == "upload.pendingApproval")
        try await place.fleet.approve(response.agent.description, by: place.admin)
        #expect(try await agent.upload(agent.bundle(sequence: 1)).status == .accepted)
    }

    @Test func aTokensTermsAreHeldTo() async throws {
        let place = try await Place()
        func answer(_ terms: EnrolmentTerms, account: String? = nil, host: String = "node-7") async throws -> String {
            let issued = try await place.installation.services.enrolment.issueToken(
                for: place.acme.environment, terms: terms, by: place.admin)
            var request = try Installation.request(issued.token, P256.Signing.PrivateKey())
            request.account = account
            request.hostname = host
            let final = request
            return await refusal { try await place.installation.enrol(final) }
        }
        #expect(try await answer(EnrolmentTerms(account: "123456789012"), account: "123456789012") == "none")
        #expect(try await answer(EnrolmentTerms(account: "123456789012"), account: "999999999999") == "enrolment.wrongAccount")
        #expect(try await answer(EnrolmentTerms(account: "123456789012")) == "enrolment.wrongAccount")
        #expect(try await answer(EnrolmentTerms(host: "node-*")) == "none")
        #expect(try await answer(EnrolmentTerms(host: "web-*")) == "enrolment.wrongHost")
        #expect(await refusal { try await answer(EnrolmentTerms(account: "12")) } == "enrolment.malformed")
        let issued = try await place.installation.services.enrolment.issueToken(for: place.acme.environment, by: place.admin)
        let name = try #require(
            try await place.fleet.tokens(by: place.admin).first { $0.usedAt == nil && $0.terms == EnrolmentTerms() }?.name)
        try await place.fleet.expireToken(name, by: place.admin)
        place.installation.time.advance(1)
        let request = try Installation.request(issued.token, P256.Signing.PrivateKey())
        #expect(await refusal { try await place.installation.enrol(request) } == "enrolment.expiredToken")
    }

    // MARK: Certificates

    @Test func anAnswerLostInFlightLocksNobodyOut() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let lost = try await place.renewed(agent)
        _ = try await agent.authenticate()
        let second = try await place.renewed(agent)
        _ = try await agent.authenticate()
        _ = try await second.authenticate()
        // From the new one's first use on the old one is refused; that is no sign of a copy when it was on its way.
        #expect(await refusal { try await agent.authenticate() } == "auth.badCertificate")
        #expect(await refusal { try await lost.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(second) == .live)
    }

    @Test func aCopiedKeyUsedFromElsewhereIsNoticedAndQuarantined() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        _ = try await agent.authenticate()
        let second = try await place.renewed(agent)
        _ = try await second.authenticate()
        place.installation.time.advance(AgentDirectory.onTheWay + 1)
        #expect(await refusal { try await agent.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(second) == .quarantined)
        #expect(try await place.acts().count { $0 == "copiedKeyNoticed" } == 1)
        #expect(await refusal { try await agent.authenticate() } == "auth.badCertificate")
        #expect(try await place.acts().count { $0 == "copiedKeyNoticed" } == 1, "said once")
        #expect(try await second.upload(second.bundle(sequence: 1)).status == .held)
    }

    @Test func enrollingAgainKeepsTheNameAndRaisesTheEpochAndAnOldEpochInUseIsNoticed() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        _ = try await agent.upload(agent.bundle(sequence: 1))
        let issued = try await place.installation.services.enrolment.issueTokenAsOperator(for: place.acme.environment)
        let key = P256.Signing.PrivateKey()
        var request = try Installation.request(issued.token, key)
        let pin = place.installation.services.enrolment.authorityPin
        let binding = EnrolmentBinding(
            authority: pin, tenant: place.acme.tenant.id, environment: place.acme.environment.id, challenge: "", csr: request.csr)
        let statement = EnrolmentStatement(method: .token, binding: binding, evidence: issued.token.expose())
        request.authority = pin
        request.statement = try statement.signed(with: key)
        // Somebody else's signature first: the token is not used up by it.
        request.previous = PreviousIdentity(
            agent: agent.response.agent, signature: try statement.signed(with: P256.Signing.PrivateKey()))
        let forged = request
        #expect(await refusal { try await place.installation.enrol(forged) } == "enrolment.badStatement")
        request.previous = PreviousIdentity(agent: agent.response.agent, signature: try statement.signed(with: agent.key))
        let response = try await place.installation.enrol(request)
        #expect(response.agent == agent.response.agent && response.epoch == 2)
        let again = TestAgent(installation: place.installation, key: key, response: response)
        #expect(try await again.upload(again.bundle(sequence: 1, epoch: 2)).status == .accepted)
        place.installation.time.advance(AgentDirectory.onTheWay + 1)
        #expect(await refusal { try await agent.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(again) == .quarantined)
    }

    @Test func aFreshKeyIsAskedForWithTheNextSignOfLife() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        func heartbeat(_ agent: TestAgent) async throws -> HeartbeatAnswer {
            try await place.installation.services.agents.heartbeat(
                Heartbeat(
                    agentVersion: "0.1.0", hostname: "h", platform: "p", spoolDepth: 0,
                    clock: (place.installation.time.now + 7200).formatted(.iso8601),
                    missingPermissions: ["iam:ListUsers"], authorities: ["sha256:00"]), from: try await agent.authenticate())
        }
        #expect(try await heartbeat(agent).renew == nil)
        place.installation.time.advance(1)
        try await place.fleet.requestRenewal(agent.response.agent.description, by: place.admin)
        #expect(try await heartbeat(agent).renew == true)
        let second = try await place.renewed(agent)
        #expect(try await heartbeat(second).renew == nil)
        let standing = try await place.fleet.agent(agent.response.agent.description, by: place.admin).agent.standing
        #expect(standing.clockSkew == 7200 && standing.missingPermissions == ["iam:ListUsers"] && standing.trusts == ["sha256:00"])
    }

    @Test func oldAndNewVersionsAreAdvised() {
        #expect(
            VersionPolicy.advice(agent: "1.4.2", server: "1.4.0") == nil && VersionPolicy.advice(agent: "1.3.9", server: "1.4.0") == nil)
        #expect(VersionPolicy.advice(agent: "1.2.9", server: "1.4.0")?.contains("upgrade it") == true)
        #expect(VersionPolicy.advice(agent: "0.9", server: "1.0.0")?.contains("upgrade it") == true)
        #expect(VersionPolicy.advice(agent: "1.5.0", server: "1.4.0")?.contains("server first") == true)
        #expect(VersionPolicy.advice(agent: "nonsense", server: "1.4.0") == nil)
    }

    // MARK: Lists and authorities

    @Test func otherVerifiersLearnOfRevokedCertificatesFromTheList() async throws {
        let place = try await Place()
        let (good, bad) = (try await place.agent(), try await place.agent())
        try await place.installation.services.agents.revoke(bad.response.agent.description, by: place.admin)
        let list = try await place.installation.services.revocationLists.list(issuer: nil)
        let folder = place.installation.path + "/crl"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let current = try place.installation.watch.current()
        try Data(list).write(to: URL(filePath: folder + "/crl.der"))
        try Data((current.signing.rootPEM + "\n").utf8).write(to: URL(filePath: folder + "/root.pem"))
        try Data((current.signing.issuingPEM + "\n").utf8).write(to: URL(filePath: folder + "/issuing.pem"))
        func openssl(_ arguments: [String]) throws -> (Int32, String) {
            let (process, pipe) = (Process(), Pipe())
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: folder)
            (process.standardOutput, process.standardError) = (pipe, pipe)
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
        #expect(try openssl(["crl", "-inform", "DER", "-in", "crl.der", "-out", "crl.pem"]).0 == 0)
        func verify(_ agent: TestAgent) throws -> String {
            try Data(agent.response.certificates[0].utf8).write(to: URL(filePath: folder + "/leaf.pem"))
            let time = String(Int(place.installation.time.now.timeIntervalSince1970))
            return try openssl([
                "verify", "-crl_check", "-attime", time, "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-CRLfile", "crl.pem",
                "leaf.pem",
            ]).1
        }
        #expect(try verify(good).contains("leaf.pem: OK"))
        #expect(try verify(bad).contains("certificate revoked"))
        #expect(await refusal { try await place.installation.services.revocationLists.list(issuer: "00") } == "store.notFound")
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

/// What a suspended tenant's agents get, by whatever way they come.
@Suite struct SuspendedTenantTests {
    @Test func aSuspendedTenantsAgentsAreToldToWaitAndNobodyEnrols() async throws {
        let outside = try FakeOutside()
        outside.sts.add(Applicant.accessKey, .init(secret: Applicant.secret, arn: Applicant.role))
        let installation = try await Installation(outside: outside)
        let acme = try await installation.tenant()
        try await installation.rule(
            acme.environment, .awsIAM(AWSRoleCondition(roles: ["arn:aws:iam::123456789012:role/cloudryption-agent"])), tenant: acme.tenant)
        let agent = try await installation.enrol(acme.environment)
        _ = try await agent.authenticate()
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: acme.environment)
        try await installation.store.write(acme.tenant.id) { try $0.setTenantState(.suspended) }
        #expect(await refusal { try await agent.authenticate() } == "auth.unavailable")
        let request = try Installation.request(issued.token, P256.Signing.PrivateKey())
        #expect(await refusal { try await installation.enrol(request) } == "enrolment.unavailable")
        var applicant = Applicant(installation, acme.environment)
        try applicant.begin(.awsIAM)
        let byRole = try applicant.awsRequest()
        #expect(await refusal { try await installation.enrol(byRole) } == "enrolment.notAllowed")
        try await installation.store.write(acme.tenant.id) { try $0.setTenantState(.active) }
        _ = try await agent.authenticate()
        _ = try await installation.enrol(byRole)
    }
}
