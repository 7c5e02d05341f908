-- Two versions of an agent in one campaign, to compare them: each try says which it was, and whether it was won.
ALTER TABLE campaigns.campaigns
    ADD COLUMN versus integer,
    ADD CHECK (versus <> agent_version),
    ADD FOREIGN KEY (tenant_id, agent, versus) REFERENCES store.agent_versions;
ALTER TABLE campaigns.tries
    ADD COLUMN agent_version integer,
    ADD COLUMN won           boolean NOT NULL DEFAULT false;   -- booked, called back or left a message, by the agent's actions
GRANT UPDATE (won) ON campaigns.tries TO decroche_service;
