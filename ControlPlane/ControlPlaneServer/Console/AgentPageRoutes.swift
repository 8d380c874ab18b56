import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import WireProtocol

/// Pages about the fleet: all agents, one of them with what can be done about it, and how a new one comes in.
struct AgentPageRoutes: PageRoutes {
    let services: ListenerServices
    let templates: Templates

    func add(to router: Router<SiteContext>) {
        let pages = signedIn(router)
        pages.get("agents", use: agents)
        pages.get("agents/new", use: addPage)
        pages.post("agents/new", use: add)
        pages.get("agents/new/progress", use: progress)
        pages.get("agents/:id", use: agent)
        pages.post("agents/:id", use: act)
        pages.get("environments/new", use: environmentPage)
        pages.post("environments", use: makeEnvironment)
    }

    /// The page's surroundings, of this environment whatever the query says.
    private func pageSource(
        _ request: Request, _ context: SignedInContext, in environment: ControlPlaneCore.Environment
    ) async throws -> PageSource {
        var source = try await pageSource(request, context)
        guard source.environment?.id != environment.id else { return source }
        source.reading.environment = environment
        source.reading.result = try await services.results.latest(in: environment, for: context.session)
        source.reading.runs = try await context.session.runs(in: environment.id, limit: 100)
        return source
    }

    // MARK: The fleet, and one agent

