-- The ledger: tariffs by version, what each call cost and why, the month's counters, the balance.
-- Amounts are micro-euros (10⁻⁶ of the currency) in bigint. Charges are only ever added: a correction is
-- a reversal (the same line with its signs turned) and a new charge.
CREATE SCHEMA billing;

-- A version's text is what `decroche billing rate --tariff` reads; it is never edited.
CREATE TABLE billing.tariffs (
    name       text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    version    integer NOT NULL CHECK (version > 0),
    toml       text NOT NULL,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    added_by   text NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version),
    UNIQUE (name, sha256)
);
SELECT app.shared_table('billing.tariffs', 'the operator''s price lists; a tenant reads its own by billing.tariff_at', '');
SELECT app.append_only('billing.tariffs');

-- Which version a tenant's calls are rated by, by the instant they were answered. The latest word wins.
CREATE TABLE billing.tariff_assignments (
    tenant_id   uuid NOT NULL REFERENCES store.tenants,
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    tariff      text NOT NULL,
    version     integer NOT NULL,
    from_at     timestamptz NOT NULL,
    assigned_by text NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tariff, version) REFERENCES billing.tariffs
);
CREATE INDEX ON billing.tariff_assignments (tenant_id, from_at DESC, seq DESC);
SELECT app.tenant_table('billing.tariff_assignments', 'SELECT');
SELECT app.append_only('billing.tariff_assignments');

CREATE FUNCTION billing.tariff_at(at timestamptz) RETURNS TABLE (name text, version integer, toml text)
LANGUAGE sql STABLE AS $$
    SELECT t.name, t.version, t.toml
      FROM billing.tariff_assignments a JOIN billing.tariffs t ON t.name = a.tariff AND t.version = a.version
     WHERE a.tenant_id = app.tenant() AND a.from_at <= at
     ORDER BY a.from_at DESC, a.seq DESC LIMIT 1
$$;
SELECT app.definer('billing.tariff_at(timestamptz)');

-- One line of what a call cost. `charge` rows of a call have generations 1, 2, …; each but the last has its
-- `reversal`, whose seconds and amount are negative: the sum of a call's lines is what it costs.
CREATE TABLE billing.charges (
    tenant_id        uuid NOT NULL REFERENCES store.tenants,
    call_id          uuid NOT NULL,
    generation       integer NOT NULL CHECK (generation > 0),
    kind             text NOT NULL CHECK (kind IN ('charge', 'reversal')),
    status           text NOT NULL CHECK (status IN ('rated', 'unanswered', 'unrated')),
    direction        text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    far_party        text NOT NULL,
    answered_at      timestamptz,
    month            date NOT NULL CHECK (extract(day FROM month) = 1),   -- whose bundle and invoice it is
    answered_seconds bigint NOT NULL,
    billed_seconds   bigint NOT NULL,
    bundle_seconds   bigint NOT NULL,
    charged_seconds  bigint NOT NULL,
    amount_micros    bigint,
    fee              numeric NOT NULL DEFAULT 0,                          -- the connection fee in the amount
    currency         text NOT NULL,
    prefix           text,
    reason           text,
    segments         jsonb NOT NULL DEFAULT '[]',                        -- [{seconds, from, price_per_minute}]
    tariff           text,
    tariff_version   integer,
    why              text NOT NULL DEFAULT 'call',                       -- call, or what made it be rated again
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, generation, kind),
    FOREIGN KEY (tenant_id, call_id) REFERENCES store.calls (tenant_id, id),
    CHECK (bundle_seconds + charged_seconds = billed_seconds),
    CHECK ((amount_micros IS NULL) = (status = 'unrated')),
    CHECK (kind = 'reversal' OR (billed_seconds >= 0 AND coalesce(amount_micros, 0) >= 0))
);
CREATE INDEX ON billing.charges (tenant_id, month);
SELECT app.tenant_table('billing.charges', 'SELECT, INSERT');
SELECT app.append_only('billing.charges');

-- The charge that counts for each call today.
CREATE VIEW billing.current_charges WITH (security_invoker = true) AS
    SELECT c.* FROM billing.charges c
     WHERE c.kind = 'charge'
       AND NOT EXISTS (SELECT 1 FROM billing.charges r
                        WHERE r.call_id = c.call_id AND r.generation = c.generation AND r.kind = 'reversal');
GRANT SELECT ON billing.current_charges TO decroche_service, decroche_operator;

-- The sums of a month's charges, kept with them in one transaction. The row's lock makes rating a tenant's
-- calls one after the other, so that two calls never use the same included second.
CREATE TABLE billing.usage (
    tenant_id       uuid NOT NULL REFERENCES store.tenants,
    month           date NOT NULL CHECK (extract(day FROM month) = 1),
    calls           bigint NOT NULL DEFAULT 0,
    unrated_calls   bigint NOT NULL DEFAULT 0,
    bundle_seconds  bigint NOT NULL DEFAULT 0 CHECK (bundle_seconds >= 0),
    charged_seconds bigint NOT NULL DEFAULT 0 CHECK (charged_seconds >= 0),
    amount_micros   bigint NOT NULL DEFAULT 0 CHECK (amount_micros >= 0),
    PRIMARY KEY (tenant_id, month)
);
SELECT app.tenant_table('billing.usage', 'SELECT, INSERT, UPDATE');

-- What a tenant has with us. Prepaid: money paid in, less what calls cost; never below what is reserved.
-- Postpaid: the balance goes below zero, and invoices bring it back.
CREATE TABLE billing.accounts (
    tenant_id       uuid PRIMARY KEY REFERENCES store.tenants,
    mode            text NOT NULL DEFAULT 'postpaid' CHECK (mode IN ('postpaid', 'prepaid')),
    currency        text NOT NULL DEFAULT 'EUR',
    balance_micros  bigint NOT NULL DEFAULT 0,
    reserved_micros bigint NOT NULL DEFAULT 0 CHECK (reserved_micros >= 0)
);
SELECT app.tenant_table('billing.accounts', 'SELECT, INSERT, UPDATE');

-- Every movement of a balance that is not a call's charge. `reference` makes it happen once.
CREATE TABLE billing.movements (
    tenant_id     uuid NOT NULL REFERENCES store.tenants,
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('top_up', 'refund', 'adjustment')),
    amount_micros bigint NOT NULL,
    reference     text NOT NULL CHECK (reference <> ''),
    moved_by      text NOT NULL,
    moved_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, kind, reference)
);
SELECT app.tenant_table('billing.movements', 'SELECT, INSERT');
SELECT app.append_only('billing.movements');
