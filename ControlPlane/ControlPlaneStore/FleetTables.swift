import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// Agents' credentials over their whole life.
extension TenantRows {
    private var own: SQLValue { .id(tenantID) }

    func enrolmentRules(of environment: EnvironmentID?) throws -> [EnrolmentRule] {
        try reading.rows(
            """
            SELECT * FROM enrolment_rules WHERE tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR environment_id = $2) ORDER BY created_at, id
            """, [own, .id(optional: environment)]
        ).map { try $0.enrolmentRule }
    }
    func enrolmentTokens(limit: Int) throws -> [EnrolmentToken] {
        try reading.rows(
            """
            SELECT t.*, c.document AS terms FROM enrolment_tokens t
            LEFT JOIN enrolment_token_terms c ON c.tenant_id = t.tenant_id AND c.digest = t.digest
            WHERE t.tenant_id = $1 ORDER BY t.created_at DESC, t.digest LIMIT $2
            """, [own, .count(limit)]
        ).map { try $0.enrolmentToken }
    }
    func certificates(of agent: AgentID, limit: Int) throws -> [AgentCertificate] {
        try reading.rows(
            "SELECT * FROM agent_certificates WHERE tenant_id = $1 AND agent_id = $2 ORDER BY issued_at DESC, serial LIMIT $3",
            [own, .id(agent), .count(limit)]
        ).map { try $0.agentCertificate }
    }
    func certificate(serial: String) throws -> AgentCertificate? {
        try reading.row("SELECT * FROM agent_certificates WHERE tenant_id = $1 AND serial = $2", [own, .text(serial)])?.agentCertificate
    }
    func revokedCertificates(issuer: String, endingAfter time: Date) throws -> [AgentCertificate] {
        try reading.rows(
            """
            SELECT * FROM agent_certificates WHERE tenant_id = $1 AND issuer = $2 AND not_after >= $3 AND revoked_at IS NOT NULL
            ORDER BY serial
            """, [own, .text(issuer), .time(time)]
        ).map { try $0.agentCertificate }
    }
    func locks() throws -> [Lock] {
        try reading.rows("SELECT * FROM agent_locks WHERE tenant_id = $1 ORDER BY since, kind, subject", [own]).map {
            Lock(kind: try $0.word("kind"), subject: try $0.text("subject"), since: try $0.time("since"))
        }
    }
    func isLocked(environment: EnvironmentID, agent: AgentID, grant: String?, serial: String?) throws -> Bool {
        try reading.row(
            """
            SELECT 1 AS one FROM agent_locks WHERE tenant_id = $1 AND (kind = 'tenant' OR (kind = 'environment' AND subject = $2)
                OR (kind = 'agent' AND subject = $3) OR (kind = 'grant' AND subject = $4) OR (kind = 'serial' AND subject = $5)) LIMIT 1
            """, [own, .id(environment), .id(agent), .text(grant ?? ""), .text(serial ?? "")]) != nil
    }
    func heldBundles(of agent: AgentID) throws -> [StoredBundle] {
        try reading.rows(
            """
            SELECT b.* FROM bundles b LEFT JOIN runs r ON r.tenant_id = b.tenant_id AND r.id = b.run_id
            WHERE b.tenant_id = $1 AND b.agent_id = $2 AND r.id IS NULL ORDER BY b.epoch, b.sequence
            """, [own, .id(agent)]
        ).map { try $0.bundle }
    }
    func settings(for scope: SettingsScope) throws -> StoredSettings? {
        try reading.row(
            "SELECT * FROM agent_settings WHERE tenant_id = $1 AND kind = $2 AND subject = $3",
            [own, .text(scope.kind), .text(scope.subject)]
        ).map {
            StoredSettings(
                scope: scope, settings: try SQLRow.document(try $0.text("document")), version: try $0.counter("version"),
                changedAt: try $0.time("changed_at"))
        }
    }
    func newestSettingsVersion() throws -> UInt64 {
        UInt64(
            clamping: try reading.row("SELECT max(version) AS version FROM agent_settings WHERE tenant_id = $1", [own])?
                .optionalInteger("version") ?? 0)
    }
}

extension TenantTables {
    private var own: SQLValue { .id(tenantID) }

