import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// What is looked up before the tenant is known. Secrets come in as digests, so an index lookup tells a caller nothing about them.

struct DirectoryTables: Directory {
    let connection: any SQLReading

    func tenants() throws -> [Tenant] {
        try connection.rows("SELECT id, name, created_at FROM tenants ORDER BY name").map { try $0.tenant }
    }
    func user(email: String) throws -> User? {
        try connection.row("SELECT * FROM users WHERE email = $1", [.text(email)])?.user
    }
    func session(digest: [UInt8]) throws -> Session? {
        try connection.row("SELECT * FROM sessions WHERE digest = $1", [.blob(digest)])?.session
    }
    func enrolmentToken(digest: [UInt8]) throws -> EnrolmentToken? {
        try connection.row("SELECT * FROM enrolment_tokens WHERE digest = $1", [.blob(digest)])?.enrolmentToken
    }
    func agent(keyDigest: [UInt8]) throws -> Agent? {
        try connection.row("SELECT * FROM agents WHERE key_digest = $1 OR pending_key_digest = $1", [.blob(keyDigest)])?.agent
    }
    func signInFailures(account: [UInt8]) throws -> SignInFailures? {
        guard let row = try connection.row("SELECT failures, last_at FROM sign_in_failures WHERE account = $1", [.blob(account)]) else {
            return nil
        }
        return SignInFailures(count: try row.count("failures"), last: try row.time("last_at"))
    }
    func nextRun(now: Date) throws -> (tenant: TenantID, run: RunID)? {
        let row = try connection.row(
            """
            SELECT tenant_id, id FROM runs
            WHERE status = 'queued' OR (status = 'running' AND lease_until < $1)
            ORDER BY created_at, id LIMIT 1
            """, [.time(now)])
        return try row.map { (tenant: try $0.id("tenant_id"), run: try $0.id("id")) }
    }
    func runningRuns() throws -> [(tenant: TenantID, run: RunID)] {
        try connection.rows("SELECT tenant_id, id FROM runs WHERE status = 'running' ORDER BY created_at").map {
            (tenant: try $0.id("tenant_id"), run: try $0.id("id"))
        }
    }
}

struct WritableDirectoryTables: DirectoryWriting {
    let connection: any SQLWriting
    private var reading: DirectoryTables { DirectoryTables(connection: connection) }

    func tenants() throws -> [Tenant] { try reading.tenants() }
    func user(email: String) throws -> User? { try reading.user(email: email) }
    func session(digest: [UInt8]) throws -> Session? { try reading.session(digest: digest) }
    func enrolmentToken(digest: [UInt8]) throws -> EnrolmentToken? { try reading.enrolmentToken(digest: digest) }
    func agent(keyDigest: [UInt8]) throws -> Agent? { try reading.agent(keyDigest: keyDigest) }
    func signInFailures(account: [UInt8]) throws -> SignInFailures? { try reading.signInFailures(account: account) }
    func nextRun(now: Date) throws -> (tenant: TenantID, run: RunID)? { try reading.nextRun(now: now) }
    func runningRuns() throws -> [(tenant: TenantID, run: RunID)] { try reading.runningRuns() }

    func setSignInFailures(account: [UInt8], _ failures: SignInFailures?, forgetBefore: Date) throws {
        try connection.execute("DELETE FROM sign_in_failures WHERE account = $1 OR last_at < $2", [.blob(account), .time(forgetBefore)])
        guard let failures else { return }
        try connection.execute(
            "INSERT INTO sign_in_failures (account, failures, last_at) VALUES ($1, $2, $3)",
            [.blob(account), .count(failures.count), .time(failures.last)])
    }
}
