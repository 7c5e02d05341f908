-- What every other migration builds on: who the tenant is, and one line that makes a table a tenant's.
--
-- Write a table of your own folder so:
--
--     CREATE SCHEMA IF NOT EXISTS billing;
--     CREATE TABLE billing.charges (
--         tenant_id uuid NOT NULL REFERENCES store.tenants,
--         …
--     );
--     SELECT app.tenant_table('billing.charges', 'SELECT, INSERT');   -- what the service may do with it
--     SELECT app.append_only('billing.charges');                      -- nobody may change its rows
--
-- A table that belongs to no tenant says why:
--
--     SELECT app.shared_table('billing.legal_rates', 'the law''s, the same for all', 'SELECT');
--
-- A function the service needs to look past the tenant with, telling no more than it must:
--
--     SELECT app.definer('store.route(text)');
--
-- A migration that leaves a table without one or the other fails (app.check_tables).
-- search_path is pg_catalog while a migration runs: name every object with its schema.

GRANT USAGE ON SCHEMA app TO decroche_service, decroche_operator;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The tenant of this transaction; NULL when none was set, which matches no row.
CREATE FUNCTION app.tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.tenant', true), '')::uuid;
GRANT EXECUTE ON FUNCTION app.tenant() TO decroche_service, decroche_operator;

-- The tables that belong to no tenant, and why.
CREATE TABLE app.shared_tables (
    name text PRIMARY KEY,
    why  text NOT NULL CHECK (length(why) > 10)
);

CREATE FUNCTION app.tenant_table(
    target text, service text DEFAULT 'SELECT, INSERT, UPDATE, DELETE', tenant_column text DEFAULT 'tenant_id'
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := target::regclass;
    space text := (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = relation);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', relation);
    -- (SELECT …): evaluated once a query, not once a row
    EXECUTE format('CREATE POLICY tenant ON %s TO decroche_service USING (%I = (SELECT app.tenant()))',
                   relation, tenant_column);
    EXECUTE format('CREATE POLICY everything ON %s TO decroche_operator, decroche_owner USING (true)', relation);
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO decroche_service, decroche_operator', space);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO decroche_operator', relation);
    IF service <> '' THEN
        EXECUTE format('GRANT %s ON %s TO decroche_service', service, relation);
    END IF;
END $$;

CREATE FUNCTION app.shared_table(target text, why text, service text DEFAULT 'SELECT') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := target::regclass;
    space text := (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = relation);
BEGIN
    INSERT INTO app.shared_tables VALUES (target, why);
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO decroche_service, decroche_operator', space);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO decroche_operator', relation);
    IF service <> '' THEN
        EXECUTE format('GRANT %s ON %s TO decroche_service', service, relation);
    END IF;
END $$;

CREATE FUNCTION app.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is not allowed', TG_RELID::regclass, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Rows are added and never changed, by anyone: no privilege, and a trigger for those who need none.
CREATE FUNCTION app.append_only(target text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE relation regclass := target::regclass;
BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM decroche_service, decroche_operator', relation);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION app.refuse_change()', relation);
    EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', relation);
END $$;

-- Run `target` as the owner, who sees every tenant, for whoever calls it.
CREATE FUNCTION app.definer(target text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE routine regprocedure := target::regprocedure;
BEGIN
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, pg_temp', routine);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO decroche_service, decroche_operator', routine);
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO decroche_service, decroche_operator',
                   (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = routine));
END $$;

-- Names the tables of ours that are neither a tenant's under forced RLS nor listed as shared.
CREATE FUNCTION app.loose_tables() RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT format('%s.%s', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
       AND c.relowner = 'decroche_owner'::regrole
       AND NOT EXISTS (SELECT 1 FROM app.shared_tables s WHERE s.name = format('%s.%s', n.nspname, c.relname))
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'))
     ORDER BY 1
$$;

CREATE FUNCTION app.check_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE loose text := (SELECT string_agg(t, ', ') FROM app.loose_tables() t);
BEGIN
    IF loose IS NOT NULL THEN
        RAISE EXCEPTION 'tables without app.tenant_table or app.shared_table: %', loose;
    END IF;
END $$;

INSERT INTO app.shared_tables VALUES
    ('app.migrations', 'the database''s own history, no tenant''s'),
    ('app.shared_tables', 'this list itself, no tenant''s');
GRANT SELECT ON app.migrations, app.shared_tables TO decroche_service, decroche_operator;
