-- More of what happens is an event: messages left, versions published, invoices issued, oppositions recorded. Each is
-- noted by the row that says so, whoever writes it, at the end of that transaction: its number is the last thing others
-- wait for, so that no two writers ever wait for each other.

-- Arguments of the trigger: the kind, then the columns that make the subject (name@version).
CREATE FUNCTION store.tells() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts  jsonb := to_jsonb(NEW);
    about  text := facts ->> TG_ARGV[1];
    number bigint;
BEGIN
    IF TG_NARGS > 2 THEN about := about || '@' || (facts ->> TG_ARGV[2]); END IF;
    INSERT INTO store.event_heads AS h (tenant_id, seq) VALUES (NEW.tenant_id, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + 1 RETURNING h.seq INTO number;
    INSERT INTO store.events (tenant_id, seq, kind, subject) VALUES (NEW.tenant_id, number, TG_ARGV[0], about);
    PERFORM pg_notify('decroche', concat_ws(' ', NEW.tenant_id, TG_ARGV[0], about));
    RETURN NULL;
END $$;
SELECT app.definer('store.tells()');

CREATE CONSTRAINT TRIGGER told AFTER INSERT ON store.messages DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION store.tells('message.left', 'id');
CREATE CONSTRAINT TRIGGER told AFTER UPDATE OF status ON store.agent_versions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'live' AND OLD.status <> 'live')
    EXECUTE FUNCTION store.tells('agent.published', 'agent', 'version');
CREATE CONSTRAINT TRIGGER invoice_told AFTER INSERT ON billing.invoices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'invoice') EXECUTE FUNCTION store.tells('invoice.issued', 'number');
CREATE CONSTRAINT TRIGGER credit_note_told AFTER INSERT ON billing.invoices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'credit_note') EXECUTE FUNCTION store.tells('credit_note.issued', 'number');
-- Lists that are imported, by the million, are not told one by one; nor what the operator records for all clients.
CREATE CONSTRAINT TRIGGER told AFTER INSERT ON compliance.oppositions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.tenant_id IS NOT NULL AND NEW.how <> 'import')
    EXECUTE FUNCTION store.tells('opposition.recorded', 'id');
