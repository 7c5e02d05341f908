-- Ordering and ending a subscription on the web: what was shown, who accepted it, when and from where. The worker does what
-- follows, as the operator: the web's role writes what was accepted, and nothing of billing's.
CREATE TABLE portal.terms (
    version  text PRIMARY KEY CHECK (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
    sha256   text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    kind     text NOT NULL CHECK (kind IN ('application/pdf', 'text/plain')),
    content  bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 5242880),
    added_by text NOT NULL,
    added_at timestamptz NOT NULL
);
SELECT app.shared_table('portal.terms', 'the operator''s own terms, the same for all clients', '');
SELECT app.append_only('portal.terms');
GRANT SELECT ON portal.terms TO decroche_portal;

CREATE TABLE portal.engagements (
    tenant_id       uuid NOT NULL REFERENCES store.tenants,
    id              uuid PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('order', 'notice', 'withdrawal', 'leave', 'accept_price')),
    subscription_id uuid,                                      -- what it is about; of an order: what came of it
    recap           jsonb NOT NULL,                            -- all that was shown
    sha256          text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    terms_version   text REFERENCES portal.terms,
    terms_sha256    text,
    email           text NOT NULL,
    name            text NOT NULL,
    address         text NOT NULL,
    browser         text NOT NULL,
    at              timestamptz NOT NULL,
    state           text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'refused')),
    why             text NOT NULL DEFAULT '',
    invoice         text NOT NULL DEFAULT '',                  -- the number of what was issued for it
    mailed_at       timestamptz,
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscriptions (tenant_id, id),
    CHECK ((kind = 'order') = (terms_version IS NOT NULL)),
    CHECK ((terms_version IS NULL) = (terms_sha256 IS NULL)),
    CHECK (kind = 'order' OR subscription_id IS NOT NULL)
);
CREATE INDEX ON portal.engagements (tenant_id, at DESC);
SELECT app.tenant_table('portal.engagements', '');
SELECT portal.reads('portal.engagements', 'order'), portal.writes('portal.engagements', 'INSERT', 'order');
CREATE POLICY only_received ON portal.engagements AS RESTRICTIVE FOR INSERT TO decroche_portal
    WITH CHECK (state = 'received' AND mailed_at IS NULL AND invoice = '' AND (kind = 'order') = (subscription_id IS NULL));

-- The tariff of an offer, for who compares offers: of those that a plan names, and no other.
CREATE FUNCTION portal.offered_tariff(wanted text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT t.toml FROM billing.tariffs t
     WHERE t.name = wanted AND EXISTS (SELECT FROM billing.plans p WHERE strpos(p.toml, '"' || wanted || '"') > 0)
     ORDER BY t.version DESC LIMIT 1
$$;
SELECT portal.door('portal.offered_tariff(text)');
