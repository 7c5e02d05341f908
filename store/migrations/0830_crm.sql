-- A client's CRM: by which map it is asked, and what was written there. The secret is a file (`home/secrets/crm-ID`), the map
-- and what it holds are the client's; whom it finds by a number is never kept here, only told to the call that asked.
CREATE TABLE links.crm (
    tenant_id uuid PRIMARY KEY DEFAULT app.tenant() REFERENCES store.tenants,
    map       text NOT NULL CHECK (length(map) BETWEEN 1 AND 70000),   -- YAML, as it was checked
    url       text NOT NULL CHECK (length(url) BETWEEN 8 AND 2000),
    settings  jsonb NOT NULL DEFAULT '{}',                             -- this client's own, over the map's
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL
);
SELECT app.tenant_table('links.crm', 'SELECT');

-- One entry for each call and appointment: ids and what came of it, no name, no number, no word.
CREATE TABLE links.crm_entries (
    tenant_id uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    what      text NOT NULL CHECK (what IN ('call', 'booking')),
    about     uuid NOT NULL,
    state     text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'written', 'cancelled', 'skipped', 'failed')),
    tries     integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    contact   text NOT NULL DEFAULT '' CHECK (length(contact) <= 100), -- their ids there
    entry     text NOT NULL DEFAULT '' CHECK (length(entry) <= 100),
    why       text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    made_at   timestamptz NOT NULL DEFAULT now(),
    at        timestamptz NOT NULL DEFAULT now(),                      -- of the last change
    PRIMARY KEY (tenant_id, what, about)
);
CREATE INDEX ON links.crm_entries (tenant_id, at DESC);
CREATE INDEX ON links.crm_entries (at);
SELECT app.tenant_table('links.crm_entries', 'SELECT, INSERT, UPDATE (state, tries, contact, entry, why, at)');

-- What happens is written by a job made with it, where the client has a CRM. A call waits for its summary (`crm/writing`).
CREATE FUNCTION links.write_in_crm() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_what text := split_part(NEW.kind, '.', 1);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM links.crm c WHERE c.tenant_id = NEW.tenant_id) THEN RETURN NULL; END IF;
    INSERT INTO links.crm_entries AS e (tenant_id, what, about, made_at, at)
    VALUES (NEW.tenant_id, of_what, NEW.subject::uuid, NEW.at, NEW.at)
    ON CONFLICT (tenant_id, what, about) DO UPDATE SET state = 'waiting', tries = 0, why = '', at = excluded.at;
    INSERT INTO store.jobs (tenant_id, id, kind, about, most_tries)
    VALUES (NEW.tenant_id, gen_random_uuid(), 'crm.write', of_what || ':' || NEW.subject, 8)
    ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting' DO NOTHING;
    PERFORM pg_notify('decroche_jobs', '');
    RETURN NULL;
END $$;
SELECT app.definer('links.write_in_crm()');
CREATE TRIGGER write_in_crm AFTER INSERT ON store.events FOR EACH ROW
    WHEN (NEW.kind IN ('call.ended', 'booking.made', 'booking.cancelled')
          AND NEW.subject ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
    EXECUTE FUNCTION links.write_in_crm();
