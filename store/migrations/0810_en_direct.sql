-- Calls going on now, and their words as they are said, for who may follow them; each look is noted once a session.
SELECT portal.reads('store.live_notes', 'live');

CREATE TABLE portal.looks (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    call_id    uuid NOT NULL REFERENCES store.live_calls ON DELETE CASCADE,
    session_id uuid NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (call_id, session_id)
);
SELECT app.tenant_table('portal.looks', '');
SELECT portal.reads('portal.looks', 'live'), portal.writes('portal.looks', 'INSERT', 'live');
