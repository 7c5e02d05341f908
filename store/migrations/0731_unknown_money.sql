-- Money that came from somebody unknown: entered as it came, on a suspense account of the operator's, until it is assigned
-- to a client or given back. It is no client's: no tenant's role reads it.
CREATE TABLE billing.unknown_money (
    id           uuid PRIMARY KEY,
    reference    text NOT NULL UNIQUE CHECK (reference <> ''),  -- the bank's own: it is entered once
    payer        text NOT NULL DEFAULT '',                      -- as the bank names it
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    received_on  date NOT NULL,
    noted_by     text NOT NULL,
    noted_at     timestamptz NOT NULL DEFAULT now()
);
SELECT app.shared_table('billing.unknown_money', 'money of nobody known yet: the operator''s suspense account', '');
SELECT app.append_only('billing.unknown_money');

-- What became of it, in parts. `document`: the invoice that it paid, or the words of the transfer back.
CREATE TABLE billing.unknown_money_uses (
    id           uuid PRIMARY KEY,
    money_id     uuid NOT NULL REFERENCES billing.unknown_money,
    kind         text NOT NULL CHECK (kind IN ('assigned', 'returned')),
    client       uuid REFERENCES store.tenants,
    document     text NOT NULL CHECK (document <> ''),
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    used_on      date NOT NULL,
    noted_by     text NOT NULL,
    noted_at     timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'assigned') = (client IS NOT NULL))
);
CREATE INDEX ON billing.unknown_money_uses (money_id);
SELECT app.shared_table('billing.unknown_money_uses', 'with the money it was: the operator''s', '');
SELECT app.append_only('billing.unknown_money_uses');

-- As of payments (0312): after eleven years the bank's words go, the days and cents stay.
CREATE FUNCTION billing.unknown_money_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.unknown_money := OLD;
BEGIN
    told.reference := OLD.id::text;
    told.payer := '';
    told.noted_by := '—';
    IF NEW IS DISTINCT FROM told OR OLD.received_on >= now() - interval '11 years' THEN
        RAISE EXCEPTION 'billing.unknown_money is append-only: only who paid may be forgotten, after eleven years'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.unknown_money;
CREATE TRIGGER append_only BEFORE DELETE ON billing.unknown_money FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.unknown_money
    FOR EACH ROW EXECUTE FUNCTION billing.unknown_money_forgets();
GRANT UPDATE (reference, payer, noted_by) ON billing.unknown_money TO decroche_operator;

CREATE FUNCTION billing.unknown_money_use_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.unknown_money_uses := OLD;
BEGIN
    told.document := CASE WHEN OLD.kind = 'assigned' THEN OLD.document ELSE OLD.id::text END;
    told.noted_by := '—';
    IF NEW IS DISTINCT FROM told OR OLD.used_on >= now() - interval '11 years' THEN
        RAISE EXCEPTION 'billing.unknown_money_uses is append-only: only words may be forgotten, after eleven years'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.unknown_money_uses;
CREATE TRIGGER append_only BEFORE DELETE ON billing.unknown_money_uses
    FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.unknown_money_uses
    FOR EACH ROW EXECUTE FUNCTION billing.unknown_money_use_forgets();
GRANT UPDATE (document, noted_by) ON billing.unknown_money_uses TO decroche_operator;
