-- How many calls at once, and begun within a second, a client may have, over all nodes; no row: any number.
CREATE TABLE store.tenant_limits (
    tenant_id uuid PRIMARY KEY REFERENCES store.tenants,
    channels  integer NOT NULL DEFAULT 0 CHECK (channels >= 0),             -- calls in progress, legs with them; 0: any
    cps       integer NOT NULL DEFAULT 0 CHECK (cps BETWEEN 0 AND 1000),    -- begun within any second; 0: any
    recent    timestamptz[] NOT NULL DEFAULT '{}'                           -- when calls began within the last second
);
SELECT app.tenant_table('store.tenant_limits', 'SELECT, UPDATE (recent)');
