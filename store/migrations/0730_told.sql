-- What was told is kept beside what was sent: a formal notice takes effect from the day that it reached its debtor (C. civ.
-- 1344), and each later step of dunning counts from the telling of the one before it.
ALTER TABLE billing.notices
    ADD COLUMN told_on  date,                        -- the day in Paris on which it was delivered
    ADD COLUMN told_how text NOT NULL DEFAULT '',    -- by whom it was told by hand: a letter, its number
    ADD COLUMN taken_on date,                        -- a step of dunning: the day it was taken
    ADD COLUMN covers   text[] NOT NULL DEFAULT '{}'; -- a step of dunning: the invoices that it is about
UPDATE billing.notices
   SET told_on = (coalesce(sent_at, created_at) AT TIME ZONE 'Europe/Paris')::date
 WHERE sent_at IS NOT NULL OR cardinality(told) > 0;
UPDATE billing.notices
   SET covers = ARRAY[about], taken_on = (created_at AT TIME ZONE 'Europe/Paris')::date
 WHERE kind IN ('reminder_1', 'reminder_2', 'formal_notice', 'suspension');
CREATE INDEX steps_of_dunning ON billing.notices (tenant_id, taken_on) WHERE taken_on IS NOT NULL;
