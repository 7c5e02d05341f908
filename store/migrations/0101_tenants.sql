-- Tenants ("Comptes"), their agents and versions, and the numbers that lead to them.
CREATE SCHEMA store;

CREATE TABLE store.tenants (
    id         uuid PRIMARY KEY,
    slug       text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text NOT NULL CHECK (name <> ''),
    country    text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),   -- ISO 3166-1
    timezone   text NOT NULL,                                  -- IANA name
    created_at timestamptz NOT NULL DEFAULT now(),
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed'))
);
SELECT app.tenant_table('store.tenants', 'SELECT', 'id');

CREATE TABLE store.agents (
    tenant_id  uuid NOT NULL REFERENCES store.tenants,
    name       text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
SELECT app.tenant_table('store.agents');

-- draft → tested → live → retired. Who tested and who approved are part of the state (contract, 4.1).
CREATE TABLE store.agent_versions (
    tenant_id   uuid NOT NULL,
    agent       text NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    yaml        text NOT NULL,
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    status      text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'tested', 'live', 'retired')),
    tested_by   text,
    tested_at   timestamptz,
    approved_by text,
    approved_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, agent, version),
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents,
    UNIQUE (tenant_id, agent, sha256),
    CHECK ((tested_by IS NULL) = (tested_at IS NULL)),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (status NOT IN ('tested', 'live') OR tested_by <> ''),
    CHECK (status <> 'live' OR approved_by <> '')
);
CREATE UNIQUE INDEX one_live_version ON store.agent_versions (tenant_id, agent) WHERE status = 'live';
SELECT app.tenant_table('store.agent_versions', 'SELECT, INSERT, UPDATE (status, tested_by, tested_at, approved_by, approved_at)');

-- What was tested is what answers: a version's text is never edited, whoever asks.
CREATE FUNCTION store.keep_agent_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.agent, NEW.version, NEW.yaml, NEW.sha256)
       IS DISTINCT FROM (OLD.tenant_id, OLD.agent, OLD.version, OLD.yaml, OLD.sha256) THEN
        RAISE EXCEPTION 'version % of agent % is never edited: import a new one', OLD.version, OLD.agent
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_agent_text BEFORE UPDATE ON store.agent_versions
    FOR EACH ROW EXECUTE FUNCTION store.keep_agent_text();

-- Without a tenant a number is the operator's stock. It reaches an agent only of its own tenant.
CREATE TABLE store.numbers (
    e164         text PRIMARY KEY CHECK (e164 ~ '^\+[1-9][0-9]{5,14}$'),
    tenant_id    uuid REFERENCES store.tenants,
    agent        text,
    verified_npv boolean NOT NULL DEFAULT false,   -- a verified polyvalent number (CPCE L44)
    fallback     text CHECK (fallback ~ '^\+[1-9][0-9]{5,14}$'),
    added_at     timestamptz NOT NULL DEFAULT now(),
    assigned_at  timestamptz,
    FOREIGN KEY (tenant_id, agent) REFERENCES store.agents,
    CHECK (agent IS NULL OR tenant_id IS NOT NULL)
);
CREATE INDEX ON store.numbers (tenant_id);
SELECT app.tenant_table('store.numbers', 'SELECT');

-- Who answers a call to this number. The service learns the tenant here, from the store, and nowhere else.
CREATE FUNCTION store.route(dialled text)
RETURNS TABLE (e164 text, tenant_id uuid, tenant_status text, agent text, version integer, fallback text)
LANGUAGE sql STABLE AS $$
    SELECT n.e164, n.tenant_id, t.status, n.agent, v.version, n.fallback
      FROM store.numbers n
      JOIN store.tenants t ON t.id = n.tenant_id
      LEFT JOIN store.agent_versions v
             ON v.tenant_id = n.tenant_id AND v.agent = n.agent AND v.status = 'live'
     WHERE n.e164 = dialled
$$;
SELECT app.definer('store.route(text)');

-- A tenant's id from its slug, for commands that name it.
CREATE FUNCTION store.tenant_of(name text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT t.id FROM store.tenants t WHERE t.slug = name
$$;
SELECT app.definer('store.tenant_of(text)');
