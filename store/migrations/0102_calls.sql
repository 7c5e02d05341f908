-- Calls: our CDR with its turns and actions, what callers left behind, and the lease of those in progress.
-- Times are Asterisk's. A CDR is written once, at the end of its call; only Asterisk's own CDR joins it later.

CREATE TABLE store.calls (
    tenant_id           uuid NOT NULL REFERENCES store.tenants,
    id                  uuid PRIMARY KEY,                       -- UUIDv7, made when the call began
    direction           text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    caller              text NOT NULL,                          -- as Asterisk gave it: E.164, or '' when hidden
    callee              text NOT NULL,
    number              text,                                   -- the tenant's number, E.164
    agent               text,
    agent_version       integer,
    started_at          timestamptz NOT NULL,
    answered_at         timestamptz,
    ended_at            timestamptz NOT NULL,
    hangup_cause        integer NOT NULL CHECK (hangup_cause BETWEEN 0 AND 127),   -- Q.850
    hangup_side         text NOT NULL CHECK (hangup_side IN ('caller', 'agent', 'system')),
    outcome             text NOT NULL,
    recording           text,                                   -- path under the recordings' folder
    disclosure_text     text,
    disclosure_heard_ms integer CHECK (disclosure_heard_ms >= 0),   -- from the answer; null: not heard whole
    asterisk_uniqueid   text,
    asterisk_linkedid   text,
    decision_id         uuid,                                   -- compliance's decision
    variables           jsonb NOT NULL DEFAULT '{}',
    asterisk_cdr        jsonb,                                  -- the second witness
    stored_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    CHECK (ended_at >= started_at),
    CHECK (answered_at IS NULL OR answered_at BETWEEN started_at AND ended_at)
);
CREATE INDEX ON store.calls (tenant_id, started_at DESC, id DESC);
CREATE INDEX ON store.calls (tenant_id, caller, started_at DESC);
CREATE INDEX ON store.calls (tenant_id, callee, started_at DESC);
SELECT app.tenant_table('store.calls', 'SELECT, INSERT, UPDATE (asterisk_cdr)');

CREATE TABLE store.turns (
    tenant_id uuid NOT NULL,
    call_id   uuid NOT NULL,
    position  integer NOT NULL CHECK (position >= 0),
    who       text NOT NULL CHECK (who IN ('caller', 'agent')),
    text      text NOT NULL,
    from_ms   integer NOT NULL,                                 -- all from the answer
    to_ms     integer NOT NULL,
    heard_ms  integer,                                          -- how much of the agent's voice was heard
    stages    jsonb NOT NULL DEFAULT '{}',                      -- stage → ms
    PRIMARY KEY (call_id, position),
    FOREIGN KEY (tenant_id, call_id) REFERENCES store.calls (tenant_id, id) ON DELETE CASCADE,
    CHECK (to_ms >= from_ms)
);
SELECT app.tenant_table('store.turns', 'SELECT, INSERT');

CREATE TABLE store.actions (
    tenant_id uuid NOT NULL,
    call_id   uuid NOT NULL,
    position  integer NOT NULL CHECK (position >= 0),
    name      text NOT NULL,
    args      jsonb NOT NULL DEFAULT '{}',
    result    jsonb NOT NULL DEFAULT '{}',
    at_ms     integer NOT NULL,
    PRIMARY KEY (call_id, position),
    FOREIGN KEY (tenant_id, call_id) REFERENCES store.calls (tenant_id, id) ON DELETE CASCADE
);
SELECT app.tenant_table('store.actions', 'SELECT, INSERT');

-- Made during the call, before its CDR: call_id has no foreign key. The same for messages.
CREATE TABLE store.bookings (
    tenant_id  uuid NOT NULL,
    id         uuid PRIMARY KEY,
    call_id    uuid,
    agent      text NOT NULL,
    name       text NOT NULL,
    phone      text,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    note       text NOT NULL DEFAULT '',
    status     text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents,
    CHECK (ends_at > starts_at)
);
CREATE INDEX ON store.bookings (tenant_id, agent, starts_at);
SELECT app.tenant_table('store.bookings');

-- No two booked slots of one agent overlap. An exclusion constraint would need the btree_gist extension,
-- which the embedded server lacks; writers of one agent's diary take turns instead.
CREATE FUNCTION store.one_booking_a_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'booked' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.tenant_id || '/' || NEW.agent, 20251122));
        IF EXISTS (SELECT 1 FROM store.bookings b
                    WHERE b.tenant_id = NEW.tenant_id AND b.agent = NEW.agent AND b.status = 'booked'
                      AND b.id <> NEW.id AND b.starts_at < NEW.ends_at AND NEW.starts_at < b.ends_at) THEN
            RAISE EXCEPTION 'this slot is taken' USING ERRCODE = 'exclusion_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_booking_a_slot BEFORE INSERT OR UPDATE ON store.bookings
    FOR EACH ROW EXECUTE FUNCTION store.one_booking_a_slot();

CREATE TABLE store.messages (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    call_id    uuid,
    agent      text NOT NULL,
    name       text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    text       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON store.messages (tenant_id, created_at DESC);
SELECT app.tenant_table('store.messages');

-- Calls in progress. A node that dies stops renewing; what is past its lease is swept against the channels.
CREATE TABLE store.live_calls (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    call_id     uuid PRIMARY KEY,
    channel     text NOT NULL,
    node        text NOT NULL,
    direction   text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    since       timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
);
CREATE INDEX ON store.live_calls (lease_until);
SELECT app.tenant_table('store.live_calls');

-- Every tenant's leases that ran out: what the sweeper needs, no more.
CREATE FUNCTION store.expired_calls(at timestamptz)
RETURNS TABLE (tenant_id uuid, call_id uuid, channel text, node text, direction text, since timestamptz, lease_until timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT l.tenant_id, l.call_id, l.channel, l.node, l.direction, l.since, l.lease_until
      FROM store.live_calls l WHERE l.lease_until < at ORDER BY l.lease_until
$$;
SELECT app.definer('store.expired_calls(timestamptz)');
