-- A leg that leaves is charged as outbound, or is free where its tariff says so: the kind of leg decides, so it stands on
-- the charge and on what is held for it.
ALTER TABLE billing.charges
    ADD COLUMN leg text CHECK (leg IN ('transfer', 'fallback', 'third_party'));
ALTER TABLE billing.reservations
    ADD COLUMN leg text CHECK (leg IN ('transfer', 'fallback', 'third_party'));

CREATE OR REPLACE VIEW billing.current_charges WITH (security_invoker = true) AS
    SELECT c.* FROM billing.charges c
     WHERE c.kind = 'charge'
       AND NOT EXISTS (SELECT 1 FROM billing.charges r
                        WHERE r.call_id = c.call_id AND r.generation = c.generation AND r.kind = 'reversal');
