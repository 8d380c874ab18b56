import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import WireProtocol

/// What is on record.
extension APIRoutes {
    var recordRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "audit", id: "audit", summary: "The audit log, oldest first.", access: .permission(.readAudit),
                query: [
                    .init(name: "limit", schema: .number(1...1000), text: "At most so many; 200 if not said."),
                    .init(name: "cursor", schema: .text(most: 512), text: "`next` of the answer before."),
                ], answer: .json(.list(of: "AuditEntry")), run: audit),
            APIRoute(
                method: .get, path: "break-glass", id: "breakGlass", summary: "Visits of the operator in your data, newest first.",
                access: .permission(.readAudit), query: Self.listItems, answer: .json(.list(of: "BreakGlass"))
            ) { call in
                let visits = try await services.access.breakGlass.visits(for: try call.session)
                return try list(visits, "break-glass", call, key: \.id.description) {
                    API.BreakGlass(
                        id: $0.id, operator: $0.operator, reason: $0.reason, approvedBy: $0.approvedBy,
                        requestedAt: $0.requestedAt.formatted(.iso8601), openedAt: $0.openedAt?.formatted(.iso8601),
                        endsAt: $0.endsAt?.formatted(.iso8601))
                }
            },
            APIRoute(
                method: .get, path: "sign-on", id: "signOn", summary: "How your own OpenID provider is asked.",
                access: .permission(.manageSignOn), mayFindNothing: true, answer: .json(.named("SignOn"))
            ) { call in
                let session = try call.session
                guard let signOn = try await services.access.signOn.configuration(for: session) else {
                    throw Refusal(.notFound, "store.notFound", "There is no single sign-on.")
                }
                return try .json(API.SignOn(signOn, services.access.signOn.redirectURI(of: session.tenant.id)))
            },
            APIRoute(
                method: .put, path: "sign-on", id: "configureSignOn", summary: "Ask this provider from now on.",
                access: .permission(.manageSignOn), isDangerous: true, body: .named("SignOnChange"), answer: .json(.named("SignOn"))
            ) { call in
                let wish = try call.json(API.SignOnChange.self)
                let session = try call.session
                let signOn = try await services.access.signOn.configure(
                    issuer: wish.issuer, clientID: wish.clientID, secret: wish.clientSecret.map { .fresh(Secret($0)) } ?? .absent,
                    roleClaim: wish.roleClaim,
                    roles: try wish.roles.mapValues(Self.role), by: session)
                return try .json(API.SignOn(signOn, services.access.signOn.redirectURI(of: session.tenant.id)))
            },
            APIRoute(
                method: .delete, path: "sign-on", id: "removeSignOn", summary: "Ask no provider from now on.",
                access: .permission(.manageSignOn), isDangerous: true, answer: .nothing
            ) { call in
                try await services.access.signOn.remove(by: try call.session)
                return .nothing
            },
        ]
    }

    @Sendable private func audit(_ call: APICall) async throws -> APIAnswer {
        let limit = try call.request.number("limit", in: 1...1000) ?? 200
        let place = try services.cursors.place("audit", call).flatMap { UInt64($0) } ?? 0
        let entries = try await call.session.auditEntries(after: place, limit: limit)
        var next: String?
        if entries.count == limit, let last = entries.last { next = try services.cursors.make("\(last.index)", "audit", call) }
        return try .json(
            API.List(tenant: try call.session.tenant.id, environment: nil, data: entries.map { API.AuditEntry($0) }, next: next))
    }
}

extension API.AuditEntry {
    init(_ entry: AuditEntry) {
        self.init(
            index: entry.index, time: entry.time.formatted(.iso8601), actor: entry.actor, act: entry.act, subject: entry.subject,
            outcome: entry.outcome, detail: entry.detail)
    }
}

extension API.SignOn {
    init(_ signOn: SignOn, _ redirectURI: String) {
        self.init(
            issuer: signOn.issuer, clientID: signOn.clientID, roleClaim: signOn.roleClaim, roles: signOn.roles.mapValues(\.rawValue),
            redirectURI: redirectURI)
    }
}
