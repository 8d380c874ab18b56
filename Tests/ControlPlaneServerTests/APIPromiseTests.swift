import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import HTTPTypes
import Testing
import WireProtocol

/// What the API promises beside who may ask: cursors, idempotency keys, tags, limits.
@Suite struct APIPromiseTests {
    @Test func aCursorFitsOneTenantOnePersonAndOneQuestion() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        let first = try await plane.send(.get, "/api/v1/users?limit=1", bearer: admin)
        let page = try JSONValue(parsing: Array(first.text.utf8))
        let cursor = try #require(page["next"]?.string)
        let second = try await plane.send(.get, "/api/v1/users?limit=1000&cursor=\(cursor)", bearer: admin)
        #expect(second.status == 200)
        // All of them, each once.
        let all = try JSONValue(parsing: Array(try await plane.send(.get, "/api/v1/users", bearer: admin).text.utf8))
        let rest = try JSONValue(parsing: Array(second.text.utf8))
        #expect((page["data"]?.array ?? []) + (rest["data"]?.array ?? []) == all["data"]?.array)
        #expect(rest["next"] == nil)
        for (path, bearer) in [
            ("/api/v1/users?limit=1&cursor=\(cursor)", try await plane.caller(.tenantAdmin, of: plane.theirs)),
            ("/api/v1/users?limit=1&cursor=\(cursor)", try await plane.caller(.securityAdmin)),
            ("/api/v1/tokens?cursor=\(cursor)", admin), ("/api/v1/agents?cursor=\(cursor)", admin),
            ("/api/v1/audit?cursor=\(cursor)", admin),
            ("/api/v1/users?cursor=\(cursor.dropLast())", admin), ("/api/v1/users?cursor=x\(cursor)", admin),
            ("/api/v1/users?cursor=", admin),
        ] { #expect(try await plane.send(.get, path, bearer: bearer).status == 400, "\(path.prefix(30))") }
    }

    @Test func theAuditLogIsReadToItsEndInParts() async throws {
        let plane = try await Plane()
        let auditor = try await plane.caller(.auditor)
        var indices: [Int] = []
        var path: String? = "/api/v1/audit?limit=3"
        while let next = path {
            let answer = try JSONValue(parsing: Array(try await plane.send(.get, next, bearer: auditor).text.utf8))
            indices += (answer["data"]?.array ?? []).compactMap { $0["index"]?.int }
            path = answer["next"]?.string.map { "/api/v1/audit?limit=3&cursor=\($0)" }
        }
        #expect(indices == Array(1...indices.count) && indices.count > 6)
    }

