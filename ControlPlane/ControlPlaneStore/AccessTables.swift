import Basics
import CloudModel
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// People's second factors, tokens, single sign-on and visits of the operator: one tenant's rows.
extension TenantRows {
    private var own: SQLValue { .id(tenantID) }

    func sessions(of user: UserID?) throws -> [Session] {
        try reading.rows(
            """
            SELECT * FROM sessions WHERE tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR user_id = $2) ORDER BY created_at DESC, digest
            """, [own, .id(optional: user)]
        ).map { try $0.session }
    }
    func codeFactor(of user: UserID) throws -> CodeFactor? {
        try reading.row("SELECT * FROM code_factors WHERE tenant_id = $1 AND user_id = $2", [own, .id(user)]).map {
            CodeFactor(
                user: user, wrapped: try $0.blob("wrapped"), confirmedAt: try $0.optionalTime("confirmed_at"),
                lastStep: try $0.optionalInteger("last_step").map { UInt64(clamping: $0) })
        }
    }
    func recoveryCodesLeft(of user: UserID) throws -> Int {
        try reading.row(
            "SELECT count(*) AS codes FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2 AND used_at IS NULL", [own, .id(user)]
        )?.count("codes") ?? 0
    }
    func passkeys(of user: UserID) throws -> [Passkey] {
        try reading.rows("SELECT * FROM passkeys WHERE tenant_id = $1 AND user_id = $2 ORDER BY created_at, credential", [own, .id(user)])
            .map { try $0.passkey }
    }
    func apiTokens() throws -> [APIToken] {
        try reading.rows("SELECT * FROM api_tokens WHERE tenant_id = $1 ORDER BY created_at DESC, id", [own]).map { try $0.apiToken }
    }
    func apiToken(digest: [UInt8]) throws -> APIToken? {
        try reading.row("SELECT * FROM api_tokens WHERE tenant_id = $1 AND digest = $2", [own, .blob(digest)])?.apiToken
    }
    func signOn() throws -> SignOn? { try reading.row("SELECT * FROM sign_ons WHERE tenant_id = $1", [own])?.signOn }
    func user(signOnSubject: String) throws -> User? {
        try reading.row("SELECT * FROM users WHERE tenant_id = $1 AND sign_on_subject = $2", [own, .text(signOnSubject)])?.user
    }
    func breakGlass() throws -> [BreakGlass] {
        try reading.rows("SELECT * FROM break_glass_visits WHERE tenant_id = $1 ORDER BY requested_at DESC, id", [own]).map {
            try $0.breakGlass
        }
    }
}

extension TenantTables {
    private var own: SQLValue { .id(tenantID) }

    private func one(_ changed: Int, _ what: StaticString) throws {
        guard changed == 1 else { throw StoreError(.notFound, "no such \(what)") }
    }

    func update(_ user: User) throws {
        guard user.tenant == tenantID else { throw StoreError(.corrupt, "a row of another tenant was about to be written") }
        try one(
            connection.execute(
                "UPDATE users SET role = $3, environments = $4, disabled_at = $5, sign_on_subject = $6 WHERE tenant_id = $1 AND id = $2",
                [
                    own, .id(user.id), .text(user.role.rawValue), .text(user.environments.text), .time(optional: user.disabledAt),
                    .text(optional: user.signOnSubject),
                ]), "user")
    }

    func setChallenge(_ challenge: Session.Challenge?, of session: [UInt8]) throws {
        try one(
            connection.execute(
                "UPDATE sessions SET challenge = $3, challenge_at = $4 WHERE tenant_id = $1 AND digest = $2",
                [own, .blob(session), .blob(optional: challenge?.bytes), .time(optional: challenge?.createdAt)]), "session")
    }
    func takeChallenge(of session: [UInt8]) throws -> Session.Challenge? {
        // The row is read for itself first: what an UPDATE returns is what it wrote.
        guard let found = try self.session(digest: session), let challenge = found.challenge else { return nil }
        let taken = try connection.execute(
            "UPDATE sessions SET challenge = NULL, challenge_at = NULL WHERE tenant_id = $1 AND digest = $2 AND challenge = $3",
            [own, .blob(session), .blob(challenge.bytes)])
        return taken == 1 ? challenge : nil
    }
    func deleteSession(_ id: SessionID) throws -> Bool {
        let rows = try connection.rows("DELETE FROM sessions WHERE tenant_id = $1 AND id = $2 RETURNING digest", [own, .id(id)])
        for row in rows { directory.drop(.session, try row.blob("digest")) }
        return !rows.isEmpty
    }

