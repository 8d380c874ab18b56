import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

extension SQLValue {
    static func id<Kind>(_ id: Identifier<Kind>) -> SQLValue { .text(id.description) }
    static func id<Kind>(optional id: Identifier<Kind>?) -> SQLValue { .text(optional: id?.description) }
    static func count(_ value: Int) -> SQLValue { .integer(Int64(value)) }
    /// SQL's integers are signed: a count above their range is stored as the largest and never wraps.
    static func count(_ value: UInt64) -> SQLValue { .integer(Int64(clamping: value)) }
    static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
    static func time(_ value: Date) -> SQLValue { .integer(value.microseconds) }
    static func time(optional value: Date?) -> SQLValue { .integer(optional: value?.microseconds) }
}

extension Date {
    /// Microseconds since 1970, as stored.
    var microseconds: Int64 { Int64((timeIntervalSince1970 * 1_000_000).rounded()) }
    init(microseconds: Int64) { self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}

extension SQLRow {
    func id<Kind>(_ name: String) throws(SQLError) -> Identifier<Kind> {
        guard let id = Identifier<Kind>(try text(name)) else { throw SQLError(.unexpectedValue, "column \(name) is not an identifier") }
        return id
    }
    func optionalID<Kind>(_ name: String) throws(SQLError) -> Identifier<Kind>? {
        guard try optionalText(name) != nil else { return nil }
        return try id(name) as Identifier<Kind>
    }
    func time(_ name: String) throws(SQLError) -> Date { Date(microseconds: try integer(name)) }
    func optionalTime(_ name: String) throws(SQLError) -> Date? { try optionalInteger(name).map { Date(microseconds: $0) } }
    func flag(_ name: String) throws(SQLError) -> Bool { try integer(name) != 0 }
    func count(_ name: String) throws(SQLError) -> Int { Int(try integer(name)) }
    func counter(_ name: String) throws(SQLError) -> UInt64 { UInt64(clamping: try integer(name)) }
    func word<Word: RawRepresentable<String>>(_ name: String) throws(SQLError) -> Word {
        guard let word = Word(rawValue: try text(name)) else { throw SQLError(.unexpectedValue, "column \(name) holds an unknown word") }
        return word
    }

    var tenant: Tenant {
        get throws(SQLError) { Tenant(id: try id("id"), name: try text("name"), createdAt: try time("created_at")) }
    }
    var environment: ControlPlaneCore.Environment {
        get throws(SQLError) {
            ControlPlaneCore.Environment(
                id: try id("id"), tenant: try id("tenant_id"), name: try text("name"), createdAt: try time("created_at"))
        }
    }
    var agent: Agent {
        get throws(SQLError) {
            Agent(
                id: try id("id"), tenant: try id("tenant_id"), environment: try id("environment_id"), epoch: try counter("epoch"),
                keyDigest: try blob("key_digest"), publicKey: try blob("public_key"), serial: try text("serial"),
                notAfter: try time("not_after"), revoked: try flag("revoked"), hostname: try text("hostname"),
                platform: try text("platform"), version: try text("version"), spoolDepth: try count("spool_depth"),
                lastError: try optionalText("last_error"), enrolledAt: try time("enrolled_at"), lastSeen: try optionalTime("last_seen"),
                sequence: try counter("sequence"))
        }
    }
    var user: User {
        get throws(SQLError) {
            User(
                id: try id("id"), tenant: try id("tenant_id"), email: try text("email"), role: try word("role"),
                mustChangePassword: try flag("must_change"), createdAt: try time("created_at"),
                environments: try environmentScope("environments"), disabledAt: try optionalTime("disabled_at"),
                signOnSubject: try optionalText("sign_on_subject"))
        }
    }
    var session: Session {
        get throws(SQLError) {
            var challenge: Session.Challenge?
            if let bytes = try optionalBlob("challenge"), let time = try optionalTime("challenge_at") {
                challenge = Session.Challenge(bytes: bytes, createdAt: time)
            }
            return Session(
                digest: try blob("digest"), id: try id("id"), tenant: try id("tenant_id"), user: try id("user_id"),
                stage: try word("stage"), proof: try word("proof"), provedAt: try time("proved_at"), source: try text("source"),
                challenge: challenge, createdAt: try time("created_at"), lastUsed: try time("last_used"),
                expiresAt: try time("expires_at"))
        }
    }
    var enrolmentToken: EnrolmentToken {
        get throws(SQLError) {
            // A token of before there were terms has none.
            var terms = EnrolmentTerms()
            if let text = try optionalText("terms") { terms = try Self.document(text) }
            return EnrolmentToken(
                digest: try blob("digest"), tenant: try id("tenant_id"), environment: try id("environment_id"),
                createdAt: try time("created_at"), expiresAt: try time("expires_at"), usedAt: try optionalTime("used_at"),
                usedBy: try optionalID("used_by"), terms: terms)
        }
    }
    var upload: Upload {
        get throws(SQLError) {
            Upload(
                tenant: try id("tenant_id"), bundle: try id("bundle_id"), agent: try id("agent_id"), size: try count("size"),
                sha256: try blob("sha256"), header: try blob("header"), pieceSize: try count("piece_size"),
                createdAt: try time("created_at"))
        }
    }
    var bundle: StoredBundle {
        get throws(SQLError) {
            StoredBundle(
                tenant: try id("tenant_id"), id: try id("id"), environment: try id("environment_id"), agent: try id("agent_id"),
                epoch: try counter("epoch"), sequence: try counter("sequence"), size: try count("size"), sha256: try blob("sha256"),
                agentKey: try blob("agent_key"), acceptedAt: try time("accepted_at"), run: try id("run_id"))
        }
    }
    var run: Run {
        get throws(SQLError) {
            Run(
                id: try id("id"), tenant: try id("tenant_id"), environment: try id("environment_id"), bundle: try id("bundle_id"),
                agent: try id("agent_id"), status: try word("status"), attempts: try count("attempts"), stage: try optionalText("stage"),
                reason: try optionalText("reason"), snapshot: try optionalText("snapshot"), createdAt: try time("created_at"),
                startedAt: try optionalTime("started_at"), endedAt: try optionalTime("ended_at"))
        }
    }
    var result: StoredResult {
        get throws(SQLError) {
            StoredResult(
                run: try id("run_id"), environment: try id("environment_id"), snapshot: try text("snapshot"),
                resultDigest: try blob("result_digest"), resultSize: try count("result_size"),
                snapshotDigest: try blob("snapshot_digest"), snapshotSize: try count("snapshot_size"), createdAt: try time("created_at"))
        }
    }
    var sealingKey: StoredSealingKey {
        get throws(SQLError) {
            StoredSealingKey(
                id: try text("id"), tenant: try id("tenant_id"), version: try count("version"), publicKey: try blob("public_key"),
                wrapped: try blob("wrapped"), createdAt: try time("created_at"))
        }
    }
    var auditEntry: AuditEntry {
        get throws(SQLError) {
            AuditEntry(
                tenant: try id("tenant_id"), index: try counter("entry"), time: try time("time"), actor: try text("actor"),
                act: try text("act"), subject: try text("subject"), outcome: try text("outcome"), detail: try text("detail"),
                hash: try blob("hash"))
        }
    }
}
