/// The steps themselves: a table, and so longer than other files will be.
///
/// Times are microseconds since 1970. Identifiers are UUIDs as text. Column types are SQLite's. A tenant's table has `tenant_id` first in every
/// key and every foreign key, so that no row can point into another tenant; what must be unique over all tenants is a locator. A table whose
/// name begins with `audit_` takes new rows and nothing else; in SQLite the step gives it the triggers, in PostgreSQL `PostgreSQLRules` does.
extension Migrations {
    static let steps: [Step] = [directoryAndTenants, credentials, access, settings, blocks]

    private static let directoryAndTenants = Step(
        name: "a directory, and tenants apart from it and from each other",
        directory: .init(
            """
            CREATE TABLE tenants (
                id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, listed INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE sign_in_failures (
                account BLOB NOT NULL PRIMARY KEY, failures INTEGER NOT NULL, last_at INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE locators (
                kind TEXT NOT NULL, digest BLOB NOT NULL, tenant TEXT NOT NULL, added_at INTEGER NOT NULL, PRIMARY KEY (kind, digest)
            ) STRICT;
            CREATE INDEX locators_of_tenant ON locators (tenant);
            CREATE TABLE waiting_runs (
                run_id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, ready_at INTEGER NOT NULL, running INTEGER NOT NULL
            ) STRICT;
            """),
        tenant: .init(
            """
            CREATE TABLE tenant_profiles (
                tenant_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'deleted'))
            ) STRICT;
            CREATE TABLE environments (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), id TEXT NOT NULL, name TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name)
            ) STRICT;
            CREATE TABLE agents (
                tenant_id TEXT NOT NULL, id TEXT NOT NULL, environment_id TEXT NOT NULL, epoch INTEGER NOT NULL,
                key_digest BLOB NOT NULL, public_key BLOB NOT NULL, serial TEXT NOT NULL, not_after INTEGER NOT NULL,
                pending_key_digest BLOB, pending_public_key BLOB, pending_serial TEXT, pending_not_after INTEGER,
                revoked INTEGER NOT NULL, hostname TEXT NOT NULL, platform TEXT NOT NULL, version TEXT NOT NULL,
                spool_depth INTEGER NOT NULL, last_error TEXT, enrolled_at INTEGER NOT NULL, last_seen INTEGER,
                sequence INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, key_digest), UNIQUE (tenant_id, pending_key_digest),
                FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
            ) STRICT;
            CREATE TABLE agent_keys (
                tenant_id TEXT NOT NULL, agent_id TEXT NOT NULL, key_digest BLOB NOT NULL, public_key BLOB NOT NULL,
                added_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, agent_id, key_digest),
                FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
            ) STRICT;
            CREATE TABLE users (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), id TEXT NOT NULL, email TEXT NOT NULL, role TEXT NOT NULL,
                password_hash TEXT NOT NULL, must_change INTEGER NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, email)
            ) STRICT;
            CREATE TABLE sessions (
                tenant_id TEXT NOT NULL, digest BLOB NOT NULL, user_id TEXT NOT NULL, created_at INTEGER NOT NULL,
                last_used INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, digest), FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
            ) STRICT;
            CREATE TABLE enrolment_tokens (
                tenant_id TEXT NOT NULL, digest BLOB NOT NULL, environment_id TEXT NOT NULL, created_at INTEGER NOT NULL,
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
            CREATE INDEX runs_newest ON runs (tenant_id, created_at);
            CREATE TABLE results (
                tenant_id TEXT NOT NULL, environment_id TEXT NOT NULL, run_id TEXT NOT NULL, snapshot TEXT NOT NULL,
                result_digest BLOB NOT NULL, result_size INTEGER NOT NULL, snapshot_digest BLOB NOT NULL,
                snapshot_size INTEGER NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, run_id), FOREIGN KEY (tenant_id, run_id) REFERENCES runs (tenant_id, id)
            ) STRICT;
            CREATE TABLE sealing_keys (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), id TEXT NOT NULL, version INTEGER NOT NULL,
                public_key BLOB NOT NULL, wrapped BLOB NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, version)
            ) STRICT;
            CREATE TABLE audit_entries (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), entry INTEGER NOT NULL, time INTEGER NOT NULL,
                actor TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
                hash BLOB NOT NULL,
                PRIMARY KEY (tenant_id, entry)
            ) STRICT;
            CREATE TABLE audit_nodes (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), level INTEGER NOT NULL, position INTEGER NOT NULL,
                hash BLOB NOT NULL,
                PRIMARY KEY (tenant_id, level, position)
            ) STRICT;
            CREATE TABLE audit_checkpoints (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), size INTEGER NOT NULL, time INTEGER NOT NULL,
                root BLOB NOT NULL, note TEXT NOT NULL,
                PRIMARY KEY (tenant_id, size)
            ) STRICT;
            """,
            sqlite: """
                CREATE TRIGGER audit_entries_keep BEFORE UPDATE ON audit_entries
                BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
                WHEN old.time > (CAST(strftime('%s', 'now') AS INTEGER) - 365 * 86400) * 1000000
                BEGIN SELECT raise(ABORT, 'the audit log is kept for 365 days'); END;
                CREATE TRIGGER audit_nodes_keep BEFORE UPDATE ON audit_nodes
                BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_nodes_stay BEFORE DELETE ON audit_nodes
                BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE ON audit_checkpoints
                BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints
                BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                """)
    )

