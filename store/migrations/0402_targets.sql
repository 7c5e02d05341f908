-- Campaigns that call: their targets, each try, what was agreed. Who is claimed, and under which call's id, is a row's
-- state: at most one call comes of it, whatever dies when.
ALTER TABLE campaigns.campaigns
    DROP CONSTRAINT campaigns_state_check,
    ADD CONSTRAINT campaigns_state_check
        CHECK (state IN ('draft', 'approved', 'running', 'paused', 'finished', 'stopped')),
    ADD COLUMN budget_micros bigint NOT NULL DEFAULT 0 CHECK (budget_micros >= 0),   -- 0: none of its own
    ADD COLUMN retries       jsonb NOT NULL DEFAULT '{}',      -- outcome → [times, minutes or null]; else the house's
    ADD COLUMN paused_why    text NOT NULL DEFAULT '',
    ADD COLUMN running_since timestamptz,                      -- its last launch or resumption
    ADD COLUMN ended_at      timestamptz,
    ADD CHECK ((state IN ('finished', 'stopped')) = (ended_at IS NOT NULL)),
    ADD CHECK (state NOT IN ('running', 'paused', 'finished') OR running_since IS NOT NULL);
GRANT UPDATE (paused_why, running_since, ended_at) ON campaigns.campaigns TO decroche_service;

-- Whoever asks: only its state, its approval and its course ever change, and only forward.
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

-- A person of a campaign. waiting → admitted (a call is theirs) → waiting again, done, or unknown: a call whose end
-- nobody saw, which is never placed again by itself.
CREATE TABLE campaigns.targets (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    campaign    text NOT NULL,
    e164        text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{5,14}$'),
    name        text NOT NULL DEFAULT '',
    party       text NOT NULL CHECK (party IN ('consumer', 'business')),
    postcode    text NOT NULL DEFAULT '',
    variables   jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL CHECK (state IN ('waiting', 'admitted', 'done', 'unknown')),
    due_at      timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    call_id     uuid UNIQUE,                                   -- of the call that is theirs now
    node        text NOT NULL DEFAULT '',                      -- which machine carries it
    outcome     text NOT NULL DEFAULT '',                      -- of the last try, or why there is none
    why         text[] NOT NULL DEFAULT '{}',                  -- the law's reasons, or the house's, where they wait for them
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, campaign, e164),
    FOREIGN KEY (tenant_id, campaign) REFERENCES campaigns.campaigns,
    CHECK ((state = 'admitted') = (call_id IS NOT NULL)),
    CHECK (state <> 'done' OR outcome <> '')
);
CREATE INDEX targets_due ON campaigns.targets (tenant_id, campaign, due_at) WHERE state = 'waiting';
CREATE INDEX targets_in_hand ON campaigns.targets (tenant_id, campaign) WHERE state = 'admitted';
CREATE INDEX targets_of_a_number ON campaigns.targets (tenant_id, e164);
SELECT app.tenant_table('campaigns.targets',
    'SELECT, INSERT, UPDATE (state, due_at, tries, call_id, node, outcome, why, changed_at)');

-- A call that was agreed on in a call: when, and the second it was said.
CREATE TABLE campaigns.callbacks (
    tenant_id     uuid NOT NULL REFERENCES store.tenants,
    id            uuid NOT NULL,
    campaign      text,                                        -- whose call it was agreed in, if any
    e164          text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{5,14}$'),
    agent         text NOT NULL,
    agent_version integer NOT NULL,
    caller_id     text NOT NULL,
    party         text NOT NULL CHECK (party IN ('consumer', 'business')),
    postcode      text NOT NULL DEFAULT '',
    goods         text NOT NULL DEFAULT '',
    variables     jsonb NOT NULL DEFAULT '{}',
    from_at       timestamptz NOT NULL,
    to_at         timestamptz NOT NULL,
    agreed_at     timestamptz NOT NULL,
    evidence_call uuid NOT NULL,
    evidence_ms   integer NOT NULL CHECK (evidence_ms >= 0),
    request_id    uuid NOT NULL,
    state         text NOT NULL DEFAULT 'agreed' CHECK (state IN ('agreed', 'admitted', 'kept', 'missed', 'cancelled')),
    call_id       uuid UNIQUE,
    node          text NOT NULL DEFAULT '',
    due_at        timestamptz NOT NULL,
    outcome       text NOT NULL DEFAULT '',
    why           text[] NOT NULL DEFAULT '{}',
    changed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, agent, agent_version) REFERENCES store.agent_versions,
    CHECK (to_at > from_at AND agreed_at < to_at AND due_at >= from_at),
    CHECK ((state = 'admitted') = (call_id IS NOT NULL))
);
CREATE INDEX callbacks_due ON campaigns.callbacks (due_at) WHERE state = 'agreed';
CREATE INDEX ON campaigns.callbacks (tenant_id, e164);
SELECT app.tenant_table('campaigns.callbacks',
    'SELECT, INSERT, UPDATE (state, due_at, call_id, node, outcome, why, changed_at)');

-- Each call of a campaign, or of a callback: written when it may ring, ended once, kept though its person is forgotten.
CREATE TABLE campaigns.tries (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    call_id     uuid NOT NULL,
    campaign    text,
    target_id   uuid,
    callback_id uuid,
    decision_id uuid NOT NULL,
    node        text NOT NULL,
    admitted_at timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text NOT NULL DEFAULT '',
    talked_ms   integer NOT NULL DEFAULT 0 CHECK (talked_ms >= 0),
    hung_up     boolean NOT NULL DEFAULT false,                -- by the person
    cost_micros bigint NOT NULL DEFAULT 0,
    picked_up   text NOT NULL DEFAULT '' CHECK (picked_up IN ('', 'human', 'machine', 'screening', 'menu')),
    PRIMARY KEY (tenant_id, call_id),
    FOREIGN KEY (tenant_id, campaign) REFERENCES campaigns.campaigns,
    CHECK ((ended_at IS NULL) = (outcome = '')),
    CHECK ((target_id IS NULL) <> (callback_id IS NULL))
);
CREATE INDEX ON campaigns.tries (tenant_id, campaign, admitted_at);
CREATE INDEX ON campaigns.tries (tenant_id, campaign, ended_at);
CREATE INDEX ON campaigns.tries (tenant_id, target_id, admitted_at);
SELECT app.tenant_table('campaigns.tries',
    'SELECT, INSERT, UPDATE (ended_at, outcome, talked_ms, hung_up, cost_micros, picked_up)');

-- What ended is never told otherwise; a call whose end nobody saw may still be told by its CDR.
CREATE FUNCTION campaigns.end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome NOT IN ('', 'unknown') THEN
        RAISE EXCEPTION 'call % has ended: %', OLD.call_id, OLD.outcome USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER end_once BEFORE UPDATE ON campaigns.tries FOR EACH ROW EXECUTE FUNCTION campaigns.end_once();
