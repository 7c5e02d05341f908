-- A message that callers left is settled by somebody of the client, who says so.
ALTER TABLE store.messages ADD COLUMN done_at timestamptz, ADD COLUMN done_by text NOT NULL DEFAULT '';
GRANT UPDATE (done_at, done_by) ON store.messages TO decroche_service;
SELECT portal.writes('store.messages', 'UPDATE (done_at, done_by)', 'contacts');

-- What was done in the web is told as what was done in a call: an event, and the job of whoever is told.
CREATE POLICY portal ON store.event_heads TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant())) WITH CHECK (tenant_id = (SELECT portal.tenant()));
GRANT SELECT, INSERT, UPDATE ON store.event_heads TO decroche_portal;
CREATE POLICY portal ON store.events TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant())) WITH CHECK (tenant_id = (SELECT portal.tenant()));
GRANT SELECT, INSERT ON store.events TO decroche_portal;
CREATE POLICY portal ON store.jobs TO decroche_portal
    USING (tenant_id = (SELECT portal.tenant()) AND kind = 'booking.tell')
    WITH CHECK (tenant_id = (SELECT portal.tenant()) AND kind = 'booking.tell');
GRANT SELECT, INSERT, UPDATE (due_at) ON store.jobs TO decroche_portal;
