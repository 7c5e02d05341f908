-- Alerts, controls, dunning: what is to be told to whom (an outbox), what blocks outbound calls, and why.

-- Written in the transaction of what it tells of; sent later. `about` makes it be told once.
CREATE TABLE billing.notices (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    about      text NOT NULL,
    audience   text NOT NULL CHECK (audience IN ('client', 'operator')),
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    UNIQUE (tenant_id, kind, about)
);
CREATE INDEX ON billing.notices (created_at) WHERE sent_at IS NULL;
SELECT app.tenant_table('billing.notices', 'SELECT, INSERT, UPDATE (sent_at, attempts, last_error)');

-- What a client and the operator set. Absent: the defaults of billing/controls.py.
CREATE TABLE billing.controls (
    tenant_id uuid PRIMARY KEY REFERENCES store.tenants,
    limits    jsonb NOT NULL
);
SELECT app.tenant_table('billing.controls', 'SELECT');

-- Outbound calls are blocked while a row is open.
CREATE TABLE billing.blocks (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('fraud', 'unpaid', 'operator')),
    reason     text NOT NULL CHECK (reason <> ''),
    blocked_at timestamptz NOT NULL DEFAULT now(),
    lifted_at  timestamptz,
    lifted_by  text,
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX one_open_block_a_kind ON billing.blocks (tenant_id, kind) WHERE lifted_at IS NULL;
SELECT app.tenant_table('billing.blocks', 'SELECT, INSERT');
