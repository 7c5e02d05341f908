-- What a month of a million calls weighs, made lighter. Nothing here changes what is stored, or what may be.

-- The reversals are few: what counts today is told from what was reversed without reading every charge twice.
CREATE INDEX reversals ON billing.charges (call_id, generation) WHERE kind = 'reversal';

-- A call is looked for by its far party; the near one is a number of the tenant's. One entry a call, not two, and no
-- wider than it must be: few calls have one far party.
DROP INDEX store.calls_tenant_id_caller_started_at_idx;
DROP INDEX store.calls_tenant_id_callee_started_at_idx;
CREATE INDEX calls_from ON store.calls (caller) WHERE direction = 'inbound';
CREATE INDEX calls_to ON store.calls (callee) WHERE direction = 'outbound';

-- A foreign key looks its row up, and locks it, once for each row added. Tenants, calls and invoices are never deleted
-- and keep their names (below, and by app.append_only): there, one look at all the rows a statement adds says as much.
CREATE FUNCTION app.refuse_leaving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays, under its id: other tables name it', TG_RELID::regclass
        USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE TRIGGER stays BEFORE DELETE OR UPDATE OF id ON store.tenants
    FOR EACH ROW EXECUTE FUNCTION app.refuse_leaving();
CREATE TRIGGER stays BEFORE DELETE OR UPDATE OF id, tenant_id ON store.calls
    FOR EACH ROW EXECUTE FUNCTION app.refuse_leaving();

CREATE FUNCTION store.calls_name_tenants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id FROM added) a
                WHERE NOT EXISTS (SELECT FROM store.tenants t WHERE t.id = a.tenant_id)) THEN
        RAISE EXCEPTION 'a call of a tenant that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
ALTER TABLE store.calls DROP CONSTRAINT calls_tenant_id_fkey;
CREATE TRIGGER names_tenants AFTER INSERT ON store.calls REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION store.calls_name_tenants();

CREATE FUNCTION store.names_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a
                WHERE NOT EXISTS (SELECT FROM store.calls k WHERE k.id = a.call_id AND k.tenant_id = a.tenant_id)) THEN
        RAISE EXCEPTION 'a row of % names a call that is not stored, or is another tenant''s', TG_RELID::regclass
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
ALTER TABLE billing.charges DROP CONSTRAINT charges_tenant_id_call_id_fkey;
ALTER TABLE store.turns DROP CONSTRAINT turns_tenant_id_call_id_fkey;
ALTER TABLE store.actions DROP CONSTRAINT actions_tenant_id_call_id_fkey;
CREATE TRIGGER names_calls AFTER INSERT ON billing.charges REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION store.names_calls();
CREATE TRIGGER names_calls AFTER INSERT ON store.turns REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION store.names_calls();
CREATE TRIGGER names_calls AFTER INSERT ON store.actions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION store.names_calls();
ALTER TABLE store.calls DROP CONSTRAINT calls_tenant_id_id_key;  -- only those foreign keys needed it

CREATE FUNCTION billing.invoice_charges_name_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id, invoice_id FROM added) a
                WHERE NOT EXISTS (SELECT FROM billing.invoices i
                                   WHERE i.id = a.invoice_id AND i.tenant_id = a.tenant_id)) THEN
        RAISE EXCEPTION 'a line of an invoice that does not exist, or is another tenant''s'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
ALTER TABLE billing.invoice_charges DROP CONSTRAINT invoice_charges_tenant_id_invoice_id_fkey;
CREATE TRIGGER names_invoices AFTER INSERT ON billing.invoice_charges REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION billing.invoice_charges_name_invoices();

-- After many rows at once the planner knows nothing of them yet, and goes through a million one by one.
CREATE FUNCTION billing.look_again() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t regclass;
BEGIN
    FOR t IN SELECT s.relid FROM pg_stat_user_tables s
              WHERE s.relid IN ('store.calls'::regclass, 'billing.charges'::regclass,
                                'billing.invoice_charges'::regclass)
                AND s.n_mod_since_analyze > 1000 + s.n_live_tup / 10 LOOP
        EXECUTE format('ANALYZE %s', t);
    END LOOP;
END $$;
SELECT app.definer('billing.look_again()');
