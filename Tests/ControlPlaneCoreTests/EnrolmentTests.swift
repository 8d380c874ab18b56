import Basics
import ControlPlaneStore
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct EnrolmentTests {
    @Test func aTokenMakesOneAgentWithTheIdentityOfItsRow() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        #expect(agent.response.tenant == made.tenant.id && agent.response.environment == made.environment.id)
        let authenticated = try await agent.authenticate()
        #expect(authenticated.id == agent.response.agent)
        #expect(authenticated.agent.hostname == "host\u{FFFD}", "foreign text is made fit to be shown")
        #expect(try await installation.audit(made.tenant.id).map(\.act).suffix(2) == ["enrolmentTokenIssued", "agentEnrolled"])
    }

    @Test func fiftyCallersWithOneTokenMakeOneAgent() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        let answers = await withTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await refusal {
                        try await installation.services.enrolment.enrol(Installation.request(issued.token, P256.Signing.PrivateKey()))
                    }
                }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(answers == ["none": 1, "enrolment.usedToken": 49])
        #expect(try await installation.store.read(made.tenant.id) { try $0.agents() }.count == 1)
    }

    @Test func badTokensAreRefusedAndSayWhy() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let enrolment = installation.services.enrolment
        func enrol(_ token: Secret<String>) async -> String {
            await refusal { try await enrolment.enrol(Installation.request(token, P256.Signing.PrivateKey())) }
        }
        #expect(await enrol(Secret("")) == "enrolment.invalidToken")
        #expect(await enrol(Secret("clre_nonsense")) == "enrolment.invalidToken")
        #expect(await enrol(SecretText.token(prefix: "clre_")) == "enrolment.invalidToken")
        let issued = try await enrolment.issueTokenAsOperator(for: made.environment)
        installation.time.advance(EnrolmentService.tokenLifetime + 1)
        #expect(await enrol(issued.token) == "enrolment.expiredToken")
        let entry = try #require(try await installation.audit(made.tenant.id).last)
        #expect(entry.act == "enrolmentRefused" && entry.outcome == "enrolment.expiredToken")
    }

    @Test func aBadRequestDoesNotUseTheTokenUp() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        var request = try Installation.request(issued.token, P256.Signing.PrivateKey())
        request.csr = "garbage"
        let bad = request
        #expect(await refusal { try await installation.services.enrolment.enrol(bad) } == "enrolment.badCSR")
        var method = try Installation.request(issued.token, P256.Signing.PrivateKey())
        method.method = "password"
        let other = method
        #expect(await refusal { try await installation.services.enrolment.enrol(other) } == "enrolment.unknownMethod")
        _ = try await installation.services.enrolment.enrol(Installation.request(issued.token, P256.Signing.PrivateKey()))
    }

    @Test func aKeyEnrolsOnce() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let first = try await installation.enrol(made.environment)
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        #expect(
            await refusal { try await installation.services.enrolment.enrol(Installation.request(issued.token, first.key)) }
                == "enrolment.badCSR")
        _ = try await installation.services.enrolment.enrol(Installation.request(issued.token, P256.Signing.PrivateKey()))
    }

    @Test func onlyTheStoredKeySerialAndNameGetIn() async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        let other = try await installation.tenant("other")
        let agent = try await installation.enrol(acme.environment)
        let stranger = try await installation.enrol(other.environment)
        let good = try TestAgent.peer(agent.response.certificates[0])
        func answer(_ change: (inout PeerCertificate) -> Void) async -> String {
            var peer = good
            change(&peer)
            let changed = peer
            return await refusal { try await installation.services.agents.authenticate(changed) }
        }
        #expect(await answer { _ in } == "none")
        #expect(await answer { $0.serial = "0badc0de" } == "auth.badCertificate")
        #expect(await answer { $0.uri = stranger.name.description } == "auth.badCertificate")
        #expect(await answer { $0.uri = "spiffe://cloudryption/tenant/x" } == "auth.badCertificate")
        #expect(await answer { $0.keyDigest = [UInt8](repeating: 7, count: 32) } == "auth.badCertificate")
        let nobody = AgentName(tenant: acme.tenant.id, environment: acme.environment.id, agent: .random())
        #expect(await answer { $0.uri = nobody.description } == "auth.unknownAgent")
        let nowhere = AgentName(tenant: .random(), environment: acme.environment.id, agent: .random())
        #expect(await answer { $0.uri = nowhere.description } == "auth.unknownAgent")
        #expect(await answer { $0.notAfter = installation.time.now - 1 } == "auth.certificateExpired")
    }

    @Test func aRevokedAgentIsOutWithTheNextRequestAndForeignOnesCannotBeRevoked() async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        let other = try await installation.tenant("other")
        let agent = try await installation.enrol(acme.environment)
        _ = try await agent.authenticate()
        let admin = try await installation.session(.tenantAdmin, in: acme.tenant)
        let foreign = try await installation.session(.tenantAdmin, in: other.tenant)
        let id = agent.response.agent.description
        #expect(await refusal { try await installation.services.agents.revoke(id, by: foreign) } == "store.notFound")
        _ = try await agent.authenticate()
        try await installation.services.agents.revoke(id, by: admin)
        #expect(await refusal { try await agent.authenticate() } == "auth.certificateRevoked")
    }

    @Test func aTokenForAForeignEnvironmentIsNotMade() async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        let other = try await installation.tenant("other")
        let session = try await installation.session(.tenantAdmin, in: other.tenant)
        #expect(
            await refusal { try await installation.services.enrolment.issueToken(for: acme.environment, by: session) } == "store.notFound")
        // Not even when the environment claims to be ours.
        var forged = acme.environment
        forged.tenant = other.tenant.id
        let environment = forged
        #expect(await refusal { try await installation.services.enrolment.issueToken(for: environment, by: session) } == "store.conflict")
    }

    @Test func aRenewedCertificateTakesOverWithItsFirstUse() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let old = try TestAgent.peer(agent.response.certificates[0])
        let agents = installation.services.agents
        let authenticated = try await agents.authenticate(old)
        let fresh = P256.Signing.PrivateKey()
        let renewed = try await installation.services.enrolment.renew(authenticated, .init(csr: try Installation.csr(fresh)))
        // The answer may be lost: the old one goes on until the new one is seen.
        installation.time.advance(120)
        _ = try await agents.authenticate(old)
        let new = try TestAgent.peer(renewed.certificates[0])
        let after = try await agents.authenticate(new)
        #expect(after.id == authenticated.id && after.agent.publicKey == Array(fresh.publicKey.x963Representation))
        let answer = await refusal { try await agents.authenticate(old) }
        #expect(answer == "auth.unknownAgent" || answer == "auth.badCertificate")
        // Bundles that the old key signed before are still taken.
        let state = try await TestAgent(
            installation: installation, key: agent.key,
            response: {
                var response = agent.response
                response.certificates = renewed.certificates
                return response
            }()
        ).upload(try agent.bundle(sequence: 1))
        #expect(state.status == .accepted)
    }

    @Test func aRenewalCannotTakeAnotherAgentsKey() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let one = try await installation.enrol(made.environment)
        let two = try await installation.enrol(made.environment)
        let authenticated = try await one.authenticate()
        #expect(
            await refusal { try await installation.services.enrolment.renew(authenticated, .init(csr: try Installation.csr(two.key))) }
                == "enrolment.badCSR")
        _ = try await two.authenticate()
    }

    @Test func aHeartbeatIsNotedAndMadeFitToBeShown() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let agent = try await installation.enrol(made.environment)
        let answer = try await installation.services.agents.heartbeat(
            Heartbeat(
                agentVersion: "2.0", hostname: "<b>\u{0}", platform: "p", spoolDepth: -5, lastError: String(repeating: "e", count: 10_000),
                clock: "x"), from: try await agent.authenticate())
        #expect(answer.serverTime.hasPrefix("2026-"))
        let row = try #require(try await installation.store.read(made.tenant.id) { try $0.agents().first })
        #expect(row.version == "2.0" && row.spoolDepth == 0 && row.hostname == "<b>\u{FFFD}")
        #expect((row.lastError?.unicodeScalars.count ?? 0) <= 257)
        #expect(row.state(at: installation.time.now) == .live)
        #expect(row.state(at: installation.time.now + 1000) == .stale)
    }
}
