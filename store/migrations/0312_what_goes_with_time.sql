-- What billing holds of persons goes when no law keeps it any more; numbers, sums and hashes stay. As in 0311, the
-- rules stand here, where no session gets past them. Accounts are kept ten years from the end of the financial year
-- (C. com. L123-22), which ends within twelve months of the invoice: eleven years from the invoice, whatever the year.

-- An invoice without its buyer and its words: the amounts, dates, prices and places of its lines are what they were.
CREATE FUNCTION billing.without_persons(document jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT document
        || jsonb_build_object(
            'buyer', document -> 'buyer' || '{"name": "—", "siren": "", "street": "", "postcode": "", "city": "",
                "vat_number": "", "email": "", "legal": "", "iban": "", "delivery": ""}',
            'usage', document -> 'usage' || '{"agents": []}',
            'lines', (SELECT coalesce(jsonb_agg(CASE WHEN line ->> 'source' IN ('usage', 'rounding', 'top_up') THEN line
                                 ELSE line || '{"name": "—", "detail": ""}' END ORDER BY place), '[]')
                        FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY AS l (line, place)))
$$;
GRANT EXECUTE ON FUNCTION billing.without_persons(jsonb) TO decroche_operator;

-- `sha256` stays that of the document as it was issued: whoever shows a copy proves with it that it is the one.
ALTER TABLE billing.invoices ADD COLUMN forgotten_at timestamptz;
CREATE FUNCTION billing.invoice_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.invoices := OLD;
BEGIN
    told.document := billing.without_persons(OLD.document);
    told.issued_by := '—';
    IF NEW IS DISTINCT FROM told OR OLD.issued_on >= now() - interval '11 years' THEN
        RAISE EXCEPTION 'billing.invoices is append-only: only persons may be forgotten, after eleven years'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    NEW.forgotten_at := now();
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.invoices;
CREATE TRIGGER append_only BEFORE DELETE ON billing.invoices FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.invoices FOR EACH ROW EXECUTE FUNCTION billing.invoice_forgets();
GRANT UPDATE (document, issued_by) ON billing.invoices TO decroche_operator;

-- Money: the bank's words for it go, its day and its cents stay.
CREATE FUNCTION billing.payment_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.payments := OLD;
BEGIN
    told.reference := OLD.id::text;
    told.noted_by := '—';
    IF NEW IS DISTINCT FROM told OR OLD.received_on >= now() - interval '11 years' THEN
        RAISE EXCEPTION 'billing.payments is append-only: only who paid may be forgotten, after eleven years'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.payments;
CREATE TRIGGER append_only BEFORE DELETE ON billing.payments FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.payments FOR EACH ROW EXECUTE FUNCTION billing.payment_forgets();
GRANT UPDATE (reference, noted_by) ON billing.payments TO decroche_operator;

-- An invoice's own movement is named by the invoice's number, which names nobody.
CREATE FUNCTION billing.movement_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.movements := OLD;
BEGIN
    told.reference := CASE WHEN OLD.kind = 'invoice' THEN OLD.reference ELSE OLD.id::text END;
    told.moved_by := '—';
    IF NEW IS DISTINCT FROM told OR OLD.moved_at >= now() - interval '11 years' THEN
        RAISE EXCEPTION 'billing.movements is append-only: only who moved it may be forgotten, after eleven years'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.movements;
CREATE TRIGGER append_only BEFORE DELETE ON billing.movements FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.movements FOR EACH ROW EXECUTE FUNCTION billing.movement_forgets();
GRANT UPDATE (reference, moved_by) ON billing.movements TO decroche_operator;

-- The day after which a subscription is over whatever its calendar says: the withdrawal; else a notice takes effect
-- within two months, a leave when the price it answers to does (within a year, or as announced), neither before the
-- committed year is over, and a period begun runs on for a month. NULL: it runs. Never before the end that billing
-- computes, at most some months after it.
CREATE FUNCTION billing.surely_ended(of billing.subscriptions) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT min(CASE e.kind
               WHEN 'withdrawal' THEN CASE WHEN e.happened_on <= (of).starts_on + 7 THEN e.happened_on END
               ELSE (greatest((of).starts_on + interval '1 year',
                              e.happened_on + CASE e.kind WHEN 'leave' THEN interval '1 year' ELSE '2 months' END,
                              (SELECT max(p.effective_on) FROM billing.subscription_events p
                                WHERE e.kind = 'leave' AND p.subscription_id = (of).id AND p.kind = 'price_change'))
                     + interval '2 months')::date END)
      FROM billing.subscription_events e
     WHERE e.subscription_id = (of).id AND e.kind IN ('notice', 'leave', 'withdrawal')
$$;
SELECT app.definer('billing.surely_ended(billing.subscriptions)');

-- The proof of a contract (who accepted, from where) is kept five years after its end (C. civ. 2224; D3).
CREATE FUNCTION billing.subscription_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told billing.subscriptions := OLD;
BEGIN
    told.accepted_by := '—';
    told.accepted_from := '—';
    IF NEW IS DISTINCT FROM told OR NOT coalesce(billing.surely_ended(OLD) < now() - interval '5 years', false) THEN
        RAISE EXCEPTION 'billing.subscriptions is append-only: only who accepted may be forgotten, five years after'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER append_only ON billing.subscriptions;
CREATE TRIGGER append_only BEFORE DELETE ON billing.subscriptions FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER only_forget BEFORE UPDATE ON billing.subscriptions
    FOR EACH ROW EXECUTE FUNCTION billing.subscription_forgets();
GRANT UPDATE (accepted_by, accepted_from) ON billing.subscriptions TO decroche_operator;

-- What callers left behind: by the tenant's instruction, else by the policy.
ALTER TABLE compliance.retention
    ADD COLUMN messages_days     integer CHECK (messages_days >= 0),
    ADD COLUMN appointments_days integer CHECK (appointments_days >= 0);
