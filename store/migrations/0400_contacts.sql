-- The people a tenant may want to call: each once, whatever its files say; the lists they stand in; where they came from.
CREATE SCHEMA campaigns;

CREATE TABLE campaigns.contacts (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    id        uuid NOT NULL,
    e164      text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{5,14}$'),
    name      text NOT NULL DEFAULT '',
    company   text NOT NULL DEFAULT '',
    postcode  text NOT NULL DEFAULT '' CHECK (postcode ~ '^([0-9]{5})?$'),
    party     text NOT NULL DEFAULT '' CHECK (party IN ('', 'consumer', 'business')),
    fields    jsonb NOT NULL DEFAULT '{}',                    -- what the agent may say of them, by name
    added_at  timestamptz NOT NULL DEFAULT now(),
    seen_at   timestamptz NOT NULL DEFAULT now(),             -- when a file last named them: what retention counts from
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, e164)
);
SELECT app.tenant_table('campaigns.contacts');

CREATE TABLE campaigns.lists (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    name      text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    made_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
SELECT app.tenant_table('campaigns.lists');

CREATE TABLE campaigns.list_members (
    tenant_id  uuid NOT NULL,
    list       text NOT NULL,
    contact_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, list, contact_id),
    FOREIGN KEY (tenant_id, list) REFERENCES campaigns.lists ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES campaigns.contacts ON DELETE CASCADE
);
CREATE INDEX ON campaigns.list_members (tenant_id, contact_id);
SELECT app.tenant_table('campaigns.list_members');

-- A file that was taken in: its hash tells which, and names nobody.
CREATE TABLE campaigns.imports (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    id          uuid NOT NULL,
    list        text NOT NULL,
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    columns     jsonb NOT NULL,
    counts      jsonb NOT NULL,
    imported_by text NOT NULL CHECK (imported_by <> ''),
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
SELECT app.tenant_table('campaigns.imports', 'SELECT, INSERT');
SELECT app.append_only('campaigns.imports');
