import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import Testing

/// An installation of version 1, which had everything in one file, becomes one of today.
@Suite struct UpgradeTests {
    let one = TenantID.random()
    let two = TenantID.random()
    let session = [UInt8](repeating: 1, count: 32)

    func released(_ scratch: Scratch) async throws {
        let file = try SQLiteDatabase(path: scratch.path + "/control.sqlite")
        _ = try await file.write { connection in
            try connection.script(Self.versionOne)
            for (tenant, name) in [(one, "one"), (two, "two")] {
                let id = SQLValue.text(tenant.description)
                let (environment, agent, user) = (
                    EnvironmentID.random().description, AgentID.random().description, UserID.random().description
                )
                let (bundle, run) = (BundleID.fresh(milliseconds: 1).description, RunID.fresh(milliseconds: 1).description)
                let key = SQLValue.blob([UInt8](repeating: name == "one" ? 7 : 8, count: 32))
                try connection.execute("INSERT INTO tenants VALUES ($1, $2, 5)", [id, .text(name)])
                try connection.execute("INSERT INTO environments VALUES ($1, $2, 'production', 6)", [id, .text(environment)])
                try connection.execute(
                    "INSERT INTO agents VALUES ($1, $2, $3, 1, $4, $4, '0a', 9, NULL, NULL, NULL, NULL, 0, 'h', 'p', '1', 0, NULL, 7, NULL, 3)",
                    [id, .text(agent), .text(environment), key])
                try connection.execute("INSERT INTO agent_keys VALUES ($1, $2, $3, $3, 7)", [id, .text(agent), key])
                try connection.execute(
                    "INSERT INTO users VALUES ($1, $2, $3, 'tenantAdmin', 'hash', 0, 7)", [id, .text(user), .text("\(name)@example.com")])
                try connection.execute(
                    "INSERT INTO bundles VALUES ($1, $2, $3, $4, 1, 1, 1, $5, $5, 8, $6)",
                    [id, .text(bundle), .text(environment), .text(agent), .blob([1]), .text(run)])
                try connection.execute(
                    """
                    INSERT INTO runs VALUES ($1, $2, $3, $4, $5, 'queued', 0, NULL, NULL, NULL, 8, NULL, NULL, NULL, NULL)
                    """, [id, .text(run), .text(environment), .text(bundle), .text(agent)])
                for entry in 1...3 {
                    try connection.execute(
                        "INSERT INTO audit_entries VALUES ($1, $2, 9, 'operator', 'x', 'y', 'ok', '', $3)",
                        [id, .integer(Int64(entry)), .blob([UInt8(entry)])])
                }
                if name == "one" {
                    try connection.execute(
                        "INSERT INTO sessions VALUES ($1, $2, $3, 1, 2, 3)", [id, .blob(session), .text(user)])
                }
            }
            try connection.execute("INSERT INTO sign_in_failures VALUES ($1, 3, 4)", [.blob([9])])
        }
        try file.close()
    }

    func open(_ scratch: Scratch) throws -> SQLiteStore {
        try SQLiteStore(path: scratch.path + "/control.sqlite", tenants: scratch.path + "/tenants", now: StoreFixture.now)
    }

    @Test func everythingOfVersionOneIsFoundAgainUnderItsTenant() async throws {
        let scratch = try Scratch()
        try SafeFile.makePrivateFolder(scratch.path + "/tenants")
        try await released(scratch)
        for _ in 0..<2 {
            let store = try open(scratch)
            #expect(try await store.readDirectory { try $0.tenants() }.map(\.id) == [one, two])
            for (tenant, name, key) in [(one, "one", UInt8(7)), (two, "two", 8)] {
                #expect(try await store.readDirectory { try $0.user(email: "\(name)@example.com") }?.tenant == tenant)
                let digest = [UInt8](repeating: key, count: 32)
                let agent = try #require(try await store.readDirectory { try $0.agent(keyDigest: digest) })
                #expect(agent.tenant == tenant && agent.sequence == 3)
                let rows = try await store.read(tenant) {
                    (
                        try $0.environments().count, try $0.runs(environment: nil, status: .queued, limit: 9).count,
                        try $0.auditEntries(after: 0, limit: 9).map(\.hash)
                    )
                }
                #expect(rows.0 == 1 && rows.1 == 1 && rows.2 == [[1], [2], [3]])
            }
            #expect(try await store.readDirectory { try $0.session(digest: session) }?.tenant == one)
            #expect(try await store.readDirectory { try $0.signInFailures(account: [9]) }?.count == 3)
            #expect(try await store.readDirectory { try $0.nextRun(now: StoreFixture.now) } != nil)
            try await store.close()
        }
        let directory = try Data(contentsOf: URL(filePath: scratch.path + "/control.sqlite"))
        #expect(directory.range(of: Data("one@example.com".utf8)) == nil, "what moved is gone from the old place")
    }

