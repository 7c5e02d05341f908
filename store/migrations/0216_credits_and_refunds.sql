-- Credit notes for a part of an invoice; invoices at order and for top-ups beside the month's; money given back.

-- `month`: calls answered and subscription periods begun in it. `order`: a subscription's first period, at the order.
-- `top_up`: what was paid onto a prepaid balance.
ALTER TABLE billing.invoices
    ADD COLUMN purpose text NOT NULL DEFAULT 'month' CHECK (purpose IN ('month', 'order', 'top_up')),
    ADD COLUMN partial boolean NOT NULL DEFAULT false,
    ADD CHECK (NOT partial OR kind = 'credit_note');
DROP INDEX billing.one_credit_note_an_invoice;
CREATE UNIQUE INDEX one_whole_credit_note_an_invoice ON billing.invoices (credits)
    WHERE credits IS NOT NULL AND NOT partial;
CREATE INDEX ON billing.invoices (credits) WHERE credits IS NOT NULL;

-- An invoice lives until it is credited whole; what a part of it was credited by leaves it alive.
CREATE OR REPLACE VIEW billing.live_invoices WITH (security_invoker = true) AS
    SELECT i.* FROM billing.invoices i
     WHERE i.kind = 'invoice'
       AND NOT EXISTS (SELECT 1 FROM billing.invoices c WHERE c.credits = i.id AND NOT c.partial);

-- A chargeback takes back what a card or a debit had paid. A late payer's interest and indemnity are no part of the
-- invoice's own price: they are received beside it.
ALTER TABLE billing.payments
    DROP CONSTRAINT payments_method_check,
    ADD CONSTRAINT payments_method_check
        CHECK (method IN ('transfer', 'card', 'sepa_debit', 'refund', 'chargeback', 'balance')),
    ADD COLUMN part text NOT NULL DEFAULT 'principal' CHECK (part IN ('principal', 'penalty')),
    DROP CONSTRAINT payments_method_reference_key,
    ADD CONSTRAINT payments_method_reference_key UNIQUE (method, reference, part);

-- Asked of Stripe under `key`, stored before it is asked: a process that dies asks again with the same key.
CREATE TABLE billing.stripe_refunds (
    tenant_id      uuid NOT NULL,
    invoice_id     uuid NOT NULL,
    key            text NOT NULL CHECK (key <> ''),
    payment_intent text NOT NULL,
    amount_cents   bigint NOT NULL CHECK (amount_cents > 0),
    state          text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'failed')),
    refund         text,
    asked_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (invoice_id, key),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id)
);
CREATE INDEX ON billing.stripe_refunds (payment_intent);
SELECT app.tenant_table('billing.stripe_refunds', 'SELECT');
