-- Invoices: who sells, who buys, what was issued, what was paid. An issued invoice is never changed:
-- a credit note corrects it. Amounts are cents of the invoice's currency.

CREATE TABLE billing.seller (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    party   jsonb NOT NULL,
    terms   jsonb NOT NULL DEFAULT '{}'
);
SELECT app.shared_table('billing.seller', 'one row: the operator itself, who issues every invoice', 'SELECT');

CREATE TABLE billing.customers (
    tenant_id uuid PRIMARY KEY REFERENCES store.tenants,
    party     jsonb NOT NULL
);
SELECT app.tenant_table('billing.customers', 'SELECT');

CREATE TABLE billing.plans (
    name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    version  integer NOT NULL CHECK (version > 0),
    toml     text NOT NULL,
    sha256   text NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version),
    UNIQUE (name, sha256)
);
SELECT app.shared_table('billing.plans', 'what the operator offers to everyone', 'SELECT');
SELECT app.append_only('billing.plans');

-- A subscription and the proof that its terms were accepted (contract, articles 2 and 13).
CREATE TABLE billing.subscriptions (
    tenant_id     uuid NOT NULL REFERENCES store.tenants,
    id            uuid PRIMARY KEY,
    plan          text NOT NULL,
    plan_version  integer NOT NULL,
    options       text[] NOT NULL DEFAULT '{}',
    starts_on     date NOT NULL,
    accepted_by   text NOT NULL CHECK (accepted_by <> ''),
    accepted_at   timestamptz NOT NULL,
    accepted_from text NOT NULL CHECK (accepted_from <> ''),
    terms_version text NOT NULL CHECK (terms_version <> ''),
    terms_sha256  text NOT NULL CHECK (terms_sha256 ~ '^[0-9a-f]{64}$'),
    FOREIGN KEY (plan, plan_version) REFERENCES billing.plans,
    UNIQUE (tenant_id, id)
);
SELECT app.tenant_table('billing.subscriptions', 'SELECT, INSERT');
SELECT app.append_only('billing.subscriptions');

CREATE TABLE billing.subscription_events (
    tenant_id       uuid NOT NULL,
    id              uuid PRIMARY KEY,
    subscription_id uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('notice', 'withdrawal', 'price_change', 'leave')),
    happened_on     date NOT NULL,
    effective_on    date,
    price_micros    bigint CHECK (price_micros >= 0),
    noted_by        text NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscriptions (tenant_id, id),
    CHECK ((kind = 'price_change') = (price_micros IS NOT NULL AND effective_on IS NOT NULL))
);
SELECT app.tenant_table('billing.subscription_events', 'SELECT, INSERT');
SELECT app.append_only('billing.subscription_events');

-- The last number of each year. It moves in the transaction that issues the invoice: a run that dies leaves no gap.
CREATE TABLE billing.invoice_numbers (
    year integer PRIMARY KEY,
    last integer NOT NULL CHECK (last > 0)
);
SELECT app.shared_table('billing.invoice_numbers', 'one unbroken series for all tenants, as the law asks', '');

CREATE TABLE billing.invoices (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    id          uuid PRIMARY KEY,
    number      text NOT NULL UNIQUE,
    year        integer NOT NULL,
    place       integer NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    credits     uuid REFERENCES billing.invoices,
    period      date NOT NULL,
    issued_on   date NOT NULL,
    due_on      date NOT NULL,
    currency    text NOT NULL,
    net_cents   bigint NOT NULL,
    vat_cents   bigint NOT NULL,
    gross_cents bigint NOT NULL,
    document    jsonb NOT NULL,                   -- all that stands on it
    sha256      text NOT NULL,
    issued_by   text NOT NULL,
    issued_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (year, place),
    UNIQUE (tenant_id, id),
    CHECK (gross_cents = net_cents + vat_cents),
    CHECK ((kind = 'credit_note') = (credits IS NOT NULL))
);
CREATE INDEX ON billing.invoices (tenant_id, period);
CREATE UNIQUE INDEX one_credit_note_an_invoice ON billing.invoices (credits) WHERE credits IS NOT NULL;
SELECT app.tenant_table('billing.invoices', 'SELECT');
SELECT app.append_only('billing.invoices');

-- Which charge stands on which invoice. A credit note frees its invoice's charges.
CREATE TABLE billing.invoice_charges (
    tenant_id  uuid NOT NULL,
    invoice_id uuid NOT NULL,
    call_id    uuid NOT NULL,
    generation integer NOT NULL,
    line       integer NOT NULL,
    PRIMARY KEY (call_id, generation, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id)
);
CREATE INDEX ON billing.invoice_charges (invoice_id);
SELECT app.tenant_table('billing.invoice_charges', 'SELECT');
SELECT app.append_only('billing.invoice_charges');

CREATE VIEW billing.live_invoices WITH (security_invoker = true) AS
    SELECT i.* FROM billing.invoices i
     WHERE i.kind = 'invoice' AND NOT EXISTS (SELECT 1 FROM billing.invoices c WHERE c.credits = i.id);
GRANT SELECT ON billing.live_invoices TO decroche_service, decroche_operator;

-- Money received (or given back: below zero). `reference` makes it count once.
CREATE TABLE billing.payments (
    tenant_id    uuid NOT NULL,
    id           uuid PRIMARY KEY,
    invoice_id   uuid NOT NULL,
    method       text NOT NULL CHECK (method IN ('transfer', 'card', 'sepa_debit', 'refund')),
    amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
    reference    text NOT NULL CHECK (reference <> ''),
    received_on  date NOT NULL,
    noted_by     text NOT NULL,
    noted_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (method, reference),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id)
);
SELECT app.tenant_table('billing.payments', 'SELECT, INSERT');
SELECT app.append_only('billing.payments');

-- What a client contests, in writing, naming the lines, within 8 working days of receipt (article 5.6).
CREATE TABLE billing.disputes (
    tenant_id   uuid NOT NULL,
    id          uuid PRIMARY KEY,
    invoice_id  uuid NOT NULL,
    lines       integer[] NOT NULL CHECK (cardinality(lines) > 0),
    reason      text NOT NULL CHECK (reason <> ''),
    received_on date NOT NULL,
    closed_on   date,
    outcome     text,
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK ((closed_on IS NULL) = (outcome IS NULL))
);
SELECT app.tenant_table('billing.disputes', 'SELECT, INSERT, UPDATE (closed_on, outcome)');