    @Test func anUpgradeThatWasCutShortBeginsAnew() async throws {
        let scratch = try Scratch()
        try SafeFile.makePrivateFolder(scratch.path + "/tenants")
        try await released(scratch)
        // As a crash would leave it: one tenant's file half made, the old file untouched.
        let half = try SQLiteDatabase(path: scratch.path + "/tenants/\(one).sqlite")
        _ = try await half.write { try $0.script("CREATE TABLE environments (x TEXT) STRICT;") }
        try half.close()
        let store = try open(scratch)
        #expect(try await store.read(one) { try $0.environments() }.count == 1)
        #expect(try await store.read(two) { try $0.environments() }.count == 1)
    }

    /// As it was released: never edited.
    static let versionOne: StaticString = """
        CREATE TABLE tenants (
            id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE sign_in_failures (
            account BLOB NOT NULL PRIMARY KEY, failures INTEGER NOT NULL, last_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE environments (
            tenant_id TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name)
        ) STRICT;
        CREATE TABLE agents (
            tenant_id TEXT NOT NULL, id TEXT NOT NULL, environment_id TEXT NOT NULL, epoch INTEGER NOT NULL,
            key_digest BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL, serial TEXT NOT NULL, not_after INTEGER NOT NULL,
            pending_key_digest BLOB UNIQUE, pending_public_key BLOB, pending_serial TEXT, pending_not_after INTEGER,
            revoked INTEGER NOT NULL, hostname TEXT NOT NULL, platform TEXT NOT NULL, version TEXT NOT NULL,
            spool_depth INTEGER NOT NULL, last_error TEXT, enrolled_at INTEGER NOT NULL, last_seen INTEGER,
            sequence INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
        ) STRICT;
        CREATE TABLE agent_keys (
            tenant_id TEXT NOT NULL, agent_id TEXT NOT NULL, key_digest BLOB NOT NULL, public_key BLOB NOT NULL,
            added_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, agent_id, key_digest),
            FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
        ) STRICT;
        CREATE TABLE users (
            tenant_id TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, email TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
            password_hash TEXT NOT NULL, must_change INTEGER NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, id)
        ) STRICT;
        CREATE TABLE sessions (
            tenant_id TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, user_id TEXT NOT NULL, created_at INTEGER NOT NULL,
            last_used INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, digest), FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
        ) STRICT;
        CREATE TABLE enrolment_tokens (
            tenant_id TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, environment_id TEXT NOT NULL, created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, used_at INTEGER, used_by TEXT,
            PRIMARY KEY (tenant_id, digest), FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
        ) STRICT;
        CREATE TABLE uploads (
            tenant_id TEXT NOT NULL, bundle_id TEXT NOT NULL, agent_id TEXT NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
            header BLOB NOT NULL, piece_size INTEGER NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, bundle_id), FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
        ) STRICT;
        CREATE TABLE upload_pieces (
            tenant_id TEXT NOT NULL, bundle_id TEXT NOT NULL, piece INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, bundle_id, piece),
            FOREIGN KEY (tenant_id, bundle_id) REFERENCES uploads (tenant_id, bundle_id) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE bundles (
            tenant_id TEXT NOT NULL, id TEXT NOT NULL, environment_id TEXT NOT NULL, agent_id TEXT NOT NULL,
            epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
            agent_key BLOB NOT NULL, accepted_at INTEGER NOT NULL, run_id TEXT NOT NULL,
            PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, agent_id, epoch, sequence),
            FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id),
            FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
        ) STRICT;
        CREATE TABLE runs (
            tenant_id TEXT NOT NULL, id TEXT NOT NULL, environment_id TEXT NOT NULL, bundle_id TEXT NOT NULL, agent_id TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed')), attempts INTEGER NOT NULL,
            stage TEXT, reason TEXT, snapshot TEXT, created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
            worker TEXT, lease_until INTEGER,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id),
            FOREIGN KEY (tenant_id, bundle_id) REFERENCES bundles (tenant_id, id)
        ) STRICT;
        CREATE INDEX runs_waiting ON runs (created_at) WHERE status IN ('queued', 'running');
        CREATE TABLE results (
            tenant_id TEXT NOT NULL, environment_id TEXT NOT NULL, run_id TEXT NOT NULL, snapshot TEXT NOT NULL,
            result_digest BLOB NOT NULL, result_size INTEGER NOT NULL, snapshot_digest BLOB NOT NULL,
            snapshot_size INTEGER NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, run_id), FOREIGN KEY (tenant_id, run_id) REFERENCES runs (tenant_id, id)
        ) STRICT;
        CREATE TABLE sealing_keys (
            tenant_id TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, version INTEGER NOT NULL, public_key BLOB NOT NULL,
            wrapped BLOB NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, version)
        ) STRICT;
        CREATE TABLE audit_entries (
            tenant_id TEXT NOT NULL REFERENCES tenants (id), entry INTEGER NOT NULL, time INTEGER NOT NULL, actor TEXT NOT NULL,
            act TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL,
            PRIMARY KEY (tenant_id, entry)
        ) STRICT;
        CREATE TRIGGER audit_entries_keep BEFORE UPDATE ON audit_entries
        BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
        CREATE TABLE schema_versions (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
        INSERT INTO schema_versions VALUES (1, 'tenants, people, agents, bundles, runs, audit', 1);
        """
}