    /// More runs than one answer holds: all of them, each once, in order; also for who sees one environment only.
    @Test(arguments: Plane.Backend.allCases) func theListOfRunsIsReadToItsEndHoweverLongItIs(_ backend: Plane.Backend) async throws {
        let plane = try await Plane(backend)
        let side = plane.ours
        let now = Date()
        let other = try await plane.services.access.environments.create(
            "other", by: try await plane.services.signIn.authenticate(Secret(try await plane.caller(.tenantAdmin))))
        var ids: [RunID] = []
        var elsewhere: Set<RunID> = []
        for number in 0..<2105 {
            // Several of one moment; every seventh somewhere else.
            let place = number % 7 == 0 ? other.id : side.environment.id
            let id = RunID.fresh(milliseconds: UInt64(now.timeIntervalSince1970 * 1000))
            ids.append(id)
            if place == other.id { elsewhere.insert(id) }
        }
        let runs = ids.enumerated().map { number, id in
            ControlPlaneCore.Run(
                id: id, tenant: side.tenant.id, environment: elsewhere.contains(id) ? other.id : side.environment.id, bundle: .random(),
                agent: side.agent, status: .failed, attempts: 1, createdAt: now.addingTimeInterval(-Double(number / 5)))
        }
        try await plane.store.write(side.tenant.id) { tables in
            for (number, run) in runs.enumerated() {
                try tables.insert(
                    StoredBundle(
                        tenant: side.tenant.id, id: run.bundle, environment: run.environment, agent: side.agent, epoch: 2,
                        sequence: UInt64(number + 1), size: 1, sha256: [1], agentKey: [1], acceptedAt: now, run: run.id))
                try tables.insert(run)
            }
        }
        let viewer = try await plane.caller(.viewer)
        func read(_ query: String) async throws -> [String] {
            var found: [String] = []
            var cursor = ""
            while true {
                let answer = try await plane.send(.get, "/api/v1/runs?\(query)\(cursor)", bearer: viewer)
                let page = try JSONValue(parsing: Array(answer.text.utf8))
                found += (page["data"]?.array ?? []).compactMap { $0["id"]?.string }
                guard let next = page["next"]?.string else { return found }
                cursor = "&cursor=\(next)"
            }
        }
        let all = try await read("limit=1000")
        #expect(all.count == runs.count + 1 && Set(all).count == all.count)
        let order = runs.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }.map(\.id.description)
        #expect(all.filter { $0 != side.run.description } == order)
        #expect(try await Set(read("environment=other")) == Set(elsewhere.map(\.description)))
        #expect(try await plane.send(.get, "/api/v1/runs?limit=1001", bearer: viewer).status == 400)
    }

    @Test func anExportOfTheAuditLogInPagesProvesItself() async throws {
        let plane = try await Plane()
        let auditor = try await plane.caller(.auditor)
        func get<Value: Decodable>(_ type: Value.Type, _ path: String) async throws -> Value {
            try WireJSON.decode(type, from: Array(try await plane.send(.get, path, bearer: auditor).text.utf8))
        }
        let first = try await get(API.AuditPage.self, "/api/v1/audit/export?limit=3")
        var lines = [first.head] + first.lines
        var last = first.last
        while last < first.size {
            let next = try await get(API.AuditPage.self, "/api/v1/audit/export?limit=3&after=\(last)&size=\(first.size)")
            lines += next.lines
            last = next.last
        }
        let key = try await get(API.AuditCheckpoint.self, "/api/v1/audit/checkpoint").key
        let bytes = Array(lines.joined(separator: "\n").utf8) + [0x0A]
        guard case .intact(0, first.size, _) = try AuditExport.verify(bytes, key: try AuditKey(key)) else {
            Issue.record("not intact")
            return
        }
        // The export is on record, in itself.
        #expect(lines.contains { $0.contains("auditExported") })
        #expect(try await plane.send(.get, "/api/v1/audit/export?after=1&size=1000000", bearer: auditor).status == 404)
    }

    @Test func aWriteSentTwiceUnderOneKeyIsDoneOnce() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        func post(_ key: String, _ name: String, bearer: String? = nil) async throws -> Plane.Answer {
            try await plane.send(
                .post, "/api/v1/environments", bearer: bearer ?? admin, body: "{\"name\":\"\(name)\"}", headers: ["idempotency-key": key])
        }
        let answers = try await withThrowingTaskGroup(of: Plane.Answer.self) { group in
            for _ in 0..<8 { group.addTask { try await post("one-and-the-same", "once") } }
            return try await group.reduce(into: [Plane.Answer]()) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 201 || $0.status == 409 })
        let bodies = Set(answers.filter { $0.status == 201 }.map(\.text))
        #expect(bodies.count == 1)
        let again = try await post("one-and-the-same", "once")
        #expect(again.status == 201 && bodies.contains(again.text))
        #expect(try await post("one-and-the-same", "other").status == 422, "the same key for something else")
        #expect(
            try await post("one-and-the-same", "twice", bearer: try await plane.caller(.securityAdmin)).status == 201,
            "a key is its sender's")
        #expect(try await post("short", "x").status == 400)
        let names = try await plane.store.read(plane.ours.tenant.id) { try $0.environments().map(\.name) }
        #expect(names.filter { $0 == "once" }.count == 1 && !names.contains("other"))
        // What was refused may be asked again.
        #expect(try await post("another-key-here", "once").status == 409)
        #expect(try await post("another-key-here", "once").status == 409)
    }

    @Test func whatDidNotChangeIsNotSentAgainAndWhatDidIsNotOverwritten() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        let path = "/api/v1/users/\(plane.ours.target.id)"
        let first = try await plane.send(.get, path, bearer: admin)
        let tag = try #require(first.headers[.eTag])
        let same = try await plane.send(.get, path, bearer: admin, headers: ["if-none-match": tag])
        #expect(same.status == 304 && same.text.isEmpty)
        func change(_ role: String) async throws -> Int {
            try await plane.send(.patch, path, bearer: admin, body: "{\"role\":\"\(role)\"}", headers: ["if-match": tag]).status
        }
        #expect(try await change("auditor") == 200)
        #expect(try await change("securityAnalyst") == 412)
        #expect(try await plane.send(.get, path, bearer: admin, headers: ["if-none-match": tag]).status == 200)
    }

    @Test func tooManyRequestsAreToldWhenToComeBack() async throws {
        let plane = try await Plane(
            limits: APILimits(callers: RateLimiter(burst: 3, perSecond: 0.001), tenants: RateLimiter(burst: 5, perSecond: 0.001)))
        let viewer = try await plane.caller(.viewer)
        for _ in 0..<3 { #expect(try await plane.send(.get, "/api/v1/whoami", bearer: viewer).status == 200) }
        let last = try await plane.send(.get, "/api/v1/whoami", bearer: viewer)
        #expect(last.status == 429)
        #expect(last.headers[.retryAfter].flatMap { Int($0) }.map { $0 >= 1 } == true)
        // Others go on, until their tenant had as much as a tenant gets; other tenants go on then too.
        let auditor = try await plane.caller(.auditor)
        for status in [200, 200, 429] { #expect(try await plane.send(.get, "/api/v1/whoami", bearer: auditor).status == status) }
        #expect(try await plane.send(.get, "/api/v1/whoami", bearer: try await plane.caller(.viewer, of: plane.theirs)).status == 200)
    }
}
