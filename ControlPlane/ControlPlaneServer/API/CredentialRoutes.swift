import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// Agents' credentials: their history, approval, quarantine, locks, rules and tokens.
extension APIRoutes {
    var credentialRoutes: [APIRoute] { agentActs + ruleRoutes + lockRoutes }

    private var agentActs: [APIRoute] {
        func act(
            _ word: String, _ summary: String, body: Schema? = nil,
            _ run: @escaping @Sendable (APICall, any ManagingFleet) async throws -> Void
        ) -> APIRoute {
            let fleet = services.fleet
            return APIRoute(
                method: .post, path: "agents/{id}/\(word)", id: "\(word)Agent", summary: summary, access: .permission(.manageAgents),
                body: body, answer: .nothing
            ) { call in
                try await run(call, fleet)
                return .nothing
            }
        }
        return [
            APIRoute(
                method: .get, path: "agents/{id}/credentials", id: "agentCredentials",
                summary: "One agent's credentials and their history.",
                access: .permission(.readAgents), answer: .json(.named("AgentDetail"))
            ) { call in
                let detail = try await services.fleet.agent(call.parameter("id"), by: try call.session)
                return try .json(API.AgentDetail(detail, now: services.clock.now()))
            },
            act("approve", "Let an agent be live that has to be approved.") { call, fleet in
                try await fleet.approve(call.parameter("id"), by: try call.session)
            },
            act("rotate", "Ask an agent for a fresh key, with its next sign of life.") { call, fleet in
                try await fleet.requestRenewal(call.parameter("id"), by: try call.session)
            },
            act("quarantine", "Have an agent's bundles held.") { call, fleet in
                try await fleet.quarantine(call.parameter("id"), by: try call.session)
            },
            act("release", "End a quarantine; what was held is analysed, or discarded.", body: .named("ReleaseRequest")) { call, fleet in
                try await fleet.release(
                    call.parameter("id"), discarding: try call.json(API.ReleaseRequest.self).discard, by: try call.session)
            },
        ]
    }

    private var ruleRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "enrolment-rules", id: "enrolmentRules", summary: "Rules by which agents enrol, oldest first.",
                access: .permission(.readAgents), query: Self.listItems, answer: .json(.list(of: "EnrolmentRule"))
            ) { call in
                try list(try await services.fleet.rules(by: try call.session), "enrolment-rules", call, key: \.id.description) {
                    API.EnrolmentRule($0)
                }
            },
            APIRoute(
                method: .post, path: "enrolment-rules", id: "createEnrolmentRule", summary: "Make a rule by which agents enrol.",
                access: .permission(.manageAgents), body: .named("NewEnrolmentRule"), answer: .created(.named("EnrolmentRule"))
            ) { call in
                let wish = try call.json(API.NewEnrolmentRule.self)
                let environment = try await call.session.environment(wish.environment)
                let rule = try await services.fleet.makeRule(
                    for: environment.id, try Self.condition(wish), needsApproval: wish.needsApproval ?? false, by: try call.session)
                return try .json(API.EnrolmentRule(rule), status: .created)
            },
            APIRoute(
                method: .delete, path: "enrolment-rules/{id}", id: "deleteEnrolmentRule",
                summary: "Drop a rule. Agents that came by it stay; a lock shuts them out.", access: .permission(.manageAgents),
                answer: .nothing
            ) { call in
                try await services.fleet.dropRule(call.parameter("id"), by: try call.session)
                return .nothing
            },
            APIRoute(
                method: .get, path: "enrolment-tokens", id: "enrolmentTokens", summary: "One-time tokens, newest first.",
                access: .permission(.readAgents), query: Self.listItems, answer: .json(.list(of: "ListedToken"))
            ) { call in
                let now = services.clock.now()
                return try list(try await services.fleet.tokens(by: try call.session), "enrolment-tokens", call, key: \.name) {
                    API.ListedToken($0, now: now)
                }
            },
            APIRoute(
                method: .delete, path: "enrolment-tokens/{name}", id: "expireEnrolmentToken", summary: "End a token that was not used.",
                access: .permission(.manageAgents), answer: .nothing
            ) { call in
                try await services.fleet.expireToken(call.parameter("name"), by: try call.session)
                return .nothing
            },
        ]
    }

    private var lockRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "locks", id: "locks", summary: "Everything that is shut out.", access: .permission(.readAgents),
                query: Self.listItems, answer: .json(.list(of: "Lock"))
            ) { call in
                try list(
                    try await services.fleet.locks(by: try call.session), "locks", call, key: { "\($0.kind.rawValue) \($0.subject)" }
                ) { API.Lock(kind: $0.kind.rawValue, subject: $0.subject, since: $0.since.formatted(.iso8601)) }
            },
            APIRoute(
                method: .post, path: "locks", id: "lock",
                summary: "Shut out a tenant's agents, an environment's, one, what a grant let in, or a certificate.",
                access: .permission(.manageAgents), isDangerous: true, body: .named("Lock"), answer: .nothing
            ) { call in
                let wish = try call.json(API.Lock.self)
                try await services.fleet.lock(try Self.kind(wish.kind), wish.subject, by: try call.session)
                return .nothing
            },
            APIRoute(
                method: .delete, path: "locks/{kind}/{subject}", id: "unlock", summary: "Let in again; not a certificate.",
                access: .permission(.manageAgents), isDangerous: true, answer: .nothing
            ) { call in
                try await services.fleet.unlock(try Self.kind(call.parameter("kind")), call.parameter("subject"), by: try call.session)
                return .nothing
            },
        ]
    }

    private static func kind(_ text: String) throws -> Lock.Kind {
        guard let kind = Lock.Kind(rawValue: text) else { throw Refusal(.notFound, "store.notFound", "There is no such kind of lock.") }
        return kind
    }

    private static func condition(_ wish: API.NewEnrolmentRule) throws(EnrolmentError) -> EnrolmentRule.Condition {
        // What the method does not look at would be a condition that its author believes in and nobody holds.
        switch EnrolmentMethodName(rawValue: wish.method) {
        case .awsIAM?:
            guard wish.issuer == nil, wish.audience == nil, wish.subjects == nil, wish.claims == nil, wish.keys == nil else {
                throw EnrolmentError(.malformed, "issuer, audience, subjects, claims and keys are for oidc")
            }
            return .awsIAM(AWSRoleCondition(roles: wish.roles ?? []))
        case .openID?:
            guard wish.roles == nil else { throw EnrolmentError(.malformed, "roles are for aws-iam") }
            return .openID(
                OpenIDCondition(
                    issuer: wish.issuer ?? "", audience: wish.audience, subjects: wish.subjects ?? [], claims: wish.claims, keys: wish.keys)
            )
        default: throw EnrolmentError(.malformed, "rules are for aws-iam and oidc")
        }
    }
}

