-- Calendars beside the house's own diary: what is busy in them is read, what is booked here is told to them.
CREATE SCHEMA links;

CREATE TABLE links.calendars (
    tenant_id  uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    agent      text NOT NULL,                                  -- whose diary it belongs to
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    kind       text NOT NULL CHECK (kind IN ('ics', 'caldav', 'mail')),
    address    text NOT NULL,                                  -- a URL, or an e-mail address
    account    text NOT NULL DEFAULT '',                       -- its password is a secret file, named after the id
    tag        text NOT NULL DEFAULT '',                       -- of what was read last
    synced_at  timestamptz,
    faults     integer NOT NULL DEFAULT 0,                     -- in a row
    fault      text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents
);
SELECT app.tenant_table('links.calendars', 'SELECT, UPDATE');

-- When somebody of the calendar is not free: instants only, no word of why.
CREATE TABLE links.busy (
    tenant_id   uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    calendar_id uuid NOT NULL REFERENCES links.calendars ON DELETE CASCADE,
    agent       text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    CHECK (ends_at > starts_at)
);
CREATE INDEX ON links.busy (tenant_id, agent, starts_at);
CREATE INDEX ON links.busy (calendar_id);
SELECT app.tenant_table('links.busy');

-- Where a booking stands in a calendar, so that it is changed and taken out there.
CREATE TABLE links.pushed (
    tenant_id   uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    booking_id  uuid NOT NULL,
    calendar_id uuid NOT NULL REFERENCES links.calendars ON DELETE CASCADE,
    status      text NOT NULL,                                 -- of the booking, as it was told
    etag        text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (booking_id, calendar_id)
);
SELECT app.tenant_table('links.pushed');

-- One check for whatever fills an agent's diary: neither another booking nor a calendar's busy time is overlapped. It is
-- made where the booking is written, under the diary's lock, so that between looking and booking nothing comes.
CREATE OR REPLACE FUNCTION store.one_booking_a_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'booked' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.tenant_id || '/' || NEW.agent, 20251122));
        IF EXISTS (SELECT 1 FROM store.bookings b
                    WHERE b.tenant_id = NEW.tenant_id AND b.agent = NEW.agent AND b.status = 'booked'
                      AND b.id <> NEW.id AND b.starts_at < NEW.ends_at AND NEW.starts_at < b.ends_at)
           OR EXISTS (SELECT 1 FROM links.busy y
                       WHERE y.tenant_id = NEW.tenant_id AND y.agent = NEW.agent
                         AND y.starts_at < NEW.ends_at AND NEW.starts_at < y.ends_at)
              AND (TG_OP = 'INSERT' OR (OLD.status, OLD.agent, OLD.starts_at, OLD.ends_at)
                                       IS DISTINCT FROM (NEW.status, NEW.agent, NEW.starts_at, NEW.ends_at)) THEN
            RAISE EXCEPTION 'this slot is taken' USING ERRCODE = 'exclusion_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
