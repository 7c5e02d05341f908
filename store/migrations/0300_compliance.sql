-- Compliance: what was decided and why, who consented, who opposed, which calls were attempted, which
-- numbers a tenant may show. Numbers are E.164, or short numbers as dialled.
CREATE SCHEMA compliance;

-- Decisions: one hash chain a tenant (store/chain.py). `record` is the canonical JSON that was hashed.
CREATE TABLE compliance.decisions (
    tenant_id uuid NOT NULL,               -- no foreign key: the proof outlives the tenant
    seq       bigint NOT NULL,
    record    text NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL,
    id        uuid NOT NULL UNIQUE GENERATED ALWAYS AS ((record::json ->> 'id')::uuid) STORED,
    call_id   uuid GENERATED ALWAYS AS ((record::json ->> 'call_id')::uuid) STORED,
    number    text NOT NULL GENERATED ALWAYS AS (record::json ->> 'number') STORED,
    allowed   boolean NOT NULL GENERATED ALWAYS AS ((record::json ->> 'allowed')::boolean) STORED,
    PRIMARY KEY (tenant_id, seq),
    CHECK (tenant_id = (record::json ->> 'tenant')::uuid)
);
CREATE INDEX ON compliance.decisions (tenant_id, call_id);
CREATE INDEX ON compliance.decisions (tenant_id, number);
SELECT app.tenant_table('compliance.decisions', 'SELECT');
REVOKE INSERT ON compliance.decisions FROM decroche_operator;
SELECT app.append_only('compliance.decisions');

-- Where each tenant's chain ends: its row lock makes writers take turns, and it tells a cut end.
CREATE TABLE compliance.decision_heads (
    tenant_id uuid PRIMARY KEY,
    seq       bigint NOT NULL,
    hash      bytea NOT NULL
);
SELECT app.tenant_table('compliance.decision_heads', 'SELECT');
REVOKE INSERT, UPDATE, DELETE ON compliance.decision_heads FROM decroche_operator;

-- The only way in; of the session's own tenant only.
CREATE FUNCTION compliance.append_decision(record text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head  compliance.decision_heads;
    whose uuid := (record::json ->> 'tenant')::uuid;
    next  bytea;
BEGIN
    IF whose IS DISTINCT FROM app.tenant() THEN
        RAISE EXCEPTION 'a decision of another tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO compliance.decision_heads VALUES (whose, 0, decode(repeat('00', 32), 'hex'))
        ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM compliance.decision_heads h WHERE h.tenant_id = whose FOR UPDATE;
    next := app.chain_hash(head.hash, head.seq + 1, record);
    INSERT INTO compliance.decisions (tenant_id, seq, record, prev_hash, hash)
         VALUES (whose, head.seq + 1, record, head.hash, next);
    UPDATE compliance.decision_heads h SET seq = head.seq + 1, hash = next WHERE h.tenant_id = whose;
    RETURN head.seq + 1;
END $$;
SELECT app.definer('compliance.append_decision(text)');

-- Calls and attempts, written when a call may be placed, before it rings: two asked at once cannot both pass.
CREATE TABLE compliance.attempts (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    call_id   uuid PRIMARY KEY,
    number    text NOT NULL,
    at        timestamptz NOT NULL,
    result    text NOT NULL DEFAULT 'no_answer' CHECK (result IN ('no_answer', 'answered', 'refused'))
);
CREATE INDEX ON compliance.attempts (tenant_id, number, at);
SELECT app.tenant_table('compliance.attempts', 'SELECT, INSERT, UPDATE (result)');

-- A refusal said is never unsaid.
CREATE FUNCTION compliance.keep_refusal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.result = 'refused' OR (OLD.result = 'answered' AND NEW.result = 'no_answer') THEN
        NEW.result := OLD.result;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_refusal BEFORE UPDATE OF result ON compliance.attempts
    FOR EACH ROW EXECUTE FUNCTION compliance.keep_refusal();

-- Oppositions, permanent. Without a tenant: operator-wide, they hold for every tenant.
CREATE TABLE compliance.oppositions (
    id         uuid PRIMARY KEY,
    tenant_id  uuid REFERENCES store.tenants,
    number     text NOT NULL,
    opposed_at timestamptz NOT NULL,
    how        text NOT NULL CHECK (how <> ''),      -- call, web, import, letter …
    call_id    uuid,
    source     text NOT NULL DEFAULT '',             -- file and line, address of the page …
    stored_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON compliance.oppositions (number, tenant_id, opposed_at);
SELECT app.tenant_table('compliance.oppositions', 'SELECT, INSERT');
SELECT app.append_only('compliance.oppositions');

-- The latest opposition of a number up to an instant: the session's tenant's own, or operator-wide.
CREATE FUNCTION compliance.opposed_at(dialled text, until timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT max(o.opposed_at) FROM compliance.oppositions o
     WHERE o.number = dialled AND (o.tenant_id IS NULL OR o.tenant_id = app.tenant()) AND o.opposed_at <= until
$$;
SELECT app.definer('compliance.opposed_at(text, timestamptz)');

-- Consents (C. conso L223-1, R223-1 to R223-3). What was agreed never changes; it is withdrawn once.
CREATE TABLE compliance.consents (
    id            uuid PRIMARY KEY,
    tenant_id     uuid NOT NULL REFERENCES store.tenants,
    number        text NOT NULL,
    person        text NOT NULL DEFAULT '',
    professional  text NOT NULL CHECK (professional <> ''),
    third_party   text NOT NULL DEFAULT '',
    goods         text NOT NULL CHECK (goods <> ''),
    how           text NOT NULL CHECK (how IN ('form', 'voice', 'paper')),
    wording       text NOT NULL CHECK (wording <> ''),
    evidence      text NOT NULL CHECK (evidence <> ''),  -- file, recording and offset, address, IP
    evidence_hash text NOT NULL CHECK (evidence_hash ~ '^[0-9a-f]{64}$'),
    given_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    agreed_from   timestamptz,
    agreed_to     timestamptz,
    withdrawn_at  timestamptz,
    withdrawn_how text,
    stored_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, number, given_at, goods),
    CHECK (expires_at > given_at AND expires_at <= given_at + interval '1 year 2 hours'),
    CHECK ((agreed_from IS NULL) = (agreed_to IS NULL) AND agreed_to > agreed_from),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_how IS NULL))
);
CREATE INDEX ON compliance.consents (tenant_id, number, given_at);
SELECT app.tenant_table('compliance.consents', 'SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_how)');

