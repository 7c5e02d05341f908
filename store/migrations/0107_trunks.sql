-- The operator's trunks: ways to other networks, told to each node's Asterisk. Passwords are files (`home/secrets/trunk-NAME`).
CREATE TABLE store.trunks (
    name            text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,30}$' AND name <> 'trunk'),   -- `trunk`: the settings'
    host            text NOT NULL CHECK (host <> ''),
    port            integer CHECK (port BETWEEN 1 AND 65535),               -- null: DNS says, or the protocol's
    transport       text NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
    srtp            text NOT NULL CHECK (srtp IN ('off', 'offer', 'require')),
    username        text NOT NULL DEFAULT '',                               -- '': no digest
    registers       boolean NOT NULL DEFAULT false,
    expiry          integer NOT NULL DEFAULT 1800 CHECK (expiry BETWEEN 60 AND 86400),   -- seconds a registration lasts
    domain          text NOT NULL DEFAULT '',                               -- of From; '': our address
    matches         text[] NOT NULL DEFAULT '{}',                           -- where its calls come from
    codecs          text[] NOT NULL,
    priority        integer NOT NULL CHECK (priority >= 0),                 -- the lowest first
    weight          integer NOT NULL CHECK (weight BETWEEN 1 AND 1000),     -- share among those of one priority
    channels        integer NOT NULL CHECK (channels >= 0),                 -- calls at once, both ways; 0: any number
    cps             integer NOT NULL CHECK (cps BETWEEN 0 AND 1000),        -- calls out in any second; 0: any number
    shows           text[] NOT NULL DEFAULT '{}',                           -- prefixes of the numbers it may show; none: all
    format_out      text NOT NULL CHECK (format_out IN ('e164', 'plain', 'national', '00')),
    format_in       text NOT NULL CHECK (format_in IN ('auto', 'plain')),
    identity        text NOT NULL CHECK (identity IN ('pai', 'ppi', 'none')),
    options_seconds integer NOT NULL CHECK (options_seconds BETWEEN 0 AND 3600),   -- between two OPTIONS; 0: none
    added_at        timestamptz NOT NULL DEFAULT now(),
    CHECK (NOT registers OR username <> ''),
    CHECK (srtp <> 'require' OR transport = 'tls')                          -- keys in clear are no secret
);
SELECT app.shared_table('store.trunks', 'the operator''s ways to other networks, no client''s', 'SELECT');

-- What each trunk did for a call: one row for each that was tried, in the order of trying; and the one a call came by.
-- No number stands here: it is the call's.
CREATE TABLE store.trunk_calls (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    call_id     uuid NOT NULL,
    position    integer NOT NULL CHECK (position >= 0),
    trunk       text NOT NULL,                                              -- a name that may be removed since
    direction   text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    began_at    timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz NOT NULL,
    outcome     text NOT NULL,                                              -- as of a call; or why it was not tried
    cause       integer NOT NULL CHECK (cause BETWEEN 0 AND 127),           -- Q.850
    PRIMARY KEY (call_id, position),
    FOREIGN KEY (call_id) REFERENCES store.calls ON DELETE CASCADE
);
CREATE INDEX ON store.trunk_calls (trunk, began_at);
SELECT app.tenant_table('store.trunk_calls', 'SELECT, INSERT');

-- The day a number comes to us from another operator: before it, calls to it are the other's, and nobody shows it.
ALTER TABLE store.numbers ADD COLUMN ported_on date;
