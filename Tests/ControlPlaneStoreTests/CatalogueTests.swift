import Basics
import ControlPlaneCore
import ControlPlaneStore
import Foundation
import SQLDatabase
import TestSupport
import Testing

/// Reads the databases' own catalogues: a table that breaks a rule fails here, whoever added it and however.
@Suite struct CatalogueTests {
    // MARK: SQLite

    @Test func everyTenantsTableInSQLiteHasTheTenantFirstInItsKeys() async throws {
        let fixture = try await StoreFixture(.sqlite)
        let store = try #require(fixture.store as? SQLiteStore)
        let file = try store.file(of: fixture.tenant.id)
        let tables = try await file.read { connection in
            try connection.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_versions'").map {
                try $0.text("name")
            }
        }
        #expect(tables.count >= 15)
        for table in tables {
            let columns = try await file.read {
                try $0.rows("SELECT name, pk FROM pragma_table_info($1)", [.text(table)]).map {
                    (try $0.text("name"), try $0.integer("pk"))
                }
            }
            #expect(columns.contains { $0.0 == "tenant_id" }, "\(table) is in a tenant's file and names no tenant")
            #expect(columns.first { $0.1 == 1 }?.0 == "tenant_id", "\(table)")
            let indexes = try await file.read { connection in
                try connection.rows("SELECT name FROM pragma_index_list($1)", [.text(table)]).map { index in
                    try connection.row("SELECT name FROM pragma_index_info($1) WHERE seqno = 0", [.text(index.text("name"))])?.text("name")
                }
            }
            for first in indexes { #expect(first == "tenant_id", "an index of \(table)") }
            let keys = try await file.read {
                try $0.rows("SELECT \"table\" AS target, \"from\" AS own, seq FROM pragma_foreign_key_list($1)", [.text(table)]).map {
                    (try $0.text("target"), try $0.text("own"), try $0.integer("seq"))
                }
            }
            #expect(!keys.isEmpty || table == "tenant_profiles", "\(table) hangs on nothing")
            for key in keys where key.2 == 0 { #expect(key.1 == "tenant_id", "\(table) → \(key.0)") }
        }
    }

    /// Where the rows of each table go when a tenant is exported (``TenantLife/export(_:to:)``). A new table is named here, with a reason when
    /// it stays behind, or this fails.
    static let exported: [String: String] = [
        "environments": "environments.json", "users": "users.json", "agents": "agents.json", "runs": "runs.json", "results": "runs.json",
        "bundles": "runs.json and bundles/", "audit_entries": "audit.jsonl", "audit_nodes": "the proofs in audit.jsonl",
        "audit_checkpoints": "audit.jsonl", "tenant_profiles": "manifest.json", "sealing_keys": "secret", "sessions": "secret",
        "enrolment_tokens": "enrolment-tokens.json", "agent_keys": "each bundle names the key it is checked with",
        "uploads": "not complete",
        "upload_pieces": "not complete", "code_factors": "whether there is one: users.json", "recovery_codes": "secret",
        "passkeys": "how many: users.json",
        "api_tokens": "api-tokens.json", "sign_ons": "single-sign-on.json", "sign_on_attempts": "lives for minutes",
        "enrolment_rules": "enrolment-rules.json", "enrolment_token_terms": "enrolment-tokens.json", "used_proofs": "lives for minutes",
        "agent_certificates": "each is in audit.jsonl", "agent_locks": "locks.json", "agent_standings": "agents say it anew",
        "agent_settings": "agent-settings.json", "blocks": "blocks/, which name themselves",
        "bundle_blocks": "each bundle names its own, sealed", "upload_blocks": "not complete",
        "break_glass_visits": "break-glass.json", "repeatable_requests": "lives for a day, and holds secrets",
    ]

    @Test func everyTableIsExportedOrLeftOutForAReason() async throws {
        let fixture = try await StoreFixture(.sqlite)
        let file = try #require(fixture.store as? SQLiteStore).file(of: fixture.tenant.id)
        let tables = try await file.read { connection in
            try connection.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_versions'").map {
                try $0.text("name")
            }
        }
        #expect(Set(tables) == Set(Self.exported.keys))
    }