    func put(_ standing: AgentStanding, of agent: AgentID) throws {
        try connection.execute(
            """
            INSERT INTO agent_standings (tenant_id, agent_id, document) VALUES ($1, $2, $3)
            ON CONFLICT (tenant_id, agent_id) DO UPDATE SET document = $3
            """, [own, .id(agent), .text(try StoredDocument.text(standing))])
    }
    func put(_ terms: EnrolmentTerms, of token: [UInt8]) throws {
        try connection.execute(
            "INSERT INTO enrolment_token_terms (tenant_id, digest, document) VALUES ($1, $2, $3)",
            [own, .blob(token), .text(try StoredDocument.text(terms))])
    }
    func expireEnrolmentToken(digest: [UInt8], at time: Date) throws -> Bool {
        try connection.execute(
            "UPDATE enrolment_tokens SET expires_at = $3 WHERE tenant_id = $1 AND digest = $2 AND used_at IS NULL AND expires_at > $3",
            [own, .blob(digest), .time(time)]) == 1
    }
    func insert(_ rule: EnrolmentRule) throws {
        guard rule.tenant == tenantID else { throw StoreError(.corrupt, "a row of another tenant was about to be written") }
        try connection.execute(
            """
            INSERT INTO enrolment_rules (tenant_id, id, environment_id, method, document, needs_approval, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                own, .id(rule.id), .id(rule.environment), .text(rule.methodName),
                .text(String(decoding: try rule.document, as: UTF8.self)), .flag(rule.needsApproval), .time(rule.createdAt),
            ])
    }
    func deleteEnrolmentRule(_ id: EnrolmentRuleID) throws {
        try connection.execute("DELETE FROM enrolment_rules WHERE tenant_id = $1 AND id = $2", [own, .id(id)])
    }
    func useProof(digest: [UInt8], until time: Date, now: Date) throws -> Bool {
        try connection.execute("DELETE FROM used_proofs WHERE tenant_id = $1 AND expires_at < $2", [own, .time(now)])
        return try connection.execute(
            "INSERT INTO used_proofs (tenant_id, digest, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [own, .blob(digest), .time(time)]) == 1
    }
    func insert(_ certificate: AgentCertificate) throws {
        try connection.execute(
            """
            INSERT INTO agent_certificates (tenant_id, serial, agent_id, epoch, key_digest, issuer, issued_at, not_after, first_used_at,
                superseded_at, revoked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """, cells(of: certificate))
    }
    func update(_ certificate: AgentCertificate) throws {
        // What was revoked stays revoked, whoever writes the row.
        try connection.execute(
            """
            UPDATE agent_certificates SET agent_id = $3, epoch = $4, key_digest = $5, issuer = $6, issued_at = $7, not_after = $8,
                first_used_at = $9, superseded_at = $10, revoked_at = coalesce(revoked_at, $11)
            WHERE tenant_id = $1 AND serial = $2
            """, cells(of: certificate))
    }
    private func cells(of certificate: AgentCertificate) -> [SQLValue] {
        [
            own, .text(certificate.serial), .id(certificate.agent), .count(certificate.epoch), .blob(certificate.keyDigest),
            .text(certificate.issuer), .time(certificate.issuedAt), .time(certificate.notAfter), .time(optional: certificate.firstUsedAt),
            .time(optional: certificate.supersededAt), .time(optional: certificate.revokedAt),
        ]
    }
    func revokeCertificates(of agent: AgentID, at time: Date) throws {
        try connection.execute(
            """
            UPDATE agent_certificates SET revoked_at = $3 WHERE tenant_id = $1 AND agent_id = $2 AND not_after >= $3 AND revoked_at IS NULL
            """, [own, .id(agent), .time(time)])
    }
    func put(_ settings: StoredSettings) throws {
        try connection.execute(
            """
            INSERT INTO agent_settings (tenant_id, kind, subject, document, version, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET document = $4, version = $5, changed_at = $6
            """,
            [
                own, .text(settings.scope.kind), .text(settings.scope.subject), .text(try StoredDocument.text(settings.settings)),
                .count(settings.version), .time(settings.changedAt),
            ])
    }
    func insert(_ lock: Lock) throws {
        try connection.execute(
            "INSERT INTO agent_locks (tenant_id, kind, subject, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [own, .text(lock.kind.rawValue), .text(lock.subject), .time(lock.since)])
    }
    func deleteLock(_ kind: Lock.Kind, _ subject: String) throws {
        try connection.execute(
            "DELETE FROM agent_locks WHERE tenant_id = $1 AND kind = $2 AND subject = $3", [own, .text(kind.rawValue), .text(subject)])
    }
}

extension SQLRow {
    static func document<Value: Decodable>(_ text: String) throws(SQLError) -> Value {
        do { return try StoredDocument.value(text) } catch {
            throw SQLError(.unexpectedValue, "a column holds no document that this program knows", cause: error)
        }
    }
    /// The agent of a row that was joined with its standing.
    var agentWithStanding: Agent {
        get throws(SQLError) {
            var agent = try agent
            // An agent of before there were standings has none: it came with a token and is live.
            if let text = try optionalText("standing") { agent.standing = try Self.document(text) }
            return agent
        }
    }
    var enrolmentRule: EnrolmentRule {
        get throws(SQLError) {
            let (method, document) = (try text("method"), try text("document"))
            let condition: EnrolmentRule.Condition
            do { condition = try EnrolmentRule.condition(method, Array(document.utf8)) } catch {
                throw SQLError(.unexpectedValue, "column document holds no rule that this program knows", cause: error)
            }
            return EnrolmentRule(
                id: try id("id"), tenant: try id("tenant_id"), environment: try id("environment_id"), condition: condition,
                needsApproval: try flag("needs_approval"), createdAt: try time("created_at"))
        }
    }
    var agentCertificate: AgentCertificate {
        get throws(SQLError) {
            AgentCertificate(
                serial: try text("serial"), agent: try id("agent_id"), epoch: try counter("epoch"), keyDigest: try blob("key_digest"),
                issuer: try text("issuer"), issuedAt: try time("issued_at"), notAfter: try time("not_after"),
                firstUsedAt: try optionalTime("first_used_at"), supersededAt: try optionalTime("superseded_at"),
                revokedAt: try optionalTime("revoked_at"))
        }
    }
}
