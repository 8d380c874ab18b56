import Basics
import ControlPlaneCore
public import SQLDatabase

/// The numbered steps from an empty database to the newest form. A step that was released is never edited; a new one is added.
public enum Migrations {
    /// The newest version.
    public static var newest: Int { steps.count }

    /// Brings the database to ``newest``, all steps in one transaction each; does nothing when it is there.
    ///
    /// - Returns: the version before and after.
    /// - Throws: ``SQLError``; or ``StoreError`` `corrupt` when the database is newer than this program.
    @discardableResult public static func apply(to database: any SQLDatabase, now: Int64) async throws -> (from: Int, to: Int) {
        let before = try await database.write { connection in
            try connection.script(
                """
                CREATE TABLE IF NOT EXISTS schema_versions (
                    version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
                ) STRICT;
                """)
            return try version(connection)
        }
        guard before <= newest else {
            throw StoreError(.corrupt, "the database has version \(before), this program knows \(newest): use the newer program")
        }
        for number in before..<newest {
            try await database.write { connection in
                // Another process may have been faster between two of our transactions.
                guard try version(connection) == number else { return }
                let step = steps[number]
                try connection.script(step.sql)
                try connection.execute(
                    "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)",
                    [.integer(Int64(number + 1)), .text(step.name), .integer(now)])
            }
        }
        return (before, newest)
    }

    private static func version(_ connection: any SQLReading) throws -> Int {
        Int(try connection.row("SELECT coalesce(max(version), 0) AS version FROM schema_versions")?.integer("version") ?? 0)
    }

    private struct Step: Sendable {
        var name: String
        var sql: StaticString
    }

    /// Times are microseconds since 1970. Identifiers are UUIDs as text. `tenant_id` comes first in every key of a tenant's table, and in
    /// every foreign key, so that no row can point into another tenant.
    private static let steps: [Step] = [
        Step(
            name: "tenants, people, agents, bundles, runs, audit",
            sql: """
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
                """)
    ]
}