    @Sendable private func agents(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.readAgents)
        var state: Agent.State?
        if let text = request.uri.queryParameters["state"] {
            guard let found = Agent.State(rawValue: String(text)) else {
                throw Refusal(
                    .badRequest, "http.badQuery", "state is one of \(Agent.State.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            state = found
        }
        let source = try await pageSource(request, context)
        return try page("agents", AgentsPage(source, try await context.session.agents(in: source.environment?.id), state: state))
    }

    @Sendable private func agent(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try await agentPage(request, context, message: nil)
    }

    private func agentPage(_ request: Request, _ context: SignedInContext, message: String?) async throws -> Response {
        let session = context.session
        let detail = try await services.fleet.agent(context.parameters.get("id") ?? "", by: session)
        let environment = try await session.environment(detail.agent.environment.description)
        let source = try await pageSource(request, context, in: environment)
        var entries: [AuditEntry] = []
        if session.allows(.readAudit) { entries = try await newestEntries(session) }
        var names: [String: String] = [:]
        if session.allows(.readUsers) {
            for person in try await services.access.people.people(for: .session(session)) {
                names["user:\(person.user.id)"] = person.user.email
            }
        }
        return try page(
            "agent", AgentPage(source, detail, entries: entries, names: names, message: message),
            status: message == nil ? .ok : .unprocessableContent)
    }

    private func newestEntries(_ session: TenantSession) async throws -> [AuditEntry] {
        let end = try await session.auditLength()
        return try await session.auditEntries(after: end > 1000 ? end - 1000 : 0, limit: 1000)
    }

    @Sendable private func act(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let (session, fleet, id) = (context.session, services.fleet, context.parameters.get("id") ?? "")
        switch form["act"] {
        case "approve": try await fleet.approve(id, by: session)
        case "rotate": try await fleet.requestRenewal(id, by: session)
        case "quarantine": try await fleet.quarantine(id, by: session)
        case "release":
            guard let held = form["held"], ["analyse", "discard"].contains(held) else { throw Self.badForm }
            try await fleet.release(id, discarding: held == "discard", by: session)
        case "revoke":
            try session.require(.manageAgents)
            let agent = try await fleet.agent(id, by: session).agent
            // Dangerous here as in the API: whoever sits down at an open browser cannot do it.
            do throws(AccessError) { try session.requireRecentProof() } catch {
                guard error.code == .stepUpRequired else { throw error }
                return seeOther("/step-up?next=\(PercentEncoding.encode("/agents/\(agent.id)"))")
            }
            guard let typed = form["typed"], typed.utf8.elementsEqual(AgentPage.typedName(agent).utf8) else {
                return try await agentPage(request, context, message: "That was not the name of this agent.")
            }
            try await services.agents.revoke(id, by: session)
        default: throw Self.badForm
        }
        return seeOther("/agents/\(id)")
    }

    private static let badForm = Refusal(.badRequest, "http.badForm", "The form does not say what to do.")

    // MARK: A new environment, a new agent

    @Sendable private func environmentPage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.manageEnvironments)
        return try page("newEnvironment", NewEnvironmentPage(try await pageSource(request, context)))
    }

    @Sendable private func makeEnvironment(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let name = form["name"] ?? ""
        do {
            let made = try await services.access.environments.create(name, by: context.session)
            return seeOther("/agents/new?environment=\(made.id)")
        } catch let error as StoreError where error.code == .conflict {
            return try page(
                "newEnvironment",
                NewEnvironmentPage(try await pageSource(request, context), name: name, message: "Nothing was made: \(error.message)."),
                status: .unprocessableContent)
        }
    }

    @Sendable private func addPage(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.manageAgents)
        let source = try await pageSource(request, context)
        // Without an environment there is nothing that an agent could be added to.
        guard let environment = source.environment else { return seeOther("/environments/new") }
        return try page("addAgent", AddAgentPage(source, environment))
    }

    @Sendable private func add(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let form = try await form(request, context)
        let session = context.session
        try session.require(.manageAgents)
        let environment = try await session.environment(form["environment"] ?? "")
        let needsApproval = form["approval"] == "yes"
        let now = services.clock.now()
        do {
            switch form["method"].flatMap({ EnrolmentMethodName(rawValue: $0) }) {
            case .token?:
                let terms = EnrolmentTerms(account: Self.text(form["account"]), host: Self.text(form["host"]), needsApproval: needsApproval)
                let issued = try await services.enrolment.issueToken(for: environment, terms: terms, by: session)
                return try await progressPage(
                    try await pageSource(request, context, in: environment), environment, since: now, method: .token, issued: issued)
            case .awsIAM?:
                let roles = AWSRoleCondition(roles: Self.lines(form["roles"]))
                _ = try await services.fleet.makeRule(for: environment.id, .awsIAM(roles), needsApproval: needsApproval, by: session)
                return seeOther(Self.progressPath(environment, .awsIAM, since: now))
            case .openID?:
                let condition = OpenIDCondition(
                    issuer: Self.text(form["issuer"]) ?? "", audience: Self.text(form["audience"]), subjects: Self.lines(form["subjects"]))
                _ = try await services.fleet.makeRule(for: environment.id, .openID(condition), needsApproval: needsApproval, by: session)
                return seeOther(Self.progressPath(environment, .openID, since: now))
            default: throw Self.badForm
            }
        } catch let error as EnrolmentError where error.code == .malformed {
            let source = try await pageSource(request, context, in: environment)
            return try page(
                "addAgent", AddAgentPage(source, environment, form: form, message: "That is no rule: \(error.message)."),
                status: .unprocessableContent)
        }
    }

    private static func text(_ field: String?) -> String? { field.map(\.trimmingASCIISpace).flatMap { $0.isEmpty ? nil : $0 } }
    private static func lines(_ field: String?) -> [String] {
        (field ?? "").split(whereSeparator: { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }).compactMap { text(String($0)) }
    }

    private static func progressPath(
        _ environment: ControlPlaneCore.Environment, _ method: EnrolmentMethodName, since: Date
    ) -> String {
        // Whole seconds, rounded down: an agent of the same second counts.
        "/agents/new/progress?environment=\(environment.id)&method=\(method.rawValue)&since=\(Int(since.timeIntervalSince1970))"
    }

    @Sendable private func progress(_ request: Request, _ context: SignedInContext) async throws -> Response {
        try context.session.require(.manageAgents)
        let source = try await pageSource(request, context)
        guard let environment = source.environment else { throw Refusal.notFound }
        guard let since = try request.number("since", in: 0...4_102_444_800),
            let method = request.uri.queryParameters["method"].flatMap({ EnrolmentMethodName(rawValue: String($0)) })
        else { throw Refusal(.badRequest, "http.badQuery", "Say since when, and by which method.") }
        return try await progressPage(
            source, environment, since: Date(timeIntervalSince1970: TimeInterval(since)), method: method, issued: nil)
    }

    private func progressPage(
        _ source: PageSource, _ environment: ControlPlaneCore.Environment, since: Date, method: EnrolmentMethodName, issued: IssuedToken?
    ) async throws -> Response {
        let session = source.session
        let began = Date(timeIntervalSince1970: since.timeIntervalSince1970.rounded(.down))
        var refusals: [String] = []
        if session.allows(.readAudit) {
            refusals = try await newestEntries(session).filter {
                $0.act == AuditAct.enrolmentRefused.rawValue && $0.subject == "environment:\(environment.id)" && $0.time >= began
            }.map(\.outcome)
        }
        let progress = EnrolmentProgress(
            by: method, since: began, now: source.now, agents: try await session.agents(in: environment.id), runs: source.runs,
            refusals: refusals,
            gatewayURL: services.gatewayURL, consoleURL: services.consoleURL)
        let command = issued.map { services.enrolCommand($0.token) } ?? services.enrolCommand(method, environment)
        return try page(
            "enrolmentProgress",
            EnrolmentProgressPage(
                source, progress, since: began, command: command, expires: issued?.expiresAt,
                again: Self.progressPath(environment, method, since: began)))
    }
}

extension ListenerServices {
    /// What to run where the agent will live, for a method that needs no secret; `nil` for a token, which is shown once.
    func enrolCommand(_ method: EnrolmentMethodName, _ environment: ControlPlaneCore.Environment) -> String? {
        let proof =
            switch method {
            case .token: ""
            case .awsIAM: "--method aws-iam"
            case .openID: "--method oidc --oidc-token-file /var/run/secrets/cloudryption/token"
            }
        guard !proof.isEmpty else { return nil }
        let place = "--tenant \(environment.tenant) --environment \(environment.id)"
        return "cloudryption-agent enroll \(proof) --server \(consoleURL) --ca-pin \(enrolment.authorityPin) \(place)"
    }
}
