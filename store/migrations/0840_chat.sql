-- A client's agents in writing, on the client's own site: which sites may show one, and the conversations that go on.
--
-- A conversation that is over is a row of store.calls with the channel `chat`: it is listed, kept, erased and analysed as a
-- call is. It has no parties: nobody's number is known of who writes.
ALTER TABLE store.calls ADD COLUMN channel text NOT NULL DEFAULT 'voice';
ALTER TABLE store.calls ADD CONSTRAINT calls_channel_is_known CHECK (channel IN ('voice', 'chat')) NOT VALID;
CREATE INDEX calls_in_writing ON store.calls (tenant_id, started_at DESC, id DESC) WHERE channel = 'chat';

CREATE SCHEMA chat;
GRANT USAGE ON SCHEMA chat TO decroche_portal;

-- Where an agent may be written to. The key stands in the client's pages, for all to read: it opens nothing but from
-- these origins, and then a conversation.
CREATE TABLE chat.widgets (
    tenant_id uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id        uuid PRIMARY KEY,
    key       text NOT NULL UNIQUE CHECK (key ~ '^cw_[A-Za-z0-9_-]{22}$'),
    agent     text NOT NULL,
    origins   text[] NOT NULL CHECK (cardinality(origins) BETWEEN 1 AND 10),
    made_by   text NOT NULL,
    made_at   timestamptz NOT NULL,
    ended_at  timestamptz,
    ended_by  text NOT NULL DEFAULT '',
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents
);
CREATE INDEX ON chat.widgets (tenant_id, agent, made_at);
SELECT app.tenant_table('chat.widgets', 'SELECT');
SELECT portal.reads('chat.widgets', 'agents_edit');
SELECT portal.writes('chat.widgets', 'INSERT', 'agents_publish');
SELECT portal.writes('chat.widgets', 'UPDATE (ended_at, ended_by)', 'agents_publish');

-- A conversation that goes on: gone when it is over, and its record is written, or where nothing was said.
CREATE TABLE chat.conversations (
    tenant_id       uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    id              uuid PRIMARY KEY,
    widget_id       uuid NOT NULL REFERENCES chat.widgets ON DELETE CASCADE,
    token_hash      bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    entry           jsonb NOT NULL,                       -- as a call in progress is written down: who answers, what was said
    turn            integer NOT NULL DEFAULT 0 CHECK (turn >= 0),   -- lines of the visitor that were answered
    began_at        timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    answering_until timestamptz                           -- a line is being answered: the next one waits
);
CREATE INDEX ON chat.conversations (tenant_id, seen_at);
CREATE INDEX ON chat.conversations (widget_id);
SELECT app.tenant_table('chat.conversations',
                        'SELECT, INSERT, UPDATE (entry, turn, seen_at, answering_until), DELETE');

-- Whose a key is, from which origins it may be used, and who answers: from any session, for a key that somebody shows.
CREATE FUNCTION chat.route(shown text)
RETURNS TABLE (tenant_id uuid, tenant_status text, widget_id uuid, origins text[], agent text, version integer)
LANGUAGE sql STABLE AS $$
    SELECT w.tenant_id, t.status, w.id, w.origins, w.agent, v.version
      FROM chat.widgets w
      JOIN store.tenants t ON t.id = w.tenant_id
      LEFT JOIN store.agent_versions v ON v.tenant_id = w.tenant_id AND v.agent = w.agent AND v.status = 'live'
     WHERE w.key = shown AND w.ended_at IS NULL
$$;
SELECT app.definer('chat.route(text)');
