-- Passkeys: a second step beside one-time codes, and a way in without a password. The web reads and writes them through the
-- functions below only. What stands here is public keys: nobody comes in by reading it.
CREATE TABLE portal.passkeys (
    id         uuid PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES portal.people,
    site       text NOT NULL,                               -- the host it is bound to (rp id)
    credential bytea NOT NULL UNIQUE CHECK (octet_length(credential) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL CHECK (octet_length(public_key) BETWEEN 1 AND 2048),   -- COSE
    sign_count bigint NOT NULL CHECK (sign_count >= 0),     -- the last one shown; 0: the device does not count
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    made_at    timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX ON portal.passkeys (person_id);
SELECT app.shared_table('portal.passkeys', 'of a person, who may work for several clients', '');

-- What a device is asked to sign: once, within five minutes, by the browser it was drawn for.
CREATE TABLE portal.challenges (
    holder     bytea NOT NULL CHECK (octet_length(holder) = 32),   -- SHA-256 of the session's token, or of the visit's
    purpose    text NOT NULL CHECK (purpose IN ('make', 'sign_in', 'second_step', 'prove')),
    challenge  bytea NOT NULL CHECK (octet_length(challenge) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (holder, purpose)
);
CREATE INDEX ON portal.challenges (expires_at);
SELECT app.shared_table('portal.challenges', 'drawn before it is known whose', '');

CREATE FUNCTION portal.draw_challenge(shown bytea, wanted text, drawn bytea, at timestamptz) RETURNS void LANGUAGE sql AS $$
    DELETE FROM portal.challenges c WHERE c.expires_at < at;
    INSERT INTO portal.challenges (holder, purpose, challenge, expires_at) VALUES (shown, wanted, drawn, at + interval '5 minutes')
    ON CONFLICT (holder, purpose) DO UPDATE SET challenge = excluded.challenge, expires_at = excluded.expires_at
$$;
SELECT portal.door('portal.draw_challenge(bytea, text, bytea, timestamptz)');

-- Takes it away, whatever comes of it. Null: none was drawn, it was taken, or it is too old.
CREATE FUNCTION portal.take_challenge(shown bytea, wanted text, at timestamptz) RETURNS bytea LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM portal.challenges c WHERE c.holder = shown AND c.purpose = wanted
                  RETURNING c.challenge, c.expires_at)
    SELECT g.challenge FROM gone g WHERE at < g.expires_at
$$;
SELECT portal.door('portal.take_challenge(bytea, text, timestamptz)');

-- Whether something beside the password is asked of them.
CREATE FUNCTION portal.has_second_step(who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM portal.people p WHERE p.id = who AND p.totp_secret IS NOT NULL)
        OR EXISTS (SELECT FROM portal.passkeys k WHERE k.person_id = who)
$$;
SELECT portal.gate('portal.has_second_step(uuid)');

-- The passkeys of the bearer of this session, also while it waits for the second step.
CREATE FUNCTION portal.my_passkeys()
RETURNS TABLE (id uuid, site text, credential bytea, name text, made_at timestamptz, used_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT k.id, k.site, k.credential, k.name, k.made_at, k.used_at FROM portal.passkeys k
     WHERE k.person_id = portal.person() ORDER BY k.made_at, k.id
$$;
SELECT portal.door('portal.my_passkeys()');

-- Whose passkey it is, and what its signature is held against. No row: nobody's who may come in.
CREATE FUNCTION portal.passkey(shown bytea, here text)
RETURNS TABLE (id uuid, person_id uuid, public_key bytea, sign_count bigint) LANGUAGE sql STABLE AS $$
    SELECT k.id, k.person_id, k.public_key, k.sign_count
      FROM portal.passkeys k JOIN portal.people p ON p.id = k.person_id
     WHERE k.credential = shown AND k.site = here AND p.ended_at IS NULL AND p.compromised_at IS NULL
$$;
SELECT portal.door('portal.passkey(bytea, text)');

-- It was shown: false where another showed it meanwhile, or it is gone.
CREATE FUNCTION portal.passkey_shown(one uuid, counted bigint, counts bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal.passkeys k SET sign_count = counts, used_at = at WHERE k.id = one AND k.sign_count = counted;
    RETURN FOUND;
END $$;
SELECT portal.door('portal.passkey_shown(uuid, bigint, bigint, timestamptz)');

-- A letter of one's keys, by the worker, under the first client the person works for; nobody's: none.
CREATE FUNCTION portal.tell_of_passkey(who uuid, subject text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO store.jobs (tenant_id, id, kind, about, priority, most_tries)
    SELECT m.tenant_id, gen_random_uuid(), 'portal.passkey', subject, 10, 8
      FROM portal.members m JOIN store.tenants t ON t.id = m.tenant_id AND t.status <> 'closed'
     WHERE m.person_id = who AND m.ended_at IS NULL ORDER BY m.since LIMIT 1
    ON CONFLICT DO NOTHING;
    PERFORM pg_notify('decroche_jobs', '');
END $$;

-- Another one of the bearer of this session. 'first': the recovery codes given hold from now on; 'more': those before do;
-- 'known', 'many', 'nobody': nothing was done.
CREATE FUNCTION portal.add_passkey(new_id uuid, here text, shown bytea, key bytea, counts bigint, called text, codes bytea[],
                                   at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE who uuid; alone boolean;
BEGIN
    SELECT s.person_id INTO who FROM portal.sessions s
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex') AND s.ended_at IS NULL AND NOT s.waiting;
    IF who IS NULL THEN RETURN 'nobody'; END IF;
    PERFORM FROM portal.people p WHERE p.id = who FOR UPDATE;   -- two at once take turns
    IF (SELECT count(*) FROM portal.passkeys k WHERE k.person_id = who) >= 10 THEN RETURN 'many'; END IF;
    alone := NOT portal.has_second_step(who);
    INSERT INTO portal.passkeys (id, person_id, site, credential, public_key, sign_count, name, made_at)
    VALUES (new_id, who, here, shown, key, counts, called, at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'known'; END IF;
    IF alone THEN
        DELETE FROM portal.recovery_codes c WHERE c.person_id = who;
        INSERT INTO portal.recovery_codes (person_id, hash) SELECT who, unnest(codes);
    END IF;
    PERFORM portal.tell_of_passkey(who, 'added/' || who || '/' || new_id);
    RETURN CASE WHEN alone THEN 'first' ELSE 'more' END;
END $$;
SELECT portal.door('portal.add_passkey(uuid, text, bytea, bytea, bigint, text, bytea[], timestamptz)');

-- Takes one of theirs away; its name, null where it is not theirs. With the last second step go the recovery codes.
CREATE FUNCTION portal.remove_passkey(one uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE who uuid; called text;
BEGIN
    SELECT s.person_id INTO who FROM portal.sessions s
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex') AND s.ended_at IS NULL AND NOT s.waiting;
    PERFORM FROM portal.people p WHERE p.id = who FOR UPDATE;
    DELETE FROM portal.passkeys k WHERE k.id = one AND k.person_id = who RETURNING k.name INTO called;
    IF called IS NULL THEN RETURN NULL; END IF;
    IF NOT portal.has_second_step(who) THEN DELETE FROM portal.recovery_codes c WHERE c.person_id = who; END IF;
    PERFORM portal.tell_of_passkey(who, 'removed/' || who || '/' || one);
    RETURN called;
END $$;
SELECT portal.door('portal.remove_passkey(uuid)');

-- A new session of who showed a passkey, which is both steps in one.
CREATE FUNCTION portal.begin_by_passkey(new_id uuid, shown bytea, who uuid, at timestamptz, from_address text, with_browser text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal.begin(new_id, shown, who, false, at, from_address, with_browser);
    UPDATE portal.sessions s SET mfa_at = at WHERE s.id = new_id;
END $$;
SELECT portal.door('portal.begin_by_passkey(uuid, bytea, uuid, timestamptz, text, text)');

-- The worker writes to them: of the job's own client's people only.
CREATE FUNCTION portal.person_written_to(who uuid) RETURNS TABLE (email text, name text) LANGUAGE sql STABLE AS $$
    SELECT p.email, p.name FROM portal.people p
      JOIN portal.members m ON m.person_id = p.id AND m.tenant_id = app.tenant()
     WHERE p.id = who AND p.ended_at IS NULL
$$;
SELECT app.definer('portal.person_written_to(uuid)');

-- == What knew of one-time codes alone

-- Codes are taken away, and with them the recovery codes unless a passkey stays.
CREATE OR REPLACE FUNCTION portal.set_second_step(secret text, step bigint, codes bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal.people p SET totp_secret = secret, totp_step = step WHERE p.id = portal.person();
    IF secret IS NULL AND portal.has_second_step(portal.person()) THEN RETURN; END IF;
    DELETE FROM portal.recovery_codes c WHERE c.person_id = portal.person();
    INSERT INTO portal.recovery_codes (person_id, hash) SELECT portal.person(), unnest(codes);
END $$;
SELECT portal.door('portal.set_second_step(text, bigint, bytea[])');

CREATE OR REPLACE FUNCTION portal.sure_at() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(s.proved_at, CASE WHEN portal.has_second_step(s.person_id) THEN s.mfa_at ELSE s.began_at END)
      FROM portal.sessions s
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex')
       AND s.ended_at IS NULL AND NOT s.waiting
$$;
SELECT portal.door('portal.sure_at()');

CREATE OR REPLACE FUNCTION portal.enter(shown bytea, at timestamptz)
RETURNS TABLE (session_id uuid, person_id uuid, email text, name text, second_step boolean, mfa_at timestamptz,
               waiting boolean, tenant_id uuid, tenant text, tenant_name text, timezone text, roles text[], rights text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found portal.sessions;
BEGIN
    PERFORM set_config('app.session', '', true), set_config('app.key', '', true), set_config('app.tenant', '', true);
    SELECT * INTO found FROM portal.sessions s
     WHERE s.token_hash = shown AND s.ended_at IS NULL AND at < s.expires_at AND at < s.seen_at + interval '8 hours';
    IF found.id IS NULL THEN RETURN; END IF;
    IF found.seen_at < at - interval '1 minute' THEN
        UPDATE portal.sessions s SET seen_at = at WHERE s.id = found.id;
    END IF;
    PERFORM set_config('app.session', encode(shown, 'hex'), true),
            set_config('app.tenant', coalesce((SELECT x.tenant_id FROM portal.seat() x)::text, ''), true);
    RETURN QUERY
    SELECT found.id, p.id, p.email, p.name, portal.has_second_step(p.id), found.mfa_at, found.waiting,
           x.tenant_id, t.slug, t.name, t.timezone, m.roles, coalesce(x.rights, '{}')
      FROM portal.people p
      LEFT JOIN portal.seat() x ON true
      LEFT JOIN store.tenants t ON t.id = x.tenant_id
      LEFT JOIN portal.members m ON m.tenant_id = x.tenant_id AND m.person_id = p.id
     WHERE p.id = found.person_id AND p.ended_at IS NULL;
END $$;
SELECT portal.door('portal.enter(bytea, timestamptz)');

CREATE OR REPLACE FUNCTION portal.team(whose uuid, at timestamptz)
RETURNS TABLE (person_id uuid, email text, name text, roles text[], second_step boolean, invited boolean, since timestamptz,
               ended_at timestamptz, seen_at timestamptz, sessions integer)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    PERFORM portal.manages(whose);
    RETURN QUERY
    SELECT p.id, p.email, p.name, m.roles, portal.has_second_step(p.id), p.password IS NULL, m.since,
           coalesce(m.ended_at, p.ended_at),
           (SELECT max(s.seen_at) FROM portal.sessions s WHERE s.person_id = p.id AND s.tenant_id = whose),
           (SELECT count(*) FROM portal.sessions s
             WHERE s.person_id = p.id AND s.tenant_id = whose AND s.ended_at IS NULL AND at < s.expires_at
               AND at < s.seen_at + interval '8 hours')::integer
      FROM portal.members m JOIN portal.people p ON p.id = m.person_id
     WHERE m.tenant_id = whose ORDER BY coalesce(m.ended_at, p.ended_at) NULLS FIRST, p.email;
END $$;
SELECT portal.gate('portal.team(uuid, timestamptz)');

-- "My account is compromised": somebody else may have put a passkey there, so all of them go.
CREATE OR REPLACE FUNCTION portal.compromised(at timestamptz) RETURNS TABLE (sessions integer, keys integer, tenants uuid[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE who uuid := portal.person(); maker text; cut_sessions integer; cut_keys integer; places uuid[];
BEGIN
    SELECT 'person:' || p.email INTO maker FROM portal.people p WHERE p.id = who;
    places := ARRAY(SELECT m.tenant_id FROM portal.members m WHERE m.person_id = who AND m.ended_at IS NULL);
    UPDATE portal.people p SET password = NULL, compromised_at = at WHERE p.id = who;
    DELETE FROM portal.passkeys k WHERE k.person_id = who;
    UPDATE portal.links l SET used_at = at WHERE l.person_id = who AND l.used_at IS NULL;
    UPDATE portal.api_keys k SET ended_at = at
     WHERE k.ended_at IS NULL AND (k.made_by = maker OR k.tenant_id IN
           (SELECT m.tenant_id FROM portal.members m WHERE m.person_id = who AND 'titulaire' = ANY (m.roles)));
    GET DIAGNOSTICS cut_keys = ROW_COUNT;
    INSERT INTO billing.notices (tenant_id, id, kind, about, audience, body)
    SELECT t, gen_random_uuid(), 'account_compromised', who::text || '/' || at::text, 'operator',
           jsonb_build_object('what', substr(maker, 8), 'to_do', 'decroche person reset ' || substr(maker, 8))
      FROM unnest(places) t ON CONFLICT DO NOTHING;
    UPDATE portal.sessions s SET ended_at = at, ended_why = 'compromised' WHERE s.person_id = who AND s.ended_at IS NULL;
    GET DIAGNOSTICS cut_sessions = ROW_COUNT;
    RETURN QUERY SELECT cut_sessions, cut_keys, places;
END $$;
SELECT portal.door('portal.compromised(timestamptz)');
