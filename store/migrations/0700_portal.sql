-- The web's people: who they are, in which clients they work, the sessions they hold, the keys of their systems.
--
-- `decroche_portal`, the web's role, is narrower than the service's: it reads the tables named at the end, one tenant at a
-- time, and writes nothing but what the functions below write for it. Its tenant is that of the session whose token it
-- shows (`portal.enter`): the policies ask `portal.tenant()`, which looks the session up again, so that neither a setting
-- nor an address decides whose rows are seen.
CREATE SCHEMA portal;
GRANT USAGE ON SCHEMA app, store, billing, compliance, portal TO decroche_portal;
GRANT EXECUTE ON FUNCTION app.tenant() TO decroche_portal;
GRANT SELECT ON app.migrations TO decroche_portal;

-- Run `target` as the owner, for the web and nobody else.
CREATE FUNCTION portal.door(target text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE routine regprocedure := target::regprocedure;
BEGIN
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, pg_temp', routine);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO decroche_portal', routine);
END $$;

CREATE TABLE portal.people (
    id             uuid PRIMARY KEY,
    email          text NOT NULL UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),
    name           text NOT NULL DEFAULT '',
    operator_role  text CHECK (operator_role IN ('admin', 'support')),
    password       text,                                    -- argon2id; null: only a link lets in
    totp_secret    text,                                    -- base32; null: no second step
    totp_step      bigint NOT NULL DEFAULT 0,               -- the last step a code was taken of: none is taken twice
    made_at        timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    compromised_at timestamptz
);
SELECT app.shared_table('portal.people', 'one person may work for several clients: read by functions only', '');

CREATE TABLE portal.recovery_codes (
    person_id uuid NOT NULL REFERENCES portal.people,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (person_id, hash)
);
SELECT app.shared_table('portal.recovery_codes', 'of a person, who may work for several clients', '');

CREATE TABLE portal.links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    person_id  uuid NOT NULL REFERENCES portal.people,
    purpose    text NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
SELECT app.shared_table('portal.links', 'one-use links of a person, who may work for several clients', '');

-- What a role may do: portal/people/roles.py has the same table, and a test holds the two together.
CREATE TABLE portal.role_rights (
    role    text NOT NULL,
    allowed text NOT NULL,
    PRIMARY KEY (role, allowed)
);
SELECT app.shared_table('portal.role_rights', 'what each role may do, the same for all clients', '');
INSERT INTO portal.role_rights
SELECT role, unnest(string_to_array(held, ' '))
  FROM (VALUES
    ('titulaire', 'home calls transcripts numbers audio live agents_edit agents_test agents_approve agents_publish contacts '
                  'campaigns_launch oppositions proofs rights invoices usage pay dispute order team keys hooks tickets journal'),
    ('responsable', 'home calls transcripts numbers audio live agents_edit agents_test agents_approve agents_publish contacts '
                    'campaigns_launch oppositions proofs rights invoices usage hooks tickets'),
    ('redacteur', 'home calls transcripts numbers agents_edit agents_test contacts oppositions tickets'),
    ('lecteur', 'home calls transcripts'),
    ('comptable', 'invoices usage pay dispute tickets')
  ) AS roles (role, held);

CREATE TABLE portal.members (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    person_id  uuid NOT NULL REFERENCES portal.people,
    roles      text[] NOT NULL CHECK (cardinality(roles) > 0
                   AND roles <@ ARRAY['titulaire', 'responsable', 'redacteur', 'lecteur', 'comptable']),
    invited_by text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE INDEX ON portal.members (person_id);
SELECT app.tenant_table('portal.members', '');

CREATE TABLE portal.sessions (
    id         uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    person_id  uuid NOT NULL REFERENCES portal.people,
    tenant_id  uuid REFERENCES store.tenants,
    waiting    boolean NOT NULL,                            -- for the second step: it opens nothing yet
    began_at   timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    mfa_at     timestamptz,                                 -- when a code of the second step was last given
    ended_at   timestamptz,
    ended_why  text NOT NULL DEFAULT '',
    address    text NOT NULL DEFAULT '',
    browser    text NOT NULL DEFAULT ''
);
CREATE INDEX ON portal.sessions (person_id) WHERE ended_at IS NULL;
SELECT app.tenant_table('portal.sessions', '');   -- of one client at a time; of none until one is chosen

CREATE TABLE portal.throttles (
    key      bytea PRIMARY KEY CHECK (octet_length(key) = 32),   -- SHA-256 of an address or an e-mail
    failures integer NOT NULL CHECK (failures >= 0),
    last_at  timestamptz NOT NULL
);
SELECT app.shared_table('portal.throttles', 'failed sign-ins, before it is known whose', '');

CREATE TABLE portal.api_keys (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    id        uuid NOT NULL,
    key_hash  bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    name      text NOT NULL DEFAULT '',
    scopes    text[] NOT NULL CHECK (cardinality(scopes) > 0),
    made_by   text NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    used_at   timestamptz,
    ended_at  timestamptz,
    PRIMARY KEY (tenant_id, id)
);
SELECT app.tenant_table('portal.api_keys', '');

-- == Who this transaction is

-- The session or key shown in this transaction: whose, and what it may do. No row: nobody.
CREATE FUNCTION portal.seat() RETURNS TABLE (tenant_id uuid, person_id uuid, rights text[])
LANGUAGE sql STABLE AS $$
    SELECT s.tenant_id, s.person_id,
           ARRAY(SELECT DISTINCT r.allowed FROM portal.role_rights r WHERE r.role = ANY (m.roles) ORDER BY 1)
      FROM portal.sessions s
      JOIN portal.people p ON p.id = s.person_id AND p.ended_at IS NULL
      JOIN portal.members m ON m.person_id = s.person_id AND m.tenant_id = s.tenant_id AND m.ended_at IS NULL
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex')
       AND s.ended_at IS NULL AND NOT s.waiting
    UNION ALL
    SELECT k.tenant_id, NULL, k.scopes
      FROM portal.api_keys k
     WHERE k.key_hash = decode(nullif(current_setting('app.key', true), ''), 'hex') AND k.ended_at IS NULL
$$;

CREATE FUNCTION portal.tenant() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT s.tenant_id FROM portal.seat() s $$;
SELECT portal.door('portal.tenant()');

CREATE FUNCTION portal.may(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT wanted = ANY (s.rights) FROM portal.seat() s), false)
$$;
SELECT portal.door('portal.may(text)');

