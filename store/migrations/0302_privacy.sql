-- Rights of people, and how long what is kept is kept.
CREATE TABLE compliance.retention (
    tenant_id        uuid PRIMARY KEY REFERENCES store.tenants,
    transcripts_days integer CHECK (transcripts_days >= 0),   -- the tenant's instruction; NULL: with the CDR
    changed_by       text NOT NULL,
    changed_at       timestamptz NOT NULL DEFAULT now()
);
SELECT app.tenant_table('compliance.retention', 'SELECT');

CREATE TABLE compliance.rights_requests (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    kind        text NOT NULL CHECK (kind IN ('access', 'erasure', 'rectification', 'objection', 'restriction', 'portability')),
    person      text NOT NULL CHECK (person <> ''),
    received_at timestamptz NOT NULL,
    due_on      date NOT NULL,                                -- twelve working days (contract, 8.2)
    closed_at   timestamptz,
    outcome     text,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
SELECT app.tenant_table('compliance.rights_requests', 'SELECT, INSERT, UPDATE (closed_at, outcome)');
