-- A call outlives the process that held it: what the call knows is written down as it goes on, so that another process can
-- take it up where it stood, or write its CDR from it.
ALTER TABLE store.live_calls
    ADD COLUMN renewed_at  timestamptz NOT NULL DEFAULT now(),          -- last sign of life of the process that holds it
    ADD COLUMN answered_at timestamptz;                                 -- by the switch, once it is known

CREATE TABLE store.live_notes (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    call_id   uuid PRIMARY KEY REFERENCES store.live_calls ON DELETE CASCADE,
    notes     jsonb NOT NULL                                            -- agent, turns, actions, where the talk stands
);
SELECT app.tenant_table('store.live_notes');

-- Every tenant's calls whose lease ran out by then, or whose process has given no sign of life for a minute.
CREATE OR REPLACE FUNCTION store.expired_calls(at timestamptz)
RETURNS TABLE (tenant_id uuid, call_id uuid, channel text, node text, direction text, since timestamptz, lease_until timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT l.tenant_id, l.call_id, l.channel, l.node, l.direction, l.since, l.lease_until
      FROM store.live_calls l
     WHERE l.lease_until < at OR l.renewed_at < at - interval '60 seconds' ORDER BY l.lease_until
$$;
SELECT app.definer('store.expired_calls(timestamptz)');
