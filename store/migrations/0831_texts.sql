-- Texts (SMS) to who booked: what a client wishes, and what was sent. No number and no word is kept beside the appointment's own.
CREATE TABLE links.texting (
    tenant_id uuid PRIMARY KEY DEFAULT app.tenant() REFERENCES store.tenants,
    confirms  boolean NOT NULL,
    reminds   boolean NOT NULL
);
SELECT app.tenant_table('links.texting', 'SELECT');

CREATE TABLE links.texts (
    tenant_id  uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    booking_id uuid NOT NULL,
    what       text NOT NULL CHECK (what IN ('booked', 'cancelled', 'reminder')),
    state      text NOT NULL CHECK (state IN ('sent', 'skipped')),
    segments   integer NOT NULL DEFAULT 0 CHECK (segments >= 0),       -- SMS it took: each is paid for
    why        text NOT NULL DEFAULT '' CHECK (length(why) <= 100),
    at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, booking_id, what)
);
CREATE INDEX ON links.texts (tenant_id, at DESC);
CREATE INDEX ON links.texts (at);
SELECT app.tenant_table('links.texts', 'SELECT, INSERT');

CREATE FUNCTION links.text_who_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO store.jobs (tenant_id, id, kind, about, most_tries)
    SELECT NEW.tenant_id, gen_random_uuid(), 'booking.text',
           CASE NEW.kind WHEN 'booking.made' THEN 'booked:' ELSE 'cancelled:' END || NEW.subject, 8
      FROM links.texting t WHERE t.tenant_id = NEW.tenant_id AND (t.confirms OR t.reminds)
    ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting' DO NOTHING;
    IF FOUND THEN PERFORM pg_notify('decroche_jobs', ''); END IF;
    RETURN NULL;
END $$;
SELECT app.definer('links.text_who_booked()');
CREATE TRIGGER text_who_booked AFTER INSERT ON store.events FOR EACH ROW
    WHEN (NEW.kind IN ('booking.made', 'booking.cancelled')) EXECUTE FUNCTION links.text_who_booked();
