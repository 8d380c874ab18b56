import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// What runs found.
extension APIRoutes {
    private static let runItems: [APIRoute.Item] = [
        .init(name: "environment", schema: .text(most: 100), text: "Name or identifier of an environment; else that of the newest run."),
        .init(name: "run", schema: .id, text: "The run; else the newest that succeeded."),
    ]
    private static let severityItem = APIRoute.Item(
        name: "severity", schema: .words(Severity.allCases.map(\.rawValue)), text: "This severity and worse.")

    var resultRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "status", id: "status", summary: "How an environment stands.", access: .permission(.readResults),
                query: Self.runItems, answer: .json(.named("Status")), run: status),
            APIRoute(
                method: .get, path: "findings", id: "findings", summary: "What the controls found, worst first.",
                access: .permission(.readResults), query: Self.runItems + [Self.severityItem] + Self.listItems,
                answer: .json(.envelope(.list(.anything("A finding; see Protocol/Spec/results.md."))))
            ) { call in
                let least = try call.request.severity() ?? .informational
                return try await resultList(call, "findings") { $0.result.findings.filter { $0.severity >= least } }
            },
            APIRoute(
                method: .get, path: "paths", id: "paths", summary: "Attack paths, worst first.", access: .permission(.readResults),
                query: Self.runItems + [Self.severityItem] + Self.listItems,
                answer: .json(.envelope(.list(.anything("An attack path; see Protocol/Spec/results.md."))))
            ) { call in
                let least = try call.request.severity() ?? .informational
                return try await resultList(call, "paths") { $0.result.paths.filter { $0.severity >= least } }
            },
            APIRoute(
                method: .get, path: "paths/{id}", id: "path", summary: "One attack path; with .svg behind its name its picture.",
                access: .permission(.readResults), query: Self.runItems,
                answer: .json(.envelope(.anything("An attack path; see Protocol/Spec/results.md.")))
            ) { call in
                let name = call.parameter("id")
                guard name.hasSuffix(".svg") else { return try await answer(call) { try Self.path(name, in: $0) } }
                return try PictureAnswer.answer(try Self.path(String(name.dropLast(4)), in: try await result(call)))
            },
            APIRoute(
                method: .get, path: "plan", id: "plan", summary: "What to fix, in which order.", access: .permission(.readResults),
                query: Self.runItems, answer: .json(.envelope(.anything("A plan; see Protocol/Spec/results.md.")))
            ) { try await answer($0) { $0.result.plan } },
        ]
    }

    @Sendable private func status(_ call: APICall) async throws -> APIAnswer {
        let session = try call.session
        let reading = try await Reading.load(call.request, session, services)
        guard let environment = reading.environment else {
            throw Refusal(.notFound, "environment.notFound", "This tenant has no environment yet.")
        }
        var agents = API.Status.Agents(live: 0, stale: 0)
        if session.allows(.readAgents) {
            let now = services.clock.now()
            for agent in try await session.agents(in: environment.id) {
                switch agent.state(at: now) {
                case .live: agents.live += 1
                case .stale, .waiting, .expired, .pendingApproval, .quarantined: agents.stale += 1
                case .revoked: break
                }
            }
        }
        return try .json(
            API.Status(
                tenant: session.tenant.id, environment: API.Environment(id: environment.id, name: environment.name),
                run: reading.result?.run.id, snapshot: reading.result?.snapshot, summary: reading.result?.result.summary, agents: agents,
                lastRun: reading.runs.first.map { API.Run($0) }))
    }

    private func result(_ call: APICall) async throws -> RunResult {
        let reading = try await Reading.load(call.request, try call.session, services)
        guard let result = reading.result else {
            throw Refusal(.notFound, "run.none", "No run of this environment has succeeded yet. Nothing is known about it.")
        }
        return result
    }

    /// The one run that the query means, and what `data` makes of it.
    private func answer<Content: Codable & Sendable>(_ call: APICall, _ data: (RunResult) throws -> Content) async throws -> APIAnswer {
        let result = try await result(call)
        return try .json(
            API.Envelope(
                tenant: result.run.tenant, environment: result.environment.id, run: result.run.id, snapshot: result.snapshot,
                data: try data(result)))
    }

    /// A part of a list of one run. A list that goes on goes on in that very run, however many ended meanwhile.
    private func resultList<Element: Codable & Sendable>(
        _ call: APICall, _ route: String, _ list: (RunResult) -> [Element]
    ) async throws -> APIAnswer {
        let place = try services.cursors.place(route, call).flatMap { ResultPlace($0) }
        let result: RunResult
        if let place {
            guard let found = try await services.results.result(of: place.run, for: try call.session) else {
                throw Refusal(.gone, "http.listChanged", "The run that the cursor stood in is gone: begin again.")
            }
            result = found
        } else {
            result = try await self.result(call)
        }
        let rest = list(result).dropFirst(place?.index ?? 0)
        let page = Array(rest.prefix(try call.request.number("limit", in: 1...1_000_000) ?? .max))
        let next =
            rest.count > page.count
            ? try services.cursors.make(ResultPlace(run: result.run.id, index: (place?.index ?? 0) + page.count).text, route, call) : nil
        return try .json(
            API.Envelope(
                tenant: result.run.tenant, environment: result.environment.id, run: result.run.id, snapshot: result.snapshot, data: page,
                next: next))
    }
}

/// A run, whose lists never change, and how much of a list was given.
private struct ResultPlace {
    var run: RunID
    var index: Int

    init(run: RunID, index: Int) {
        self.run = run
        self.index = index
    }
    init?(_ text: String) {
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 2, let run = RunID(parts[0]), let index = Int(parts[1]), index >= 0 else { return nil }
        self.init(run: run, index: index)
    }
    var text: String { "\(run) \(index)" }
}
