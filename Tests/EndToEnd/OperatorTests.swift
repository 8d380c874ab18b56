import Foundation
import TestSupport
import Testing

/// The operator's commands as real processes, on files and on a real PostgreSQL, with the steps that have to be refused.
@Suite struct OperatorTests {
    final class Plane {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clr-operator-\(UUID().uuidString)")
        let tables: Tables

        init(_ kind: Tables.Kind) throws {
            tables = try Tables(kind)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(at: folder) }

        func run(_ arguments: String..., as environment: [String: String]? = nil) async throws -> RealProcess.Outcome {
            let data = ["--data", folder.appending(path: "data").path]
            return try await RealProcess.run(Programs.server, arguments + data, environment: environment ?? tables.owning)
        }
        func good(_ arguments: String...) async throws -> String {
            let data = ["--data", folder.appending(path: "data").path]
            let outcome = try await RealProcess.run(Programs.server, arguments + data, environment: tables.owning)
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
            return outcome.output
        }
        func path(_ name: String) -> String { folder.appending(path: name).path }
    }

    // Entry n stands in line n, behind the head.
    private static func without(_ entry: Int, _ lines: [String]) -> [String] {
        var lines = lines
        lines.remove(at: entry)
        return lines
    }
    private static func twice(_ entry: Int, _ lines: [String]) -> [String] {
        var lines = lines
        lines.insert(lines[entry], at: entry)
        return lines
    }
    private static func swapped(_ entry: Int, _ lines: [String]) -> [String] {
        var lines = lines
        lines.swapAt(entry, entry + 1)
        return lines
    }

    @Test(arguments: Tables.Kind.allCases) func aTenantsLifeIsOnRecordAndTheRecordProvesItself(_ kind: Tables.Kind) async throws {
        let plane = try Plane(kind)
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
        let lines = text.split(separator: "\n").map(String.init)
        var forged = lines
        forged[0] = lines[0].replacing(/\\n\d+\\n/, with: "\\n1\\n", maxReplacements: 1)
        #expect(forged[0] != lines[0])
        let tampered: [(name: String, lines: [String], reason: String)] = [
            ("dropped", Self.without(3, lines), "broken at entry 3"), ("cut", Array(lines.prefix(4)), "broken at entry 4"),
            ("inserted", Self.twice(3, lines), "broken at entry 4"), ("reordered", Self.swapped(3, lines), "broken at entry 3"),
            ("forged", forged, "badCheckpoint"),
        ]
        for (name, lines, reason) in tampered {
            try (lines.joined(separator: "\n") + "\n").write(toFile: plane.path(name), atomically: true, encoding: .utf8)
            let outcome = try await verify(name, key)
            #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(name): \(outcome.errors)")
        }
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
        let plane = try Plane(.postgresql)
        // Nothing is there yet, and this login may not make it.
        let refused = try await plane.run(
            "bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.tables.serving)
        #expect(refused.status == 1)
        _ = try await plane.good("migrate")
        // Not before it is of the app.
        let stranger = try await plane.run(
            "bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.tables.serving)
        #expect(stranger.status == 1)
        try plane.tables.admit()
        let made = try await plane.run(
            "bootstrap", "--tenant", "T", "--environment", "E", "--admin", "a@t.example", as: plane.tables.serving)
        #expect(made.status == 0, "\(made.errors)")
        let purge = try await plane.run("audit", "purge", "--tenant", "T", "--before", "2020-01-01", as: plane.tables.serving)
        #expect(purge.status == 1, "the app cannot drop entries")
    }
}
