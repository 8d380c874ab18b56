import AgentCore
import Crypto
import Foundation
import TestSupport
import Testing

/// Where this build put the programs, and the Python that has the emulated AWS.
enum Programs {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = root.appending(path: ".build/debug")
    static let server = folder.appending(path: "cloudryption-server")
    static let worker = folder.appending(path: "cloudryption-worker")
    static let agent = folder.appending(path: "cloudryption-agent")
    static let cli = folder.appending(path: "cloudryption")
    static let curl = URL(filePath: "/usr/bin/curl")
    static var python: URL { URL(filePath: ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_PYTHON"] ?? "/usr/bin/python3") }
}

/// The sample company's emulated account on loopback.
struct SampleAccount {
    /// Planted by the seed in a function's environment and an instance's user data.
    static let canaries = ["CANARY-function-environment-7f3a9c", "CANARY-user-data-51be02"]
    let process: RealProcess
    let environment: [String: String]

    static func start(_ arguments: [String] = []) async throws -> SampleAccount {
        let port = try freePort()
        let script = Programs.root.appending(path: "Deploy/SampleCloud/serve.py").path
        let process = try RealProcess(
            Programs.python, [script, "--port", "\(port)"] + arguments, environment: ["HOME": NSTemporaryDirectory()])
        try await eventually(within: .seconds(120), "the emulated account to answer") {
            guard process.isRunning else { throw NeverHappened(description: "the emulated account ended: \(process.errors.suffix(500))") }
            return try await RealProcess.run(Programs.curl, ["-sf", "-o", "/dev/null", "http://127.0.0.1:\(port)/moto-api/"]).status == 0
        }
        return SampleAccount(
            process: process,
            environment: [
                "AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)",
            ])
    }
}

/// Where a control plane keeps its tables: files in its folder, or a database of its own on the tests' PostgreSQL.
struct Tables {
    enum Kind: String, CaseIterable, Sendable { case sqlite, postgresql }
    /// The environment of commands that migrate, and of those that serve: their login owns nothing.
    let owning: [String: String]
    let serving: [String: String]
    private let login: String?

    init(_ kind: Kind) throws {
        guard kind == .postgresql else {
            (owning, serving, login) = ([:], [:], nil)
            return
        }
        let server = try PostgreSQLServer.forPrograms()
        let name = try server.makeDatabase()
        let login = "\(name)_serving"
        try server.psql("CREATE ROLE \(login) LOGIN")
        owning = ["CLOUDRYPTION_DATABASE": server.address(database: name)]
        serving = ["CLOUDRYPTION_DATABASE": server.address(database: name, user: login)]
        self.login = login
    }

    /// Lets the serving login be the app, once `migrate` made that role.
    func admit() throws {
        if let login { try PostgreSQLServer.forPrograms().psql("GRANT cloudryption_app TO \(login)") }
    }

    /// Ends what the serving login does, and takes it in no more: for the programs the database is gone.
    func shutOut() throws {
        guard let login else { return }
        try PostgreSQLServer.forPrograms().psql(
            "ALTER ROLE \(login) NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\(login)'")
    }
    func letIn() throws {
        if let login { try PostgreSQLServer.forPrograms().psql("ALTER ROLE \(login) LOGIN") }
    }
}

/// One control plane with its folder, started as its operator would.
final class ControlPlane {
    let folder: URL
    let listen: Int
    let gateway: Int
    private(set) var pin = ""
    private(set) var server: RealProcess?
    let pieceSize: Int
    let tables: Tables

    init(pieceSize: Int = 4 << 20, _ kind: Tables.Kind = .sqlite) throws {
        tables = try Tables(kind)
        folder = FileManager.default.temporaryDirectory.appending(path: "clr-plane-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        listen = try freePort()
        gateway = try freePort()
        self.pieceSize = pieceSize
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The environment of the server's programs.
    var surroundings: [String: String] { ["HOME": folder.path].merging(tables.serving) { $1 } }

    var data: String { folder.appending(path: "data").path }
    var address: String { "https://localhost:\(listen)" }
    var profile: String { folder.appending(path: "profile.json").path }
    /// The password that `bootstrap` gave out, by tenant.
    private(set) var passwords: [String: String] = [:]

    /// Makes a tenant with one environment of the name `production`.
    func bootstrap(tenant: String = "Acme", environment: String = "production") async throws {
        let migrated = try await RealProcess.run(Programs.server, ["migrate", "--data", data], environment: tables.owning)
        try #require(migrated.status == 0, "migrate: \(migrated.errors)")
        try tables.admit()
        let outcome = try await RealProcess.run(
            Programs.server,
            [
                "bootstrap", "--data", data, "--tenant", tenant, "--environment", environment, "--admin",
                "admin@\(tenant.lowercased()).example",
                "--console-port", "\(listen)", "--cli-profile", tenant == "Acme" ? profile : profile + "." + tenant, "--json",
            ], environment: surroundings)
        try #require(outcome.status == 0, "bootstrap: \(outcome.errors)")
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        pin = try #require(answer["caPin"] as? String)
        if let password = answer["oneTimePassword"] as? String { passwords[tenant] = password }
    }

    /// Starts listeners and queue, and waits until they answer.
    func start(_ extra: [String] = []) async throws {
        let process = try RealProcess(
            Programs.server,
            [
                "serve", "--data", data, "--listen", "127.0.0.1:\(listen)", "--agent-listen", "127.0.0.1:\(gateway)", "--public-name",
                "localhost",
                "--with-work", "--worker", Programs.worker.path, "--piece-size", "\(pieceSize)",
            ] + extra, environment: surroundings)
        server = process
        try await eventually("the control plane to answer") {
            guard process.isRunning else { throw NeverHappened(description: "the control plane ended: \(process.errors.suffix(800))") }
            return try await self.curl(["-f", self.address + "/healthz"]).status == 0
        }
    }

    /// Starts a second node on the same database and folder, and waits until it answers.
    func startNode(listen: Int, gateway: Int) async throws -> RealProcess {
        let process = try RealProcess(
            Programs.server,
            [
                "serve", "--data", data, "--listen", "127.0.0.1:\(listen)", "--agent-listen", "127.0.0.1:\(gateway)", "--public-name",
                "localhost",
            ], environment: surroundings)
        try await eventually("the second node to answer") {
            guard process.isRunning else { throw NeverHappened(description: "the second node ended: \(process.errors.suffix(800))") }
            return try await self.curl(["-f", "https://localhost:\(listen)/healthz"]).status == 0
        }
        return process
    }

    /// Runs an operator's command on this installation.
    func operate(_ arguments: [String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.server, arguments + ["--data", data], environment: surroundings)
    }

    func stop() async throws {
        server?.kill(SIGTERM)
        try await eventually("the control plane to end") { self.server?.isRunning != true }
    }

    var exitStatus: Int32? { server?.exitStatus }

    /// Every page of the console, as a signed-in person's browser gets it.
    func pages() async throws -> String {
        let profile = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: profile))) as? [String: Any])
        let token = try #require(profile["token"] as? String)
        var text = ""
        for page in ["/", "/paths", "/findings", "/fixes", "/runs", "/agents"] {
            let answer = try await curl(["-f", "-H", "Cookie: __Host-session=\(token)", address + page])
            try #require(answer.status == 0, "\(page): \(answer.errors)")
            text += answer.output
        }
        return text
    }

