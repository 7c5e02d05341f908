-- Breaches of personal data (RGPD art. 33 and 34): what happened, what was affected, who was told when.
CREATE TABLE compliance.breaches (
    id           uuid PRIMARY KEY,
    tenant_id    uuid NOT NULL REFERENCES store.tenants,
    happened_at  timestamptz NOT NULL,
    found_at     timestamptz NOT NULL,
    what         text NOT NULL CHECK (what <> ''),
    data         text NOT NULL CHECK (data <> ''),          -- kinds of data affected
    people       integer NOT NULL CHECK (people >= 0),
    measures     text NOT NULL CHECK (measures <> ''),
    tenant_told_at timestamptz,
    CHECK (found_at >= happened_at)
);
SELECT app.tenant_table('compliance.breaches', 'SELECT');
