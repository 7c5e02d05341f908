-- Sensitive data (contract, 6.2 f): what a client declares of its calls, and what the operator agreed to in writing. An agent
-- goes live only for a client who declared it; where such data are handled, only under that agreement.
CREATE TABLE compliance.declarations (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    id        uuid PRIMARY KEY,
    said      text NOT NULL CHECK (said IN ('unasked', 'none', 'sensitive', 'agreed', 'refused')),
    -- unasked: a client of before; none, sensitive: the client's word; agreed, refused: the operator's
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 300),   -- where it is written
    said_by   text NOT NULL,
    said_at   timestamptz NOT NULL
);
CREATE INDEX ON compliance.declarations (tenant_id, said_at);
SELECT app.tenant_table('compliance.declarations', 'SELECT');
SELECT app.append_only('compliance.declarations');
SELECT portal.reads('compliance.declarations'), portal.writes('compliance.declarations', 'INSERT', 'order');
CREATE POLICY only_the_clients_word ON compliance.declarations AS RESTRICTIVE FOR INSERT TO decroche_portal
    WITH CHECK (said IN ('none', 'sensitive'));

-- Clients of before stay as they are, unless their last order said what their calls hold.
INSERT INTO compliance.declarations (tenant_id, id, said, reference, said_by, said_at)
SELECT t.id, gen_random_uuid(),
       CASE (e.recap ->> 'sensitive_data') WHEN 'true' THEN 'sensitive' WHEN 'false' THEN 'none' ELSE 'unasked' END,
       coalesce('order ' || e.id, 'a client of before this was asked'), coalesce('person:' || e.email, 'service:migration'),
       coalesce(e.at, now())
  FROM store.tenants t
  LEFT JOIN LATERAL (SELECT * FROM portal.engagements x WHERE x.tenant_id = t.id AND x.kind = 'order' AND x.state <> 'refused'
                      ORDER BY x.at DESC LIMIT 1) e ON true;

-- The operator is told by a job where sensitive data are declared on the page.
CREATE POLICY portal_declares ON store.jobs TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND kind = 'portal.declaration' AND (SELECT portal.may('order')))
    WITH CHECK (tenant_id = (SELECT portal.tenant()) AND kind = 'portal.declaration' AND (SELECT portal.may('order')));
