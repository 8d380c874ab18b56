import Basics
@testable import ControlPlaneCore
import Foundation
import Testing
import WireProtocol

@Suite struct SettingsTests {
    private let installation: Installation
    private let acme: TenancyService.Bootstrapped
    private let admin: TenantSession
    private let agent: TestAgent
    private var fleet: FleetService { installation.services.fleet }

    init() async throws {
        installation = try await Installation()
        acme = try await installation.tenant()
        admin = try await installation.session(.tenantAdmin, in: acme.tenant)
        agent = try await installation.enrol(acme.environment)
    }

    private func answer(_ held: HeldConfiguration? = HeldConfiguration()) async throws -> AgentConfiguration? {
        let word = Heartbeat(
            agentVersion: "0.1.0", hostname: "h", platform: "p", spoolDepth: 0, clock: installation.time.now.formatted(.iso8601),
            configuration: held)
        let answer = try await installation.services.agents.heartbeat(word, from: try await agent.authenticate())
        let key = try #require(agent.response.configurationKey)
        return try answer.configuration?.open(key, for: agent.name, after: nil)
    }

    @Test func anAgentHearsOfItsOwnSettingsBeforeItsEnvironments() async throws {
        #expect(try await answer() == nil)
        let environment = SettingsScope.environment(acme.environment.id)
        try await fleet.set(AgentSettings(interval: 3600, services: ["s3", "iam", "iam"]), for: environment, by: admin)
        #expect(try await answer()?.settings == AgentSettings(interval: 3600, services: ["iam", "s3"]))
        try await fleet.set(AgentSettings(interval: 600, rate: 5), for: .agent(agent.response.agent), by: admin)
        let both = try #require(try await answer())
        #expect(both.settings == AgentSettings(interval: 600, services: ["iam", "s3"], rate: 5))
        // Forgetting is a change as well, and comes after all before it.
        try await fleet.set(AgentSettings(), for: .agent(agent.response.agent), by: admin)
        let cleared = try #require(try await answer())
        #expect(cleared.version > both.version && cleared.settings == AgentSettings(interval: 3600, services: ["iam", "s3"]))
        #expect(try await installation.audit(acme.tenant.id).filter { $0.act == "agentConfigured" }.count == 3)
    }

    @Test func itIsNotSentAgainToWhoHasItOrRefusedItNorToWhoKnowsNothingOfIt() async throws {
        let version = try await fleet.set(AgentSettings(rate: 5), for: .agent(agent.response.agent), by: admin).version
        #expect(try await answer()?.version == version)
        #expect(try await answer(HeldConfiguration(version: version)) == nil)
        #expect(try await answer(HeldConfiguration(refused: version, code: "configuration.unknownRegion")) == nil)
        #expect(try await answer(nil) == nil)
        let shown = try await fleet.agent(agent.response.agent.description, by: admin)
        #expect(shown.settingsVersion == version)
        #expect(shown.agent.standing.configuration == HeldConfiguration(refused: version, code: "configuration.unknownRegion"))
    }

    @Test func theVersionGrowsAlsoAfterAnOlderBackupWasRestored() async throws {
        let first = try await fleet.set(AgentSettings(rate: 5), for: .agent(agent.response.agent), by: admin).version
        let second = try await fleet.set(AgentSettings(rate: 6), for: .agent(agent.response.agent), by: admin).version
        #expect(second == first + 1)
        // As if the second change had been lost with the disk.
        let lost = StoredSettings(
            scope: .agent(agent.response.agent), settings: AgentSettings(rate: 5), version: first, changedAt: installation.time.now)
        try await installation.store.write(acme.tenant.id) { try $0.put(lost) }
        installation.time.advance(60)
        #expect(try await fleet.set(AgentSettings(rate: 7), for: .agent(agent.response.agent), by: admin).version > second)
    }

    @Test func nobodySetsWhatIsAbsurdOrNotTheirs() async throws {
        for (settings, code) in [
            (AgentSettings(interval: 1), "configuration.outOfRange"), (AgentSettings(rate: 100_000), "configuration.outOfRange"),
            (AgentSettings(services: []), "configuration.malformed"), (AgentSettings(regions: ["../x"]), "configuration.malformed"),
        ] {
            #expect(await refusal { try await fleet.set(settings, for: .agent(agent.response.agent), by: admin) } == code)
        }
        let auditor = try await installation.session(.auditor, in: acme.tenant)
        #expect(
            await refusal { try await fleet.set(AgentSettings(rate: 5), for: .agent(agent.response.agent), by: auditor) }
                == "auth.forbidden")
        let other = try await installation.session(.tenantAdmin, in: try await installation.tenant("other").tenant)
        for scope in [SettingsScope.agent(agent.response.agent), .environment(acme.environment.id)] {
            #expect(await refusal { try await fleet.set(AgentSettings(rate: 5), for: scope, by: other) } == "store.notFound")
            #expect(await refusal { try await fleet.settings(for: scope, by: other) } == "store.notFound")
        }
        #expect(try await answer() == nil)
    }
}
