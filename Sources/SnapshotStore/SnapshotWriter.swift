import CloudModel
import GRDB
import GRDBSQLite
import Glibc
import Basics
import FoundationEssentials

/// Writes a snapshot as one SQLite file.
public enum SnapshotWriter {
    /// Writes `contents` to `path`, replacing what is there. Equal contents give equal bytes.
    ///
    /// - Throws: ``SnapshotError``; then nothing is at `path` but what was there.
    public static func write(_ contents: SnapshotContents, to path: String) throws(SnapshotError) {
        let temporary = path + ".partial"
        try? FileManager.default.removeItem(atPath: temporary)
        do {
            var configuration = Configuration()
            configuration.prepareDatabase { database in
                // One writer, and a file that counts only when it is complete: a journal would protect nothing.
                for pragma in [
                    "page_size = 4096", "cache_size = -16384", "journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY",
                    "encoding = 'UTF-8'",
                ] {
                    _ = try Row.fetchAll(database, sql: "PRAGMA \(pragma)")
                }
            }
            let queue = try DatabaseQueue(path: temporary, configuration: configuration)
            try queue.write { database in
                try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(Schema.version)")
                // Indexes are built faster over what is there than row by row.
                let isIndex = { (statement: String) in statement.hasPrefix("CREATE INDEX") }
                for statement in Schema.statements where !isIndex(statement) { try database.execute(sql: statement) }
                try Filler(database).fill(contents)
                for statement in Schema.statements where isIndex(statement) { try database.execute(sql: statement) }
            }
            try queue.close()
            if rename(temporary, path) != 0 { throw SnapshotError(.writeFailed, "\(path) cannot be written") }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            if let error = error as? SnapshotError { throw error }
            throw SnapshotError(.writeFailed, "\(path) cannot be written")
        }
    }
}

/// Fills the tables in the order of their lists, which is the snapshot's own.
private struct Filler {
    let database: GRDB.Database
    private let statements = StatementCache()

    init(_ database: GRDB.Database) { self.database = database }

    /// Prepared inserts by table.
    private final class StatementCache { var byTable: [String: Statement] = [:] }

    /// Adds a row. A large cloud has a million: values are bound as they are, without a list of arguments for each.
    func insert(_ table: String, _ values: [(any Cell)?]) throws {
        let statement: Statement
        if let cached = statements.byTable[table] {
            statement = cached
        } else {
            let marks = Array(repeating: "?", count: values.count).joined(separator: ", ")
            // The first that tells of a thing counts.
            statement = try database.makeStatement(sql: "INSERT OR IGNORE INTO \(table) VALUES (\(marks))")
            statements.byTable[table] = statement
        }
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        for (place, value) in values.enumerated() {
            let code = value?.bind(to: handle, Int32(place + 1)) ?? sqlite3_bind_null(handle, Int32(place + 1))
            guard code == SQLITE_OK else { throw SnapshotError(.writeFailed, "a row of \(table) cannot be written") }
        }
        guard sqlite3_step(handle) == SQLITE_DONE else { throw SnapshotError(.writeFailed, "a row of \(table) cannot be written") }
    }

    func fill(_ contents: SnapshotContents) throws {
        let snapshot = contents.snapshot
        var times: [String: String] = [:]
        for record in snapshot.records {
            try insert("records", [record.id, record.time, record.digest])
            times[record.id] = record.time
        }
        let known = times.values.sorted()
        for (key, value) in [
            ("accounts", json(snapshot.accounts.map(\.id))), ("collectedFrom", known.first), ("collectedTo", known.last),
            ("formatVersion", String(Schema.version)), ("snapshot", contents.digest),
        ] { try insert("meta", [key, value]) }
        try fillPolicies(snapshot, times)
        try fillOrganisations(snapshot, times)
        for row in contents.controlPolicies {
            try insert("control_policies", [row.account, row.type.rawValue, row.level, row.node, row.policy])
        }
        try fillResources(snapshot, times)
        for number in 0..<contents.edges.count {
            let edge = contents.edges[number]
            try insert(
                "edges",
                [
                    number, edge.source, edge.target, edge.technique, edge.why, edge.confidence.rawValue, edge.likelihood,
                    json(edge.conditions),
                    json(edge.evidence),
                ])
        }
        for (number, row) in contents.exposures.enumerated() {
            let ports = JSONValue.array(row.ports.map { [.number(String($0.lowerBound)), .number(String($0.upperBound))] })
            try insert(
                "exposures",
                [
                    number, row.target, row.targetKind, row.kind, json(row.via), json(row.actions), ports.canonicalText, row.protocolName,
                    row.why,
                    json(row.conditions), row.confidence.rawValue, json(row.evidence),
                ])
        }
        for (number, entry) in snapshot.coverage.enumerated() {
            try insert(
                "coverage",
                [
                    number, entry.account, entry.service, entry.operation, entry.region, entry.resource, entry.outcome.rawValue, entry.code,
                    entry.message,
                ])
        }
    }