    private static let credentials = Step(
        name: "an agent's credentials over their whole life",
        tenant: .init(
            """
            CREATE TABLE agent_standings (
                tenant_id TEXT NOT NULL, agent_id TEXT NOT NULL, document TEXT NOT NULL,
                PRIMARY KEY (tenant_id, agent_id), FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
            ) STRICT;
            CREATE TABLE agent_certificates (
                tenant_id TEXT NOT NULL, serial TEXT NOT NULL, agent_id TEXT NOT NULL, epoch INTEGER NOT NULL, key_digest BLOB NOT NULL,
                issuer TEXT NOT NULL, issued_at INTEGER NOT NULL, not_after INTEGER NOT NULL, first_used_at INTEGER, superseded_at INTEGER,
                revoked_at INTEGER,
                PRIMARY KEY (tenant_id, serial), FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
            ) STRICT;
            CREATE INDEX agent_certificates_newest ON agent_certificates (tenant_id, agent_id, issued_at);
            CREATE TABLE agent_locks (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id),
                kind TEXT NOT NULL CHECK (kind IN ('tenant', 'environment', 'agent', 'grant', 'serial')),
                subject TEXT NOT NULL, since INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, kind, subject)
            ) STRICT;
            CREATE TABLE enrolment_rules (
                tenant_id TEXT NOT NULL, id TEXT NOT NULL, environment_id TEXT NOT NULL, method TEXT NOT NULL, document TEXT NOT NULL,
                needs_approval INTEGER NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, environment_id) REFERENCES environments (tenant_id, id)
            ) STRICT;
            CREATE TABLE enrolment_token_terms (
                tenant_id TEXT NOT NULL, digest BLOB NOT NULL, document TEXT NOT NULL,
                PRIMARY KEY (tenant_id, digest), FOREIGN KEY (tenant_id, digest) REFERENCES enrolment_tokens (tenant_id, digest)
            ) STRICT;
            CREATE TABLE used_proofs (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), digest BLOB NOT NULL, expires_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, digest)
            ) STRICT;
            """)
    )

    private static let settings = Step(
        name: "what agents have to go by",
        tenant: .init(
            """
            CREATE TABLE agent_settings (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id),
                kind TEXT NOT NULL CHECK (kind IN ('environment', 'agent')), subject TEXT NOT NULL, document TEXT NOT NULL,
                version INTEGER NOT NULL, changed_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, kind, subject)
            ) STRICT;
            """)
    )

    private static let blocks = Step(
        name: "records in blocks that need not be sent again",
        tenant: .init(
            """
            CREATE TABLE blocks (
                tenant_id TEXT NOT NULL, agent_id TEXT NOT NULL, id BLOB NOT NULL, pack TEXT NOT NULL, start INTEGER NOT NULL,
                size INTEGER NOT NULL, sha256 BLOB NOT NULL, stored_at INTEGER NOT NULL, used INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, agent_id, id), FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
            ) STRICT;
            CREATE INDEX blocks_of_packs ON blocks (tenant_id, pack);
            CREATE INDEX blocks_unused ON blocks (tenant_id, agent_id, used, stored_at);
            CREATE TABLE upload_blocks (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), bundle_id TEXT NOT NULL, ids BLOB NOT NULL,
                received INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, bundle_id)
            ) STRICT;
            CREATE TABLE bundle_blocks (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), bundle_id TEXT NOT NULL, ids BLOB NOT NULL,
                PRIMARY KEY (tenant_id, bundle_id)
            ) STRICT;
            """)
    )
}
