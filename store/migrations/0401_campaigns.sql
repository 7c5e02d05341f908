-- Campaigns: what is said to which lists, when, how fast; and who stands for it. A campaign is written once: what was
-- approved is what calls, so a change is another campaign.
CREATE TABLE campaigns.campaigns (
    tenant_id       uuid NOT NULL,
    name            text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    agent           text NOT NULL,
    agent_version   integer NOT NULL,
    purpose         text NOT NULL CHECK (purpose IN ('canvassing', 'contract', 'callback', 'press', 'service')),
    goods           text NOT NULL DEFAULT '',
    party           text NOT NULL CHECK (party IN ('consumer', 'business')),   -- of contacts whose file does not say
    caller_id       text NOT NULL,
    begins_on       date NOT NULL,
    ends_on         date NOT NULL,
    weekdays        integer[] NOT NULL CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(weekdays) > 0),
    hours           text NOT NULL DEFAULT '',                  -- 10:00-12:30,14:00-18:00; the law's stay inside
    timezone        text NOT NULL,
    per_minute      integer NOT NULL CHECK (per_minute BETWEEN 1 AND 1000),
    at_once         integer NOT NULL CHECK (at_once BETWEEN 1 AND 1000),
    state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved')),
    made_by         text NOT NULL CHECK (btrim(made_by) <> ''),
    made_at         timestamptz NOT NULL DEFAULT now(),
    approved_by     text,
    approved_at     timestamptz,
    approval_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, name),
    FOREIGN KEY (tenant_id, agent, agent_version) REFERENCES store.agent_versions,
    CHECK (begins_on <= ends_on AND ends_on <= begins_on + 366),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (state = 'draft' OR btrim(approved_by) <> '')
);
SELECT app.tenant_table('campaigns.campaigns',
    'SELECT, INSERT, UPDATE (state, approved_by, approved_at, approval_reason)');

CREATE TABLE campaigns.campaign_lists (
    tenant_id uuid NOT NULL,
    campaign  text NOT NULL,
    list      text NOT NULL,
    PRIMARY KEY (tenant_id, campaign, list),
    FOREIGN KEY (tenant_id, campaign) REFERENCES campaigns.campaigns,
    FOREIGN KEY (tenant_id, list) REFERENCES campaigns.lists
);
SELECT app.tenant_table('campaigns.campaign_lists', 'SELECT, INSERT');

-- Another person than its author approves a campaign, or the same with a written reason, which is kept: as agents go
-- live (contract, 4.1).
CREATE FUNCTION campaigns.two_to_approve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF lower(btrim(NEW.approved_by)) = lower(btrim(NEW.made_by)) AND btrim(NEW.approval_reason) = '' THEN
        RAISE EXCEPTION 'campaign % was written by the person who approves it', NEW.name
            USING ERRCODE = 'check_violation', HINT = 'another person approves it, or a reason is written';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER two_to_approve BEFORE INSERT OR UPDATE ON campaigns.campaigns
    FOR EACH ROW WHEN (NEW.approved_by IS NOT NULL) EXECUTE FUNCTION campaigns.two_to_approve();

-- Whoever asks: only its state and its approval ever change.
CREATE FUNCTION campaigns.keep_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told campaigns.campaigns := OLD;
BEGIN
    told.state := NEW.state;
    told.approved_by := NEW.approved_by;
    told.approved_at := NEW.approved_at;
    told.approval_reason := NEW.approval_reason;
    IF NEW IS DISTINCT FROM told THEN
        RAISE EXCEPTION 'campaign % is never edited: add another', OLD.name
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_campaign BEFORE UPDATE ON campaigns.campaigns
    FOR EACH ROW EXECUTE FUNCTION campaigns.keep_campaign();
