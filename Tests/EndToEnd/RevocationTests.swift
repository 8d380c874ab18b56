import AgentCore
import Basics
import Foundation
import Testing
import WireProtocol

/// That a revocation holds at once, on every node, on connections that are open and on sessions that are resumed; and that nobody is let in
/// while it cannot be asked.
@Suite(.serialized) struct RevocationTests {
    /// One TLS connection that is never opened again: a sign of life now and then, and a line with time and status for each answer.
    private static let openConnection = #"""
        import http.client, json, ssl, sys, time
        folder, port, last = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        context = ssl.create_default_context(cafile=folder + "/ca.pem")
        context.load_cert_chain(folder + "/chain.pem", folder + "/key.pem")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
        connection.connect()
        connection.auto_open = 0
        beat = {"agentVersion": "0.1.0", "hostname": "h", "platform": "p", "spoolDepth": 0, "clock": "2026-01-01T00:00:00Z"}
        status = None
        while str(status) != last:
            connection.request("POST", "/v1/heartbeat", json.dumps(beat), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, body = answer.status, answer.read().decode()
            print(time.time(), status, json.loads(body).get("code", "-"), flush=True)
            time.sleep(0.02)
        """#

    private struct Line {
        var time: Double
        var status: String
        var code: String
    }

    /// An agent's open connection to one node; it ends with the first answer of status `last`.
    private struct Connection {
        let process: RealProcess

        init(_ identity: URL, _ port: Int, until last: String) throws {
            process = try RealProcess(Programs.python, ["-c", openConnection, identity.path, "\(port)", last])
        }
        var lines: [Line] {
            process.output.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                return words.count == 3 ? Double(words[0]).map { Line(time: $0, status: words[1], code: words[2]) } : nil
            }
        }
        func isLetIn() throws -> Bool {
            guard process.isRunning else { throw NeverHappened(description: "the connection ended: \(process.output)\(process.errors)") }
            return lines.last?.status == "200"
        }
    }

    @Test func aRevocationHoldsOnEveryNodeAndOnOpenConnectionsAndAnOutageLetsNobodyIn() async throws {
        let plane = try ControlPlane(.postgresql)
        try await plane.bootstrap()
        try await plane.start()
        let (listen, gateway) = (try freePort(), try freePort())
        let node = try await plane.startNode(listen: listen, gateway: gateway)
        defer { node.kill(SIGTERM) }

        let (bad, good) = (try Agent(), try Agent())
        try await bad.enrol(with: plane)
        try await good.enrol(with: plane)
        let (badFiles, goodFiles) = (plane.folder.appending(path: "bad"), plane.folder.appending(path: "good"))
        try bad.identity().export(to: badFiles)
        try good.identity().export(to: goodFiles)
        let connections = try [plane.gateway, gateway].map { try Connection(badFiles, $0, until: "401") }
        defer { for connection in connections { connection.process.kill(SIGKILL) } }
        for connection in connections { try await eventually("the agent to be let in") { try connection.isLetIn() } }

        // Said to the first node.
        let revoked = try await plane.cli(["agents", "revoke", bad.identity().name.agent.description])
        try #require(revoked.status == 0, "\(revoked.errors)")
        let said = Date().timeIntervalSince1970
        for connection in connections {
            _ = try await connection.process.outcome()
            let last = try #require(connection.lines.last)
            #expect(last.status == "401" && last.code == "auth.certificateRevoked")
            // The promise itself; what it is in practice stands in Tests/Benchmarks/README.md.
            #expect(last.time - said < 5)
        }
        // Neither node takes the agent's next connection.
        for port in [plane.gateway, gateway] {
            let again = try Connection(badFiles, port, until: "401")
            _ = try await again.process.outcome()
            #expect(again.lines.map(\.status) == ["401"], "\(again.process.errors)")
        }

        // Nobody can say any more who is revoked: then nobody is let in, not even on a connection that was.
        let open = try Connection(goodFiles, gateway, until: "503")
        defer { open.process.kill(SIGKILL) }
        try await eventually("the other agent to be let in") { try open.isLetIn() }
        try plane.tables.shutOut()
        _ = try await open.process.outcome()
        // The answer that was under way already may find the database gone only after its question was let in.
        let refusal = try #require(open.lines.last)
        #expect(refusal.status == "503" && refusal.code.hasSuffix(".unavailable"), "\(open.process.output)")
        let closed = try Connection(badFiles, gateway, until: "503")
        _ = try await closed.process.outcome()
        #expect(closed.lines.map(\.status) == ["503"], "who was revoked is no better off")
        try plane.tables.letIn()
        try await eventually("the database's return to be noticed") {
            let back = try Connection(goodFiles, gateway, until: "200")
            _ = try await back.process.outcome()
            return back.lines.last?.status == "200"
        }
        let still = try Connection(badFiles, gateway, until: "401")
        _ = try await still.process.outcome()
        #expect(still.lines.last?.code == "auth.certificateRevoked", "an outage forgets no revocation")
    }

    /// A session ticket holds the certificate of before: it opens the session again, and the request is looked at all the same.
    @Test(arguments: ["-tls1_2", "-tls1_3"]) func aResumedSessionOfARevokedAgentIsRefused(_ version: String) async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent()
        try await agent.enrol(with: plane)
        let files = plane.folder.appending(path: "agent")
        try agent.identity().export(to: files)
        let beat = #"{"agentVersion":"0.1.0","hostname":"h","platform":"p","spoolDepth":0,"clock":"2026-01-01T00:00:00Z"}"#
        let request =
            "POST /v1/heartbeat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(beat.utf8.count)\r\n\r\n\(beat)"
        func connect(_ arguments: [String]) async throws -> String {
            let base = ["s_client", "-connect", "localhost:\(plane.gateway)", "-CAfile", files.path + "/ca.pem", version, "-ign_eof"]
            return try await RealProcess.run(URL(filePath: "/usr/bin/openssl"), base + arguments, input: request).output
        }
        let (chain, session) = (files.path + "/chain.pem", files.path + "/session")
        let first = try await connect(["-cert", chain, "-cert_chain", chain, "-key", files.path + "/key.pem", "-sess_out", session])
        #expect(first.contains("HTTP/1.1 200"), "\(first)")
        let resumed = try await connect(["-sess_in", session])
        #expect(resumed.contains("Reused, TLSv1") && resumed.contains("HTTP/1.1 200"), "otherwise this test shows nothing: \(resumed)")
        let revoked = try await plane.cli(["agents", "revoke", agent.identity().name.agent.description])
        try #require(revoked.status == 0, "\(revoked.errors)")
        let refused = try await connect(["-sess_in", session])
        #expect(refused.contains("Reused, TLSv1"))
        #expect(refused.contains("HTTP/1.1 401") && refused.contains("auth.certificateRevoked"), "\(refused)")
    }

    @Test func stepsOfARotationOutOfOrderOrCutShortLeaveOnePhaseOrTheNext() async throws {
        let plane = try ControlPlane()
        let nowhere = try await plane.operate(["ca", "prepare"])
        #expect(nowhere.status == 1 && nowhere.errors.contains("bootstrap makes one"), "\(nowhere.errors)")
        #expect(!FileManager.default.fileExists(atPath: plane.data), "a mistyped folder is not made")
        try await plane.bootstrap()
        func phase() async throws -> String {
            let outcome = try await plane.operate(["ca", "status", "--json"])
            try #require(outcome.status == 0, "\(outcome.errors)")
            let answer = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            return answer?["phase"] as? String ?? "none"
        }
        func step(_ word: String, _ arguments: [String] = []) async throws -> Int32 {
            try await plane.operate(["ca", word] + arguments).status
        }
        for word in ["activate", "retire", "rollback"] {
            #expect(try await step(word) == 1, "\(word)")
            #expect(try await step(word, word == "rollback" ? [] : ["--force"]) == 1, "\(word) by force")
        }
        #expect(try await phase() == "steady")
        #expect(try await step("prepare") == 0)
        #expect(try await step("prepare") == 1)
        #expect(try await step("retire") == 1)
        #expect(try await step("rollback") == 0)
        #expect(try await step("rollback") == 1)
        #expect(try await phase() == "steady")
        // Killed at any moment: the phase is that of before or that of after, and nothing has to be mended.
        for moment in ["state.lock", ".tmp", "generation-"] {
            let folder = plane.data + "/ca"
            func seen() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: folder).count { $0.contains(moment) } }
            try? FileManager.default.removeItem(atPath: folder + "/state.lock")
            let before = try seen()
            let process = try RealProcess(
                Programs.server, ["ca", "prepare", "--data", plane.data], environment: ["HOME": plane.folder.path])
            try await eventually("\(moment) to appear, or the command to end") { try seen() > before || !process.isRunning }
            process.kill(SIGKILL)
            _ = try await process.outcome()
            let found = try await phase()
            #expect(["steady", "prepared"].contains(found), "\(moment)")
            if found == "prepared" { #expect(try await step("rollback") == 0) }
        }
        #expect(try await step("prepare") == 0)
        #expect(try await step("activate") == 0)
        #expect(try await step("rollback") == 0)
        #expect(try await step("activate") == 0)
        #expect(try await step("retire") == 0)
        #expect(try await step("rollback") == 1, "what was retired does not come back")
        #expect(try await phase() == "steady")
    }
}