    func put(_ factor: CodeFactor) throws {
        try connection.execute(
            """
            INSERT INTO code_factors (tenant_id, user_id, wrapped, confirmed_at, last_step) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (tenant_id, user_id) DO UPDATE SET wrapped = excluded.wrapped, confirmed_at = excluded.confirmed_at,
                last_step = excluded.last_step
            """,
            [
                own, .id(factor.user), .blob(factor.wrapped), .time(optional: factor.confirmedAt),
                .integer(optional: factor.lastStep.map { Int64(clamping: $0) }),
            ])
    }
    func useCode(step: UInt64, of user: UserID) throws -> Bool {
        try connection.execute(
            """
            UPDATE code_factors SET last_step = $3
            WHERE tenant_id = $1 AND user_id = $2 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < $3)
            """, [own, .id(user), .count(step)]) == 1
    }
    func deleteSecondFactors(of user: UserID) throws {
        try deleteCodeFactor(of: user)
        try connection.execute("DELETE FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2", [own, .id(user)])
        try connection.execute("DELETE FROM passkeys WHERE tenant_id = $1 AND user_id = $2", [own, .id(user)])
    }
    func deleteCodeFactor(of user: UserID) throws {
        try connection.execute("DELETE FROM code_factors WHERE tenant_id = $1 AND user_id = $2", [own, .id(user)])
    }
    func replaceRecoveryCodes(of user: UserID, with digests: [[UInt8]]) throws {
        try connection.execute("DELETE FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2", [own, .id(user)])
        for digest in digests {
            try connection.execute(
                "INSERT INTO recovery_codes (tenant_id, user_id, digest) VALUES ($1, $2, $3)", [own, .id(user), .blob(digest)])
        }
    }
    func useRecoveryCode(_ digest: [UInt8], of user: UserID, at time: Date) throws -> Bool {
        try connection.execute(
            "UPDATE recovery_codes SET used_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND digest = $3 AND used_at IS NULL",
            [own, .id(user), .blob(digest), .time(time)]) == 1
    }

