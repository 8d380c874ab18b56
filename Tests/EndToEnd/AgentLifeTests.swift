import AgentCore
import Basics
import Foundation
import Testing
import WireProtocol

/// What a server has its agents do, what they send, and what they say when something is in the way: real processes, real TLS.
@Suite(.serialized, .timeLimit(.minutes(10))) struct AgentLifeTests {
    private func json(_ outcome: RealProcess.Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome.output)")
    }

    @Test func anAdminNarrowsWhatAnAgentDoesAndCannotWidenIt() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        // Without keys nothing is collected; signs of life are shown all the same.
        let agent = try Agent(["AWS_EC2_METADATA_DISABLED": "true"])
        try await agent.enrol(with: plane)
        let id = try agent.identity().name.agent.description
        func shown() async throws -> [String: Any] {
            let answer = try json(try await plane.cli(["agents", "show", id, "--output", "json"]))
            return (answer["configuration"] as? [String: Any]) ?? [:]
        }
        func configure(_ arguments: [String]) async throws -> Int {
            let outcome = try await plane.cli(["agents", "configure"] + arguments + ["--output", "json"])
            try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
            return try #require(try json(outcome)["version"] as? Int)
        }
        let first = try await configure(["--environment", "production", "--every", "1h", "--services", "iam,s3"])
        _ = try await agent.run(["run", "--once"])
        _ = try await agent.run(["run", "--once"])
        #expect(try await shown()["version"] as? Int == first)
        let second = try await configure([id, "--services", "iam,shell"])
        #expect(second > first)
        let widened = try agent.start(["run", "--heartbeat", "1s"])
        try await eventually("the agent to refuse") { try await shown()["refused"] as? Int == second }
        widened.kill(SIGTERM)
        _ = try await widened.outcome()
        #expect(try await shown()["code"] as? String == "configuration.unknownService")
        #expect(try await shown()["version"] as? Int == first)
        let table = try await plane.cli(["agents", "show", id])
        #expect(table.output.contains("version \(second), not taken: configuration.unknownService"), "\(table.output)")
        // What no agent may be told is refused where it is said.
        let absurd = try await plane.cli(["agents", "configure", id, "--rate", "1000000"])
        #expect(absurd.status == 1 && absurd.errors.contains("between 1 and 1000"), "\(absurd.errors)")
        #expect(try await plane.cli(["agents", "configure", UUID().uuidString.lowercased(), "--rate", "5"]).status == 1)
        #expect(try await plane.cli(["agents", "configure", "--rate", "5"]).status == 2)
        try await plane.stop()
    }

    @Test func anUnchangedAccountIsNotSentAgainAndAFullDiskIsNamed() async throws {
        let sample = try await SampleAccount.start()
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent(sample.environment)
        try await agent.enrol(with: plane)
        /// How many blocks an agent says that it sent.
        func blocks(_ outcome: RealProcess.Outcome) -> Int {
            outcome.errors.split(separator: "\n").filter { $0.contains("blocks sent") }.reduce(0) { sum, line in
                sum + (line.split(separator: " ").first { $0.hasPrefix("count=") }.flatMap { Int($0.dropFirst(6)) } ?? 0)
            }
        }
        let first = try await agent.run(["run", "--once"])
        try #require(first.status == 0, "\(first.errors)")
        let run = try await plane.finishedRun()
        #expect(run["status"] as? String == "succeeded", "\(run)")
        let second = try await agent.run(["run", "--once"])
        try #require(second.status == 0, "\(second.errors)")
        let again = try await plane.finishedRun(count: 2)
        #expect(again["status"] as? String == "succeeded", "\(again)")
        // Two collections of an account that says, for some databases, until when they could be restored: until now.
        #expect(blocks(first) >= 4 && blocks(second) <= blocks(first) / 2, "\(blocks(first)) and \(blocks(second))")

        // No file may be larger than 8 KiB: as when the disk is full.
        let full = try await RealProcess.run(
            URL(filePath: "/bin/sh"),
            ["-c", "ulimit -f 16; exec \"$0\" \"$@\"", Programs.agent.path] + agent.arguments(["run", "--once"]),
            environment: agent.environment, limit: .seconds(180))
        #expect(full.status == 3 && full.errors.contains("larger than this user's files may be"), "\(full.status) \(full.errors)")
        #expect(try agent.spooled().isEmpty)
        let status = try json(try await agent.run(["status", "--json"]))
        #expect(status["lastError"] as? String == "file.noSpace" && status["enrolled"] as? Bool == true, "\(status)")
        let after = try await agent.run(["run", "--once"])
        #expect(after.status == 0, "\(after.errors)")
        try await plane.stop()
    }

    @Test func itSaysWhatIsWrongWithItsStateAsTextAndAsJSON() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent(["AWS_EC2_METADATA_DISABLED": "true"])
        let without = try await agent.run(["status", "--json"])
        #expect(without.status == 1)
        #expect(try json(without)["enrolled"] as? Bool == false)
        let ill = try await agent.run(["doctor", "--json", "--offline"])
        #expect(ill.status == 1)
        #expect(try json(ill)["ok"] as? Bool == false)
        try await agent.enrol(with: plane)
        let well = try await agent.run(["doctor", "--json", "--offline"])
        #expect(well.status == 0, "\(well.output)")
        let checks = try #require(try json(well)["checks"] as? [[String: Any]])
        #expect(Set(checks.compactMap { $0["check"] as? String }) == ["confinement", "state", "certificate", "server", "clock"])
        // A second agent on the same folder.
        let running = try agent.start(["run", "--heartbeat", "1s"])
        try await eventually("the first to run") { running.errors.contains("failed") }
        let second = try await agent.run(["run", "--once"])
        #expect(second.status == 1 && second.errors.contains("in use by another agent"), "\(second.errors)")
        running.kill(SIGTERM)
        _ = try await running.outcome()
        // A certificate of which half was written, and a key that others may read.
        let file = agent.state.appending(path: "identity.json")
        let whole = try Data(contentsOf: file)
        try whole.prefix(whole.count / 2).write(to: file)
        let half = try await agent.run(["doctor", "--offline"])
        #expect(half.status == 1 && half.output.contains("not an identity"), "\(half.output) \(half.errors)")
        try whole.write(to: file)
        chmod(file.path, 0o644)
        let lax = try await agent.run(["status"])
        #expect(lax.status == 1 && lax.errors.contains("chmod 600"), "\(lax.errors)")
        try await plane.stop()
    }
}
