-- Web hooks of clients' systems: where they are, under which keys they are signed, what was sent and what came of it.
-- What happened (`store.events`) becomes a delivery for each endpoint that wants it, with its job, in the transaction of
-- what it tells: nothing is missed, and nobody who tells has to know who listens.
CREATE TABLE links.endpoints (
    tenant_id    uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id           uuid PRIMARY KEY,
    name         text NOT NULL DEFAULT '' CHECK (length(name) <= 60),
    url          text NOT NULL CHECK (length(url) BETWEEN 8 AND 2000),
    kinds        text[] NOT NULL CHECK (cardinality(kinds) BETWEEN 1 AND 100),   -- the events that it wants
    made_by      text NOT NULL,
    made_at      timestamptz NOT NULL,
    took_at      timestamptz,                                -- when it last took one
    faults       integer NOT NULL DEFAULT 0,                 -- tries in a row that it did not take
    rests_until  timestamptz,                                -- nothing is sent before
    disabled_at  timestamptz,
    disabled_why text NOT NULL DEFAULT ''                    -- a word: away, gone
);
CREATE INDEX ON links.endpoints (tenant_id);
SELECT app.tenant_table('links.endpoints', 'SELECT, UPDATE (took_at, faults, rests_until, disabled_at, disabled_why)');

-- The key that signs, wrapped by the operator's (`home/secrets/hooks-key`); beside it, for a day, the one before.
CREATE TABLE links.endpoint_keys (
    tenant_id   uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    endpoint_id uuid NOT NULL REFERENCES links.endpoints ON DELETE CASCADE,
    key         bytea NOT NULL CHECK (octet_length(key) = 60),   -- nonce, 32 bytes, tag
    made_at     timestamptz NOT NULL,
    ends_at     timestamptz                                      -- null: the present one
);
CREATE UNIQUE INDEX one_present_key ON links.endpoint_keys (endpoint_id) WHERE ends_at IS NULL;
CREATE INDEX ON links.endpoint_keys (endpoint_id);
SELECT app.tenant_table('links.endpoint_keys', 'SELECT');

CREATE TABLE links.deliveries (
    tenant_id   uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id          uuid PRIMARY KEY,                            -- the message's, the same at every try
    endpoint_id uuid NOT NULL REFERENCES links.endpoints ON DELETE CASCADE,
    seq         bigint,                                      -- the event's number; null: a test
    kind        text NOT NULL,
    subject     text NOT NULL,
    at          timestamptz NOT NULL,                        -- when it happened
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    since       timestamptz NOT NULL DEFAULT now(),          -- three days are counted from then: made, or asked for again
    tried_at    timestamptz,
    next_at     timestamptz,
    status      integer,                                     -- as HTTP has it; null: nobody answered
    snippet     text NOT NULL DEFAULT '' CHECK (length(snippet) <= 200),
    why         text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    made_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (endpoint_id, seq)
);
CREATE INDEX ON links.deliveries (tenant_id, made_at DESC, id DESC);
CREATE INDEX ON links.deliveries (endpoint_id, made_at DESC, id DESC);
CREATE INDEX ON links.deliveries (made_at);
SELECT app.tenant_table('links.deliveries',
                        'SELECT, INSERT, UPDATE (state, tries, since, tried_at, next_at, status, snippet, why)');

CREATE FUNCTION links.fan_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH made AS (
        INSERT INTO links.deliveries (tenant_id, id, endpoint_id, seq, kind, subject, at, next_at)
        SELECT NEW.tenant_id, gen_random_uuid(), e.id, NEW.seq, NEW.kind, NEW.subject, NEW.at, NEW.at
          FROM links.endpoints e
         WHERE e.tenant_id = NEW.tenant_id AND e.disabled_at IS NULL AND NEW.kind = ANY (e.kinds)
        RETURNING id)
    INSERT INTO store.jobs (tenant_id, id, kind, about, most_tries)
    SELECT NEW.tenant_id, gen_random_uuid(), 'hook.send', m.id::text, 8 FROM made m;
    IF FOUND THEN PERFORM pg_notify('decroche_jobs', ''); END IF;
    RETURN NULL;
END $$;
SELECT app.definer('links.fan_out()');
CREATE TRIGGER fan_out AFTER INSERT ON store.events FOR EACH ROW EXECUTE FUNCTION links.fan_out();

-- == The web: who has the right `hooks`, for their own client. A key is written and never read again there.
SELECT portal.reads('links.endpoints', 'hooks'), portal.reads('links.deliveries', 'hooks');
SELECT portal.writes('links.endpoints', 'INSERT', 'hooks'), portal.writes('links.endpoints', 'DELETE', 'hooks');
SELECT portal.writes('links.endpoints', 'UPDATE (faults, rests_until, disabled_at, disabled_why)', 'hooks');
SELECT portal.writes('links.deliveries', 'INSERT', 'hooks');
SELECT portal.writes('links.deliveries', 'UPDATE (state, tries, since, next_at, why)', 'hooks');
CREATE POLICY portal ON links.endpoint_keys FOR SELECT TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND (SELECT portal.may('hooks')));
GRANT SELECT (tenant_id, endpoint_id, made_at, ends_at) ON links.endpoint_keys TO decroche_portal;
SELECT portal.writes('links.endpoint_keys', 'INSERT', 'hooks'), portal.writes('links.endpoint_keys', 'DELETE', 'hooks');
SELECT portal.writes('links.endpoint_keys', 'UPDATE (ends_at)', 'hooks');

-- A message asked for again is a job. So is what a person is told whose appointment the web calls off.
DROP POLICY portal ON store.jobs;
CREATE POLICY portal ON store.jobs TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant())
           AND (kind IN ('booking.tell', 'booking.caller') OR kind = 'hook.send' AND (SELECT portal.may('hooks'))))
    WITH CHECK (tenant_id = (SELECT portal.tenant())
           AND (kind IN ('booking.tell', 'booking.caller') OR kind = 'hook.send' AND (SELECT portal.may('hooks'))));

-- == API keys, on the page of who holds the account. Their hashes are written and never read there.
CREATE POLICY portal ON portal.api_keys FOR SELECT TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND (SELECT portal.may('keys')));
GRANT SELECT (tenant_id, id, name, scopes, made_by, made_at, expires_at, used_at, ended_at) ON portal.api_keys
    TO decroche_portal;
SELECT portal.writes('portal.api_keys', 'INSERT', 'keys'), portal.writes('portal.api_keys', 'UPDATE (ended_at)', 'keys');

-- == What the API answered to an `Idempotency-Key`, for a day: sealed under that key and the system's own, which nobody
-- here has (an answer may hold a secret that is told once).
CREATE TABLE portal.answers (
    tenant_id uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    name      bytea NOT NULL CHECK (octet_length(name) = 32),    -- SHA-256 of both keys
    asked     bytea NOT NULL CHECK (octet_length(asked) = 32),   -- SHA-256 of what was asked
    answer    bytea,
    at        timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE INDEX ON portal.answers (at);
SELECT app.tenant_table('portal.answers', '');
CREATE POLICY portal ON portal.answers TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant())) WITH CHECK (tenant_id = (SELECT portal.tenant()));
GRANT SELECT, INSERT, DELETE, UPDATE (answer) ON portal.answers TO decroche_portal;
