-- Work the service does by itself (reminders, notices, attempts asked again): which process has it, when it was done.
-- A lease, not a lock: a process that dies holds a job up for minutes, and none holds a transaction open meanwhile.
CREATE TABLE billing.rounds (
    job        text PRIMARY KEY,
    done_at    timestamptz NOT NULL DEFAULT '-infinity',
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    held_by    text NOT NULL DEFAULT ''
);
SELECT app.shared_table('billing.rounds', 'the operator''s own work, done once for all tenants', '');

-- A notice goes out by several channels: each is told once, and one that fails is tried again later and later.
ALTER TABLE billing.notices
    ADD COLUMN told text[] NOT NULL DEFAULT '{}',
    ADD COLUMN next_at timestamptz NOT NULL DEFAULT now();

-- What Stripe told that is not one of our attempts (another tenant's name on it, an unknown invoice) is kept with why.
ALTER TABLE billing.stripe_events ADD COLUMN note text NOT NULL DEFAULT '';
