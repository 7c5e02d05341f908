-- What calls in progress may still cost a prepaid tenant: held under the account's row lock before ringing.
CREATE TABLE billing.reservations (
    tenant_id      uuid NOT NULL REFERENCES store.tenants,
    call_id        uuid PRIMARY KEY,
    direction      text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    far_party      text NOT NULL,
    month          date NOT NULL,
    seconds        bigint NOT NULL CHECK (seconds > 0),          -- answered seconds paid for so far
    bundle_seconds bigint NOT NULL CHECK (bundle_seconds >= 0),  -- of them, those the bundle is to give
    amount_micros  bigint NOT NULL CHECK (amount_micros >= 0),
    warned         boolean NOT NULL DEFAULT false,
    reserved_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON billing.reservations (tenant_id, month);
SELECT app.tenant_table('billing.reservations');

-- A prepaid balance never goes below what calls in progress have reserved. (Deferred to the end: a call's
-- settlement gives back its reservation and takes its price in two steps.)
CREATE FUNCTION billing.keep_prepaid_covered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE account billing.accounts;
BEGIN
    SELECT * INTO account FROM billing.accounts WHERE tenant_id = NEW.tenant_id;
    IF account.mode = 'prepaid' AND account.reserved_micros > greatest(account.balance_micros, 0) THEN
        RAISE EXCEPTION 'a prepaid balance of % cannot hold % reserved', account.balance_micros, account.reserved_micros
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep_prepaid_covered AFTER UPDATE OF reserved_micros ON billing.accounts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.reserved_micros > OLD.reserved_micros) EXECUTE FUNCTION billing.keep_prepaid_covered();
