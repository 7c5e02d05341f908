-- Calls in that were refused because too many were in progress, counted by the hour: a flood leaves no CDR, but it leaves this.
CREATE TABLE billing.refusals (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    hour      timestamptz NOT NULL,
    calls     integer NOT NULL CHECK (calls > 0),
    why       text NOT NULL,
    PRIMARY KEY (tenant_id, hour)
);
SELECT app.tenant_table('billing.refusals', 'SELECT, INSERT, UPDATE (calls, why)');
