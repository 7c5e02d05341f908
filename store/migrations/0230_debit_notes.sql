-- Notes of late interest and indemnity. They pay for no supply (CGI 256, I), so that they are no invoices and bear no VAT:
-- they have a series of their own, as unbroken as the invoices'. One that was wrong is corrected by another, below zero.

CREATE TABLE billing.debit_note_numbers (
    year integer PRIMARY KEY,
    last integer NOT NULL CHECK (last > 0)
);
SELECT app.shared_table('billing.debit_note_numbers', 'one unbroken series for all tenants', '');

CREATE TABLE billing.debit_notes (
    tenant_id       uuid NOT NULL REFERENCES store.tenants,
    id              uuid PRIMARY KEY,
    number          text NOT NULL UNIQUE,
    year            integer NOT NULL,
    place           integer NOT NULL,
    invoice_id      uuid NOT NULL,
    issued_on       date NOT NULL,
    counted_to      date NOT NULL,                -- the last day whose interest is on it or on one before
    currency        text NOT NULL,
    interest_cents  bigint NOT NULL,
    indemnity_cents bigint NOT NULL,
    document        jsonb NOT NULL,               -- all that stands on it but the parties, which are its invoice's
    sha256          text NOT NULL,
    issued_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (year, place),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoices (tenant_id, id),
    CHECK (interest_cents <> 0 OR indemnity_cents <> 0)
);
CREATE INDEX ON billing.debit_notes (invoice_id);
CREATE INDEX ON billing.debit_notes (tenant_id, issued_on);
SELECT app.tenant_table('billing.debit_notes', 'SELECT');
SELECT app.append_only('billing.debit_notes');
