-- Stripe collects what is rated and invoiced here. An attempt is written before Stripe is asked, so that
-- nothing asked is ever forgotten; an event is stored with its effect, once.
CREATE TABLE billing.stripe_customers (
    tenant_id      uuid PRIMARY KEY REFERENCES store.tenants,
    customer       text NOT NULL UNIQUE,
    payment_method text,
    method_kind    text CHECK (method_kind IN ('card', 'sepa_debit'))
);
SELECT app.tenant_table('billing.stripe_customers', 'SELECT, INSERT, UPDATE');

CREATE TABLE billing.stripe_attempts (
    tenant_id      uuid NOT NULL,
    invoice_id     uuid NOT NULL,
    attempt        integer NOT NULL CHECK (attempt > 0),
    amount_cents   bigint NOT NULL CHECK (amount_cents > 0),
    state          text NOT NULL DEFAULT 'asked'
                   CHECK (state IN ('asked', 'processing', 'requires_action', 'failed', 'succeeded')),
    payment_intent text UNIQUE,
    reason         text NOT NULL DEFAULT '',
    asked_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (invoice_id, attempt),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id)
);
CREATE UNIQUE INDEX one_attempt_at_a_time ON billing.stripe_attempts (invoice_id)
    WHERE state IN ('asked', 'processing', 'requires_action');
SELECT app.tenant_table('billing.stripe_attempts', 'SELECT, INSERT, UPDATE');

CREATE TABLE billing.stripe_events (
    id          text PRIMARY KEY,
    type        text NOT NULL,
    effect      text NOT NULL,
    payload     jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
SELECT app.shared_table('billing.stripe_events', 'what Stripe told the operator; tenants have no part in it', '');
