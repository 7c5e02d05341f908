-- Support: tickets between a client and the operator, and maintenance, which every client is told of.
CREATE SCHEMA support;
GRANT USAGE ON SCHEMA support TO decroche_portal;

-- Every role may ask for help; what a ticket is about is seen by who may see that (below).
INSERT INTO portal.role_rights (role, allowed) VALUES ('lecteur', 'tickets');
-- By when an answer is due depends on what was subscribed to.
GRANT SELECT ON billing.plans TO decroche_portal;

CREATE TABLE support.tickets (
    tenant_id    uuid NOT NULL REFERENCES store.tenants,
    id           uuid NOT NULL,
    number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,   -- what people call it
    subject      text NOT NULL CHECK (length(subject) BETWEEN 1 AND 150),
    severity     text NOT NULL CHECK (severity IN ('blocking', 'major', 'minor', 'question')),
    about_kind   text CHECK (about_kind IN ('call', 'invoice', 'number')),
    about_id     text CHECK (length(about_id) BETWEEN 1 AND 64),
    state        text NOT NULL CHECK (state IN ('open', 'answered', 'waiting', 'closed')),
    answer_due   timestamptz,                                  -- by when the operator answers
    left_seconds integer CHECK (left_seconds >= 0),            -- working time left, while the clock stands still
    opened_by    text NOT NULL,
    opened_at    timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    closed_at    timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((about_kind IS NULL) = (about_id IS NULL)),
    CHECK ((state = 'open') = (answer_due IS NOT NULL)),
    CHECK ((state = 'waiting') = (left_seconds IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX ON support.tickets (answer_due) WHERE state = 'open';
CREATE INDEX ON support.tickets (tenant_id, number DESC);
SELECT app.tenant_table('support.tickets', '');

CREATE TABLE support.posts (
    tenant_id uuid NOT NULL,
    id        uuid NOT NULL,
    ticket_id uuid NOT NULL,
    side      text NOT NULL CHECK (side IN ('client', 'operator')),
    internal  boolean NOT NULL DEFAULT false CHECK (side = 'operator' OR NOT internal),   -- the operator's own note
    author    text NOT NULL,
    text      text NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    at        timestamptz NOT NULL,
    ref       bytea CHECK (octet_length(ref) = 32),            -- SHA-256 of who asked and their Idempotency-Key
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES support.tickets ON DELETE CASCADE
);
CREATE INDEX ON support.posts (tenant_id, ticket_id, at);
CREATE UNIQUE INDEX asked_once ON support.posts (tenant_id, ref) WHERE ref IS NOT NULL;
SELECT app.tenant_table('support.posts', '');

-- == What the web sees and writes: tickets about calls and numbers with the right to calls, about invoices with that to
-- invoices; posts of tickets that are seen, and never a note of the operator's.
DO $$
DECLARE
    seen text := $p$ tenant_id = (SELECT portal.tenant()) AND (SELECT portal.may('tickets'))
        AND CASE about_kind WHEN 'invoice' THEN (SELECT portal.may('invoices'))
                            WHEN 'call' THEN (SELECT portal.may('calls'))
                            WHEN 'number' THEN (SELECT portal.may('calls')) ELSE true END $p$;
    whose text := $p$ tenant_id = (SELECT portal.tenant()) AND NOT internal
        AND EXISTS (SELECT FROM support.tickets t WHERE t.tenant_id = posts.tenant_id AND t.id = posts.ticket_id) $p$;
BEGIN
    EXECUTE format('CREATE POLICY portal ON support.tickets FOR SELECT TO decroche_portal USING (%s)', seen);
    EXECUTE format('CREATE POLICY portal_insert ON support.tickets FOR INSERT TO decroche_portal '
                   'WITH CHECK (%s AND state = ''open'')', seen);
    EXECUTE format('CREATE POLICY portal_update ON support.tickets FOR UPDATE TO decroche_portal '
                   'USING (%s) WITH CHECK (%s AND state IN (''open'', ''closed''))', seen, seen);
    EXECUTE format('CREATE POLICY portal ON support.posts FOR SELECT TO decroche_portal USING (%s)', whose);
    EXECUTE format('CREATE POLICY portal_insert ON support.posts FOR INSERT TO decroche_portal '
                   'WITH CHECK (%s AND side = ''client'')', whose);
END $$;
GRANT SELECT, INSERT ON support.tickets, support.posts TO decroche_portal;
GRANT UPDATE (state, answer_due, left_seconds, changed_at, closed_at) ON support.tickets TO decroche_portal;

-- What is asked on the web is told to the operator by a job.
CREATE POLICY portal_support ON store.jobs TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND kind = 'ticket.tell')
    WITH CHECK (tenant_id = (SELECT portal.tenant()) AND kind = 'ticket.tell');

-- == Maintenance
CREATE TABLE support.maintenance (
    id        uuid PRIMARY KEY,
    begins_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL CHECK (ends_at > begins_at),
    what      text NOT NULL CHECK (length(what) BETWEEN 1 AND 500),
    what_en   text NOT NULL DEFAULT '' CHECK (length(what_en) <= 500),
    added_by  text NOT NULL,
    added_at  timestamptz NOT NULL,
    ended_at  timestamptz                                      -- taken back, or over sooner than was told
);
CREATE INDEX ON support.maintenance (ends_at);
SELECT app.shared_table('support.maintenance', 'told to every tenant');
GRANT SELECT ON support.maintenance TO decroche_portal;

-- == Whom the worker tells

-- The people of a client who may see tickets about such a thing; `holds`: they hold the account.
CREATE FUNCTION support.readers(whose uuid, kind text) RETURNS TABLE (person_id uuid, email text, name text, holds boolean)
LANGUAGE sql STABLE AS $$
    SELECT p.id, p.email, p.name, 'titulaire' = ANY (m.roles)
      FROM portal.members m
      JOIN portal.people p ON p.id = m.person_id AND p.ended_at IS NULL
     WHERE m.tenant_id = whose AND m.ended_at IS NULL
       AND EXISTS (SELECT FROM portal.role_rights r WHERE r.role = ANY (m.roles) AND r.allowed = 'tickets')
       AND EXISTS (SELECT FROM portal.role_rights r WHERE r.role = ANY (m.roles)
                      AND r.allowed = CASE kind WHEN 'invoice' THEN 'invoices' WHEN 'call' THEN 'calls'
                                                WHEN 'number' THEN 'calls' ELSE 'tickets' END)
$$;
GRANT EXECUTE ON FUNCTION support.readers(uuid, text) TO decroche_operator;

-- What is told of a post: to the operator (`who` null), or to somebody of the client who may still see it.
CREATE FUNCTION support.letter(what uuid, who uuid)
RETURNS TABLE (number bigint, subject text, body text, severity text, state text, first boolean, client text, email text, name text)
LANGUAGE sql STABLE AS $$
    SELECT t.number, t.subject, p.text, t.severity, t.state,
           NOT EXISTS (SELECT FROM support.posts b WHERE b.tenant_id = p.tenant_id AND b.ticket_id = p.ticket_id
                          AND NOT b.internal AND (b.at, b.id) < (p.at, p.id)),
           c.name, coalesce(r.email, ''), coalesce(r.name, '')
      FROM support.posts p
      JOIN support.tickets t ON t.tenant_id = p.tenant_id AND t.id = p.ticket_id
      JOIN store.tenants c ON c.id = t.tenant_id
      LEFT JOIN support.readers(t.tenant_id, t.about_kind) r ON r.person_id = who
     WHERE p.tenant_id = app.tenant() AND p.id = what AND NOT p.internal
       AND CASE WHEN who IS NULL THEN p.side = 'client' ELSE p.side = 'operator' AND r.person_id IS NOT NULL END
$$;
SELECT app.definer('support.letter(uuid, uuid)');

-- The people of this client who are told of maintenance. Who works for several clients is told once, by the first of them.
CREATE FUNCTION support.to_tell() RETURNS TABLE (person_id uuid) LANGUAGE sql STABLE AS $$
    SELECT p.id
      FROM portal.members m JOIN portal.people p ON p.id = m.person_id AND p.ended_at IS NULL
     WHERE m.tenant_id = app.tenant() AND m.ended_at IS NULL
       AND NOT EXISTS (SELECT FROM portal.members o JOIN store.tenants t ON t.id = o.tenant_id AND t.status <> 'closed'
                        WHERE o.person_id = p.id AND o.ended_at IS NULL AND o.tenant_id < m.tenant_id)
     ORDER BY p.id
$$;
SELECT app.definer('support.to_tell()');

-- Where one of them reads it.
CREATE FUNCTION support.reader(who uuid) RETURNS TABLE (email text, name text, timezone text) LANGUAGE sql STABLE AS $$
    SELECT p.email, p.name, t.timezone
      FROM portal.members m
      JOIN portal.people p ON p.id = m.person_id AND p.ended_at IS NULL
      JOIN store.tenants t ON t.id = m.tenant_id
     WHERE m.tenant_id = app.tenant() AND m.person_id = who AND m.ended_at IS NULL
$$;
SELECT app.definer('support.reader(uuid)');
