import Foundation
import TestSupport
import Testing

/// The operator's commands as real processes, on files and on a real PostgreSQL, with the steps that have to be refused.
@Suite struct OperatorTests {
    final class Plane {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clr-operator-\(UUID().uuidString)")
        let environment: [String: String]
        let serving: [String: String]

        init(_ database: String) throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            guard database == "postgresql" else {
                environment = [:]
                serving = [:]
                return
            }
            let server = try PostgreSQLServer.forPrograms()
            let name = try server.makeDatabase()
            environment = ["CLOUDRYPTION_DATABASE": server.address(database: name)]
            try server.psql("CREATE ROLE \(name)_serving LOGIN")
            serving = ["CLOUDRYPTION_DATABASE": server.address(database: name, user: "\(name)_serving")]
        }
        deinit { try? FileManager.default.removeItem(at: folder) }

        func run(_ arguments: String..., as environment: [String: String]? = nil) async throws -> RealProcess.Outcome {
            let data = ["--data", folder.appending(path: "data").path]
            return try await RealProcess.run(Programs.server, arguments + data, environment: environment ?? self.environment)
        }
        func good(_ arguments: String...) async throws -> String {
            let data = ["--data", folder.appending(path: "data").path]
            let outcome = try await RealProcess.run(Programs.server, arguments + data, environment: environment)
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
            return outcome.output
        }
        func path(_ name: String) -> String { folder.appending(path: name).path }
    }

    @Test(arguments: ["sqlite", "postgresql"]) func aTenantsLifeIsOnRecordAndTheRecordProvesItself(_ database: String) async throws {
        let plane = try Plane(database)
        #expect(try await plane.good("migrate").contains("version"))
        let made = try await plane.good("tenant", "create", "Acme", "--admin", "a@acme.example")
        #expect(made.contains("password"))
        #expect(try await plane.run("tenant", "create", "Acme", "--admin", "b@acme.example").status == 1)
        _ = try await plane.good("tenant", "create", "Other", "--admin", "a@other.example")
        #expect(try await plane.run("enrolment-token", "--environment", "production").status == 1, "which tenant?")
        _ = try await plane.good("enrolment-token", "--environment", "production", "--tenant", "Acme")
        _ = try await plane.good("tenant", "suspend", "Acme", "--reason", "a test")
        #expect(try await plane.good("tenant", "list").contains("suspended"))
        _ = try await plane.good("tenant", "resume", "Acme", "--reason", "a test")
        _ = try await plane.good("tenant", "export", "Acme", "--out", plane.path("export"))
        #expect(FileManager.default.fileExists(atPath: plane.path("export/manifest.json")))

        // The log is proven with the key alone, and a changed one is not.
        let key = try await plane.good("audit", "key", "--tenant", "Acme")
        _ = try await plane.good("audit", "export", "--tenant", "Acme", "--out", plane.path("log"))
        func verify(_ file: String, _ key: String) async throws -> RealProcess.Outcome {
            try await RealProcess.run(Programs.cli, ["audit", "verify", plane.path(file), "--key", key])
        }
        #expect(try await verify("log", key).status == 0)
        let text = try String(contentsOfFile: plane.path("log"), encoding: .utf8)
        try text.replacingOccurrences(of: "userCreated", with: "userDeleted").write(
            toFile: plane.path("edited"), atomically: true, encoding: .utf8)
        let edited = try await verify("edited", key)
        #expect(edited.status == 1 && edited.errors.contains("broken at entry 4"), "\(edited.errors)")
        #expect(try await verify("log", plane.good("audit", "key", "--tenant", "Other")).status == 1)
        #expect(try await RealProcess.run(Programs.cli, ["audit", "verify", plane.path("log")]).status == 2)
        let early = try await plane.run("audit", "purge", "--tenant", "Acme", "--before", "2999-01-01")
        #expect(early.status == 1 && early.errors.contains("365"))

        // Gone for good, with proof; the log stays.
        #expect(try await plane.run("tenant", "delete", "Acme", "--confirm", "acme", "--reason", "left").status == 2)
        let proof = try await plane.good("tenant", "delete", "Acme", "--confirm", "Acme", "--reason", "left")
        #expect(proof.contains("cloudryption-deletion/1") && proof.contains("checkpoint"))
        #expect(try await !plane.good("tenant", "list").contains("Acme"))
        let id = try #require(key.split(separator: "+").first?.split(separator: "/").last.map(String.init))
        _ = try await plane.good("audit", "export", "--tenant", id, "--out", plane.path("after"))
        #expect(try await verify("after", key).status == 0)
        let own = try await plane.good("audit", "list", "--operator")
        for act in ["tenantSuspended", "tenantResumed", "tenantExported", "tenantDeleted"] { #expect(own.contains(act), "\(act)") }
    }

    @Test func aLoginThatOwnsNothingServesAndDoesNotMigrate() async throws {
        let plane = try Plane("postgresql")
        // Nothing is there yet, and this login may not make it.
        let refused = try await plane.run("bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.serving)
        #expect(refused.status == 1)
        _ = try await plane.good("migrate")
        let name = try #require(
            plane.serving["CLOUDRYPTION_DATABASE"]?.split(separator: "@").first?.split(separator: "/").last.map(String.init))
        // Not before it is of the app.
        let stranger = try await plane.run("bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.serving)
        #expect(stranger.status == 1)
        try PostgreSQLServer.forPrograms().psql("GRANT cloudryption_app TO \(name)")
        let made = try await plane.run("bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.serving)
        #expect(made.status == 0, "\(made.errors)")
        let purge = try await plane.run("audit", "purge", "--tenant", "T", "--before", "2020-01-01", as: plane.serving)
        #expect(purge.status == 1, "the app cannot drop entries")
    }
}
