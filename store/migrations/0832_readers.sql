-- The client's own people are told what callers left: whom, by which way, of what, and when they do not want to be disturbed.
CREATE TABLE links.readers (
    tenant_id   uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    email       text NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 16),
    mails       text[] NOT NULL,                                       -- kinds told by mail
    texts       text[] NOT NULL,                                       -- kinds told by SMS
    quiet_from  time,                                                  -- nothing is told from then
    quiet_until time,                                                  -- … until then, in the client's own time
    digest_at   time,                                                  -- mails wait for then, and come as one
    made_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK (email <> '' OR cardinality(mails) = 0),
    CHECK (phone <> '' OR cardinality(texts) = 0)
);
SELECT app.tenant_table('links.readers', 'SELECT');

-- What one of them is to be told, or was: ids only.
CREATE TABLE links.tellings (
    tenant_id uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id        uuid PRIMARY KEY,
    reader_id uuid NOT NULL REFERENCES links.readers ON DELETE CASCADE,
    way       text NOT NULL CHECK (way IN ('mail', 'sms')),
    kind      text NOT NULL CHECK (kind IN ('message', 'booking', 'cancelled', 'callback', 'transfer_failed')),
    about     uuid NOT NULL,                                           -- the message, the appointment or the call
    due_at    timestamptz NOT NULL,
    told_at   timestamptz,
    UNIQUE (reader_id, way, kind, about)
);
CREATE INDEX ON links.tellings (tenant_id, due_at) WHERE told_at IS NULL;
CREATE INDEX ON links.tellings (due_at);
SELECT app.tenant_table('links.tellings', 'SELECT, INSERT, UPDATE (told_at)');

CREATE FUNCTION links.tell_readers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM links.readers r WHERE r.tenant_id = NEW.tenant_id) THEN RETURN NULL; END IF;
    INSERT INTO store.jobs (tenant_id, id, kind, about, most_tries)
    VALUES (NEW.tenant_id, gen_random_uuid(), 'readers.spread', NEW.kind || ':' || NEW.subject, 8)
    ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting' DO NOTHING;
    PERFORM pg_notify('decroche_jobs', '');
    RETURN NULL;
END $$;
SELECT app.definer('links.tell_readers()');
CREATE TRIGGER tell_readers AFTER INSERT ON store.events FOR EACH ROW
    WHEN (NEW.kind IN ('call.ended', 'message.left', 'booking.made', 'booking.cancelled')
          AND NEW.subject ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
    EXECUTE FUNCTION links.tell_readers();