    @Test func theDirectoryHasNoTenantsTable() async throws {
        let fixture = try await StoreFixture(.sqlite)
        let store = try #require(fixture.store as? SQLiteStore)
        let found = try await store.directoryFile.read {
            try $0.rows(
                """
                SELECT m.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'tenant_id' WHERE m.type = 'table'
                """)
        }
        #expect(found.isEmpty)
    }

    @Test func everyAuditTableInSQLiteTakesNewRowsAndNothingElse() async throws {
        let fixture = try await StoreFixture(.sqlite)
        let file = try #require(fixture.store as? SQLiteStore).file(of: fixture.tenant.id)
        let tables = try await file.read {
            try $0.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'audit!_%' ESCAPE '!'").map {
                try $0.text("name")
            }
        }
        #expect(tables.count >= 3)
        for table in tables {
            let guards = try await file.read {
                try $0.rows("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1", [.text(table)]).map {
                    try $0.text("sql")
                }
            }
            #expect(guards.contains { $0.contains("BEFORE UPDATE") } && guards.contains { $0.contains("BEFORE DELETE") }, "\(table)")
        }
    }

    // MARK: PostgreSQL

    @Test func migratingMakesTheRulesAnewThatSomebodyChangedByHand() async throws {
        let fixture = try await StoreFixture(.postgresql)
        func run(_ sql: String) throws {
            try PostgreSQLServer.shared().psql("SET search_path = cloudryption; \(sql)", database: fixture.database)
        }
        try run("ALTER TABLE runs DISABLE ROW LEVEL SECURITY; ALTER TABLE agents NO FORCE ROW LEVEL SECURITY")
        try run("DROP POLICY own_tenant ON users; CREATE POLICY all_tenants ON users USING (true)")
        try run("CREATE POLICY more ON results USING (true)")
        try run("GRANT UPDATE, DELETE ON audit_entries TO cloudryption_app; GRANT SELECT ON users TO PUBLIC, cloudryption_reader")
        try run("DROP TRIGGER append_only ON audit_entries; DROP TRIGGER never_emptied ON audit_nodes")
        _ = try await fixture.open().migrate()
        func rows(_ sql: String) throws -> [String] { try column(sql, fixture.database) }
        #expect(
            try rows(
                """
                SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
                WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relkind IN ('r', 'p')
                    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                """
            ).isEmpty)
        #expect(
            try rows(
                "SELECT DISTINCT polname FROM pg_policy WHERE polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'cloudryption'::regnamespace)"
            )
                == ["own_tenant"])
        #expect(
            try rows(
                "SELECT has_table_privilege('cloudryption_app', 'audit_entries', 'UPDATE'), has_table_privilege('cloudryption_reader', 'users', 'SELECT')"
            )
                == ["f|f"])
        #expect(try rows("SELECT count(*) FROM pg_trigger WHERE tgname IN ('append_only', 'never_emptied') AND NOT tgisinternal") == ["6"])
        // The app goes on as before.
        #expect(try await fixture.store.read(fixture.tenant.id) { try $0.environments() }.count == 1)
    }

    @Test func aLoginThatMayNotMakeTheRulesIsToldSo() async throws {
        let fixture = try await StoreFixture(.postgresql)
        let server = try PostgreSQLServer.shared()
        let login = "\(fixture.database)_serves"
        try server.psql("CREATE ROLE \(login) LOGIN; GRANT cloudryption_app TO \(login)")
        let store = try await PostgreSQLStore(
            PostgreSQLAddress(server.address(database: fixture.database, user: login)), connections: 1, patience: .seconds(600),
            now: StoreFixture.now)
        await #expect { try await store.migrate() } throws: { ($0 as? StoreError)?.code == .unavailable }
        try await store.close()
    }

    private func column(_ sql: String, _ database: String) throws -> [String] {
        try PostgreSQLServer.shared().psql("SET search_path = cloudryption; \(sql)", database: database).split(separator: "\n").map {
            String($0)
        }
    }

    @Test func everyTenantsTableInPostgreSQLIsUnderForcedRowLevelSecurityWithOnePolicy() async throws {
        let database = try await StoreFixture(.postgresql).database
        let scoped = try column(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
            """, database)
        #expect(scoped.count >= 15)
        let guarded = try column(
            """
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
                AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 1
                AND (SELECT bool_and(pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid)
                    AND pg_get_expr(p.polqual, p.polrelid) LIKE '%tenant_id =%current_setting(''app.tenant_id''::text))::uuid%'
                    AND p.polcmd = '*') FROM pg_policy p WHERE p.polrelid = c.oid)
            ORDER BY 1
            """, database)
        #expect(guarded == scoped)
    }

    @Test func everyKeyInPostgreSQLHasTheTenantFirst() async throws {
        let database = try await StoreFixture(.postgresql).database
        let lax = try column(
            """
            SELECT i.indexrelid::regclass::text FROM pg_index i
            JOIN pg_attribute t ON t.attrelid = i.indrelid AND t.attname = 'tenant_id' JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'cloudryption'::regnamespace AND i.indkey[0] <> t.attnum
            UNION ALL
            SELECT k.conname::text FROM pg_constraint k JOIN pg_attribute t ON t.attrelid = k.conrelid AND t.attname = 'tenant_id'
            WHERE k.connamespace = 'cloudryption'::regnamespace AND k.contype IN ('p', 'u', 'f') AND k.conkey[1] <> t.attnum
            """, database)
        #expect(lax.isEmpty)
        let loose = try column(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
            WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relkind = 'r' AND c.relname <> 'tenant_profiles'
                AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f')
            """, database)
        #expect(loose.isEmpty, "hangs on nothing")
    }

    @Test func theAppOwnsNothingBypassesNothingAndOnlyAddsToTheLog() async throws {
        let database = try await StoreFixture(.postgresql).database
        #expect(
            try column(
                """
                SELECT rolname FROM pg_roles WHERE rolname LIKE 'cloudryption\\_%' AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb
                    OR (rolbypassrls AND rolname <> 'cloudryption_backup'))
                """, database
            ).isEmpty)
        #expect(try column("SELECT rolname FROM pg_roles WHERE rolname = 'cloudryption_app' AND rolinherit", database).isEmpty)
        #expect(
            try column(
                """
                SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'cloudryption'::regnamespace
                    AND c.relowner <> 'cloudryption_owner'::regrole
                """, database
            ).isEmpty)
        let rights = try column(
            """
            SELECT DISTINCT privilege_type FROM information_schema.table_privileges
            WHERE table_schema = 'cloudryption' AND table_name LIKE 'audit\\_%' AND grantee IN ('cloudryption_app', 'cloudryption_audit') ORDER BY 1
            """, database)
        #expect(rights == ["INSERT", "SELECT"])
        let public_ = try column(
            "SELECT table_name FROM information_schema.table_privileges WHERE table_schema = 'cloudryption' AND grantee = 'PUBLIC'",
            database)
        #expect(public_.isEmpty)
        // The reader sees no secret.
        let readable = try column(
            "SELECT table_name FROM information_schema.table_privileges WHERE grantee = 'cloudryption_reader' ORDER BY 1", database)
        #expect(readable == ["agents", "bundles", "environments", "results", "runs"])
        let unguarded = try column(
            """
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relname LIKE 'audit\\_%' AND c.relkind = 'r'
                AND (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname IN ('append_only', 'never_emptied') AND t.tgenabled = 'O') <> 2
            """, database)
        #expect(unguarded.isEmpty)
    }
}
