import AgentCore
import Basics
import CloudModel
import Crypto
import Foundation
import Testing
import WireProtocol

/// Agents' credentials with real processes, real TLS, an STS that checks signatures with AWS's own library, and an issuer of tokens.
@Suite(.serialized) struct CredentialTests {
    private static let accessKey = "ASIAEXAMPLEEXAMPLE12"
    private static let secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    /// Adds a rule as the operator, and answers what `enroll` has to be told.
    private func rule(_ plane: ControlPlane, _ method: String, _ condition: JSONValue, _ extra: [String] = []) async throws -> [String:
        String]
    {
        let file = plane.folder.appending(path: "condition.json")
        try Data(condition.canonicalBytes).write(to: file)
        let outcome = try await RealProcess.run(
            Programs.server,
            ["enrolment-rule", "--data", plane.data, "--environment", "production", "--method", method, "--condition", file.path] + extra,
            environment: ["HOME": plane.folder.path])
        try #require(outcome.status == 0, "enrolment-rule: \(outcome.errors)")
        var facts: [String: String] = [:]
        for line in outcome.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { facts[String(words[0])] = String(words[1]) }
        }
        return facts
    }

    private func enroll(_ agent: Agent, _ plane: ControlPlane, _ facts: [String: String], _ method: String, _ extra: [String]) async throws
        -> RealProcess.Outcome
    {
        try await agent.run(
            [
                "enroll", "--method", method, "--server", plane.address, "--ca-pin", plane.pin, "--tenant", facts["tenant"] ?? "",
                "--environment", facts["environment"] ?? "",
            ] + extra)
    }

    @Test func anAgentEnrolsByItsRoleAndLeavesAndNobodyElseGetsInByIt() async throws {
        let port = try freePort()
        let sts = try RealProcess(
            Programs.python,
            [
                Programs.root.appending(path: "Deploy/SampleCloud/sts.py").path, "--port", "\(port)", "--access-key", Self.accessKey,
                "--secret-key", Self.secretKey, "--arn", "arn:aws:sts::123456789012:assumed-role/cloudryption-agent/i-1",
            ], environment: ["HOME": NSTemporaryDirectory()])
        defer { sts.kill(SIGTERM) }
        let plane = try ControlPlane()
        try await plane.bootstrap()
        let facts = try await rule(plane, "aws-iam", ["roles": ["arn:aws:iam::123456789012:role/cloudryption-agent"]])
        try await plane.start(["--test-sts", "http://127.0.0.1:\(port)"])
        try await eventually("the token service to listen") {
            try await RealProcess.run(Programs.curl, ["-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"]).status != 7
        }
        var keys = [
            "AWS_ACCESS_KEY_ID": Self.accessKey, "AWS_SECRET_ACCESS_KEY": Self.secretKey, "AWS_SESSION_TOKEN": "token",
            "AWS_REGION": "eu-west-1",
        ]
        let agent = try Agent(keys)
        let outcome = try await enroll(agent, plane, facts, "aws-iam", [])
        try #require(outcome.status == 0, "enroll: \(outcome.errors)")
        let status = try await agent.run(["status", "--json"])
        #expect(status.status == 0 && status.output.contains("\"epoch\""))
        // Another secret key, and a region that AWS does not have.
        keys["AWS_SECRET_ACCESS_KEY"] = "wrong"
        let thief = try Agent(keys)
        let refused = try await enroll(thief, plane, facts, "aws-iam", [])
        #expect(refused.status == 1 && refused.errors.contains("enrolment.badProof"), "\(refused.errors)")
        keys["AWS_REGION"] = "eu-nowhere-1"
        let nowhere = try await enroll(try Agent(keys), plane, facts, "aws-iam", [])
        #expect(nowhere.status == 1 && nowhere.errors.contains("enrolment.badProof"))
        // A fresh key by hand, then leaving for good.
        let before = try agent.identity()
        #expect(try await agent.run(["rotate"]).status == 0)
        let after = try agent.identity()
        #expect(
            after.certificates != before.certificates && after.key.publicKey.rawRepresentation != before.key.publicKey.rawRepresentation)
        #expect(try await gateway(after, plane) == "200")
        #expect(try await gateway(before, plane) == "401", "the old certificate is refused once the new one was used")
        #expect(try await agent.run(["unenroll"]).status == 0)
        #expect(try await gateway(after, plane) == "401", "whoever has a copy of the key has nothing")
        #expect(try await agent.run(["status"]).status == 1)
    }

    /// The status that the gateway answers to a sign of life with this identity.
    private func gateway(_ identity: AgentIdentity, _ plane: ControlPlane) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clr-identity-\(UUID().uuidString)")
        try identity.export(to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let beat = #"{"agentVersion":"0.1.0","hostname":"h","platform":"p","spoolDepth":0,"clock":"\#(Date().formatted(.iso8601))"}"#
        return try await RealProcess.run(
            Programs.curl,
            [
                "-sS", "--max-time", "30", "--cacert", folder.appending(path: "ca.pem").path, "--cert",
                folder.appending(path: "chain.pem").path,
                "--key", folder.appending(path: "key.pem").path, "-o", "/dev/null", "-w", "%{http_code}", "-H",
                "Content-Type: application/json", "-d", beat, "https://localhost:\(plane.gateway)/v1/heartbeat",
            ]
        ).output
    }

    @Test func aServiceAccountsTokenEnrolsOneAgentOnceAndForeignOnesNobody() async throws {
        let port = try freePort()
        let issuer = "http://127.0.0.1:\(port)"
        let folder = FileManager.default.temporaryDirectory.appending(path: "clr-issuer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder.appending(path: ".well-known"), withIntermediateDirectories: true)
        let key = P256.Signing.PrivateKey()
        let raw = Array(key.publicKey.rawRepresentation)
        let keys: JSONValue = [
            "keys": [
                [
                    "kty": "EC", "crv": "P-256", "kid": "1", "x": .string(Base64URL.encode(raw.prefix(32))),
                    "y": .string(Base64URL.encode(raw.suffix(32))),
                ]
            ]
        ]
        let description: JSONValue = ["issuer": .string(issuer), "jwks_uri": .string(issuer + "/keys")]
        try Data(keys.canonicalBytes).write(to: folder.appending(path: "keys"))
        try Data(description.canonicalBytes).write(to: folder.appending(path: ".well-known/openid-configuration"))
        let server = try RealProcess(
            Programs.python, ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", folder.path], environment: [:])
        defer { server.kill(SIGTERM) }
        let plane = try ControlPlane()
        try await plane.bootstrap()
        let facts = try await rule(
            plane, "oidc", ["issuer": .string(issuer), "subjects": ["system:serviceaccount:security:*"]], ["--test-issuers"])
        try await plane.start(["--test-issuers"])
        func token(_ subject: String, _ audience: String, ends: Double = 600, signing: P256.Signing.PrivateKey? = nil) throws -> String {
            let now = Int(Date().timeIntervalSince1970)
            let claims: JSONValue = [
                "iss": .string(issuer), "sub": .string(subject), "aud": .string(audience), "iat": .number("\(now)"),
                "exp": .number("\(now + Int(ends))"), "jti": .string(UUID().uuidString),
            ]
            let header: JSONValue = ["alg": "ES256", "kid": "1"]
            let signed = Base64URL.encode(header.canonicalBytes) + "." + Base64URL.encode(claims.canonicalBytes)
            let signature = try (signing ?? key).signature(for: Array(signed.utf8)).rawRepresentation
            let file = folder.appending(path: UUID().uuidString)
            try Data((signed + "." + Base64URL.encode(signature) + "\n").utf8).write(to: file)
            return file.path
        }
        let ours = try #require(facts["audience"])
        let subject = "system:serviceaccount:security:agent"
        let good = try token(subject, ours)
        let first = try Agent()
        let outcome = try await enroll(first, plane, facts, "oidc", ["--oidc-token-file", good])
        try #require(outcome.status == 0, "enroll: \(outcome.errors)")
        #expect(try await gateway(first.identity(), plane) == "200")
        for (file, code) in [
            (good, "enrolment.usedProof"), (try token(subject, "vault"), "enrolment.badProof"),
            (try token("system:serviceaccount:kube-system:x", ours), "enrolment.notAllowed"),
            (try token(subject, ours, ends: -120), "enrolment.expiredToken"),
            (try token(subject, ours, signing: P256.Signing.PrivateKey()), "enrolment.badProof"),
        ] {
            let refused = try await enroll(try Agent(), plane, facts, "oidc", ["--oidc-token-file", file])
            #expect(refused.status == 1 && refused.errors.contains(code), "\(code): \(refused.errors)")
        }
        // Enrolling again by the workload's identity keeps the agent's name.
        let name = try first.identity().name
        let again = try await enroll(first, plane, facts, "oidc", ["--replace", "--oidc-token-file", try token(subject, ours)])
        try #require(again.status == 0, "enroll --replace: \(again.errors)")
        let identity = try first.identity()
        #expect(identity.name == name && identity.epoch == 2)
    }

    @Test func aServerThatOthersCanReachTakesNoTestSettings() async throws {
        let plane = try ControlPlane()
        for arguments in [
            ["--test-sts", "http://127.0.0.1:9", "--public-name", "console.example"], ["--test-issuers", "--listen", "0.0.0.0:0"],
            ["--test-sts", "https://sts.attacker.example"],
        ] {
            let outcome = try await RealProcess.run(
                Programs.server, ["serve", "--data", plane.data] + arguments, environment: ["HOME": plane.folder.path])
            #expect(outcome.status == 2 && outcome.errors.contains("--test-sts"), "\(arguments): \(outcome.errors)")
        }
    }

    @Test func theAuthorityIsReplacedUnderThreeAgentsOfWhichOneSleeps() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        // Nothing answers for AWS: collecting fails, and signs of life go on.
        let nothing = ["AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(try freePort())"]
        let agents = [try Agent(nothing), try Agent(nothing), try Agent(nothing)]
        for agent in agents { try await agent.enrol(with: plane) }
        let running = try agents.prefix(2).map { try $0.start(["run", "--heartbeat", "1s", "--interval", "1h"]) }
        defer { for process in running { process.kill(SIGTERM) } }
        func ca(_ arguments: [String]) async throws -> RealProcess.Outcome {
            try await RealProcess.run(
                Programs.server, ["ca"] + arguments + ["--data", plane.data], environment: ["HOME": plane.folder.path])
        }
        func status() async throws -> [String: Any] {
            let outcome = try await ca(["status", "--json"])
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        #expect(try await status()["phase"] as? String == "steady")
        #expect(try await ca(["retire"]).status == 1)
        #expect(try await ca(["prepare"]).status == 0)
        try await eventually("the agents that are awake to trust both") { try await status()["waitingFor"] as? Int == 1 }
        let early = try await ca(["activate"])
        #expect(early.status == 1 && early.errors.contains("1 agents do not"), "\(early.errors)")
        // Taken back and done again: nothing is lost by it.
        #expect(try await ca(["rollback"]).status == 0)
        #expect(try await ca(["prepare"]).status == 0)
        try await eventually("the agents that are awake to trust both") { try await status()["waitingFor"] as? Int == 1 }
        #expect(try await ca(["activate", "--force"]).status == 0)
        try await eventually("the agents that are awake to renew") { try await status()["waitingFor"] as? Int == 1 }
        #expect(try await ca(["retire"]).status == 1)
        #expect(try await ca(["retire", "--force"]).status == 0)
        let signing = try #require(try await status()["signing"] as? String)
        #expect(signing != plane.pin)
        // The listeners take the step in within seconds: then who slept trusts nobody that it can reach.
        var asleep: RealProcess.Outcome?
        try await eventually("the listeners to present the new authority's certificate") {
            asleep = try await agents[2].run(["doctor", "--offline"])
            return asleep?.status == 1
        }
        #expect(asleep?.output.contains("FAIL") == true, "\(asleep?.output ?? "")")
        // Those that are awake go on without a word from anybody.
        for agent in agents.prefix(2) {
            try await eventually("an agent that is awake to reach the new authority's server") {
                try await agent.run(["doctor", "--offline"]).status == 0
            }
        }
        // Who slept through it enrols again, with the new pin, under its old name.
        let name = try agents[2].identity().name
        let token = try await plane.enrolmentToken()
        let old = try await agents[2].run(
            ["enroll", "--replace", "--server", plane.address, "--ca-pin", plane.pin], adding: ["CLOUDRYPTION_ENROLMENT_TOKEN": token])
        #expect(old.status == 1 && old.errors.contains("not the pinned one"), "\(old.errors)")
        let again = try await agents[2].run(
            ["enroll", "--replace", "--server", plane.address, "--ca-pin", signing], adding: ["CLOUDRYPTION_ENROLMENT_TOKEN": token])
        try #require(again.status == 0, "\(again.errors)")
        let identity = try agents[2].identity()
        #expect(identity.name == name && identity.epoch == 2)
        #expect(try await agents[2].run(["doctor", "--offline"]).status == 0)
    }

    @Test func peopleLookAfterAgentsFromTheCommandLine() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent()
        try await agent.enrol(with: plane)
        let id = try agent.identity().name.agent.description
        #expect(try await gateway(agent.identity(), plane) == "200")
        func detail() async throws -> [String: Any] {
            let outcome = try await plane.cli(["agents", "show", id, "--output", "json"])
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        #expect(try await detail()["condition"] as? String == "live")
        #expect(try await plane.cli(["agents", "show", id]).output.contains("missing permissions   not known"), "it has not collected yet")
        #expect(try await plane.cli(["agents", "quarantine", id]).status == 0)
        #expect(try await detail()["condition"] as? String == "quarantined")
        #expect(try await plane.cli(["agents", "release", id]).status == 0)
        #expect(try await plane.cli(["agents", "rotate", id]).status == 0)
        #expect(try await detail()["renewalWanted"] as? Bool == true)
        #expect(try await plane.cli(["agents", "approve", UUID().uuidString.lowercased()]).status == 1)
        // Tokens with terms, and rules.
        let made = try await plane.cli(["enrolment", "tokens", "create", "production", "--host", "nowhere-*"])
        try #require(made.status == 0, "\(made.errors)")
        let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let refused = try await Agent().run(
            ["enroll", "--server", plane.address, "--ca-pin", plane.pin], adding: ["CLOUDRYPTION_ENROLMENT_TOKEN": token])
        #expect(refused.status == 1 && refused.errors.contains("enrolment.wrongHost"), "\(refused.errors)")
        let tokens = try #require(try await plane.json(["enrolment", "tokens", "list"]) as? [[String: Any]])
        let open = try #require(tokens.first { $0["state"] as? String == "open" }?["name"] as? String)
        #expect(try await plane.cli(["enrolment", "tokens", "expire", open]).status == 0)
        let rule = try await plane.cli(
            ["enrolment", "rules", "create", "production", "--method", "aws-iam", "--role", "arn:aws:iam::123456789012:role/agent"])
        try #require(rule.status == 0, "\(rule.errors)")
        let whole = try await plane.cli(
            ["enrolment", "rules", "create", "production", "--method", "aws-iam", "--role", "arn:aws:iam::123456789012:role/*"])
        #expect(whole.status == 1 && whole.errors.contains("three characters"), "\(whole.errors)")
        for mixed in [
            ["aws-iam", "--role", "arn:aws:iam::123456789012:role/agent", "--claim", "team=red"],
            ["oidc", "--role", "arn:aws:iam::123456789012:role/agent", "--issuer", "https://issuer.example", "--subject", "repo:acme/x"],
        ] {
            let outcome = try await plane.cli(["enrolment", "rules", "create", "production", "--method"] + mixed)
            #expect(outcome.status == 1 && outcome.errors.contains("enrolment.malformed"), "\(mixed): \(outcome.errors)")
        }
        let rules = try #require(try await plane.json(["enrolment", "rules", "list"]) as? [[String: Any]])
        #expect(rules.count == 1)
        // Another tenant's people see and reach none of it.
        try await plane.bootstrap(tenant: "Beta", environment: "lab")
        let foreign = try #require(rules.first?["id"] as? String)
        for arguments in [
            ["agents", "show", id], ["agents", "approve", id], ["agents", "rotate", id], ["agents", "quarantine", id],
            ["agents", "release", id], ["agents", "revoke", id], ["enrolment", "rules", "delete", foreign],
            ["enrolment", "locks", "set", "agent", id], ["enrolment", "tokens", "create", "production"],
        ] {
            let outcome = try await plane.cli(arguments, tenant: "Beta")
            #expect(outcome.status == 1 && outcome.errors.contains("store.notFound"), "\(arguments): \(outcome.errors)")
        }
        #expect(
            try await plane.cli(["enrolment", "rules", "delete", rule.output.trimmingCharacters(in: .whitespacesAndNewlines)]).status == 0)
        #expect(try await plane.cli(["enrolment", "rules", "delete", foreign]).status == 1, "it is gone")
        // Revoked for good: said twice it stays so, and nothing else can be done about it.
        for _ in 0..<2 { #expect(try await plane.cli(["agents", "revoke", id]).status == 0) }
        #expect(try await detail()["condition"] as? String == "revoked")
        for act in ["approve", "rotate", "quarantine"] {
            let outcome = try await plane.cli(["agents", act, id])
            #expect(outcome.status == 1 && outcome.errors.contains("was revoked"), "\(act): \(outcome.errors)")
        }
    }
}
