import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// One tenant's rows: every statement names the tenant. Reading lives in an extension that both forms share.
protocol TenantRows: TenantReading {
    var reading: any SQLReading { get }
}

struct ReadableTenantTables: TenantRows {
    let tenantID: TenantID
    let reading: any SQLReading
}

extension TenantRows {
    private var own: SQLValue { .id(tenantID) }

    func tenant() throws -> Tenant {
        guard let row = try reading.row("SELECT tenant_id AS id, name, created_at FROM tenant_profiles WHERE tenant_id = $1", [own]) else {
            throw StoreError(.notFound, "no such tenant")
        }
        return try row.tenant
    }
    func tenantState() throws -> Tenant.State {
        guard let row = try reading.row("SELECT state FROM tenant_profiles WHERE tenant_id = $1", [own]) else {
            throw StoreError(.notFound, "no such tenant")
        }
        return try row.word("state")
    }
    func environments() throws -> [ControlPlaneCore.Environment] {
        try reading.rows("SELECT * FROM environments WHERE tenant_id = $1 ORDER BY created_at, id", [own]).map { try $0.environment }
    }
    func agents() throws -> [Agent] {
        try reading.rows(
            """
            SELECT a.*, s.document AS standing FROM agents a
            LEFT JOIN agent_standings s ON s.tenant_id = a.tenant_id AND s.agent_id = a.id
            WHERE a.tenant_id = $1 ORDER BY a.enrolled_at, a.id
            """, [own]
        ).map { try $0.agentWithStanding }
    }
    func agent(_ id: AgentID) throws -> Agent? {
        try reading.row(
            """
            SELECT a.*, s.document AS standing FROM agents a
            LEFT JOIN agent_standings s ON s.tenant_id = a.tenant_id AND s.agent_id = a.id
            WHERE a.tenant_id = $1 AND a.id = $2
            """, [own, .id(id)])?.agentWithStanding
    }
    func pendingCertificate(of agent: AgentID) throws -> PendingCertificate? {
        let row = try reading.row(
            """
            SELECT pending_key_digest, pending_public_key, pending_serial, pending_not_after FROM agents
            WHERE tenant_id = $1 AND id = $2 AND pending_key_digest IS NOT NULL
            """, [own, .id(agent)])
        return try row.map {
            PendingCertificate(
                keyDigest: try $0.blob("pending_key_digest"), publicKey: try $0.blob("pending_public_key"),
                serial: try $0.text("pending_serial"), notAfter: try $0.time("pending_not_after"))
        }
    }
    func publicKey(of agent: AgentID, digest: [UInt8]) throws -> [UInt8]? {
        try reading.row(
            "SELECT public_key FROM agent_keys WHERE tenant_id = $1 AND agent_id = $2 AND key_digest = $3",
            [own, .id(agent), .blob(digest)])?.blob("public_key")
    }
    func users() throws -> [User] {
        try reading.rows("SELECT * FROM users WHERE tenant_id = $1 ORDER BY email", [own]).map { try $0.user }
    }
    func user(_ id: UserID) throws -> User? {
        try reading.row("SELECT * FROM users WHERE tenant_id = $1 AND id = $2", [own, .id(id)])?.user
    }
    func user(email: String) throws -> User? {
        try reading.row("SELECT * FROM users WHERE tenant_id = $1 AND email = $2", [own, .text(email)])?.user
    }
    func session(digest: [UInt8]) throws -> Session? {
        try reading.row("SELECT * FROM sessions WHERE tenant_id = $1 AND digest = $2", [own, .blob(digest)])?.session
    }
    func enrolmentToken(digest: [UInt8]) throws -> EnrolmentToken? {
        try reading.row(
            """
            SELECT t.*, c.document AS terms FROM enrolment_tokens t
            LEFT JOIN enrolment_token_terms c ON c.tenant_id = t.tenant_id AND c.digest = t.digest
            WHERE t.tenant_id = $1 AND t.digest = $2
            """, [own, .blob(digest)])?.enrolmentToken
    }
    func agent(keyDigest: [UInt8]) throws -> Agent? {
        try reading.row(

            """
            SELECT a.*, s.document AS standing FROM agents a
            LEFT JOIN agent_standings s ON s.tenant_id = a.tenant_id AND s.agent_id = a.id
            WHERE a.tenant_id = $1 AND (a.key_digest = $2 OR a.pending_key_digest = $2)
            """, [own, .blob(keyDigest)])?.agentWithStanding
    }
    func passwordHash(of user: UserID) throws -> String? {
        try reading.row("SELECT password_hash FROM users WHERE tenant_id = $1 AND id = $2", [own, .id(user)])?.text("password_hash")
    }
    func upload(_ bundle: BundleID) throws -> Upload? {
        try reading.row("SELECT * FROM uploads WHERE tenant_id = $1 AND bundle_id = $2", [own, .id(bundle)])?.upload
    }
    func uploads(of agent: AgentID) throws -> [Upload] {
        try reading.rows("SELECT * FROM uploads WHERE tenant_id = $1 AND agent_id = $2 ORDER BY created_at", [own, .id(agent)]).map {
            try $0.upload
        }
    }
    func pieces(of bundle: BundleID) throws -> [Int] {
        try reading.rows("SELECT piece FROM upload_pieces WHERE tenant_id = $1 AND bundle_id = $2 ORDER BY piece", [own, .id(bundle)])
            .map { try $0.count("piece") }
    }
    func bundle(_ id: BundleID) throws -> StoredBundle? {
        try reading.row("SELECT * FROM bundles WHERE tenant_id = $1 AND id = $2", [own, .id(id)])?.bundle
    }
    func run(_ id: RunID) throws -> Run? {
        try reading.row("SELECT * FROM runs WHERE tenant_id = $1 AND id = $2", [own, .id(id)])?.run
    }
    func runs(environment: EnvironmentID?, status: Run.Status?, after last: Run?, limit: Int) throws -> [Run] {
        try reading.rows(
            """
            SELECT * FROM runs
            WHERE tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR environment_id = $2) AND (CAST($3 AS TEXT) IS NULL OR status = $3)
                AND (CAST($4 AS TEXT) IS NULL OR created_at < $5 OR (created_at = $5 AND id < $4))
            ORDER BY created_at DESC, id DESC LIMIT $6
            """,
            [
                own, .id(optional: environment), .text(optional: status?.rawValue), .id(optional: last?.id),
                .time(last?.createdAt ?? .distantPast), .count(limit),
            ]
        ).map { try $0.run }
    }
    func result(of run: RunID) throws -> StoredResult? {
        try reading.row("SELECT * FROM results WHERE tenant_id = $1 AND run_id = $2", [own, .id(run)])?.result
    }
    func sealingKeys() throws -> [StoredSealingKey] {
        try reading.rows("SELECT * FROM sealing_keys WHERE tenant_id = $1 ORDER BY version DESC", [own]).map { try $0.sealingKey }
    }
    func lastAuditEntry() throws -> AuditEntry? {
        try reading.row("SELECT * FROM audit_entries WHERE tenant_id = $1 ORDER BY entry DESC LIMIT 1", [own])?.auditEntry
    }
    func auditEntries(after index: UInt64, limit: Int) throws -> [AuditEntry] {
        try reading.rows(
            "SELECT * FROM audit_entries WHERE tenant_id = $1 AND entry > $2 ORDER BY entry LIMIT $3", [own, .count(index), .count(limit)]
        ).map { try $0.auditEntry }
    }
}

