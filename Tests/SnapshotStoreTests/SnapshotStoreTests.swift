import Basics
import CloudModel
import Glibc
import Testing

@testable import SnapshotStore

@Suite struct SnapshotStoreTests {
    let path = "/tmp/cloudryption-store-\(UInt64.random(in: 0 ... .max)).sqlite"

    func contents() -> SnapshotContents {
        var snapshot = CloudSnapshot()
        let evidence = Evidence(record: "111122223333/s3.list-buckets", pointer: "/Buckets/0")
        snapshot.accounts = [Account(id: "111122223333", partition: "aws")]
        var bucket = Bucket(arn: "arn:aws:s3:::b", name: "b", account: "111122223333", evidence: evidence)
        bucket.tags = ["z": "1", "a": "2", "m": "3"]
        bucket.policy = PolicySource(
            name: "b", kind: .resource, document: ["Statement": ["Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"]],
            evidence: evidence)
        snapshot.buckets = [bucket]
        snapshot.records = [.init(id: "111122223333/s3.list-buckets", time: "2026-01-01T00:00:00+00:00", digest: "00")]
        return SnapshotContents(
            snapshot: snapshot, digest: "sha256:0",
            edges: [
                EdgeRow(
                    source: "internet", target: "arn:aws:s3:::b", technique: "public-data", why: "open", confidence: .proven,
                    likelihood: 0.5,
                    conditions: ["c"], evidence: [Citation(record: "r", statement: 0)])
            ])
    }

    @Test func equalContentsGiveEqualBytes() throws {
        defer { unlink(path) }
        try SnapshotWriter.write(contents(), to: path)
        let first = try SafeFile.read(path, limit: 1 << 24)
        try SnapshotWriter.write(contents(), to: path)
        #expect(try SafeFile.read(path, limit: 1 << 24) == first)
    }

    @Test func aFileThatCannotBeWrittenLeavesNothing() {
        #expect(throws: SnapshotError.self) { try SnapshotWriter.write(contents(), to: "/nonexistent-folder/x.sqlite") }
    }

    @Test func theDocumentedTablesAnswer() throws {
        defer { unlink(path) }
        try SnapshotWriter.write(contents(), to: path)
        let database = try SnapshotDatabase(path: path)
        #expect(try database.query("SELECT effect, actions FROM statements").rows == [[.text("Allow"), .text(#"["s3:*"]"#)]])
        #expect(
            try database.query("SELECT source FROM edges WHERE target = ?", arguments: [.text("arn:aws:s3:::b")]).rows == [
                [.text("internet")]
            ])
        #expect(try database.query("SELECT e.value FROM resources, json_each(json_array(1, 2)) e WHERE kind = 'bucket'").rows.count == 2)
        #expect(try database.query("SELECT group_concat(key) FROM tags").rows == [[.text("a,m,z")]])
        #expect(
            try database.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT max(i) FROM n").rows == [
                [.integer(5)]
            ])
    }

    @Test func organisationsAndTheirPoliciesAreTables() throws {
        defer { unlink(path) }
        var contents = contents()
        let evidence = Evidence(record: "111122223333/organizations.list-roots")
        var organisation = Organisation(id: "o-1", evidence: evidence)
        organisation.enabledTypes = [.serviceControl]
        organisation.nodes = [.init(id: "r-1", kind: .root, name: "Root", parent: nil, evidence: evidence)]
        organisation.policies = [
            .init(
                id: "p-1", type: .serviceControl,
                source: PolicySource(
                    name: "one", kind: .serviceControl, document: ["Statement": [["Effect": "Deny", "Action": "iam:*", "Resource": "*"]]],
                    evidence: evidence), targets: ["r-1"], targetsKnown: true)
        ]
        contents.snapshot.organisations = [organisation]
        contents.snapshot.accounts[0].organisation = .member("o-1")
        contents.controlPolicies = [.init(account: "111122223333", type: .serviceControl, level: 0, node: "r-1", policy: "p-1")]
        try SnapshotWriter.write(contents, to: path)
        let database = try SnapshotDatabase(path: path)
        let denied = """
            SELECT c.account, c.node, s.actions FROM control_policies c JOIN policies p ON p.owner = c.policy
            JOIN statements s ON s.policy = p.id WHERE s.effect = 'Deny'
            """
        #expect(try database.query(denied).rows == [[.text("111122223333"), .text("r-1"), .text(#"["iam:*"]"#)]])
        #expect(
            try database.query("SELECT service_control_enabled, resource_control_enabled, all_features FROM organisations").rows == [
                [.integer(1), .integer(0), .null]
            ])
        #expect(
            try database.query("SELECT json_extract(properties, '$.organisation') FROM resources WHERE kind = 'account'").rows == [
                [.text("o-1")]
            ])
    }

    @Test(arguments: [
        "INSERT INTO meta VALUES ('a', 'b')", "UPDATE meta SET value = 'x'", "DELETE FROM meta", "DROP TABLE meta", "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)", "ATTACH '/tmp/x.sqlite' AS x", "DETACH main", "PRAGMA query_only = OFF", "PRAGMA table_info(meta)",
        "SELECT * FROM pragma_table_info('meta')", "SELECT load_extension('/tmp/x.so')", "SELECT readfile('/etc/passwd')", "VACUUM",
        "VACUUM INTO '/tmp/x'", "BEGIN", "REINDEX", "ANALYZE", "SELECT random()", "SELECT randomblob(9)", "SELECT zeroblob(1000000000)",
        "SELECT sqlite_version()", "SELECT fts3_tokenizer('a')", "CREATE VIRTUAL TABLE t USING fts5(a)", "SELECT 1; DELETE FROM meta", "",
        "EXPLAIN DELETE FROM meta", "WITH x AS (SELECT 1) DELETE FROM meta", "SELECT writefile('/tmp/x', 'y')", "SELECT * FROM missing",
        "SELECT changes()", "SELECT datetime('now')",
    ])
    func anythingButASelectIsRefused(_ sql: String) throws {
        defer { unlink(path) }
        try SnapshotWriter.write(contents(), to: path)
        let before = try SafeFile.read(path, limit: 1 << 24)
        let database = try SnapshotDatabase(path: path)
        let error = #expect(throws: SnapshotError.self) { try database.query(sql) }
        #expect(error?.code == .notAllowed || error?.code == .badQuery)
        #expect(try SafeFile.read(path, limit: 1 << 24) == before)
        #expect(try database.query("SELECT 1").rows.count == 1, "the connection stays usable")
    }

    @Test func costsAreBounded() throws {
        defer { unlink(path) }
        try SnapshotWriter.write(contents(), to: path)
        let database = try SnapshotDatabase(path: path)
        var limits = QueryLimits()
        limits.kilosteps = 1000
        limits.rows = 100
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        #expect(#expect(throws: SnapshotError.self) { try database.query(endless, limits: limits) }?.code == .tooSlow)
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        #expect(#expect(throws: SnapshotError.self) { try database.query(many, limits: limits) }?.code == .tooLarge)
        #expect(try database.query("SELECT 1").rows.count == 1)
    }

    @Test func aFileThatIsNoSnapshotIsRefused() throws {
        defer { unlink(path) }
        #expect(throws: SnapshotError.self) { try SnapshotDatabase(path: path) }
        try SafeFile.write(Array("not a database, whatever it says".utf8), to: path)
        #expect(throws: SnapshotError.self) { try SnapshotDatabase(path: path) }
    }
}