    func insert(_ passkey: Passkey) throws {
        try connection.execute(
            """
            INSERT INTO passkeys (tenant_id, credential, user_id, name, algorithm, public_key, sign_count, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                own, .blob(passkey.credential), .id(passkey.user), .text(passkey.name), .count(passkey.algorithm.rawValue),
                .blob(passkey.publicKey), .count(Int(passkey.signCount)), .time(passkey.createdAt),
            ])
    }
    func usePasskey(_ credential: [UInt8], of user: UserID, count before: UInt32, now count: UInt32, at time: Date) throws -> Bool {
        try connection.execute(
            """
            UPDATE passkeys SET sign_count = $5, last_used = $6
            WHERE tenant_id = $1 AND credential = $2 AND user_id = $3 AND sign_count = $4
            """, [own, .blob(credential), .id(user), .count(Int(before)), .count(Int(count)), .time(time)]) == 1
    }
    func deletePasskey(_ credential: [UInt8], of user: UserID) throws -> Bool {
        try connection.execute(
            "DELETE FROM passkeys WHERE tenant_id = $1 AND credential = $2 AND user_id = $3", [own, .blob(credential), .id(user)]) == 1
    }

    func insert(_ token: APIToken) throws {
        guard token.tenant == tenantID else { throw StoreError(.corrupt, "a row of another tenant was about to be written") }
        try connection.execute(
            """
            INSERT INTO api_tokens (tenant_id, id, digest, account_id, name, scopes, environments, created_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            [
                own, .id(token.id), .blob(token.digest), .id(token.account), .text(token.name),
                .text(token.scopes.map(\.rawValue).sorted().joined(separator: ",")), .text(token.environments.text),
                .id(optional: token.createdBy), .time(token.createdAt), .time(token.expiresAt),
            ])
        directory.add(.apiToken, token.digest)
    }
    func touch(token: APITokenID, at time: Date) throws {
        try connection.execute("UPDATE api_tokens SET last_used = $3 WHERE tenant_id = $1 AND id = $2", [own, .id(token), .time(time)])
    }
    func revoke(token: APITokenID, at time: Date) throws -> Bool {
        try connection.execute(
            "UPDATE api_tokens SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL", [own, .id(token), .time(time)])
            == 1
    }

    func setSignOn(_ signOn: SignOn?) throws {
        try connection.execute("DELETE FROM sign_ons WHERE tenant_id = $1", [own])
        guard let signOn else { return }
        let roles = JSONValue.object(JSONObject(signOn.roles.map { .init($0.key, .string($0.value.rawValue)) }))
        try connection.execute(
            "INSERT INTO sign_ons (tenant_id, issuer, client_id, wrapped_secret, role_claim, roles) VALUES ($1, $2, $3, $4, $5, $6)",
            [
                own, .text(signOn.issuer), .text(signOn.clientID), .blob(optional: signOn.wrappedSecret), .text(signOn.roleClaim),
                .text(roles.canonicalText),
            ])
    }
    func insert(_ attempt: SignOnAttempt, dropBefore time: Date) throws {
        try connection.execute("DELETE FROM sign_on_attempts WHERE tenant_id = $1 AND created_at < $2", [own, .time(time)])
        try connection.execute(
            """
            INSERT INTO sign_on_attempts (tenant_id, state_digest, browser, nonce, verifier, next_page, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                own, .blob(attempt.state), .blob(attempt.browser), .text(attempt.nonce), .text(attempt.verifier), .text(attempt.next),
                .time(attempt.createdAt),
            ])
    }
    func takeSignOnAttempt(state digest: [UInt8]) throws -> SignOnAttempt? {
        try connection.rows("DELETE FROM sign_on_attempts WHERE tenant_id = $1 AND state_digest = $2 RETURNING *", [own, .blob(digest)])
            .first.map {
                SignOnAttempt(
                    state: try $0.blob("state_digest"), browser: try $0.blob("browser"), nonce: try $0.text("nonce"),
                    verifier: try $0.text("verifier"), next: try $0.text("next_page"), createdAt: try $0.time("created_at"))
            }
    }

    func insert(_ visit: BreakGlass) throws {
        try connection.execute(
            """
            INSERT INTO break_glass_visits (tenant_id, id, asked_by, reason, seconds, requested_at, approved_by, opened_at, ends_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                own, .id(visit.id), .text(visit.operator), .text(visit.reason), .count(visit.seconds), .time(visit.requestedAt),
                .text(optional: visit.approvedBy), .time(optional: visit.openedAt), .time(optional: visit.endsAt),
            ])
    }
    func update(_ visit: BreakGlass) throws {
        try one(
            connection.execute(
                "UPDATE break_glass_visits SET approved_by = $3, opened_at = $4, ends_at = $5 WHERE tenant_id = $1 AND id = $2",
                [
                    own, .id(visit.id), .text(optional: visit.approvedBy), .time(optional: visit.openedAt), .time(optional: visit.endsAt),
                ]), "visit")
    }

    func claim(_ request: RepeatableRequest, dropBefore time: Date) throws -> RepeatableRequest? {
        try connection.execute("DELETE FROM repeatable_requests WHERE tenant_id = $1 AND created_at < $2", [own, .time(time)])
        let claimed = try connection.execute(
            """
            INSERT INTO repeatable_requests (tenant_id, request_key, request, status, wrapped, created_at) VALUES ($1, $2, $3, NULL, $4, $5)
            ON CONFLICT DO NOTHING
            """, [own, .blob(request.key), .blob(request.request), .blob([]), .time(request.createdAt)])
        if claimed == 1 { return nil }
        return try connection.row("SELECT * FROM repeatable_requests WHERE tenant_id = $1 AND request_key = $2", [own, .blob(request.key)])
            .map {
                RepeatableRequest(
                    key: try $0.blob("request_key"), request: try $0.blob("request"),
                    status: try $0.optionalInteger("status").map { Int($0) },
                    wrapped: try $0.blob("wrapped"), createdAt: try $0.time("created_at"))
            }
    }
    func finish(_ request: RepeatableRequest) throws {
        try one(
            connection.execute(
                "UPDATE repeatable_requests SET status = $3, wrapped = $4 WHERE tenant_id = $1 AND request_key = $2 AND status IS NULL",
                [own, .blob(request.key), .integer(optional: request.status.map { Int64($0) }), .blob(request.wrapped)]), "request")
    }
    func forget(_ request: RepeatableRequest) throws {
        try connection.execute(
            "DELETE FROM repeatable_requests WHERE tenant_id = $1 AND request_key = $2 AND status IS NULL", [own, .blob(request.key)])
    }
}

extension SQLRow {
    /// A scope of no known form opens nothing: it is an error.
    func environmentScope(_ name: String) throws(SQLError) -> EnvironmentScope {
        guard let scope = EnvironmentScope(try text(name)) else { throw SQLError(.unexpectedValue, "column \(name) is not a scope") }
        return scope
    }
    var passkey: Passkey {
        get throws(SQLError) {
            guard let algorithm = Passkey.Algorithm(rawValue: try count("algorithm")) else {
                throw SQLError(.unexpectedValue, "column algorithm holds an unknown number")
            }
            return Passkey(
                credential: try blob("credential"), user: try id("user_id"), name: try text("name"), algorithm: algorithm,
                publicKey: try blob("public_key"), signCount: UInt32(clamping: try integer("sign_count")),
                createdAt: try time("created_at"),
                lastUsed: try optionalTime("last_used"))
        }
    }
    var apiToken: APIToken {
        get throws(SQLError) {
            var scopes: Set<Permission> = []
            for word in try text("scopes").split(separator: ",") {
                guard let permission = Permission(rawValue: String(word)) else {
                    throw SQLError(.unexpectedValue, "column scopes holds an unknown word")
                }
                scopes.insert(permission)
            }
            return APIToken(
                id: try id("id"), digest: try blob("digest"), tenant: try id("tenant_id"), account: try id("account_id"),
                name: try text("name"), scopes: scopes, environments: try environmentScope("environments"),
                createdBy: try optionalID("created_by"), createdAt: try time("created_at"), expiresAt: try time("expires_at"),
                lastUsed: try optionalTime("last_used"), revokedAt: try optionalTime("revoked_at"))
        }
    }
    var signOn: SignOn {
        get throws(SQLError) {
            var roles: [String: Role] = [:]
            guard let members = (try? JSONValue(parsing: Array(try text("roles").utf8)))?.object?.members else {
                throw SQLError(.unexpectedValue, "column roles is not an object")
            }
            for member in members {
                guard let role = member.value.string.flatMap(Role.init(rawValue:)) else {
                    throw SQLError(.unexpectedValue, "column roles holds an unknown word")
                }
                roles[member.name] = role
            }
            return SignOn(
                issuer: try text("issuer"), clientID: try text("client_id"), wrappedSecret: try optionalBlob("wrapped_secret"),
                roleClaim: try text("role_claim"), roles: roles)
        }
    }
    var breakGlass: BreakGlass {
        get throws(SQLError) {
            BreakGlass(
                id: try id("id"), operator: try text("asked_by"), reason: try text("reason"), seconds: try count("seconds"),
                requestedAt: try time("requested_at"), approvedBy: try optionalText("approved_by"), openedAt: try optionalTime("opened_at"),
                endsAt: try optionalTime("ends_at"))
        }
    }
}