CREATE FUNCTION compliance.withdraw_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{withdrawn_at,withdrawn_how}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{withdrawn_at,withdrawn_how}'::text[] OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'consent %: only its withdrawal may be added, once', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdraw_once BEFORE UPDATE ON compliance.consents
    FOR EACH ROW EXECUTE FUNCTION compliance.withdraw_once();

-- A person's own request to be called back (R223-4).
CREATE TABLE compliance.requests (
    id           uuid PRIMARY KEY,
    tenant_id    uuid NOT NULL REFERENCES store.tenants,
    number       text NOT NULL,
    requested_at timestamptz NOT NULL,
    goods        text NOT NULL DEFAULT '',
    evidence     text NOT NULL CHECK (evidence <> ''),
    stored_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON compliance.requests (tenant_id, number, requested_at);
SELECT app.tenant_table('compliance.requests', 'SELECT, INSERT');

-- Bloctel, for calls before 11 August 2026: what was submitted, and what was answered for each number.
CREATE TABLE compliance.bloctel_files (
    id           uuid PRIMARY KEY,
    tenant_id    uuid NOT NULL REFERENCES store.tenants,
    submitted_at timestamptz NOT NULL,
    sha256       text NOT NULL,
    numbers      integer NOT NULL CHECK (numbers > 0),
    answered_at  timestamptz,
    answer_sha256 text,
    UNIQUE (tenant_id, id)
);
SELECT app.tenant_table('compliance.bloctel_files', 'SELECT, INSERT, UPDATE (answered_at, answer_sha256)');

CREATE TABLE compliance.bloctel_numbers (
    tenant_id  uuid NOT NULL,
    file_id    uuid NOT NULL,
    identifier integer NOT NULL,
    number     text NOT NULL,
    listed     boolean,                     -- NULL: not answered, which never means clean
    PRIMARY KEY (file_id, identifier),
    FOREIGN KEY (tenant_id, file_id) REFERENCES compliance.bloctel_files (tenant_id, id)
);
CREATE INDEX ON compliance.bloctel_numbers (tenant_id, number);
SELECT app.tenant_table('compliance.bloctel_numbers', 'SELECT, INSERT, UPDATE (listed)');

-- Which numbers a tenant may show (ARCEP 2025-2215): proof of assignment, checked again by a date.
CREATE TABLE compliance.caller_ids (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    number      text NOT NULL,
    proof       text NOT NULL CHECK (proof <> ''),
    proof_hash  text NOT NULL CHECK (proof_hash ~ '^[0-9a-f]{64}$'),
    checked_at  timestamptz NOT NULL,
    recheck_by  timestamptz NOT NULL CHECK (recheck_by > checked_at),
    revoked_at  timestamptz,
    PRIMARY KEY (tenant_id, number)
);
SELECT app.tenant_table('compliance.caller_ids', 'SELECT');

-- The tenant's answers to what the law leaves open. No row: the strict defaults of compliance/tenants.py.
CREATE TABLE compliance.switches (
    tenant_id        uuid PRIMARY KEY REFERENCES store.tenants,
    local_holidays   boolean NOT NULL DEFAULT true,
    ai_is_automate   boolean NOT NULL DEFAULT true,
    npv_exception    boolean NOT NULL DEFAULT false,
    npv_new_overseas boolean NOT NULL DEFAULT false,
    changed_by       text NOT NULL,
    changed_at       timestamptz NOT NULL DEFAULT now()
);
SELECT app.tenant_table('compliance.switches', 'SELECT');
