import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// What agents have to go by: for all of an environment, or for one.
extension APIRoutes {
    var settingsRoutes: [APIRoute] {
        pair("agents/{id}/settings", ids: ("agentSettings", "setAgentSettings"), "one agent; they go before its environment's") { call in
            guard let id = AgentID(call.parameter("id")) else { throw Refusal(.notFound, "store.notFound", "No such agent.") }
            return .agent(id)
        }
            + pair(
                "environments/{environment}/agent-settings", ids: ("environmentSettings", "setEnvironmentSettings"),
                "every agent of an environment"
            ) { call in .environment(try await call.session.environment(call.parameter("environment")).id) }
    }

    private func pair(
        _ path: String, ids: (get: String, set: String), _ whose: String,
        _ scope: @escaping @Sendable (APICall) async throws -> SettingsScope
    ) -> [APIRoute] {
        let fleet = services.fleet
        return [
            APIRoute(
                method: .get, path: path, id: ids.get, summary: "Settings for \(whose).", access: .permission(.readAgents),
                answer: .json(.named("StoredSettings"))
            ) { call in
                let found = try await fleet.settings(for: try await scope(call), by: try call.session)
                return try .json(
                    API.StoredSettings(
                        settings: found?.settings ?? AgentSettings(), version: found?.version,
                        changedAt: found?.changedAt.formatted(.iso8601)))
            },
            APIRoute(
                method: .put, path: path, id: ids.set,
                summary:
                    "Set, in place of what was set before, what holds for \(whose). Agents take only what lies within their own bounds.",
                access: .permission(.manageAgents), body: .named("AgentSettings"), answer: .json(.named("StoredSettings"))
            ) { call in
                let made = try await fleet.set(try call.json(AgentSettings.self), for: try await scope(call), by: try call.session)
                return try .json(
                    API.StoredSettings(
                        settings: made.settings, version: made.version, changedAt: made.changedAt.formatted(.iso8601)))
            },
        ]
    }
}
