-- A campaign that fills itself: whoever has an appointment in an agent's diary is reminded of it, once for each appointment.
ALTER TABLE campaigns.campaigns
    ADD COLUMN reminds      text,                                               -- the agent whose diary it is
    ADD COLUMN before_hours integer CHECK (before_hours BETWEEN 1 AND 336),     -- how long before an appointment
    ADD COLUMN filled_at    timestamptz,                                        -- when the diary was last looked at
    ADD FOREIGN KEY (tenant_id, reminds) REFERENCES store.agents,
    ADD CHECK ((reminds IS NULL) = (before_hours IS NULL));
GRANT UPDATE (filled_at) ON campaigns.campaigns TO decroche_service;

CREATE OR REPLACE FUNCTION campaigns.keep_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told campaigns.campaigns := OLD;
BEGIN
    told.state := NEW.state;
    told.approved_by := NEW.approved_by;
    told.approved_at := NEW.approved_at;
    told.approval_reason := NEW.approval_reason;
    told.paused_why := NEW.paused_why;
    told.running_since := NEW.running_since;
    told.ended_at := NEW.ended_at;
    told.filled_at := NEW.filled_at;
    IF NEW IS DISTINCT FROM told THEN
        RAISE EXCEPTION 'campaign % is never edited: add another', OLD.name
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'approved'), ('draft', 'stopped'), ('approved', 'running'), ('approved', 'stopped'),
        ('running', 'paused'), ('running', 'finished'), ('running', 'stopped'),
        ('paused', 'running'), ('paused', 'finished'), ('paused', 'stopped')) THEN
        RAISE EXCEPTION 'campaign % is %: it cannot become %', OLD.name, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A person stands in a campaign once; in one that reminds, once for each appointment.
ALTER TABLE campaigns.targets
    ADD COLUMN about uuid,                                                      -- the appointment
    DROP CONSTRAINT targets_tenant_id_campaign_e164_key;
CREATE UNIQUE INDEX one_target_a_person ON campaigns.targets (tenant_id, campaign, e164, about) NULLS NOT DISTINCT;
CREATE INDEX targets_of_appointments ON campaigns.targets (tenant_id, campaign, about) WHERE about IS NOT NULL;
