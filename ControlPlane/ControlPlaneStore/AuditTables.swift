import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase
import Synchronization

/// The tree over a tenant's log.
extension TenantRows {
    private var own: SQLValue { .id(tenantID) }

    func auditTreeSize() throws -> UInt64 {
        let row = try reading.row("SELECT max(position) AS last FROM audit_nodes WHERE tenant_id = $1 AND level = 0", [own])
        return try row?.optionalInteger("last").map { UInt64(clamping: $0) + 1 } ?? 0
    }
    func auditNode(level: UInt64, position: UInt64) throws -> [UInt8]? {
        try reading.row(
            "SELECT hash FROM audit_nodes WHERE tenant_id = $1 AND level = $2 AND position = $3", [own, .count(level), .count(position)]
        )?.blob("hash")
    }
    func auditCheckpoints(limit: Int) throws -> [StoredCheckpoint] {
        try reading.rows("SELECT * FROM audit_checkpoints WHERE tenant_id = $1 ORDER BY size DESC LIMIT $2", [own, .count(limit)]).map {
            StoredCheckpoint(
                size: try $0.counter("size"), time: try $0.time("time"), root: try $0.blob("root"), note: try $0.text("note"))
        }
    }
}

extension TenantTables {
    private var own: SQLValue { .id(tenantID) }

    static func purgeAudit(of tenant: TenantID, before: Date, in connection: any SQLWriting) throws(SQLError) -> Int {
        try connection.execute(
            """
            DELETE FROM audit_entries WHERE tenant_id = $1 AND time < $2
                AND entry < (SELECT max(entry) FROM audit_entries WHERE tenant_id = $1)
            """, [.id(tenant), .time(before)])
    }

    func insertAuditNode(level: UInt64, position: UInt64, hash: [UInt8]) throws {
        try connection.execute(
            "INSERT INTO audit_nodes (tenant_id, level, position, hash) VALUES ($1, $2, $3, $4)",
            [own, .count(level), .count(position), .blob(hash)])
    }
    func insert(_ checkpoint: StoredCheckpoint) throws {
        try connection.execute(
            "INSERT INTO audit_checkpoints (tenant_id, size, time, root, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            [own, .count(checkpoint.size), .time(checkpoint.time), .blob(checkpoint.root), .text(checkpoint.note)])
    }
}

/// The tenants to whose log this program wrote, until somebody asks.
final class FreshEntries: Sendable {
    private let tenants = Mutex<Set<TenantID>>([])
    func note(_ tenant: TenantID) { tenants.withLock { _ = $0.insert(tenant) } }
    func take() -> Set<TenantID> {
        tenants.withLock { tenants in
            defer { tenants = [] }
            return tenants
        }
    }
}
