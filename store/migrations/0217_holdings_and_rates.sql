-- The most agents and numbers a tenant had at once in a month, looked at every day and at invoicing: what is beyond
-- its plan is charged by the month, however it was given back since.
CREATE TABLE billing.holdings (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    month     date NOT NULL CHECK (extract(day FROM month) = 1),
    agents    integer NOT NULL CHECK (agents >= 0),
    numbers   integer NOT NULL CHECK (numbers >= 0),
    PRIMARY KEY (tenant_id, month)
);
SELECT app.tenant_table('billing.holdings', 'SELECT');

-- Half-years of the legal interest rate published since this version was: added to those of billing/data.
CREATE TABLE billing.legal_rates (
    begins    date PRIMARY KEY,
    ends      date NOT NULL,
    percent   numeric NOT NULL CHECK (percent >= 0),
    reference text NOT NULL CHECK (reference <> ''),
    added_by  text NOT NULL,
    added_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (begins <= ends)
);
SELECT app.shared_table('billing.legal_rates', 'the law''s, the same for all', 'SELECT');
SELECT app.append_only('billing.legal_rates');
