-- What was made of a call once it was over, by which mind and model; and the slots as they were filled.
ALTER TABLE store.calls ADD COLUMN slots jsonb NOT NULL DEFAULT '{}';

CREATE TABLE store.analyses (
    tenant_id     uuid NOT NULL DEFAULT app.tenant() REFERENCES store.tenants,
    call_id       uuid PRIMARY KEY REFERENCES store.calls ON DELETE CASCADE,
    state         text NOT NULL CHECK (state IN ('made', 'skipped')),
    why           text NOT NULL DEFAULT '',                       -- of one that was skipped
    summary       text,
    sheet         jsonb,
    tags          text[] NOT NULL DEFAULT '{}',
    score         jsonb,
    made_by       text NOT NULL DEFAULT '' CHECK (made_by IN ('', 'mind', 'house')),
    left_out      integer NOT NULL DEFAULT 0 CHECK (left_out >= 0),   -- sentences that claimed what was not said
    engine        text NOT NULL DEFAULT '',
    model         text NOT NULL DEFAULT '',
    method        integer NOT NULL DEFAULT 0,                     -- version of what was asked
    agent_version integer,
    took_ms       integer,
    made_at       timestamptz NOT NULL DEFAULT now(),
    CHECK (state = 'skipped' OR summary IS NOT NULL AND sheet IS NOT NULL),
    CHECK (state = 'made' OR why <> '')
);
CREATE INDEX ON store.analyses (tenant_id, made_at);
SELECT app.tenant_table('store.analyses', 'SELECT, INSERT');
