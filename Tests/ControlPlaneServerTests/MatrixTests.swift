import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import HTTPTypes
import Testing
import WireProtocol

/// One route as the matrix asks it.
private struct Row {
    /// What stands for `{name}` in the path.
    var parameters: @Sendable (Plane.Side) -> [String: String] = { _ in [:] }
    var body: (@Sendable (Plane.Side) -> String)?
    /// What whoever may ask gets.
    var status: Int
    /// What comes back when everything that names something names the other tenant's; `nil` when the route names nothing.
    var foreign: Int?
}

/// Every route × every role × every way in which another tenant's thing can be named, over TLS and sockets, on both databases. The expected
/// status follows from the permission matrix and the row; a route without a row is a failure. One after the other: each asks for hundreds of
/// answers.
@Suite(.serialized) struct MatrixTests {
    private static let rows: [String: Row] = [
        "openapi": Row(status: 200),
        "signIn": Row(body: { _ in #"{"email":"nobody@nowhere.example","password":"not one of ours"}"# }, status: 401),
        "signOut": Row(status: 204), "challenge": Row(status: 200),
        "showSecondFactor": Row(body: { _ in #"{"code":"000000"}"# }, status: 403),
        "stepUp": Row(body: { _ in #"{"password":"not the right one"}"# }, status: 401),
        "sessions": Row(status: 200),
        "endSession": Row(parameters: { _ in ["id": SessionID.random().description] }, status: 404),
        "whoami": Row(status: 200), "me": Row(status: 200),
        "changePassword": Row(body: { _ in #"{"newPassword":"quite another sentence"}"# }, status: 204),
        "secondFactors": Row(status: 200), "beginApp": Row(status: 200),
        "confirmApp": Row(body: { _ in #"{"code":"000000"}"# }, status: 401),
        "dropApp": Row(status: 404), "newRecoveryCodes": Row(status: 409),
        "addPasskey": Row(body: { _ in #"{"name":"key","clientData":"e30","attestation":"oA"}"# }, status: 422),
        "dropPasskey": Row(parameters: { _ in ["credential": "AAAA"] }, status: 404),
        "users": Row(status: 200),
        "createUser": Row(body: { _ in "{\"email\":\"\(UUID().uuidString)@example.com\",\"role\":\"viewer\"}" }, status: 201),
        "user": Row(parameters: { ["user": $0.target.id.description] }, status: 200, foreign: 404),
        "changeUser": Row(
            parameters: { ["user": $0.target.email] }, body: { _ in #"{"role":"auditor"}"# }, status: 200, foreign: 404),
        "resetSecondFactors": Row(parameters: { ["user": $0.target.id.description] }, status: 204, foreign: 404),
        "resetPassword": Row(parameters: { ["user": $0.target.id.description] }, status: 200, foreign: 404),
        "roles": Row(status: 200), "tokens": Row(status: 200),
        "createToken": Row(
            body: {
                "{\"account\":\"\($0.account.id)\",\"name\":\"t\",\"scopes\":[\"readResults\"],\"days\":1,\"environments\":[\"\($0.environment.id)\"]}"
            }, status: 201, foreign: 404),
        "revokeToken": Row(parameters: { ["id": $0.token.description] }, status: 204, foreign: 404),
        "environments": Row(status: 200),
        "createEnvironment": Row(body: { _ in "{\"name\":\"\(UUID().uuidString)\"}" }, status: 201),
        "agents": Row(status: 200),
        "agent": Row(parameters: { ["id": $0.agent.description] }, status: 200, foreign: 404),
        "revokeAgent": Row(parameters: { ["id": $0.agent.description] }, status: 204, foreign: 404),
        "agentCredentials": Row(parameters: { ["id": $0.agent.description] }, status: 200, foreign: 404),
        "approveAgent": Row(parameters: { ["id": $0.agent.description] }, status: 204, foreign: 404),
        "rotateAgent": Row(parameters: { ["id": $0.agent.description] }, status: 204, foreign: 404),
        "quarantineAgent": Row(parameters: { ["id": $0.agent.description] }, status: 204, foreign: 404),
        "releaseAgent": Row(
            parameters: { ["id": $0.agent.description] }, body: { _ in #"{"discard":true}"# }, status: 204, foreign: 404),
        "agentSettings": Row(parameters: { ["id": $0.agent.description] }, status: 200, foreign: 404),
        "setAgentSettings": Row(
            parameters: { ["id": $0.agent.description] }, body: { _ in #"{"interval":3600}"# }, status: 200, foreign: 404),
        "environmentSettings": Row(parameters: { ["environment": $0.environment.id.description] }, status: 200, foreign: 404),
        "setEnvironmentSettings": Row(
            parameters: { ["environment": $0.environment.id.description] }, body: { _ in #"{"services":["iam"]}"# }, status: 200,
            foreign: 404),
        "enrolmentRules": Row(status: 200),
        "createEnrolmentRule": Row(
            body: {
                "{\"environment\":\"\($0.environment.id)\",\"method\":\"aws-iam\",\"roles\":[\"arn:aws:iam::123456789012:role/agent\"]}"
            }, status: 201, foreign: 404),
        "deleteEnrolmentRule": Row(parameters: { _ in ["id": EnrolmentRuleID.random().description] }, status: 404),
        "enrolmentTokens": Row(status: 200),
        "expireEnrolmentToken": Row(parameters: { _ in ["name": "0000000000000000"] }, status: 404),
        "locks": Row(status: 200),
        "lock": Row(body: { "{\"kind\":\"agent\",\"subject\":\"\($0.agent)\"}" }, status: 204, foreign: 404),
        "unlock": Row(
            parameters: { _ in ["kind": "grant", "subject": "rule:\(EnrolmentRuleID.random())"] }, status: 404),
        "createEnrolmentToken": Row(body: { "{\"environment\":\"\($0.environment.id)\"}" }, status: 201, foreign: 404),
        "runs": Row(status: 200), "run": Row(parameters: { ["id": $0.run.description] }, status: 200, foreign: 404),
        "status": Row(status: 200), "findings": Row(status: 404), "paths": Row(status: 404),
        "path": Row(parameters: { _ in ["id": "path-0000000000000000"] }, status: 404), "plan": Row(status: 404),
        "audit": Row(status: 200), "auditExport": Row(status: 200), "auditCheckpoint": Row(status: 200), "breakGlass": Row(status: 200),
        "signOn": Row(status: 404),
        "configureSignOn": Row(
            body: { _ in #"{"issuer":"https://idp.example.com","clientID":"us","roleClaim":"groups","roles":{"a":"viewer"}}"# }, status: 200
        ),
        "removeSignOn": Row(status: 204),
    ]

    private static func path(_ route: APIRoute, _ row: Row, _ side: Plane.Side) -> String {
        var path = route.path
        for (name, value) in row.parameters(side) { path = path.replacing("{\(name)}", with: PercentEncoding.encode(value)) }
        return "/api/v1/" + path
    }

    private static func mayAsk(_ route: APIRoute, _ role: Role) -> Bool {
        switch route.access {
        case .anyone, .signedIn: true
        case .unfinished, .person: role.isPersonal
        case .permission(let permission): role.allows(permission) && (role.isPersonal || !route.isDangerous)
        }
    }

    /// What somebody with this role gets.
    private static func expected(_ route: APIRoute, _ row: Row, _ role: Role) -> Int { mayAsk(route, role) ? row.status : 403 }

    @Test func everyRouteHasARowAndEveryRowARoute() async throws {
        let plane = try await Plane()
        #expect(Set(plane.routes.map(\.id)) == Set(Self.rows.keys))
        #expect(Set(plane.routes.map { "\($0.method) \($0.path)" }).count == plane.routes.count)
        #expect(Set(plane.routes.map(\.id)).count == plane.routes.count)
    }

    @Test(arguments: Role.allCases, Plane.Backend.allCases) func everyRoleGetsWhatTheMatrixSays(_ role: Role, _ backend: Plane.Backend)
        async throws
    {
        try await Plane.listening(backend) { plane in
            for route in plane.routes {
                let row = try #require(Self.rows[route.id])
                let answer = try await plane.send(
                    route.method, Self.path(route, row, plane.ours), bearer: try await plane.caller(role), body: row.body?(plane.ours))
                #expect(
                    answer.status == Self.expected(route, row, role), "\(role) \(route.method) \(route.path): \(answer.text.prefix(200))")
            }
        }
    }

    @Test(arguments: Plane.Backend.allCases) func whoIsNotSignedInOrNotAllTheWayGetsNothing(_ backend: Plane.Backend) async throws {
        try await Plane.listening(backend) { plane in
            for route in plane.routes where route.access != .anyone {
                let row = try #require(Self.rows[route.id])
                let path = Self.path(route, row, plane.ours)
                let body = row.body?(plane.ours)
                #expect(try await plane.send(route.method, path, body: body).status == 401, "\(route.path)")
                #expect(try await plane.send(route.method, path, bearer: "clrs_nonsense", body: body).status == 401, "\(route.path)")
                guard route.access != .unfinished else { continue }
                for stage in [SessionStage.secondFactor, .enrolment] {
                    let answer = try await plane.send(
                        route.method, path, bearer: try await plane.caller(.tenantAdmin, stage: stage), body: body)
                    #expect(answer.status == 403, "\(stage) \(route.path): \(answer.text.prefix(200))")
                }
            }
        }
    }

    /// Another tenant's identifier in path, query, body, header and cursor, under every role, and another tenant's session on our things.
    @Test(arguments: Role.allCases, Plane.Backend.allCases) func nothingOfAnotherTenantCanBeNamed(_ role: Role, _ backend: Plane.Backend)
        async throws
    {
        try await Plane.listening(backend) { try await Self.nameTheirs(in: $0, as: role) }
    }

    private static func nameTheirs(in plane: Plane, as role: Role) async throws {
        let (ours, theirs) = (plane.ours, plane.theirs)
        let before = try await plane.store.read(theirs.tenant.id) {
            (try $0.users(), try $0.agents(), try $0.apiTokens(), try $0.environments())
        }
        let marks = [
            theirs.tenant.id.description, theirs.tenant.name + ".example", theirs.environment.id.description, theirs.environment.name,
            theirs.agent.description, theirs.run.description, theirs.target.id.description, theirs.token.description,
        ]
        func check(_ answer: Plane.Answer, _ expected: Int, _ what: String) {
            #expect(answer.status == expected, "\(role) \(what): \(answer.text.prefix(200))")
            for mark in marks { #expect(!answer.text.contains(mark), "\(role) \(what) tells \(mark)") }
        }
        for route in plane.routes {
            let row = try #require(Self.rows[route.id])
            let expected = Self.expected(route, row, role)
            if let foreign = row.foreign {
                // Path and body.
                let answer = try await plane.send(
                    route.method, Self.path(route, row, theirs), bearer: try await plane.caller(role), body: row.body?(theirs))
                // What the caller sent may come back in no form either.
                #expect(
                    answer.status == (Self.mayAsk(route, role) ? foreign : 403), "\(role) foreign \(route.path): \(answer.text.prefix(200))"
                )
            }
            let path = Self.path(route, row, ours)
            for query in ["tenant=\(theirs.tenant.id)", "tenant_id=\(theirs.tenant.id)"] {
                let answer = try await plane.send(
                    route.method, path + "?" + query, bearer: try await plane.caller(role), body: row.body?(ours))
                check(answer, Self.mayAsk(route, role) ? 400 : 403, "\(route.path)?\(query.prefix(10))")
            }
            for (name, value) in [
                ("environment", theirs.environment.id.description), ("environment", theirs.environment.name),
                ("run", theirs.run.description),
            ]
            where route.query.contains(where: { $0.name == name }) {
                let answer = try await plane.send(route.method, path + "?\(name)=\(value)", bearer: try await plane.caller(role))
                check(answer, Self.mayAsk(route, role) ? 404 : 403, "\(route.path)?\(name)=")
            }
            guard !route.isWrite else { continue }
            let header = try await plane.send(
                route.method, path, bearer: try await plane.caller(role),
                headers: ["x-tenant": theirs.tenant.id.description, "x-tenant-id": theirs.tenant.id.description, "host": "theirs.example"])
            check(header, expected, "header \(route.path)")
        }
        let after = try await plane.store.read(theirs.tenant.id) {
            (try $0.users(), try $0.agents(), try $0.apiTokens(), try $0.environments())
        }
        #expect(before.0 == after.0 && before.1 == after.1 && before.2 == after.2 && before.3 == after.3, "nothing of theirs changed")
    }

    /// Session fixation: a secret from before somebody's rights grew is worth nothing after.
    @Test func aSessionFromBeforeIsWorthNothingAfterward() async throws {
        let plane = try await Plane()
        let before = try await plane.caller(.tenantAdmin, stage: .enrolment)
        let begun = try await plane.send(.post, "/api/v1/me/app", bearer: before)
        let uri = try #require(try JSONValue(parsing: Array(begun.text.utf8))["uri"]?.string)
        #expect(uri.hasPrefix("otpauth://totp/"))
        let user = try await plane.services.signIn.authenticate(Secret(before)).user
        let stored = try await plane.store.read(plane.ours.tenant.id) { try $0.codeFactor(of: user.id) }
        #expect(stored?.confirmedAt == nil)
        #expect(try await plane.send(.get, "/api/v1/users", bearer: before).status == 403, "begun is not enrolled")
        let secret = try plane.services.access.factors.master.unwrap(
            try #require(stored).wrapped, for: SecondFactors.purpose(user))
        let code = TOTP.code(secret, step: TOTP.step(at: Date()))
        let done = try await plane.send(.post, "/api/v1/me/app/confirm", bearer: before, body: "{\"code\":\"\(code)\"}")
        let after = try #require(try JSONValue(parsing: Array(done.text.utf8))["session"]?["token"]?.string)
        #expect(done.status == 200 && after != before)
        #expect(try await plane.send(.get, "/api/v1/users", bearer: after).status == 200)
        for path in ["users", "me", "whoami"] {
            #expect(try await plane.send(.get, "/api/v1/\(path)", bearer: before).status == 401, "\(path)")
        }
        // Showing once more who one is gives another secret too.
        let stale = try await plane.staleSession(.viewer)
        let email = "viewer-full@ours.example"
        let viewer = try #require(try await plane.store.readDirectory { try $0.user(email: email) })
        let hash = try await plane.services.signIn.hash.make(Secret("a sentence of ours"))
        try await plane.store.write(plane.ours.tenant.id) { try $0.setPassword(of: viewer.id, hash: hash, mustChange: false) }
        let stepped = try await plane.send(
            .post, "/api/v1/session/step-up", bearer: stale, body: #"{"password":"a sentence of ours"}"#)
        let fresh = try #require(try JSONValue(parsing: Array(stepped.text.utf8))["token"]?.string)
        #expect(try await plane.send(.get, "/api/v1/whoami", bearer: fresh).status == 200)
        #expect(try await plane.send(.get, "/api/v1/whoami", bearer: stale).status == 401)
    }

    /// CVE-2026-103264: what names something opens nothing.
    @Test func identifiersAreNoCredentials() async throws {
        let plane = try await Plane()
        let side = plane.ours
        let session = try await plane.services.signIn.authenticate(Secret(try await plane.caller(.tenantAdmin)))
        let digest = Hex.encode(session.digest)
        for text in [
            side.tenant.id.description, side.environment.id.description, side.agent.description, side.run.description,
            side.target.id.description, side.account.id.description, side.token.description, "clr_\(side.token)", "clrs_\(side.token)",
            try #require(session.id).description, digest, "clrs_\(digest)", "admin@ours.example", "host", "01",
        ] {
            #expect(try await plane.send(.get, "/api/v1/whoami", bearer: text).status == 401, "\(text)")
            #expect(try await plane.page("/", text).headers[.location] == "/sign-in", "\(text)")
        }
    }

    /// GHSA-6xf3-5hp7-xqqg: what is pasted into a shell is made of nothing that a shell reads.
    @Test func theCommandThatEnrolsHoldsNothingThatAShellReads() async throws {
        let plane = try await Plane()
        let answer = try await plane.send(
            .post, "/api/v1/enrolment-tokens", bearer: try await plane.caller(.tenantAdmin),
            body: "{\"environment\":\"\(plane.ours.environment.id)\"}")
        let command = try #require(try JSONValue(parsing: Array(answer.text.utf8))["command"]?.string)
        #expect(command.wholeMatch(of: /cloudryption-agent enroll [A-Za-z0-9 :\/._-]+/) != nil, "\(command)")
    }

    @Test func theDescriptionIsOfEveryRouteAndEveryNameInItExists() async throws {
        let plane = try await Plane()
        let document = try JSONValue(parsing: Array(try await plane.send(.get, "/api/v1/openapi.json").text.utf8))
        #expect(document["openapi"]?.string == "3.1.0")
        let paths = try #require(document["paths"]?.object)
        for route in plane.routes {
            let operation = try #require(paths["/api/v1/\(route.path)"]?[route.method.rawValue.lowercased()])
            #expect(operation["operationId"]?.string == route.id)
            #expect(operation["responses"]?["500"] != nil)
        }
        let names = Set(document["components"]?["schemas"]?.object?.members.map(\.name) ?? [])
        var references: Set<String> = []
        func walk(_ value: JSONValue) {
            if let name = value["$ref"]?.string { references.insert(String(name.split(separator: "/").last ?? "")) }
            value.array?.forEach(walk)
            value.object?.members.forEach { walk($0.value) }
        }
        walk(document)
        #expect(references.isSubset(of: names) && names.subtracting(references).isEmpty, "\(references.symmetricDifference(names))")
    }

    @Test func numbersAreShownToWhoHasTheirTokenOnly() async throws {
        let plane = try await Plane()
        #expect(try await plane.send(.get, "/metrics").status == 404)
        #expect(try await plane.send(.get, "/readyz").status == 200)
        #expect(try await plane.send(.get, "/healthz").text == "ok\n")
    }
}
