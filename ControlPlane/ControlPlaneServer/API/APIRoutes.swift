import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// `/api/v1`. Each answer that was computed from a run is of that one run.
struct APIRoutes: Sendable {
    let services: ListenerServices
    var repeatable: RepeatableRequests { RepeatableRequests(notes: services.access.notes) }

    /// The whole API. Whatever is not named here does not exist.
    var table: [APIRoute] {
        documentRoutes + sessionRoutes + ownRoutes + peopleRoutes + credentialRoutes + settingsRoutes + fleetRoutes + resultRoutes
            + recordRoutes
            + auditRoutes
    }

    private var documentRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "openapi.json", id: "openapi", summary: "This description.", access: .anyone,
                answer: .json(.anything("An OpenAPI 3.1 document."))
            ) { _ in
                APIAnswer(status: .ok, type: Routes.json, body: OpenAPIDocument(routes: table).json.prettyBytes)
            }
        ]
    }

    static func path(_ id: String, in result: RunResult) throws -> AttackPath {
        guard id.utf8.count <= 80, let path = result.result.paths.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
            throw Refusal(.notFound, "path.notFound", "This run has no such path.")
        }
        return path
    }
}

/// A path's picture as a file of its own: it carries its colours, and may do nothing but be drawn.
enum PictureAnswer {
    static func answer(_ path: AttackPath) throws -> APIAnswer {
        guard !path.steps.isEmpty, path.steps.count <= 40 else {
            throw Refusal(.notFound, "path.noPicture", "There is no picture of this path.")
        }
        return APIAnswer(
            status: .ok, type: "image/svg+xml; charset=utf-8", body: Array(PathPicture.svg(path, standalone: true).utf8),
            headers: [.contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox"])
    }
}

extension API.Agent {
    init(_ agent: ControlPlaneCore.Agent, now: Date) {
        let state = agent.state(at: now)
        self.init(
            id: agent.id, environment: agent.environment, state: state.rawValue, live: state == .live, hostname: agent.hostname,
            platform: agent.platform, version: agent.version, enrolledAt: agent.enrolledAt.formatted(.iso8601),
            lastSeen: agent.lastSeen?.formatted(.iso8601), certificateEnds: agent.notAfter.formatted(.iso8601),
            spoolDepth: agent.spoolDepth,
            lastError: agent.lastError)
    }
}

extension API.Run {
    init(_ run: ControlPlaneCore.Run) {
        self.init(
            id: run.id, environment: run.environment, agent: run.agent, bundle: run.bundle, status: run.status.rawValue,
            attempts: run.attempts,
            reason: run.reason, queuedAt: run.createdAt.formatted(.iso8601), startedAt: run.startedAt?.formatted(.iso8601),
            endedAt: run.endedAt?.formatted(.iso8601), snapshot: run.snapshot)
    }
}
