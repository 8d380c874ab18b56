import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// Reads one tenant's tables from inside a transaction of the directory.
typealias TenantLook = (TenantID, (any SQLReading) throws -> Void) throws -> Void

/// What is looked up before the tenant is known. Secrets come in as digests, so an index lookup tells a caller nothing about them.
///
/// The directory itself knows only which tenant a digest belongs to; the row is that tenant's, and is read under that tenant.
protocol DirectoryRows: Directory {
    var reading: any SQLReading { get }
    var look: TenantLook { get }
}

struct DirectoryTables: DirectoryRows {
    let reading: any SQLReading
    let look: TenantLook

    init(connection: any SQLReading, look: @escaping TenantLook) {
        reading = connection
        self.look = look
    }
}

extension DirectoryRows {
    /// The row behind a digest; `nil` when nobody has it, or the note of it is stale.
    func found<Row>(_ kind: Locator, _ digest: [UInt8], _ body: (ReadableTenantTables) throws -> Row?) throws -> Row? {
        let owner = try reading.row("SELECT tenant FROM locators WHERE kind = $1 AND digest = $2", [.text(kind.rawValue), .blob(digest)])
        guard let tenant: TenantID = try owner?.id("tenant") else { return nil }
        var row: Row?
        do {
            try look(tenant) {
                let tables = ReadableTenantTables(tenantID: tenant, reading: $0)
                // Whoever comes in is looked up here: a tenant that is shut out is shut out for all.
                switch (try tables.tenantState(), kind) {
                case (.active, _): row = try body(tables)
                case (.deleted, _), (.suspended, .user): break
                case (.suspended, .agentKey), (.suspended, .enrolmentToken):
                    throw StoreError(.unavailable, "the tenant is suspended: try again later")
                case (.suspended, _): throw AccessError(.tenantSuspended, "the operator suspended this tenant")
                }
            }
        } catch let error as StoreError where error.code == .notFound {
            return nil
        }
        return row
    }

    func tenants() throws -> [Tenant] {
        try reading.rows("SELECT id, name, created_at FROM tenants WHERE listed = 1 ORDER BY name").map { try $0.tenant }
    }
    func user(email: String) throws -> User? {
        try found(.user, User.digest(ofCanonicalEmail: email)) { try $0.user(email: email) }
    }
    func session(digest: [UInt8]) throws -> Session? { try found(.session, digest) { try $0.session(digest: digest) } }
    func apiToken(digest: [UInt8]) throws -> APIToken? { try found(.apiToken, digest) { try $0.apiToken(digest: digest) } }
    func operators() throws -> [String] {
        try reading.rows("SELECT name FROM operators ORDER BY name").map { try $0.text("name") }
    }
    func operatorName(digest: [UInt8]) throws -> String? {
        try reading.row("SELECT name FROM operators WHERE digest = $1", [.blob(digest)])?.text("name")
    }
    func enrolmentToken(digest: [UInt8]) throws -> EnrolmentToken? {
        try found(.enrolmentToken, digest) { try $0.enrolmentToken(digest: digest) }
    }
    func agent(keyDigest: [UInt8]) throws -> Agent? { try found(.agentKey, keyDigest) { try $0.agent(keyDigest: keyDigest) } }

    func signInFailures(account: [UInt8]) throws -> SignInFailures? {
        guard let row = try reading.row("SELECT failures, last_at FROM sign_in_failures WHERE account = $1", [.blob(account)]) else {
            return nil
        }
        return SignInFailures(count: try row.count("failures"), last: try row.time("last_at"))
    }
    func nextRun(now: Date) throws -> (tenant: TenantID, run: RunID)? {
        // Run identifiers are ordered by the time at which they were made.
        let row = try reading.row(
            "SELECT tenant, run_id FROM waiting_runs WHERE ready_at < $1 OR (running = 0 AND ready_at = $1) ORDER BY run_id LIMIT 1",
            [.time(now)])
        return try row.map { (tenant: try $0.id("tenant"), run: try $0.id("run_id")) }
    }
    func runningRuns() throws -> [(tenant: TenantID, run: RunID)] {
        try reading.rows("SELECT tenant, run_id FROM waiting_runs WHERE running = 1 ORDER BY run_id").map {
            (tenant: try $0.id("tenant"), run: try $0.id("run_id"))
        }
    }
}

struct WritableDirectoryTables: DirectoryRows, DirectoryWriting {
    let connection: any SQLWriting
    let look: TenantLook
    var reading: any SQLReading { connection }

    init(connection: any SQLWriting, look: @escaping TenantLook) {
        self.connection = connection
        self.look = look
    }

    func insertOperator(_ name: String, digest: [UInt8], at time: Date) throws {
        try connection.execute(
            "INSERT INTO operators (name, digest, created_at) VALUES ($1, $2, $3)", [.text(name), .blob(digest), .time(time)])
    }

    func setSignInFailures(account: [UInt8], _ failures: SignInFailures?, forgetBefore: Date) throws {
        try connection.execute("DELETE FROM sign_in_failures WHERE account = $1 OR last_at < $2", [.blob(account), .time(forgetBefore)])
        guard let failures else { return }
        try connection.execute(
            "INSERT INTO sign_in_failures (account, failures, last_at) VALUES ($1, $2, $3)",
            [.blob(account), .count(failures.count), .time(failures.last)])
    }

    /// Takers do not wait for each other: what one looks at, the next passes over.
    static func takeNextRun(now: Date, hold: Date, in connection: any SQLWriting) throws -> (tenant: TenantID, run: RunID)? {
        let next = try connection.row(
            connection.dialect == .sqlite
                ? "SELECT run_id FROM waiting_runs WHERE ready_at < $1 OR (running = 0 AND ready_at = $1) ORDER BY run_id LIMIT 1"
                : """
                SELECT run_id FROM waiting_runs WHERE ready_at < $1 OR (running = 0 AND ready_at = $1) ORDER BY run_id LIMIT 1
                FOR UPDATE SKIP LOCKED
                """, [.time(now)])
        guard let next else { return nil }
        let row = try connection.row(
            "UPDATE waiting_runs SET ready_at = $2 WHERE run_id = $1 RETURNING tenant, run_id", [.text(next.text("run_id")), .time(hold)])
        return try row.map { (tenant: try $0.id("tenant"), run: try $0.id("run_id")) }
    }
}
