-- A month is prepaid or postpaid as a whole, by what the account was when its first call was charged: a prepaid month's
-- calls are paid by top-ups and never invoiced, a postpaid month's are invoiced and never paid from a top-up.
ALTER TABLE billing.usage ADD COLUMN mode text CHECK (mode IN ('postpaid', 'prepaid'));
UPDATE billing.usage u SET mode = (SELECT a.mode FROM billing.accounts a WHERE a.tenant_id = u.tenant_id);

CREATE FUNCTION billing.month_has_a_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.mode := coalesce(NEW.mode, (SELECT a.mode FROM billing.accounts a WHERE a.tenant_id = NEW.tenant_id), 'postpaid');
    RETURN NEW;
END $$;
CREATE TRIGGER month_has_a_mode BEFORE INSERT ON billing.usage
    FOR EACH ROW EXECUTE FUNCTION billing.month_has_a_mode();

-- An invoice takes its calls off a postpaid balance, which is then what was talked and not invoiced yet; a credit note
-- puts them back.
ALTER TABLE billing.movements
    DROP CONSTRAINT movements_kind_check,
    ADD CONSTRAINT movements_kind_check CHECK (kind IN ('top_up', 'refund', 'adjustment', 'invoice'));