    /// What the control plane wrote to its logs.
    var log: String { (server?.output ?? "") + (server?.errors ?? "") }

    func curl(_ arguments: [String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.curl, ["-sS", "--max-time", "30", "--cacert", data + "/tls/ca.pem"] + arguments)
    }

    func enrolmentToken(environment: String = "production", tenant: String = "Acme") async throws -> String {
        let outcome = try await operate(["enrolment-token", "--tenant", tenant, "--environment", environment])
        try #require(outcome.status == 0, "enrolment-token: \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs `cloudryption` as the signed-in tenant.
    func cli(_ arguments: [String], tenant: String = "Acme") async throws -> RealProcess.Outcome {
        try await RealProcess.run(
            Programs.cli, arguments,
            environment: ["HOME": folder.path, "CLOUDRYPTION_PROFILE": tenant == "Acme" ? profile : profile + "." + tenant])
    }

    /// What a command answers with `--output json`, below its envelope's `data`.
    func json(_ arguments: [String], tenant: String = "Acme") async throws -> Any {
        let outcome = try await cli(arguments + ["--output", "json"], tenant: tenant)
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        return try #require(answer["data"])
    }

    func runs() async throws -> [[String: Any]] { try #require(try await json(["runs"]) as? [[String: Any]]) }

    /// Waits for the newest run to end and answers how.
    func finishedRun(count: Int = 1) async throws -> [String: Any] {
        var newest: [String: Any] = [:]
        try await eventually(within: .seconds(180), "run \(count) to end") {
            let runs = try await self.runs()
            guard runs.count >= count, let first = runs.first else { return false }
            newest = first
            return first["status"] as? String == "succeeded" || first["status"] as? String == "failed"
        }
        return newest
    }
}

/// One agent with its state folder.
final class Agent {
    let state: URL
    let environment: [String: String]

    init(_ environment: [String: String] = [:]) throws {
        state = FileManager.default.temporaryDirectory.appending(path: "clr-agent-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var all = environment
        all["HOME"] = state.path
        self.environment = all
    }

    deinit { try? FileManager.default.removeItem(at: state) }

    func arguments(_ arguments: [String]) -> [String] { arguments + ["--state", state.path] }

    func start(_ command: [String], adding extra: [String: String] = [:]) throws -> RealProcess {
        try RealProcess(Programs.agent, arguments(command), environment: environment.merging(extra) { $1 })
    }

    func run(_ command: [String], adding extra: [String: String] = [:]) async throws -> RealProcess.Outcome {
        try await start(command, adding: extra).outcome(limit: .seconds(180))
    }

    /// The agent's identity, read as the agent reads it. Started by root, the agent became another user, whose files root takes over here.
    func identity() throws -> AgentIdentity {
        try takeOver()
        return try StateFolder(existing: state.path).identity()
    }

    /// What waits in its spool.
    func spooled() throws -> [(name: String, size: Int)] {
        let folder = state.appending(path: "spool")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".bundle") }.map {
            ($0, (try FileManager.default.attributesOfItem(atPath: folder.appending(path: $0).path)[.size] as? Int) ?? 0)
        }
    }

    private func takeOver() throws {
        guard geteuid() == 0, let files = FileManager.default.enumerator(atPath: state.path) else { return }
        chown(state.path, 0, 0)
        for case let file as String in files { chown(state.path + "/" + file, 0, 0) }
    }

    func enrol(with plane: ControlPlane, tenant: String = "Acme") async throws {
        let token = try await plane.enrolmentToken(tenant: tenant)
        let outcome = try await run(
            ["enroll", "--server", plane.address, "--ca-pin", plane.pin], adding: ["CLOUDRYPTION_ENROLMENT_TOKEN": token])
        try #require(outcome.status == 0, "enroll: \(outcome.errors)")
    }
}

extension AgentIdentity {
    /// Certificate chain, key and trusted authorities as files for other programs, in `folder`.
    func export(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in [
            ("chain.pem", certificates.joined(separator: "\n")), ("key.pem", key.pemRepresentation),
            ("ca.pem", authorities.joined(separator: "\n")),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
    }
}
