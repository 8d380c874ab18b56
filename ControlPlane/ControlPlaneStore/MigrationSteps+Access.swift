extension Migrations {
    /// Second factors, tokens, single sign-on, visits of the operator, writes that may be sent twice; sessions and users tell more.
    ///
    /// Which proof opened a session of before is not known: it waits for a second factor, and so opens nothing.
    static let access = Step(
        name: "second factors, tokens, single sign-on, visits, repeated writes",
        directory: .init(
            """
            CREATE TABLE operators (
                name TEXT NOT NULL PRIMARY KEY, digest BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL
            ) STRICT;
            """),
        tenant: .init(
            """
            ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
            ALTER TABLE sessions ADD COLUMN stage TEXT NOT NULL DEFAULT 'secondFactor';
            ALTER TABLE sessions ADD COLUMN proof TEXT NOT NULL DEFAULT 'password';
            ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN source TEXT NOT NULL DEFAULT '';
            ALTER TABLE sessions ADD COLUMN challenge BLOB;
            ALTER TABLE sessions ADD COLUMN challenge_at INTEGER;
            ALTER TABLE users ADD COLUMN environments TEXT NOT NULL DEFAULT '*';
            ALTER TABLE users ADD COLUMN disabled_at INTEGER;
            ALTER TABLE users ADD COLUMN sign_on_subject TEXT;
            CREATE UNIQUE INDEX users_by_subject ON users (tenant_id, sign_on_subject);
            CREATE TABLE code_factors (
                tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, wrapped BLOB NOT NULL, confirmed_at INTEGER, last_step INTEGER,
                PRIMARY KEY (tenant_id, user_id), FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
            ) STRICT;
            CREATE TABLE recovery_codes (
                tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, digest BLOB NOT NULL, used_at INTEGER,
                PRIMARY KEY (tenant_id, user_id, digest), FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
            ) STRICT;
            CREATE TABLE passkeys (
                tenant_id TEXT NOT NULL, credential BLOB NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL, algorithm INTEGER NOT NULL,
                public_key BLOB NOT NULL, sign_count INTEGER NOT NULL, created_at INTEGER NOT NULL, last_used INTEGER,
                PRIMARY KEY (tenant_id, credential), FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
            ) STRICT;
            CREATE TABLE api_tokens (
                tenant_id TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL, account_id TEXT NOT NULL, name TEXT NOT NULL,
                scopes TEXT NOT NULL, environments TEXT NOT NULL, created_by TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                last_used INTEGER, revoked_at INTEGER,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, digest),
                FOREIGN KEY (tenant_id, account_id) REFERENCES users (tenant_id, id)
            ) STRICT;
            CREATE TABLE sign_ons (
                tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenant_profiles (tenant_id), issuer TEXT NOT NULL, client_id TEXT NOT NULL,
                wrapped_secret BLOB, role_claim TEXT NOT NULL, roles TEXT NOT NULL
            ) STRICT;
            CREATE TABLE sign_on_attempts (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), state_digest BLOB NOT NULL, browser BLOB NOT NULL,
                nonce TEXT NOT NULL, verifier TEXT NOT NULL, next_page TEXT NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, state_digest)
            ) STRICT;
            CREATE TABLE break_glass_visits (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), id TEXT NOT NULL, asked_by TEXT NOT NULL,
                reason TEXT NOT NULL, seconds INTEGER NOT NULL, requested_at INTEGER NOT NULL, approved_by TEXT, opened_at INTEGER,
                ends_at INTEGER,
                PRIMARY KEY (tenant_id, id)
            ) STRICT;
            CREATE TABLE repeatable_requests (
                tenant_id TEXT NOT NULL REFERENCES tenant_profiles (tenant_id), request_key BLOB NOT NULL, request BLOB NOT NULL,
                status INTEGER, wrapped BLOB NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (tenant_id, request_key)
            ) STRICT;
            """))
}
