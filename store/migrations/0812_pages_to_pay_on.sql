-- Paying on Stripe's own pages. What a client asks for on the web is a row and a job: the web's process neither holds
-- Stripe's key nor asks it anything, and cannot write that something was paid.
CREATE TABLE billing.checkouts (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('payment', 'set_up')),
    method     text NOT NULL CHECK (method IN ('card', 'sepa_debit')),
    invoice_id uuid,
    back       text NOT NULL CHECK (back ~ '^/[A-Za-z0-9/-]*$'),     -- the page of ours that Stripe's leads back to
    asked_by   text NOT NULL,
    asked_at   timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'open', 'complete', 'expired', 'failed')),
    session    text UNIQUE,
    url        text NOT NULL DEFAULT '',
    why        text NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK ((kind = 'payment') = (invoice_id IS NOT NULL))
);
CREATE INDEX ON billing.checkouts (tenant_id, invoice_id, asked_at DESC);
SELECT app.tenant_table('billing.checkouts', '');
ALTER TABLE billing.stripe_attempts ADD COLUMN checkout_id uuid REFERENCES billing.checkouts;

SELECT portal.reads('billing.checkouts', 'pay'), portal.writes('billing.checkouts', 'INSERT', 'pay');
CREATE POLICY only_asked ON billing.checkouts AS RESTRICTIVE FOR INSERT TO decroche_portal
    WITH CHECK (state = 'asked' AND session IS NULL AND url = '');
SELECT portal.reads('billing.stripe_attempts', 'invoices'), portal.reads('billing.stripe_customers', 'pay');

-- == Contesting an invoice, and the account as an accountant reads it
SELECT portal.reads('billing.disputes', 'invoices'), portal.writes('billing.disputes', 'INSERT', 'dispute'),
       portal.reads('billing.debit_notes', 'invoices'), portal.reads('billing.customers', 'invoices');
CREATE POLICY only_open ON billing.disputes AS RESTRICTIVE FOR INSERT TO decroche_portal
    WITH CHECK (closed_on IS NULL AND outcome IS NULL);
GRANT SELECT ON billing.live_invoices, billing.seller TO decroche_portal;

-- What is asked on the web and done by the worker, as the operator.
CREATE POLICY portal_asks ON store.jobs TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND kind IN ('billing.checkout', 'billing.settle', 'portal.engagement'))
    WITH CHECK (tenant_id = (SELECT portal.tenant()) AND kind IN ('billing.checkout', 'billing.settle', 'portal.engagement'));
