-- What the web does for people at its door. Each function does one thing, and says no more than that needs.

-- Somebody signs in: what their password and code are held against. No row: nobody of that name.
CREATE FUNCTION portal.known(wanted text)
RETURNS TABLE (person_id uuid, password text, totp_secret text, totp_step bigint) LANGUAGE sql STABLE AS $$
    SELECT p.id, p.password, p.totp_secret, p.totp_step FROM portal.people p
     WHERE p.email = wanted AND p.ended_at IS NULL
$$;
SELECT portal.door('portal.known(text)');

-- The same, of the session shown in this transaction.
CREATE FUNCTION portal.myself() RETURNS TABLE (person_id uuid, password text, totp_secret text, totp_step bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.id, p.password, p.totp_secret, p.totp_step FROM portal.people p WHERE p.id = portal.person()
$$;
SELECT portal.door('portal.myself()');

-- What failed lately under these names; the rows are held to the transaction's end, so that guesses take turns.
CREATE FUNCTION portal.failures(wanted bytea[]) RETURNS TABLE (key bytea, failures integer, last_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO portal.throttles (key, failures, last_at)
    SELECT k, 0, '-infinity' FROM (SELECT DISTINCT unnest(wanted) AS k ORDER BY 1) names ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT t.key, t.failures, t.last_at FROM portal.throttles t WHERE t.key = ANY (wanted) ORDER BY 1 FOR UPDATE;
END $$;
SELECT portal.door('portal.failures(bytea[])');

-- One more failure; those of another day are forgotten first.
CREATE FUNCTION portal.failed(wanted bytea[], at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO portal.throttles AS t (key, failures, last_at) SELECT k, 1, at FROM (SELECT DISTINCT unnest(wanted) AS k ORDER BY 1) names
    ON CONFLICT (key) DO UPDATE SET last_at = at,
        failures = CASE WHEN t.last_at < at - interval '24 hours' THEN 1 ELSE least(t.failures + 1, 1000) END
$$;
SELECT portal.door('portal.failed(bytea[], timestamptz)');

CREATE FUNCTION portal.succeeded(wanted bytea[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM portal.throttles t WHERE t.key = ANY (wanted)
$$;
SELECT portal.door('portal.succeeded(bytea[])');

-- A new session, of the only client of the person, or of none until one is chosen.
CREATE FUNCTION portal.begin(new_id uuid, shown bytea, who uuid, second_step_due boolean, at timestamptz,
                             from_address text, with_browser text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO portal.sessions (id, token_hash, person_id, tenant_id, waiting, began_at, seen_at, expires_at, address, browser)
    SELECT new_id, shown, who,
           (SELECT CASE WHEN count(*) = 1 THEN (array_agg(m.tenant_id))[1] END
              FROM portal.members m JOIN store.tenants t ON t.id = m.tenant_id AND t.status <> 'closed'
             WHERE m.person_id = who AND m.ended_at IS NULL),
           second_step_due, at, at, at + interval '7 days', left(from_address, 64), left(with_browser, 200)
$$;
SELECT portal.door('portal.begin(uuid, bytea, uuid, boolean, timestamptz, text, text)');

-- The session goes on under another token: what was known before a step opens nothing after it.
CREATE FUNCTION portal.renew(shown bytea, chosen uuid, step_done boolean, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE mine portal.sessions;
BEGIN
    SELECT * INTO mine FROM portal.sessions s
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex') AND s.ended_at IS NULL FOR UPDATE;
    IF mine.id IS NULL OR (mine.waiting AND NOT step_done) THEN RETURN false; END IF;
    IF chosen IS NOT NULL AND NOT EXISTS (
        SELECT FROM portal.members m JOIN store.tenants t ON t.id = m.tenant_id AND t.status <> 'closed'
         WHERE m.person_id = mine.person_id AND m.tenant_id = chosen AND m.ended_at IS NULL) THEN RETURN false; END IF;
    UPDATE portal.sessions s
       SET token_hash = shown, waiting = false, seen_at = at, tenant_id = coalesce(chosen, s.tenant_id),
           mfa_at = CASE WHEN step_done THEN at ELSE s.mfa_at END
     WHERE s.id = mine.id;
    RETURN true;
END $$;
SELECT portal.door('portal.renew(bytea, uuid, boolean, timestamptz)');

-- The clients the person of this session works for.
CREATE FUNCTION portal.places() RETURNS TABLE (tenant_id uuid, slug text, name text, roles text[]) LANGUAGE sql STABLE AS $$
    SELECT t.id, t.slug, t.name, m.roles
      FROM portal.members m JOIN store.tenants t ON t.id = m.tenant_id AND t.status <> 'closed'
     WHERE m.person_id = portal.person() AND m.ended_at IS NULL
       AND NOT (SELECT s.waiting FROM portal.sessions s
                 WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex'))
     ORDER BY t.name
$$;
SELECT portal.door('portal.places()');

CREATE FUNCTION portal.my_sessions(at timestamptz)
RETURNS TABLE (id uuid, mine boolean, tenant text, began_at timestamptz, seen_at timestamptz, address text, browser text)
LANGUAGE sql STABLE AS $$
    SELECT s.id, s.token_hash = decode(current_setting('app.session', true), 'hex'), t.name, s.began_at, s.seen_at,
           s.address, s.browser
      FROM portal.sessions s LEFT JOIN store.tenants t ON t.id = s.tenant_id
     WHERE s.person_id = portal.person() AND s.ended_at IS NULL AND at < s.expires_at
       AND at < s.seen_at + interval '8 hours' AND NOT s.waiting
     ORDER BY s.seen_at DESC
$$;
SELECT portal.door('portal.my_sessions(timestamptz)');

-- One session of the person's, or all but this one where none is named; how many ended.
CREATE FUNCTION portal.cut(one uuid, why text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE done integer;
BEGIN
    UPDATE portal.sessions s SET ended_at = at, ended_why = why
     WHERE s.person_id = portal.person() AND s.ended_at IS NULL
       AND CASE WHEN one IS NULL THEN s.token_hash <> decode(current_setting('app.session', true), 'hex') ELSE s.id = one END;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;
SELECT portal.door('portal.cut(uuid, text, timestamptz)');

-- A code of the second step counts once: false when it, or a later one, was taken before.
CREATE FUNCTION portal.take_step(step bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal.people p SET totp_step = step WHERE p.id = portal.person() AND p.totp_step < step;
    RETURN FOUND;
END $$;
SELECT portal.door('portal.take_step(bigint)');

CREATE FUNCTION portal.take_recovery(code bytea, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal.recovery_codes c SET used_at = at
     WHERE c.person_id = portal.person() AND c.hash = code AND c.used_at IS NULL;
    RETURN FOUND;
END $$;
SELECT portal.door('portal.take_recovery(bytea, timestamptz)');

-- The second step, set up or (secret null) taken away; the recovery codes with it.
CREATE FUNCTION portal.set_second_step(secret text, step bigint, codes bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal.people p SET totp_secret = secret, totp_step = step WHERE p.id = portal.person();
    DELETE FROM portal.recovery_codes c WHERE c.person_id = portal.person();
    INSERT INTO portal.recovery_codes (person_id, hash) SELECT portal.person(), unnest(codes);
END $$;
SELECT portal.door('portal.set_second_step(text, bigint, bytea[])');

CREATE FUNCTION portal.set_password(new_password text) RETURNS void LANGUAGE sql AS $$
    UPDATE portal.people p SET password = new_password WHERE p.id = portal.person()
$$;
SELECT portal.door('portal.set_password(text)');

-- A one-use link: whose it is; no row once it was used, or is too old.
CREATE FUNCTION portal.link(shown bytea, at timestamptz) RETURNS TABLE (email text, name text, purpose text)
LANGUAGE sql STABLE AS $$
    SELECT p.email, p.name, l.purpose FROM portal.links l JOIN portal.people p ON p.id = l.person_id AND p.ended_at IS NULL
     WHERE l.token_hash = shown AND l.used_at IS NULL AND at < l.expires_at
$$;
SELECT portal.door('portal.link(bytea, timestamptz)');

-- Choose a password by a link, once; every session of the person ends. Their e-mail; null: the link opens nothing.
CREATE FUNCTION portal.use_link(shown bytea, new_password text, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE whose uuid;
BEGIN
    UPDATE portal.links l SET used_at = at
     WHERE l.token_hash = shown AND l.used_at IS NULL AND at < l.expires_at RETURNING l.person_id INTO whose;
    IF whose IS NULL THEN RETURN NULL; END IF;
    UPDATE portal.people p SET password = new_password WHERE p.id = whose;
    UPDATE portal.sessions s SET ended_at = at, ended_why = 'password' WHERE s.person_id = whose AND s.ended_at IS NULL;
    RETURN (SELECT p.email FROM portal.people p WHERE p.id = whose);
END $$;
SELECT portal.door('portal.use_link(bytea, text, timestamptz)');

-- "My account is compromised": every session and every key this person made ends, the password and second step are void.
CREATE FUNCTION portal.compromised(at timestamptz) RETURNS TABLE (sessions integer, keys integer, tenants uuid[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE who uuid := portal.person(); maker text; cut_sessions integer; cut_keys integer; places uuid[];
BEGIN
    SELECT 'person:' || p.email INTO maker FROM portal.people p WHERE p.id = who;
    places := ARRAY(SELECT m.tenant_id FROM portal.members m WHERE m.person_id = who AND m.ended_at IS NULL);
    UPDATE portal.people p SET password = NULL, compromised_at = at WHERE p.id = who;
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
