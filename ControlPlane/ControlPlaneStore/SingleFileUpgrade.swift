import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// Takes apart version 1, which had everything in one SQLite file.
///
/// The old file stays as it is until every tenant's file is complete on the disk; then one transaction turns it into the directory. A crash
/// before that leaves version 1, and the next start begins anew.
enum SingleFileUpgrade {
    /// Whether a directory's file is one of version 1.
    static func isNeeded(_ connection: any SQLReading) throws -> Bool { try Migrations.version(connection) == 1 }

    static func run(_ directory: SQLiteDatabase, path: String, files: TenantFiles, now: Date) throws {
        let tenants = try directory.readNow { try $0.rows("SELECT id, name, created_at FROM tenants").map { try $0.tenant } }
        for tenant in tenants {
            files.remove(tenant.id)
            let file = try files.make(tenant)
            try file.writeNow(beside: path) { connection in
                for copy in copies { try connection.execute(copy, [.id(tenant.id)]) }
            }
            try file.compact()
        }
        try directory.writeNow { connection in
            try connection.script("ALTER TABLE tenants RENAME TO former_tenants; ALTER TABLE sign_in_failures RENAME TO former_failures;")
            try Migrations.applyNext(.directory, to: connection, now: now.microseconds)
            try connection.script(
                """
                INSERT INTO tenants (id, name, created_at, listed) SELECT id, name, created_at, 1 FROM former_tenants;
                INSERT INTO sign_in_failures (account, failures, last_at) SELECT account, failures, last_at FROM former_failures;
                """)
            for tenant in tenants { try note(tenant.id, of: connection) }
            try connection.script(
                """
                DROP TABLE results; DROP TABLE runs; DROP TABLE bundles; DROP TABLE upload_pieces; DROP TABLE uploads; DROP TABLE sessions;
                DROP TABLE enrolment_tokens; DROP TABLE users; DROP TABLE agent_keys; DROP TABLE agents; DROP TABLE environments;
                DROP TABLE sealing_keys; DROP TABLE audit_entries; DROP TABLE former_tenants; DROP TABLE former_failures;
                """)
        }
        try directory.compact()
    }

    /// Makes the notes by which the tenant's rows are found. The old tables are still there, and have the same columns.
    private static func note(_ tenant: TenantID, of connection: any SQLWriting) throws {
        let rows = ReadableTenantTables(tenantID: tenant, reading: connection)
        let changes = DirectoryChanges()
        // Version 1 had no tokens of programs.
        for kind in Locator.allCases where kind != .apiToken {
            for digest in try kind.digests(in: rows) { changes.add(kind, digest) }
        }
        for run in try rows.runs(environment: nil, status: .queued, limit: .max) { changes.queued(run.id, at: run.createdAt) }
        // Version 1 let go of its leases when its program ended; whoever opens the file holds it alone.
        for run in try rows.runs(environment: nil, status: .running, limit: .max) { changes.taken(run.id, until: run.createdAt) }
        try DirectoryChanges.apply(changes.first + changes.last, of: tenant, to: connection)
    }

    private static let copies: [StaticString] = [
        "INSERT INTO environments SELECT * FROM other.environments WHERE tenant_id = $1",
        "INSERT INTO agents SELECT * FROM other.agents WHERE tenant_id = $1",
        "INSERT INTO agent_keys SELECT * FROM other.agent_keys WHERE tenant_id = $1",
        """
        INSERT INTO users (tenant_id, id, email, role, password_hash, must_change, created_at)
        SELECT tenant_id, id, email, role, password_hash, must_change, created_at FROM other.users WHERE tenant_id = $1
        """,
        """
        INSERT INTO sessions (tenant_id, digest, user_id, created_at, last_used, expires_at)
        SELECT tenant_id, digest, user_id, created_at, last_used, expires_at FROM other.sessions WHERE tenant_id = $1
        """,
        "INSERT INTO enrolment_tokens SELECT * FROM other.enrolment_tokens WHERE tenant_id = $1",
        "INSERT INTO uploads SELECT * FROM other.uploads WHERE tenant_id = $1",
        "INSERT INTO upload_pieces SELECT * FROM other.upload_pieces WHERE tenant_id = $1",
        "INSERT INTO bundles SELECT * FROM other.bundles WHERE tenant_id = $1",
        "INSERT INTO runs SELECT * FROM other.runs WHERE tenant_id = $1",
        "INSERT INTO results SELECT * FROM other.results WHERE tenant_id = $1",
        "INSERT INTO sealing_keys SELECT * FROM other.sealing_keys WHERE tenant_id = $1",
        "INSERT INTO audit_entries SELECT * FROM other.audit_entries WHERE tenant_id = $1",
    ]
}