struct TenantTables: TenantRows, TenantWriting {
    let tenantID: TenantID
    let connection: any SQLWriting
    let directory: DirectoryChanges
    var reading: any SQLReading { connection }
    private var own: SQLValue { .id(tenantID) }

    /// A value made for another tenant must never be written through this one.
    private func mine(_ tenant: TenantID) throws {
        guard tenant == tenantID else { throw StoreError(.corrupt, "a row of another tenant was about to be written") }
    }
    private func one(_ changed: Int, _ what: StaticString) throws {
        guard changed == 1 else { throw StoreError(.notFound, "no such \(what)") }
    }

    static func insertProfile(of tenant: Tenant, in connection: any SQLWriting) throws(SQLError) {
        try connection.execute(
            "INSERT INTO tenant_profiles (tenant_id, name, created_at, state) VALUES ($1, $2, $3, 'active') ON CONFLICT DO NOTHING",
            [.id(tenant.id), .text(tenant.name), .time(tenant.createdAt)])
    }

    func setTenantState(_ state: Tenant.State) throws {
        try one(
            connection.execute(
                "UPDATE tenant_profiles SET state = $2 WHERE tenant_id = $1", [own, .text(state.rawValue)]), "tenant")
    }

    func insert(_ environment: ControlPlaneCore.Environment) throws {
        try mine(environment.tenant)
        try connection.execute(
            "INSERT INTO environments (tenant_id, id, name, created_at) VALUES ($1, $2, $3, $4)",
            [own, .id(environment.id), .text(environment.name), .time(environment.createdAt)])
    }

