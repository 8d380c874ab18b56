import Basics
import ControlPlaneCore
import SQLDatabase

/// The numbered steps from an empty database to the newest form. A step that was released is never edited; a new one is added at the end of
/// ``Migrations/steps``.
///
/// Each step has a part for the directory and one for tenants. In SQLite they are different files, each with its own table of versions; in
/// PostgreSQL both parts go into one database. Version 1 was one SQLite file for everything: ``SingleFileUpgrade`` takes it apart.
public enum Migrations {
    /// Which tables.
    public enum Part: Sendable, Hashable {
        case directory, tenant
        /// PostgreSQL's: both.
        case both
    }

    struct Step: Sendable {
        var name: String
        /// What belongs to no tenant.
        var directory: Tables = Tables("")
        /// What belongs to a tenant: `tenant_id` first in every key, unique key, index and foreign key.
        var tenant: Tables = Tables("")

        /// Statements that both databases read, and what each needs besides.
        struct Tables: Sendable {
            var both: StaticString
            var sqlite: StaticString
            var postgresql: StaticString

            init(_ both: StaticString, sqlite: StaticString = "", postgresql: StaticString = "") {
                self.both = both
                self.sqlite = sqlite
                self.postgresql = postgresql
            }
        }
    }

    private static let firstVersion = 2
    /// The newest version.
    public static var newest: Int { firstVersion + steps.count - 1 }

    /// Brings a SQLite file to ``newest``, each step in a transaction of its own; does nothing when it is there. May block.
    ///
    /// - Returns: the version before and after.
    /// - Throws: ``SQLError``; or ``StoreError`` `corrupt` when the file is newer than this program.
    @discardableResult static func apply(to file: SQLiteDatabase, _ part: Part, now: Int64) throws -> (from: Int, to: Int) {
        let before = try file.readNow { try version($0) } ?? 0
        guard try check(before) else { return (before, newest) }
        for _ in max(before, firstVersion - 1)..<newest { try file.writeNow { try applyNext(part, to: $0, now: now) } }
        return (before, newest)
    }

    /// Whether there is something to do.
    static func check(_ version: Int) throws(StoreError) -> Bool {
        guard version <= newest else {
            throw StoreError(.corrupt, "the database has version \(version), this program knows \(newest): use the newer program")
        }
        return version < newest
    }

    /// The version of a database; `nil` when it was never migrated.
    static func version(_ connection: any SQLReading) throws -> Int? {
        let table =
            switch connection.dialect {
            case .sqlite: try connection.row("SELECT 1 AS one FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'")
            case .postgresql: try connection.row("SELECT 1 AS one WHERE to_regclass('schema_versions') IS NOT NULL")
            }
        guard table != nil else { return nil }
        return Int(try connection.row("SELECT max(version) AS version FROM schema_versions")?.optionalInteger("version") ?? 0)
    }

    /// The next step, unless another process was faster between two of our transactions.
    static func applyNext(_ part: Part, to connection: any SQLWriting, now: Int64) throws {
        try connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_versions (
                version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
            ) STRICT;
            """)
        let next = max(try version(connection) ?? 0, firstVersion - 1) + 1
        guard next <= newest else { return }
        let step = steps[next - firstVersion]
        for (belongs, tables) in [(part != .tenant, step.directory), (part != .directory, step.tenant)] where belongs {
            try connection.script(tables.both)
            try connection.script(connection.dialect == .sqlite ? tables.sqlite : tables.postgresql)
        }
        try connection.execute(
            "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)",
            [.integer(Int64(next)), .text(step.name), .integer(now)])
    }
}
