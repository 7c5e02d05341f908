-- As in 0300, four times quicker: an import of oppositions withdraws consents by the hundred thousand.
CREATE OR REPLACE FUNCTION compliance.withdraw_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreed compliance.consents := OLD;
BEGIN
    agreed.withdrawn_at := NEW.withdrawn_at;
    agreed.withdrawn_how := NEW.withdrawn_how;
    IF agreed IS DISTINCT FROM NEW OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'consent %: only its withdrawal may be added, once', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
