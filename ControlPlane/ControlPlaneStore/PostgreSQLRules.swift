/// What PostgreSQL itself holds, whatever the program does: roles, row-level security, grants, an append-only log.
///
/// The rules are made anew from the catalogue by every step and every `migrate`, so that a table that a step adds has them without being named
/// here, and what somebody changed by hand does not stay: a table with `tenant_id` is under row-level security, and one whose name begins with `audit_` takes new rows and nothing else.
enum PostgreSQLRules {
    /// `owner` makes and changes tables. `app` is what serving, working and operating run as: it owns nothing and bypasses nothing. `reader`
    /// sees what is analysed and no secret, `audit` reads and adds to the log, `backup` reads all.
    static let roles: StaticString = """
        DO $roles$
        DECLARE wanted text;
        BEGIN
            FOREACH wanted IN ARRAY ARRAY['owner', 'app', 'reader', 'audit', 'backup'] LOOP
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'cloudryption_' || wanted) THEN
                    BEGIN
                        EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', 'cloudryption_' || wanted);
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                    END;
                END IF;
            END LOOP;
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                AND NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'cloudryption_backup') THEN
                ALTER ROLE cloudryption_backup BYPASSRLS;
            END IF;
            FOREACH wanted IN ARRAY ARRAY['owner', 'app'] LOOP
                IF NOT pg_has_role(current_user, ('cloudryption_' || wanted)::name, 'MEMBER') THEN
                    EXECUTE format('GRANT %I TO %I', 'cloudryption_' || wanted, current_user);
                END IF;
            END LOOP;
        END
        $roles$;
        CREATE SCHEMA IF NOT EXISTS cloudryption AUTHORIZATION cloudryption_owner;
        """

    /// A missing setting raises; so does the empty one that a transaction leaves behind, because it is no UUID.
    static let tables: StaticString = """
        CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entries' THEN
                IF OLD.time <= (extract(epoch FROM now())::bigint - 365 * 86400) * 1000000 THEN RETURN OLD; END IF;
                RAISE EXCEPTION 'the audit log is kept for 365 days' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END
        $function$;
        CREATE OR REPLACE FUNCTION erase_tenant() RETURNS TABLE (table_name text, removed bigint) LANGUAGE plpgsql AS $function$
        DECLARE
            rest text[];
            one text;
            left_before int;
        BEGIN
            SELECT array_agg(c.relname::text) INTO rest
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relkind IN ('r', 'p')
                AND c.relname NOT LIKE 'audit\\_%' AND c.relname <> 'tenant_profiles';
            WHILE cardinality(rest) > 0 LOOP
                left_before := cardinality(rest);
                FOREACH one IN ARRAY rest LOOP
                    BEGIN
                        EXECUTE format('DELETE FROM %I', one);
                        GET DIAGNOSTICS removed = ROW_COUNT;
                        table_name := one;
                        rest := array_remove(rest, one);
                        RETURN NEXT;
                    -- Rows of another table hang on these: it has to go first.
                    EXCEPTION WHEN foreign_key_violation THEN NULL;
                    END;
                END LOOP;
                IF cardinality(rest) = left_before THEN RAISE EXCEPTION 'tables hold each other'; END IF;
            END LOOP;
        END
        $function$;
        DO $rules$
        DECLARE
            t record;
            policy name;
        BEGIN
            GRANT USAGE ON SCHEMA cloudryption TO cloudryption_app, cloudryption_reader, cloudryption_audit, cloudryption_backup;
            FOR t IN
                SELECT c.oid, c.relname AS name, EXISTS (
                    SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS scoped
                FROM pg_class c WHERE c.relnamespace = 'cloudryption'::regnamespace AND c.relkind IN ('r', 'p')
            LOOP
                IF t.scoped THEN
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.name);
                    FOR policy IN SELECT p.polname FROM pg_policy p WHERE p.polrelid = t.oid LOOP
                        EXECUTE format('DROP POLICY %I ON %I', policy, t.name);
                    END LOOP;
                    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = current_setting(''app.tenant_id'')::uuid::text) '
                        'WITH CHECK (tenant_id = current_setting(''app.tenant_id'')::uuid::text)', t.name);
                END IF;
                EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, cloudryption_app, cloudryption_reader, cloudryption_audit, '
                    'cloudryption_backup', t.name);
                EXECUTE format('GRANT SELECT ON %I TO cloudryption_backup', t.name);
                IF t.name = 'schema_versions' THEN
                    EXECUTE format('GRANT SELECT ON %I TO cloudryption_app', t.name);
                ELSIF t.name LIKE 'audit\\_%' THEN
                    EXECUTE format('GRANT SELECT, INSERT ON %I TO cloudryption_app, cloudryption_audit', t.name);
                    EXECUTE format('CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I '
                        'FOR EACH ROW EXECUTE FUNCTION append_only()', t.name);
                    EXECUTE format('CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON %I '
                        'FOR EACH STATEMENT EXECUTE FUNCTION append_only()', t.name);
                ELSE
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cloudryption_app', t.name);
                END IF;
            END LOOP;
            GRANT SELECT ON environments, agents, bundles, runs, results TO cloudryption_reader;
        END
        $rules$;
        """
}
