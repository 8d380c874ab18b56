import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// Compares the directory's notes with the tenants' files. May block.
struct Sweep {
    /// A younger note may belong to a transaction that is about to end.
    static let youngest: TimeInterval = 3600

    let directory: SQLiteDatabase
    let files: TenantFiles
    let now: Date

    private struct Note: Hashable {
        var kind: Locator
        var digest: [UInt8]
    }

    func run() throws -> (dropped: Int, made: Int) {
        var dropped = 0
        var made = 0
        for tenant in try directory.readNow({ try $0.rows("SELECT id FROM tenants").map { try $0.id("id") as TenantID } }) {
            // Without the file nothing can be said about what leads to it.
            guard let file = try? files.database(of: tenant) else { continue }
            let (held, runs) = try file.readNow { connection in
                let rows = ReadableTenantTables(tenantID: tenant, reading: connection)
                var held: Set<Note> = []
                for kind in Locator.allCases {
                    for digest in try kind.digests(in: rows) { held.insert(Note(kind: kind, digest: digest)) }
                }
                return (held, try rows.runs(environment: nil, status: .queued, limit: 10_000))
            }
            let changes = try directory.writeNow { connection in
                try bring(connection, tenant: tenant, held: held, queued: runs)
            }
            dropped += changes.dropped
            made += changes.made
        }
        return (dropped, made)
    }

    private func bring(_ connection: any SQLWriting, tenant: TenantID, held: Set<Note>, queued: [Run]) throws -> (dropped: Int, made: Int) {
        var known: Set<Note> = []
        var dropped = 0
        for row in try connection.rows("SELECT kind, digest, added_at FROM locators WHERE tenant = $1", [.id(tenant)]) {
            // A kind that this program does not know is a newer one's.
            guard let kind = Locator(rawValue: try row.text("kind")) else { continue }
            let note = Note(kind: kind, digest: try row.blob("digest"))
            known.insert(note)
            guard !held.contains(note), now.timeIntervalSince(try row.time("added_at")) > Self.youngest else { continue }
            try DirectoryChanges.apply([.drop(kind, note.digest)], of: tenant, to: connection)
            dropped += 1
        }
        let missing = held.subtracting(known)
        try DirectoryChanges.apply(missing.map { .add($0.kind, $0.digest) }, of: tenant, to: connection)
        var made = missing.count
        for run in queued {
            made += try connection.execute(
                "INSERT INTO waiting_runs (run_id, tenant, ready_at, running) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING",
                [.id(run.id), .id(tenant), .time(run.createdAt)])
        }
        return (dropped, made)
    }
}