    private func json(_ list: [String]) -> String { list.isEmpty ? "[]" : JSONValue.array(list.map { .string($0) }).canonicalText }

    private func json(_ citations: [Citation]) -> String {
        // In canonical form: every edge has some.
        var text = JSONText()
        func member(_ name: StaticString, _ value: String?) {
            guard let value else { return }
            text.name(name)
            text.value(value)
        }
        text.open("[")
        for citation in citations {
            text.open("{")
            member("pointer", citation.pointer)
            member("policy", citation.policy)
            text.name("record")
            text.value(citation.record)
            if let statement = citation.statement {
                text.name("statement")
                text.value(.number(String(statement)))
            }
            member("time", citation.time)
            text.close("}")
        }
        text.close("]")
        return String(decoding: text.bytes, as: UTF8.self)
    }

    // MARK: Principals and policies

    private func fillPolicies(_ snapshot: CloudSnapshot, _ times: [String: String]) throws {
        var number = 0
        func add(_ policy: PolicySource, owner: String) throws {
            number += 1
            try insert(
                "policies",
                [
                    number, owner, policy.kind.rawValue, policy.name, policy.arn, policy.document?.canonicalText, policy.evidence.record,
                    policy.evidence.pointer,
                ])
            try fillStatements(policy.document, number)
        }
        for policy in snapshot.policies {
            try add(policy.source, owner: policy.arn)
            try fact(policy.arn, "description", policy.source.evidence, times)
        }
        for principal in snapshot.principals {
            try insert(
                "principals",
                [
                    principal.arn, principal.kind.rawValue, principal.name, principal.account, principal.isServiceLinked,
                    principal.hasPassword,
                    principal.hasMFA, principal.accessKeys != nil, principal.boundary.map { $0.arn ?? $0.name }, principal.created,
                    principal.lastUsed, principal.evidence.record, principal.evidence.pointer,
                ])
            try fact(principal.arn, "description", principal.evidence, times)
            for group in principal.groups { try insert("memberships", [principal.arn, group]) }
            for (slot, key) in (principal.accessKeys ?? []).enumerated() {
                try insert("access_keys", [principal.arn, slot, key.id, key.active, key.created, key.lastUsed])
            }
            for (key, value) in principal.tags.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                try insert("tags", [principal.arn, key, value])
            }
            for policy in principal.policies { try add(policy, owner: principal.arn) }
            if let boundary = principal.boundary { try add(boundary, owner: principal.arn) }
            if let trust = principal.trust { try add(trust, owner: principal.arn) }
        }
        for bucket in snapshot.buckets { if let policy = bucket.policy { try add(policy, owner: bucket.arn) } }
        for function in snapshot.functions { if let policy = function.policy { try add(policy, owner: function.arn) } }
        for function in snapshot.functions {
            for qualifier in function.qualifiedPolicies.keys.sorted() {
                if let policy = function.qualifiedPolicies[qualifier] ?? nil { try add(policy, owner: function.arn + ":" + qualifier) }
            }
        }
        for api in snapshot.apis { if let policy = api.policy { try add(policy, owner: api.arn) } }
        for domain in snapshot.searchDomains { if let policy = domain.policy { try add(policy, owner: domain.arn) } }
        for item in snapshot.guarded { if let policy = item.policy { try add(policy, owner: item.arn) } }
        for key in snapshot.keys { if let policy = key.policy { try add(policy, owner: key.arn) } }
        for secret in snapshot.secrets { if let policy = secret.policy { try add(policy, owner: secret.arn) } }
        for endpoint in snapshot.vpcEndpoints { if let policy = endpoint.policy { try add(policy, owner: endpoint.arn) } }
        for policy in snapshot.organisations.flatMap(\.policies) { try add(policy.source, owner: policy.id) }
    }

    private func fillOrganisations(_ snapshot: CloudSnapshot, _ times: [String: String]) throws {
        for organisation in snapshot.organisations {
            try insert(
                "organisations",
                [
                    organisation.id, organisation.managementAccount, organisation.hasAllFeatures,
                    organisation.enabledTypes?.contains(.serviceControl), organisation.enabledTypes?.contains(.resourceControl),
                    organisation.evidence.record, organisation.evidence.pointer,
                ])
            try fact(organisation.id, "description", organisation.evidence, times)
            for node in organisation.nodes {
                try insert(
                    "organisation_nodes",
                    [
                        organisation.id, node.id, node.kind.rawValue, node.name, node.parent, node.evidence.record,
                        node.evidence.pointer,
                    ])
            }
            for policy in organisation.policies {
                try insert(
                    "organisation_policies",
                    [
                        organisation.id, policy.id, policy.type.rawValue, policy.source.name, policy.source.arn, policy.targetsKnown,
                        policy.source.evidence.record, policy.source.evidence.pointer,
                    ])
                try fact(policy.id, "description", policy.source.evidence, times)
                for target in policy.targets { try insert("organisation_targets", [organisation.id, policy.id, target]) }
            }
        }
    }

    /// One row for each statement that is an object; a single statement may stand without a list (IAM policy grammar).
    private func fillStatements(_ document: JSONValue?, _ policy: Int) throws {
        guard let element = document?["Statement"] else { return }
        let list = element.array ?? [element]
        for (number, statement) in list.enumerated() where statement.object != nil {
            func texts(_ name: String) -> String? {
                guard let value = statement[name] else { return nil }
                return (value.array == nil ? JSONValue.array([value]) : value).canonicalText
            }
            func whole(_ name: String) -> String? { statement[name]?.canonicalText }
            try insert(
                "statements",
                [
                    policy, number, statement["Sid"]?.string, statement["Effect"]?.string, whole("Principal"), whole("NotPrincipal"),
                    texts("Action"), texts("NotAction"), texts("Resource"), texts("NotResource"), whole("Condition"),
                ])
        }
    }

    private func fact(_ subject: String, _ fact: String, _ evidence: Evidence, _ times: [String: String]) throws {
        try insert("evidence", [subject, fact, evidence.record, evidence.pointer, times[evidence.record]])
    }

    // MARK: Resources

    private func fillResources(_ snapshot: CloudSnapshot, _ times: [String: String]) throws {
        for row in ResourceRow.all(snapshot) {
            try insert(
                "resources",
                [
                    row.id, row.kind, row.name, row.account, row.region, JSONValue.object(row.properties).canonicalText,
                    row.evidence.record,
                    row.evidence.pointer,
                ])
            try fact(row.id, "description", row.evidence, times)
            for (name, evidence) in row.facts.sorted(by: { $0.key < $1.key }) { try fact(row.id, name, evidence, times) }
            for (key, value) in row.tags.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                try insert("tags", [row.id, key, value])
            }
        }
        for group in snapshot.securityGroups {
            try fill(group.ingress, "ingress", of: group)
            try fill(group.egress, "egress", of: group)
        }
    }

    private func fill(_ rules: [SecurityGroupRule], _ direction: String, of group: SecurityGroup) throws {
        var number = 0
        for rule in rules {
            let peers =
                rule.cidrs.map { ("cidr", $0) } + rule.groups.map { ("securityGroup", $0) } + rule.prefixLists.map { ("prefixList", $0) }
            for (kind, peer) in peers {
                let everyone = kind == "cidr" && (peer.hasSuffix("/0"))
                try insert(
                    "security_group_rules",
                    [group.arn, number, direction, rule.ipProtocol, rule.fromPort, rule.toPort, kind, peer, everyone])
                number += 1
            }
        }
    }
}

/// What a column of a row holds.
private protocol Cell {
    /// Binds it to a parameter of a statement; answers SQLite's result code.
    func bind(to statement: OpaquePointer, _ place: Int32) -> Int32
}

extension String: Cell {
    /// Tells SQLite to keep a copy: what is bound does not live as long as the statement.
    private static let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    fileprivate func bind(to statement: OpaquePointer, _ place: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // Without an address SQLite would take it for NULL.
                guard let start = characters.baseAddress else { return sqlite3_bind_text(statement, place, "", 0, Self.copies) }
                return sqlite3_bind_text64(statement, place, start, UInt64(characters.count), Self.copies, UInt8(SQLITE_UTF8))
            }
        }
    }
}
extension Int: Cell {
    fileprivate func bind(to statement: OpaquePointer, _ place: Int32) -> Int32 { sqlite3_bind_int64(statement, place, Int64(self)) }
}
extension Bool: Cell {
    fileprivate func bind(to statement: OpaquePointer, _ place: Int32) -> Int32 { sqlite3_bind_int64(statement, place, self ? 1 : 0) }
}
extension Double: Cell {
    fileprivate func bind(to statement: OpaquePointer, _ place: Int32) -> Int32 { sqlite3_bind_double(statement, place, self) }
}