extension API.AgentDetail {
    init(_ detail: FleetService.Detail, now: Date) {
        let (agent, standing) = (detail.agent, detail.agent.standing)
        self.init(
            agent: API.Agent(agent, now: now), condition: agent.state(at: now).rawValue, epoch: agent.epoch, method: standing.method,
            grant: standing.grant, account: standing.account, quarantine: standing.quarantine?.reason,
            renewalWanted: standing.renewalWanted != nil, clockSkew: standing.clockSkew, missingPermissions: standing.missingPermissions,
            permissionsCheckedAt: standing.permissionsCheckedAt?.formatted(.iso8601),
            certificates: detail.certificates.map {
                Certificate(
                    serial: $0.serial, epoch: $0.epoch, issuer: $0.issuer, issuedAt: $0.issuedAt.formatted(.iso8601),
                    notAfter: $0.notAfter.formatted(.iso8601), firstUsedAt: $0.firstUsedAt?.formatted(.iso8601),
                    supersededAt: $0.supersededAt?.formatted(.iso8601), revokedAt: $0.revokedAt?.formatted(.iso8601))
            }, held: detail.held.map(\.id), settingsVersion: detail.settingsVersion, configuration: standing.configuration)
    }
}

extension API.EnrolmentRule {
    init(_ rule: ControlPlaneCore.EnrolmentRule) {
        self.init(
            id: rule.id, environment: rule.environment, method: rule.method.rawValue, needsApproval: rule.needsApproval,
            createdAt: rule.createdAt.formatted(.iso8601))
        switch rule.condition {
        case .awsIAM(let condition): roles = condition.roles
        case .openID(let condition):
            (issuer, audience, subjects, claims) = (
                condition.issuer, condition.audience ?? EnrolmentService.audience(of: rule.tenant), condition.subjects, condition.claims
            )
        }
    }
}

extension API.ListedToken {
    init(_ token: ControlPlaneCore.EnrolmentToken, now: Date) {
        self.init(
            name: token.name, environment: token.environment,
            state: token.usedAt != nil ? "used" : now > token.expiresAt ? "expired" : "open",
            createdAt: token.createdAt.formatted(.iso8601), expiresAt: token.expiresAt.formatted(.iso8601), usedBy: token.usedBy)
    }
}