CREATE FUNCTION portal.person() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT s.person_id FROM portal.sessions s
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex') AND s.ended_at IS NULL
$$;

-- Opens this transaction for the bearer of a session's token: eight idle hours, seven days in all. No row: it opens nothing.
CREATE FUNCTION portal.enter(shown bytea, at timestamptz)
RETURNS TABLE (session_id uuid, person_id uuid, email text, name text, second_step boolean, mfa_at timestamptz,
               waiting boolean, tenant_id uuid, tenant text, tenant_name text, timezone text, roles text[], rights text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found portal.sessions;
BEGIN
    PERFORM set_config('app.session', '', true), set_config('app.key', '', true), set_config('app.tenant', '', true);
    SELECT * INTO found FROM portal.sessions s
     WHERE s.token_hash = shown AND s.ended_at IS NULL AND at < s.expires_at AND at < s.seen_at + interval '8 hours';
    IF found.id IS NULL THEN RETURN; END IF;
    IF found.seen_at < at - interval '1 minute' THEN
        UPDATE portal.sessions s SET seen_at = at WHERE s.id = found.id;
    END IF;
    PERFORM set_config('app.session', encode(shown, 'hex'), true),
            set_config('app.tenant', coalesce((SELECT x.tenant_id FROM portal.seat() x)::text, ''), true);
    RETURN QUERY
    SELECT found.id, p.id, p.email, p.name, p.totp_secret IS NOT NULL, found.mfa_at, found.waiting,
           x.tenant_id, t.slug, t.name, t.timezone, m.roles, coalesce(x.rights, '{}')
      FROM portal.people p
      LEFT JOIN portal.seat() x ON true
      LEFT JOIN store.tenants t ON t.id = x.tenant_id
      LEFT JOIN portal.members m ON m.tenant_id = x.tenant_id AND m.person_id = p.id
     WHERE p.id = found.person_id AND p.ended_at IS NULL;
END $$;
SELECT portal.door('portal.enter(bytea, timestamptz)');

CREATE FUNCTION portal.enter_key(shown bytea, at timestamptz)
RETURNS TABLE (key_id uuid, tenant_id uuid, tenant text, tenant_name text, timezone text, rights text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found portal.api_keys;
BEGIN
    PERFORM set_config('app.session', '', true), set_config('app.key', '', true), set_config('app.tenant', '', true);
    SELECT * INTO found FROM portal.api_keys k
     WHERE k.key_hash = shown AND k.ended_at IS NULL AND (k.expires_at IS NULL OR at < k.expires_at);
    IF found.id IS NULL THEN RETURN; END IF;
    IF found.used_at IS NULL OR found.used_at < at - interval '1 minute' THEN
        UPDATE portal.api_keys k SET used_at = at WHERE k.tenant_id = found.tenant_id AND k.id = found.id;
    END IF;
    PERFORM set_config('app.key', encode(shown, 'hex'), true), set_config('app.tenant', found.tenant_id::text, true);
    RETURN QUERY SELECT found.id, t.id, t.slug, t.name, t.timezone, found.scopes FROM store.tenants t
                  WHERE t.id = found.tenant_id;
END $$;
SELECT portal.door('portal.enter_key(bytea, timestamptz)');

-- == What the web may read: named one by one, for the tenant of the session shown

CREATE FUNCTION portal.reads(target text, wanted text DEFAULT '', tenant_column text DEFAULT 'tenant_id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY portal ON %s FOR SELECT TO decroche_portal USING (%I = (SELECT portal.tenant())%s)',
                   target::regclass, tenant_column,
                   CASE WHEN wanted = '' THEN '' ELSE format(' AND (SELECT portal.may(%L))', wanted) END);
    EXECUTE format('GRANT SELECT ON %s TO decroche_portal', target::regclass);
END $$;

SELECT portal.reads('store.tenants', '', 'id'), portal.reads('store.agents'), portal.reads('store.agent_versions'),
       portal.reads('store.numbers'), portal.reads('store.calls'), portal.reads('store.live_calls'),
       portal.reads('store.turns', 'transcripts'), portal.reads('store.actions', 'transcripts'),
       portal.reads('store.messages', 'transcripts'), portal.reads('store.bookings', 'transcripts'),
       portal.reads('store.audit', 'journal'),
       portal.reads('billing.charges'), portal.reads('billing.usage'), portal.reads('billing.accounts'),
       portal.reads('billing.invoices', 'invoices'), portal.reads('billing.payments', 'invoices'),
       portal.reads('billing.subscriptions'), portal.reads('billing.subscription_events'),
       portal.reads('compliance.decisions', 'calls'), portal.reads('compliance.decision_heads', 'calls'),
       portal.reads('compliance.decision_starts', 'calls'), portal.reads('compliance.rights_requests', 'rights');
GRANT SELECT ON billing.current_charges TO decroche_portal;
GRANT EXECUTE ON FUNCTION billing.tariff_at(timestamptz), store.audit_append(text) TO decroche_portal;
GRANT EXECUTE ON FUNCTION app.chain_hash(bytea, bigint, text) TO decroche_portal;
