-- What the web may change itself, table by table: the operations that commands call, under the rights of who asks. Each
-- policy names the right; without it the database refuses, whatever the page forgot.

CREATE FUNCTION portal.writes(target text, what text, wanted text, tenant_column text DEFAULT 'tenant_id') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    verb text := split_part(what, ' ', 1);
    holds text := format('%I = (SELECT portal.tenant()) AND (SELECT portal.may(%L))', tenant_column, wanted);
BEGIN
    EXECUTE format('CREATE POLICY %I ON %s FOR %s TO decroche_portal %s', 'portal_' || lower(verb), target::regclass, verb,
                   CASE verb WHEN 'INSERT' THEN format('WITH CHECK (%s)', holds)
                             WHEN 'DELETE' THEN format('USING (%s)', holds)
                             ELSE format('USING (%s) WITH CHECK (%s)', holds, holds) END);
    EXECUTE format('GRANT %s ON %s TO decroche_portal', what, target::regclass);
END $$;

-- == Agents. Who writes does not publish: the right is asked for the state a version comes to.
SELECT portal.writes('store.agents', 'INSERT', 'agents_edit');
SELECT portal.writes('store.agents', 'UPDATE (created_at)', 'agents_edit');   -- for FOR UPDATE: writers take turns
SELECT portal.writes('store.agent_versions', 'INSERT', 'agents_edit');
CREATE POLICY portal_update ON store.agent_versions FOR UPDATE TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()))
    WITH CHECK (tenant_id = (SELECT portal.tenant())
                AND (SELECT portal.may(CASE status WHEN 'tested' THEN 'agents_test' ELSE 'agents_publish' END)));
GRANT UPDATE (status, tested_by, tested_at, approved_by, approved_at, approval_reason) ON store.agent_versions TO decroche_portal;

-- == Appointments, messages, contacts
SELECT portal.writes('store.bookings', 'UPDATE (status)', 'contacts');
SELECT portal.reads('links.calendars', 'transcripts'), portal.reads('links.busy', 'transcripts');
GRANT USAGE ON SCHEMA links, campaigns TO decroche_portal;
SELECT portal.reads('campaigns.contacts', 'contacts'), portal.reads('campaigns.lists', 'contacts'),
       portal.reads('campaigns.list_members', 'contacts');
SELECT portal.writes('campaigns.contacts', 'DELETE', 'contacts');
SELECT portal.writes('campaigns.list_members', 'DELETE', 'contacts');

-- == Compliance: consents, oppositions, requests of people, retention, breaches
SELECT portal.reads('compliance.consents', 'oppositions'), portal.reads('compliance.oppositions', 'oppositions'),
       portal.reads('compliance.retention', 'rights'), portal.reads('compliance.breaches', 'rights');
SELECT portal.writes('compliance.oppositions', 'INSERT', 'oppositions');
SELECT portal.writes('compliance.consents', 'UPDATE (withdrawn_at, withdrawn_how)', 'oppositions');
SELECT portal.writes('compliance.rights_requests', 'INSERT', 'rights');
SELECT portal.writes('compliance.rights_requests', 'UPDATE (closed_at, outcome)', 'rights');
SELECT portal.writes('compliance.retention', 'INSERT', 'order');
SELECT portal.writes('compliance.retention', 'UPDATE (transcripts_days, messages_days, appointments_days, changed_by, changed_at)', 'order');
