-- The audit log: append-only, one hash chain over all tenants (store/chain.py says how it is computed).
-- Facts live in `record` (canonical JSON), the very text that was hashed; the other columns are drawn from it.

CREATE FUNCTION app.chain_hash(prev_hash bytea, seq bigint, record text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(prev_hash || convert_to(seq::text || E'\n' || record, 'UTF8'));
GRANT EXECUTE ON FUNCTION app.chain_hash(bytea, bigint, text) TO decroche_service, decroche_operator;

CREATE TABLE store.audit (
    seq       bigint PRIMARY KEY,
    tenant_id uuid,                  -- NULL: the operator's own act. No foreign key: it outlives the tenant
    record    text NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL UNIQUE,
    action    text NOT NULL GENERATED ALWAYS AS (record::json ->> 'action') STORED,
    subject   text NOT NULL GENERATED ALWAYS AS (record::json ->> 'subject') STORED,
    CHECK (tenant_id IS NOT DISTINCT FROM (record::json ->> 'tenant')::uuid)
);
CREATE INDEX ON store.audit (tenant_id, seq);
CREATE INDEX ON store.audit (subject, seq);
SELECT app.tenant_table('store.audit', 'SELECT');
REVOKE INSERT ON store.audit FROM decroche_operator;
SELECT app.append_only('store.audit');

-- Where the chain ends: its row lock makes writers take turns, and it tells a cut end.
CREATE TABLE store.audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    seq  bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO store.audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
SELECT app.shared_table('store.audit_head', 'one row: where the audit log of all tenants ends', '');
REVOKE INSERT, UPDATE, DELETE ON store.audit_head FROM decroche_operator;

-- The only way in. The service writes of its session's tenant only; the operator of any.
CREATE FUNCTION store.audit_append(record text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head  store.audit_head;
    whose uuid := (record::json ->> 'tenant')::uuid;
    next  bytea;
BEGIN
    IF whose IS DISTINCT FROM app.tenant() AND NOT pg_has_role(session_user, 'decroche_operator', 'MEMBER') THEN
        RAISE EXCEPTION 'an audit record of another tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO STRICT head FROM store.audit_head FOR UPDATE;
    next := app.chain_hash(head.hash, head.seq + 1, record);
    INSERT INTO store.audit (seq, tenant_id, record, prev_hash, hash)
         VALUES (head.seq + 1, whose, record, head.hash, next);
    UPDATE store.audit_head SET seq = head.seq + 1, hash = next;
    RETURN head.seq + 1;
END $$;
SELECT app.definer('store.audit_append(text)');

-- Where the chain ends now: for anchors kept elsewhere. Tells nothing of what the rows say.
CREATE FUNCTION store.audit_end() RETURNS TABLE (seq bigint, hash bytea) LANGUAGE sql STABLE AS $$
    SELECT h.seq, h.hash FROM store.audit_head h
$$;
SELECT app.definer('store.audit_end()');
