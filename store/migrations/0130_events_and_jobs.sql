-- What happened, told once to whoever reads on: a thin row in the transaction of what it tells (ids and instants, no
-- words). And what is to be done after it, by a process that is none of the calls': a job under a lease.
-- The tenant of both is the transaction's own: no caller names it.

-- The last number of each tenant's events. A writer holds its row until it commits, so that a number seen is never
-- followed by a smaller one that was not there yet: a reader who remembers the last one misses nothing.
CREATE TABLE store.event_heads (
    tenant_id uuid PRIMARY KEY DEFAULT app.tenant() REFERENCES store.tenants,
    seq       bigint NOT NULL CHECK (seq > 0)
);
SELECT app.tenant_table('store.event_heads', 'SELECT, INSERT, UPDATE');

CREATE TABLE store.events (
    tenant_id uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    seq       bigint NOT NULL CHECK (seq > 0),
    kind      text NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    subject   text NOT NULL CHECK (length(subject) BETWEEN 1 AND 100),     -- an id: what it happened to
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX ON store.events (at);
SELECT app.tenant_table('store.events', 'SELECT, INSERT');

CREATE TABLE store.jobs (
    tenant_id  uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    about      text NOT NULL CHECK (length(about) <= 100),                 -- an id: what it is done to
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'held', 'dead')),   -- one that is done is gone
    priority   integer NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now(),
    tries      integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    most_tries integer NOT NULL CHECK (most_tries > 0),
    lease      uuid,                                                       -- of the one who holds it, and nobody else
    held_by    text NOT NULL DEFAULT '',
    held_until timestamptz,
    why        text NOT NULL DEFAULT '',                                   -- what failed last
    made_at    timestamptz NOT NULL DEFAULT now(),
    dead_at    timestamptz,
    CHECK ((state = 'held') = (lease IS NOT NULL)),
    CHECK ((state = 'held') = (held_until IS NOT NULL)),
    CHECK ((state = 'dead') = (dead_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_waits ON store.jobs (tenant_id, kind, about) WHERE state = 'waiting';
CREATE INDEX ON store.jobs (priority DESC, due_at) WHERE state = 'waiting';
CREATE INDEX ON store.jobs (held_until) WHERE state = 'held';
SELECT app.tenant_table('store.jobs');

-- The next job of any tenant that is due, or whose holder went silent; taken under a lease. Two who ask at once get two.
-- A job whose holders died as often as it may be tried is what kills them: it is dead, and is not tried again.
CREATE FUNCTION store.take_job(kinds text[], worker text, length interval) RETURNS SETOF store.jobs
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE store.jobs j
       SET state = 'dead', dead_at = now(), lease = NULL, held_until = NULL,
           why = format('its worker died or hung, %s times', j.tries)
     WHERE j.id IN (SELECT k.id FROM store.jobs k
                     WHERE k.state = 'held' AND k.held_until < now() AND k.tries >= k.most_tries AND k.kind = ANY (kinds)
                       FOR UPDATE SKIP LOCKED);
    RETURN QUERY
    UPDATE store.jobs j
       SET state = 'held', tries = j.tries + 1, lease = gen_random_uuid(), held_by = worker,
           held_until = clock_timestamp() + length
     WHERE j.id = (SELECT w.id FROM store.jobs w
                    WHERE w.kind = ANY (kinds)
                      AND (w.state = 'waiting' AND w.due_at <= now() OR w.state = 'held' AND w.held_until < now())
                    ORDER BY w.priority DESC, w.due_at, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING j.*;
END $$;
SELECT app.definer('store.take_job(text[], text, interval)');

-- When the next job of these kinds may be taken; NULL when there is none.
CREATE FUNCTION store.next_job_at(kinds text[]) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT min(CASE j.state WHEN 'waiting' THEN j.due_at ELSE j.held_until END)
      FROM store.jobs j WHERE j.kind = ANY (kinds) AND j.state IN ('waiting', 'held')
$$;
SELECT app.definer('store.next_job_at(text[])');
