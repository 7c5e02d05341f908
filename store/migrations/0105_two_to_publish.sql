-- A version goes live on another person's word than its tester's, or with a written reason, which is kept (contract, 4.1).
ALTER TABLE store.agent_versions ADD COLUMN approval_reason text NOT NULL DEFAULT '';
GRANT UPDATE (approval_reason) ON store.agent_versions TO decroche_service;

-- A trigger and not a CHECK: versions approved before this rule stay as they are, and can still be retired.
CREATE FUNCTION store.two_to_publish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF lower(btrim(NEW.approved_by)) = lower(btrim(NEW.tested_by)) AND btrim(NEW.approval_reason) = '' THEN
        RAISE EXCEPTION 'version % of agent % was tested by the person who approves it', NEW.version, NEW.agent
            USING ERRCODE = 'check_violation', HINT = 'another person approves it, or a reason is written';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER two_to_publish BEFORE INSERT OR UPDATE OF approved_by, approved_at, tested_by ON store.agent_versions
    FOR EACH ROW WHEN (NEW.approved_by IS NOT NULL) EXECUTE FUNCTION store.two_to_publish();