    func insert(_ agent: Agent) throws {
        try mine(agent.tenant)
        try connection.execute(
            """
            INSERT INTO agents (tenant_id, id, environment_id, epoch, key_digest, public_key, serial, not_after, revoked, hostname, platform,
                version, spool_depth, last_error, enrolled_at, last_seen, sequence)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """, cells(of: agent))
        directory.add(.agentKey, agent.keyDigest)
        try put(agent.standing, of: agent.id)
    }

    func update(_ agent: Agent) throws {
        try mine(agent.tenant)
        try one(
            connection.execute(
                """
                UPDATE agents SET environment_id = $3, epoch = $4, key_digest = $5, public_key = $6, serial = $7, not_after = $8, revoked = $9,
                    hostname = $10, platform = $11, version = $12, spool_depth = $13, last_error = $14, enrolled_at = $15, last_seen = $16,
                    sequence = $17
                WHERE tenant_id = $1 AND id = $2
                """, cells(of: agent)), "agent")
        directory.add(.agentKey, agent.keyDigest)
        try put(agent.standing, of: agent.id)
    }

    private func cells(of agent: Agent) -> [SQLValue] {
        [
            own, .id(agent.id), .id(agent.environment), .count(agent.epoch), .blob(agent.keyDigest), .blob(agent.publicKey),
            .text(agent.serial), .time(agent.notAfter), .flag(agent.revoked), .text(agent.hostname), .text(agent.platform),
            .text(agent.version), .count(agent.spoolDepth), .text(optional: agent.lastError), .time(agent.enrolledAt),
            .time(optional: agent.lastSeen), .count(agent.sequence),
        ]
    }

    func insertKey(of agent: AgentID, digest: [UInt8], publicKey: [UInt8], at time: Date) throws {
        try connection.execute(
            """
            INSERT INTO agent_keys (tenant_id, agent_id, key_digest, public_key, added_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            """, [own, .id(agent), .blob(digest), .blob(publicKey), .time(time)])
    }

    func setPendingCertificate(_ certificate: PendingCertificate?, of agent: AgentID) throws {
        try one(
            connection.execute(
                """
                UPDATE agents SET pending_key_digest = $3, pending_public_key = $4, pending_serial = $5, pending_not_after = $6
                WHERE tenant_id = $1 AND id = $2
                """,
                [
                    own, .id(agent), .blob(optional: certificate?.keyDigest), .blob(optional: certificate?.publicKey),
                    .text(optional: certificate?.serial), .time(optional: certificate?.notAfter),
                ]), "agent")
        if let certificate { directory.add(.agentKey, certificate.keyDigest) }
    }

