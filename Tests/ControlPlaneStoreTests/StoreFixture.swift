import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import TestSupport

final class Scratch: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/cloudryption-test-\(UUID().uuidString)"
    init() throws { try SafeFile.makePrivateFolder(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The two databases.
enum Backend: String, CaseIterable, Sendable {
    case sqlite, postgresql
}

/// A store with one tenant in a database of its own.
final class StoreFixture: Sendable {
    static let now = Date(timeIntervalSince1970: 1_790_000_000)

    let backend: Backend
    let scratch: Scratch
    let database: String
    let store: any InstalledStore
    let tenant = Tenant(id: .random(), name: "one", createdAt: StoreFixture.now)
    let environment: ControlPlaneCore.Environment

    init(_ backend: Backend) async throws {
        self.backend = backend
        scratch = try Scratch()
        try SafeFile.makePrivateFolder(scratch.path + "/tenants")
        database = backend == .postgresql ? try PostgreSQLServer.shared().makeDatabase() : ""
        store = try await Self.open(backend, scratch, database)
        let environment = ControlPlaneCore.Environment(id: .random(), tenant: tenant.id, name: "production", createdAt: Self.now)
        self.environment = environment
        try await store.create(tenant) { try $0.insert(environment) }
    }

    /// Opens the same database once more.
    func open() async throws -> any InstalledStore { try await Self.open(backend, scratch, database) }

    private static func open(_ backend: Backend, _ scratch: Scratch, _ database: String) async throws -> any InstalledStore {
        switch backend {
        case .sqlite:
            try SQLiteStore(path: scratch.path + "/control.sqlite", tenants: scratch.path + "/tenants", now: now)
        case .postgresql:
            // Hundreds of other tests run beside: how long these wait must not decide.
            try await PostgreSQLStore(
                PostgreSQLAddress(PostgreSQLServer.shared().address(database: database)), connections: 6, patience: .seconds(600), now: now)
        }
    }

    /// Runs one statement on the directory's tables as whoever may do everything.
    func rawDirectory(_ sql: StaticString) async throws {
        switch backend {
        case .sqlite: _ = try await (store as? SQLiteStore)?.directoryFile.write { try $0.execute(sql, []) }
        case .postgresql: try PostgreSQLServer.shared().psql("SET search_path = cloudryption; \(sql)", database: database)
        }
    }

    func agent(_ byte: UInt8 = 1) -> Agent {
        Agent(
            id: .random(), tenant: tenant.id, environment: environment.id, epoch: 1, keyDigest: [UInt8](repeating: byte, count: 32),
            publicKey: [4], serial: "0a", notAfter: Self.now, hostname: "h", platform: "p", version: "1", enrolledAt: Self.now)
    }

    func user(_ email: String) -> User {
        User(id: .random(), tenant: tenant.id, email: email, role: .viewer, mustChangePassword: false, createdAt: Self.now)
    }

    /// A run with all that it needs.
    func queuedRun() async throws -> Run {
        var agent = agent()
        agent.keyDigest = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        let row = agent
        let run = Run(
            id: .fresh(milliseconds: 1), tenant: tenant.id, environment: environment.id, bundle: .fresh(milliseconds: 1), agent: agent.id,
            status: .queued, attempts: 0, createdAt: Self.now)
        try await store.write(tenant.id) { tables in
            try tables.insert(row)
            try tables.insert(
                StoredBundle(
                    tenant: run.tenant, id: run.bundle, environment: run.environment, agent: row.id, epoch: 1, sequence: 1, size: 1,
                    sha256: [1], agentKey: [1], acceptedAt: Self.now, run: run.id))
            try tables.insert(run)
        }
        return run
    }
}
