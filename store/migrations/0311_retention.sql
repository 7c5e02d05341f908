-- What has been kept long enough may go, and nothing else: the rules stand here, where no session gets past them.

-- A charge whose bill can no longer be contested forgets whom it was about; its seconds and amount stay.
CREATE FUNCTION billing.only_forget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.charges := OLD;
BEGIN
    told.far_party := '';
    told.reason := replace(OLD.reason, nullif(OLD.far_party, ''), '…');
    IF NEW IS DISTINCT FROM told THEN
        RAISE EXCEPTION 'billing.charges is append-only: only the far party may be forgotten'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.charges;
CREATE TRIGGER append_only BEFORE DELETE ON billing.charges FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.charges FOR EACH ROW EXECUTE FUNCTION billing.only_forget();
GRANT UPDATE (far_party, reason) ON billing.charges TO decroche_operator;

-- Where each tenant's chain of decisions begins once the oldest are gone: the last one that went.
CREATE TABLE compliance.decision_starts (
    tenant_id    uuid PRIMARY KEY,
    seq          bigint NOT NULL,
    hash         bytea NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
SELECT app.tenant_table('compliance.decision_starts', 'SELECT');
REVOKE INSERT, UPDATE, DELETE ON compliance.decision_starts FROM decroche_operator;

-- A decision goes only from the chain's old end, and not before it is five years old.
CREATE FUNCTION compliance.keep_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (OLD.record::json ->> 'decided_at')::timestamptz < now() - interval '5 years'
       AND EXISTS (SELECT 1 FROM compliance.decision_starts s WHERE s.tenant_id = OLD.tenant_id AND OLD.seq <= s.seq)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'compliance.decisions is append-only: % is not allowed', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER append_only ON compliance.decisions;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON compliance.decisions
    FOR EACH ROW EXECUTE FUNCTION compliance.keep_decisions();

-- Deletes a tenant's decisions taken before an instant (five years ago at the latest), oldest first; how many, and
-- where the chain begins now. Dry: counts only. For the operator.
CREATE FUNCTION compliance.forget_decisions(whose uuid, before timestamptz, dry boolean)
RETURNS TABLE (forgotten bigint, seq bigint, hash bytea) LANGUAGE plpgsql AS $$
DECLARE
    old   compliance.decisions;
    last  compliance.decisions;
    until timestamptz := least(before, now() - interval '5 years');
BEGIN
    forgotten := 0;
    FOR old IN SELECT * FROM compliance.decisions d WHERE d.tenant_id = whose ORDER BY d.seq LOOP
        EXIT WHEN (old.record::json ->> 'decided_at')::timestamptz >= until;
        forgotten := forgotten + 1;
        last := old;
    END LOOP;
    seq := last.seq;
    hash := last.hash;
    IF forgotten > 0 AND NOT dry THEN
        INSERT INTO compliance.decision_starts AS s VALUES (whose, last.seq, last.hash)
            ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, forgotten_at = now();
        DELETE FROM compliance.decisions d WHERE d.tenant_id = whose AND d.seq <= last.seq;
    END IF;
    RETURN NEXT;
END $$;
SELECT app.definer('compliance.forget_decisions(uuid, timestamptz, boolean)');
REVOKE EXECUTE ON FUNCTION compliance.forget_decisions(uuid, timestamptz, boolean) FROM decroche_service;