    func insert(_ user: User, passwordHash: String) throws {
        try mine(user.tenant)
        try connection.execute(
            """
            INSERT INTO users (tenant_id, id, email, role, password_hash, must_change, created_at, environments, disabled_at,
                sign_on_subject)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            [
                own, .id(user.id), .text(user.email), .text(user.role.rawValue), .text(passwordHash), .flag(user.mustChangePassword),
                .time(user.createdAt), .text(user.environments.text), .time(optional: user.disabledAt), .text(optional: user.signOnSubject),
            ])
        directory.add(.user, User.digest(ofCanonicalEmail: user.email))
    }

    func setPassword(of user: UserID, hash: String, mustChange: Bool) throws {
        try one(
            connection.execute(
                "UPDATE users SET password_hash = $3, must_change = $4 WHERE tenant_id = $1 AND id = $2",
                [own, .id(user), .text(hash), .flag(mustChange)]), "user")
    }

    func insert(_ session: Session) throws {
        try mine(session.tenant)
        try connection.execute(
            """
            INSERT INTO sessions (tenant_id, digest, user_id, created_at, last_used, expires_at, id, stage, proof, proved_at, source,
                challenge, challenge_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            [
                own, .blob(session.digest), .id(session.user), .time(session.createdAt), .time(session.lastUsed), .time(session.expiresAt),
                .id(session.id), .text(session.stage.rawValue), .text(session.proof.rawValue), .time(session.provedAt),
                .text(session.source), .blob(optional: session.challenge?.bytes), .time(optional: session.challenge?.createdAt),
            ])
        directory.add(.session, session.digest)
    }

    func touch(session digest: [UInt8], at time: Date) throws {
        try connection.execute(
            "UPDATE sessions SET last_used = $3 WHERE tenant_id = $1 AND digest = $2", [own, .blob(digest), .time(time)])
    }
    func deleteSession(digest: [UInt8]) throws {
        try connection.execute("DELETE FROM sessions WHERE tenant_id = $1 AND digest = $2", [own, .blob(digest)])
        directory.drop(.session, digest)
    }
    func deleteSessions(of user: UserID) throws {
        try dropped(connection.rows("DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 RETURNING digest", [own, .id(user)]))
    }
    func deleteSessions(endedBefore time: Date) throws {
        try dropped(connection.rows("DELETE FROM sessions WHERE tenant_id = $1 AND expires_at < $2 RETURNING digest", [own, .time(time)]))
    }
    private func dropped(_ sessions: [SQLRow]) throws {
        for row in sessions { directory.drop(.session, try row.blob("digest")) }
    }

    func insert(_ token: EnrolmentToken) throws {
        try mine(token.tenant)
        try connection.execute(
            "INSERT INTO enrolment_tokens (tenant_id, digest, environment_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            [own, .blob(token.digest), .id(token.environment), .time(token.createdAt), .time(token.expiresAt)])
        directory.add(.enrolmentToken, token.digest)
        try put(token.terms, of: token.digest)
    }

    func useEnrolmentToken(digest: [UInt8], by agent: AgentID, now: Date) throws -> Bool {
        try connection.rows(
            """
            UPDATE enrolment_tokens SET used_at = $4, used_by = $3
            WHERE tenant_id = $1 AND digest = $2 AND used_at IS NULL AND expires_at >= $4
            RETURNING environment_id
            """, [own, .blob(digest), .id(agent), .time(now)]
        ).count == 1
    }

    func insert(_ upload: Upload) throws {
        try mine(upload.tenant)
        try connection.execute(
            """
            INSERT INTO uploads (tenant_id, bundle_id, agent_id, size, sha256, header, piece_size, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                own, .id(upload.bundle), .id(upload.agent), .count(upload.size), .blob(upload.sha256),
                .blob(upload.header), .count(upload.pieceSize),
                .time(upload.createdAt),
            ])
    }
    func deleteUpload(_ bundle: BundleID) throws {
        try connection.execute("DELETE FROM upload_blocks WHERE tenant_id = $1 AND bundle_id = $2", [own, .id(bundle)])
        try connection.execute("DELETE FROM uploads WHERE tenant_id = $1 AND bundle_id = $2", [own, .id(bundle)])
    }
    func insertPiece(_ index: Int, of bundle: BundleID) throws {
        try connection.execute(
            "INSERT INTO upload_pieces (tenant_id, bundle_id, piece) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [own, .id(bundle), .count(index)])
    }

    func insert(_ bundle: StoredBundle) throws {
        try mine(bundle.tenant)
        try connection.execute(
            """
            INSERT INTO bundles (tenant_id, id, environment_id, agent_id, epoch, sequence, size, sha256, agent_key, accepted_at, run_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                own, .id(bundle.id), .id(bundle.environment), .id(bundle.agent), .count(bundle.epoch), .count(bundle.sequence),
                .count(bundle.size), .blob(bundle.sha256), .blob(bundle.agentKey), .time(bundle.acceptedAt), .id(bundle.run),
            ])
    }

    func insert(_ key: StoredSealingKey) throws {
        try mine(key.tenant)
        try connection.execute(
            "INSERT INTO sealing_keys (tenant_id, id, version, public_key, wrapped, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            [own, .text(key.id), .count(key.version), .blob(key.publicKey), .blob(key.wrapped), .time(key.createdAt)])
    }

    func rewrap(sealingKey id: String, _ wrapped: [UInt8]) throws {
        try connection.execute(
            "UPDATE sealing_keys SET wrapped = $3 WHERE tenant_id = $1 AND id = $2", [own, .text(id), .blob(wrapped)])
    }

    func insert(_ entry: AuditEntry) throws {
        try mine(entry.tenant)
        try connection.execute(
            """
            INSERT INTO audit_entries (tenant_id, entry, time, actor, act, subject, outcome, detail, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                own, .count(entry.index), .time(entry.time), .text(entry.actor), .text(entry.act), .text(entry.subject),
                .text(entry.outcome), .text(entry.detail), .blob(entry.hash),
            ])
        directory.isOnRecord = true
    }
}
