import Basics
import ControlPlaneStore
import Crypto
import EnrolmentCA
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

/// Revocation, quarantine, locks, renewal, re-enrolment, copied keys.
@Suite struct CredentialLifeTests {
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

    @Test func aThiefWhoRenewsFirstIsHeldOnceTheOwnerSpeaks() async throws {
        let place = try await Place()
        let owner = try await place.agent()
        _ = try await owner.authenticate()
        // The thief has a copy of key and certificate; for the directory the renewed one is the agent now.
        let thief = try await place.renewed(owner)
        _ = try await thief.authenticate()
        #expect(await refusal { try await owner.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(thief) == .live, "that may have been a request on its way")
        place.installation.time.advance(AgentDirectory.onTheWay + 1)
        #expect(await refusal { try await owner.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(thief) == .quarantined)
        #expect(try await thief.upload(thief.bundle(sequence: 1)).status == .held)
    }

    @Test func twoHoldersOfOneKeyThatBothRenewAreNoticed() async throws {
        let place = try await Place()
        let owner = try await place.agent()
        let (first, second) = (try await place.renewed(owner), try await place.renewed(owner))
        // The first one's answer was not lost: both are shown, and only one can be the agent's.
        _ = try await second.authenticate()
        #expect(await refusal { try await first.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(second) == .live)
        place.installation.time.advance(AgentDirectory.onTheWay + 1)
        #expect(await refusal { try await first.authenticate() } == "auth.badCertificate")
        #expect(try await place.state(second) == .quarantined)
        let events = try await place.installation.audit(place.acme.tenant.id).filter { $0.act == "copiedKeyNoticed" }
        #expect(events.count == 1 && events.first?.subject == "agent:\(owner.response.agent)")
    }

    @Test func renewingFreesNobodyWhoseKeyWasCopiedAndStrangersHoldNobody() async throws {
        let place = try await Place()
        let agent = try await place.agent()
        let second = try await place.renewed(agent)
        _ = try await second.authenticate()
        place.installation.time.advance(AgentDirectory.onTheWay + 1)
        // Neither a serial that was never issued nor another agent's certificate under this name says anything of this agent's key.
        let stranger = try await place.agent()
        var forged = try TestAgent.peer(agent.response.certificates[0])
        forged.serial = "0f"
        var mixed = try TestAgent.peer(stranger.response.certificates[0])
        mixed.uri = second.name.description
        var foreign = try TestAgent.peer(agent.response.certificates[0])
        foreign.keyDigest = [UInt8](repeating: 7, count: 32)
        for certificate in [forged, mixed, foreign] {
            #expect(await refusal { try await place.installation.services.agents.authenticate(certificate) } == "auth.badCertificate")
        }
        #expect(try await place.state(second) == .live)
        _ = await refusal { try await agent.authenticate() }
        let third = try await place.renewed(second)
        _ = try await third.authenticate()
        #expect(try await place.state(third) == .quarantined, "a fresh key is no answer to a copied one")
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
