import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// Blocks of records. An agent's rows are under its own name: the same block of another agent is another row.
extension TenantRows {
    private var own: SQLValue { .id(tenantID) }

    func blockNames(ofUpload bundle: BundleID) throws -> [UInt8]? {
        try reading.row("SELECT ids FROM upload_blocks WHERE tenant_id = $1 AND bundle_id = $2", [own, .id(bundle)])?.blob("ids")
    }
    func blockNames(ofBundle bundle: BundleID) throws -> [UInt8]? {
        try reading.row("SELECT ids FROM bundle_blocks WHERE tenant_id = $1 AND bundle_id = $2", [own, .id(bundle)])?.blob("ids")
    }
    func block(named name: [UInt8], of agent: AgentID) throws -> StoredBlock? {
        try reading.row(
            "SELECT * FROM blocks WHERE tenant_id = $1 AND agent_id = $2 AND id = $3", [own, .id(agent), .blob(name)]
        ).map {
            try StoredBlock(
                agent: agent, name: name, pack: try $0.text("pack"), start: try $0.count("start"), size: try $0.count("size"),
                sha256: try $0.blob("sha256"), storedAt: try $0.time("stored_at"))
        }
    }
}

extension TenantTables {
    private var own: SQLValue { .id(tenantID) }

    func put(blockNames: [UInt8], ofUpload bundle: BundleID) throws {
        try connection.execute(
            "INSERT INTO upload_blocks (tenant_id, bundle_id, ids, received) VALUES ($1, $2, $3, 0)",
            [own, .id(bundle), .blob(blockNames)])
    }
    func addBlockBytes(_ count: Int, ofUpload bundle: BundleID) throws -> Int {
        try connection.row(
            "UPDATE upload_blocks SET received = received + $3 WHERE tenant_id = $1 AND bundle_id = $2 RETURNING received",
            [own, .id(bundle), .count(count)])?.count("received") ?? 0
    }
    func put(blockNames: [UInt8], ofBundle bundle: BundleID) throws {
        try connection.execute(
            "INSERT INTO bundle_blocks (tenant_id, bundle_id, ids) VALUES ($1, $2, $3)", [own, .id(bundle), .blob(blockNames)])
    }
    func insert(_ block: StoredBlock) throws {
        try connection.execute(
            """
            INSERT INTO blocks (tenant_id, agent_id, id, pack, start, size, sha256, stored_at, used)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT DO NOTHING
            """,
            [
                own, .id(block.agent), .blob(block.name), .text(block.pack), .count(block.start), .count(block.size),
                .blob(block.sha256), .time(block.storedAt),
            ])
    }
    func useBlock(named name: [UInt8], of agent: AgentID) throws -> Bool {
        try connection.execute(
            "UPDATE blocks SET used = 1 WHERE tenant_id = $1 AND agent_id = $2 AND id = $3", [own, .id(agent), .blob(name)]) == 1
    }
    func deleteBlock(named name: [UInt8], of agent: AgentID) throws {
        try connection.execute(
            "DELETE FROM blocks WHERE tenant_id = $1 AND agent_id = $2 AND id = $3", [own, .id(agent), .blob(name)])
    }
    func deleteUnusedBlocks(of agent: AgentID, storedBefore time: Date) throws -> [String] {
        let packs = try connection.rows(
            "DELETE FROM blocks WHERE tenant_id = $1 AND agent_id = $2 AND used = 0 AND stored_at < $3 RETURNING pack",
            [own, .id(agent), .time(time)]
        ).map { try $0.text("pack") }
        return try Set(packs).filter {
            try connection.row("SELECT 1 AS one FROM blocks WHERE tenant_id = $1 AND pack = $2 LIMIT 1", [own, .text($0)]) == nil
        }
    }
}
