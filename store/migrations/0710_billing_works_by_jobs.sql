-- What billing does by itself is jobs like any other: a client's work of the day, a payment asked again, a notice told.
-- Its own leases and tries go; when each was done last, and how often a notice was tried, go over into the jobs.

-- What is due by `due_by` is taken. A lease runs by the database's own clock, whatever that says.
DROP FUNCTION store.take_job(text[], text, interval);
CREATE FUNCTION store.take_job(kinds text[], worker text, length interval, due_by timestamptz DEFAULT now())
RETURNS SETOF store.jobs LANGUAGE plpgsql AS $$
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
                      AND (w.state = 'waiting' AND w.due_at <= due_by OR w.state = 'held' AND w.held_until < now())
                    ORDER BY w.priority DESC, w.due_at, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING j.*;
END $$;
SELECT app.definer('store.take_job(text[], text, interval, timestamptz)');

-- Of a step done once, every client waits for the next morning at 8 in Paris.
INSERT INTO store.jobs (tenant_id, id, kind, about, due_at, most_tries)
SELECT t.id, gen_random_uuid(), 'billing.' || r.job, '',
       (date_trunc('day', r.done_at AT TIME ZONE 'Europe/Paris' + interval '16 hours') + interval '8 hours')
           AT TIME ZONE 'Europe/Paris', 8
  FROM billing.rounds r CROSS JOIN store.tenants t
 WHERE r.job IN ('dunning', 'holdings', 'endings') AND r.done_at > '-infinity';

INSERT INTO store.jobs (tenant_id, id, kind, about, due_at, tries, most_tries, why)
SELECT n.tenant_id, n.id, 'billing.tell', n.id::text, n.next_at, n.attempts, 20, left(n.last_error, 300)
  FROM billing.notices n
 WHERE n.sent_at IS NULL AND n.attempts < 20 AND n.created_at > now() - interval '7 days';

DROP TABLE billing.rounds;
DELETE FROM app.shared_tables WHERE name = 'billing.rounds';
ALTER TABLE billing.notices DROP COLUMN attempts, DROP COLUMN next_at, DROP COLUMN last_error;

-- Whoever writes a notice (a transaction of no tenant, the portal's door) has it told: the job is written with it, under
-- the notice's own id, so that those of one instant are told in their order.
CREATE FUNCTION billing.have_it_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO store.jobs (tenant_id, id, kind, about, most_tries)
    VALUES (NEW.tenant_id, NEW.id, 'billing.tell', NEW.id::text, 20);
    PERFORM pg_notify('decroche_jobs', '');
    RETURN NULL;
END $$;
SELECT app.definer('billing.have_it_told()');
CREATE TRIGGER have_it_told AFTER INSERT ON billing.notices FOR EACH ROW EXECUTE FUNCTION billing.have_it_told();
