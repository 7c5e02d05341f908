-- A diary under a secret address, for calendars that read one: whoever has the address reads that diary, and nothing else.
CREATE TABLE links.feeds (
    tenant_id  uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    agent      text NOT NULL,                                  -- whose diary
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    made_at    timestamptz NOT NULL DEFAULT now(),
    read_at    timestamptz,
    ended_at   timestamptz,
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents
);
CREATE UNIQUE INDEX one_feed_a_diary ON links.feeds (tenant_id, agent) WHERE ended_at IS NULL;
SELECT app.tenant_table('links.feeds', 'SELECT');

-- The diary behind an address, from `since` on, cancelled appointments too; its name first. No row: there is none.
CREATE FUNCTION portal.feed(shown bytea, since timestamptz, at timestamptz)
RETURNS TABLE (tenant_name text, diary text, id uuid, tenant_id uuid, call_id uuid, agent text, name text, phone text,
               starts_at timestamptz, ends_at timestamptz, note text, status text, created_at timestamptz, email text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found links.feeds;
BEGIN
    SELECT f.* INTO found FROM links.feeds f JOIN store.tenants t ON t.id = f.tenant_id
     WHERE f.token_hash = shown AND f.ended_at IS NULL AND t.status = 'active';
    IF found.id IS NULL THEN RETURN; END IF;
    UPDATE links.feeds f SET read_at = at WHERE f.id = found.id AND (f.read_at IS NULL OR f.read_at < at - interval '1 minute');
    RETURN QUERY
    SELECT t.name, found.agent, b.id, b.tenant_id, b.call_id, b.agent, b.name, b.phone, b.starts_at, b.ends_at, b.note,
           b.status, b.created_at, b.email
      FROM store.tenants t
      LEFT JOIN store.bookings b ON b.tenant_id = t.id AND b.agent = found.agent AND b.ends_at > since
     WHERE t.id = found.tenant_id ORDER BY b.starts_at, b.id;
END $$;
SELECT portal.door('portal.feed(bytea, timestamptz, timestamptz)');
