import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// Environments, agents and runs.
extension APIRoutes {
    private static let environmentItem = APIRoute.Item(
        name: "environment", schema: .text(most: 100), text: "Name or identifier of an environment.")

    var fleetRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "environments", id: "environments", summary: "Environments, oldest first.",
                access: .permission(.readResults), query: Self.listItems, answer: .json(.list(of: "Environment"))
            ) { call in
                try list(try await call.session.environments(), "environments", call, key: \.id.description) {
                    API.Environment(id: $0.id, name: $0.name)
                }
            },
            APIRoute(
                method: .post, path: "environments", id: "createEnvironment", summary: "Make an environment.",
                access: .permission(.manageEnvironments), body: .named("NewEnvironment"), answer: .created(.named("Environment"))
            ) { call in
                let made = try await services.access.environments.create(
                    try call.json(API.NewEnvironment.self).name, by: try call.session)
                return try .json(API.Environment(id: made.id, name: made.name), status: .created)
            },
            APIRoute(
                method: .get, path: "agents", id: "agents", summary: "Agents, oldest first.", access: .permission(.readAgents),
                query: [Self.environmentItem] + Self.listItems, answer: .json(.list(of: "Agent"))
            ) { call in
                let environment = try await named(call)
                let now = services.clock.now()
                return try list(
                    try await call.session.agents(in: environment?.id), "agents", call, environment: environment?.id, key: \.id.description
                ) { API.Agent($0, now: now) }
            },
            APIRoute(
                method: .get, path: "agents/{id}", id: "agent", summary: "One agent.", access: .permission(.readAgents),
                answer: .json(.named("Agent"))
            ) { call in
                let id = call.parameter("id")
                guard let agent = try await call.session.agents(in: nil).first(where: { $0.id.description.utf8.elementsEqual(id.utf8) })
                else {
                    throw Refusal(.notFound, "store.notFound", "No such agent.")
                }
                return try .json(API.Agent(agent, now: services.clock.now()))
            },
            APIRoute(
                method: .delete, path: "agents/{id}", id: "revokeAgent", summary: "Shut an agent out, with its next request.",
                access: .permission(.manageAgents), isDangerous: true, answer: .nothing
            ) { call in
                try await services.agents.revoke(call.parameter("id"), by: try call.session)
                return .nothing
            },
            APIRoute(
                method: .post, path: "enrolment-tokens", id: "createEnrolmentToken", summary: "A token with which one agent can enrol.",
                access: .permission(.manageAgents), body: .named("EnrolmentTokenRequest"), answer: .created(.named("EnrolmentToken")),
                run: issueToken),
            APIRoute(
                method: .get, path: "runs", id: "runs", summary: "Runs, newest first.", access: .permission(.readResults),
                query: [
                    Self.environmentItem, .init(name: "limit", schema: .number(1...1000), text: "At most so many; 100 if not said."),
                    .init(name: "cursor", schema: .text(most: 512), text: "`next` of the answer before."),
                ], answer: .json(.list(of: "Run")), run: runs),
            APIRoute(
                method: .get, path: "runs/{id}", id: "run", summary: "One run.", access: .permission(.readResults),
                answer: .json(.named("Run"))
            ) { call in
                guard let id = RunID(call.parameter("id")) else { throw Refusal(.notFound, "store.notFound", "No such run.") }
                return try .json(API.Run(try await call.session.run(id)))
            },
        ]
    }

    private func named(_ call: APICall) async throws -> ControlPlaneCore.Environment? {
        guard let name = call.query("environment") else { return nil }
        return try await call.session.environment(name)
    }

    @Sendable private func runs(_ call: APICall) async throws -> APIAnswer {
        let environment = try await named(call)
        let session = try call.session
        let limit = try call.request.number("limit", in: 1...1000) ?? 100
        var last: ControlPlaneCore.Run?
        if let place = try services.cursors.place("runs", call) {
            guard let id = RunID(place) else { throw Cursors.gone }
            do {
                last = try await session.run(id)
            } catch let error as StoreError where error.code == .notFound {
                throw Cursors.gone
            }
        }
        let page = try await session.runs(in: environment?.id, after: last, limit: limit)
        var next: String?
        if page.count == limit, let last = page.last, try await !session.runs(in: environment?.id, after: last, limit: 1).isEmpty {
            next = try services.cursors.make(last.id.description, "runs", call)
        }
        return try .json(API.List(tenant: session.tenant.id, environment: environment?.id, data: page.map { API.Run($0) }, next: next))
    }

    @Sendable private func issueToken(_ call: APICall) async throws -> APIAnswer {
        let wish = try call.json(API.EnrolmentTokenRequest.self)
        let environment = try await call.session.environment(wish.environment)
        if let agent = wish.agent, AgentID(agent) == nil { throw Refusal(.notFound, "store.notFound", "No such agent.") }
        let terms = EnrolmentTerms(
            account: wish.account, host: wish.host, needsApproval: wish.needsApproval ?? false, agent: wish.agent.flatMap { AgentID($0) })
        let issued = try await services.enrolment.issueToken(for: environment, terms: terms, by: try call.session)
        let answer = API.EnrolmentToken(
            token: issued.token.expose(), expiresAt: issued.expiresAt.formatted(.iso8601), command: services.enrolCommand(issued.token))
        return try .json(answer, status: .created)
    }
}
