import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// What can be found by a digest before the tenant is known. The words are stored.
enum Locator: String, Sendable, Hashable, CaseIterable {
    case session
    case user
    case enrolmentToken = "enrolment-token"
    case agentKey = "agent-key"
    case apiToken = "api-token"

    /// Every digest of this kind that the tenant's rows hold: what ``Sweep`` compares the directory with.
    func digests(in tables: any TenantRows) throws -> [[UInt8]] {
        let own: [SQLValue] = [.id(tables.tenantID)]
        return switch self {
        case .session:
            try tables.reading.rows("SELECT digest FROM sessions WHERE tenant_id = $1", own).map { try $0.blob("digest") }
        case .user:
            try tables.reading.rows("SELECT email FROM users WHERE tenant_id = $1", own).map {
                User.digest(ofCanonicalEmail: try $0.text("email"))
            }
        case .enrolmentToken:
            try tables.reading.rows("SELECT digest FROM enrolment_tokens WHERE tenant_id = $1", own).map { try $0.blob("digest") }
        case .apiToken:
            try tables.reading.rows("SELECT digest FROM api_tokens WHERE tenant_id = $1", own).map { try $0.blob("digest") }
        case .agentKey:
            try tables.reading.rows(
                """
                SELECT key_digest AS digest FROM agents WHERE tenant_id = $1 UNION
                SELECT pending_key_digest FROM agents WHERE tenant_id = $1 AND pending_key_digest IS NOT NULL UNION
                SELECT key_digest FROM agent_keys WHERE tenant_id = $1
                """, own
            ).map { try $0.blob("digest") }
        }
    }
}

/// What one transaction of a tenant changes in the directory. It holds nothing but digests and the identifiers of waiting runs.
final class DirectoryChanges {
    enum Change: Sendable, Hashable {
        case add(Locator, [UInt8])
        case drop(Locator, [UInt8])
        /// A run may be taken from this time on: it waits, or its lease ends then.
        case runWaits(RunID, from: Date, running: Bool)
        case runEnded(RunID)
    }
    /// Must be there when the transaction ends.
    private(set) var first: [Change] = []
    /// May be missing when the transaction ended.
    private(set) var last: [Change] = []

    /// Whether something was put on record.
    var isOnRecord = false

    func add(_ kind: Locator, _ digest: [UInt8]) { first.append(.add(kind, digest)) }
    func drop(_ kind: Locator, _ digest: [UInt8]) { last.append(.drop(kind, digest)) }
    func queued(_ run: RunID, at time: Date) { first.append(.runWaits(run, from: time, running: false)) }
    func taken(_ run: RunID, until time: Date) { last.append(.runWaits(run, from: time, running: true)) }
    func waits(_ run: RunID, from time: Date, running: Bool) { last.append(.runWaits(run, from: time, running: running)) }
    func ended(_ run: RunID) { last.append(.runEnded(run)) }

    /// Drops everything that leads to a tenant, takes it off the list and frees its name.
    static func forget(_ tenant: TenantID, in connection: any SQLWriting) throws {
        try connection.execute("DELETE FROM locators WHERE tenant = $1", [.id(tenant)])
        try connection.execute("DELETE FROM waiting_runs WHERE tenant = $1", [.id(tenant)])
        try connection.execute("UPDATE tenants SET listed = 2, name = id WHERE id = $1", [.id(tenant)])
    }

    /// - Throws: ``SQLError`` `constraint` when a digest belongs to another tenant.
    static func apply(_ changes: [Change], of tenant: TenantID, to connection: any SQLWriting) throws {
        for change in changes {
            switch change {
            case .add(let kind, let digest):
                let key: [SQLValue] = [.text(kind.rawValue), .blob(digest)]
                let added = try connection.execute(
                    "INSERT INTO locators (kind, digest, tenant, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                    key + [.id(tenant), .time(Date())])
                if added == 1 { continue }
                let owner = try connection.row("SELECT tenant FROM locators WHERE kind = $1 AND digest = $2", key)?.text("tenant")
                guard owner == tenant.description else { throw SQLError(.constraint, "another tenant has this key") }
            case .drop(let kind, let digest):
                try connection.execute(
                    "DELETE FROM locators WHERE kind = $1 AND digest = $2 AND tenant = $3",
                    [.text(kind.rawValue), .blob(digest), .id(tenant)])
            case .runWaits(let run, let time, let running):
                try connection.execute(
                    """
                    INSERT INTO waiting_runs (run_id, tenant, ready_at, running) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (run_id) DO UPDATE SET ready_at = excluded.ready_at, running = excluded.running
                    """, [.id(run), .id(tenant), .time(time), .flag(running)])
            case .runEnded(let run):
                try connection.execute("DELETE FROM waiting_runs WHERE run_id = $1 AND tenant = $2", [.id(run), .id(tenant)])
            }
        }
    }
}
