-- A client's own team, letters with one-use links, and proof of oneself before what binds or reveals.

-- When the bearer last proved who they are in this session: by a code where there is a second step, else by the password.
ALTER TABLE portal.sessions ADD COLUMN proved_at timestamptz;

CREATE FUNCTION portal.sure_at() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(s.proved_at, CASE WHEN p.totp_secret IS NULL THEN s.began_at ELSE s.mfa_at END)
      FROM portal.sessions s JOIN portal.people p ON p.id = s.person_id
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex')
       AND s.ended_at IS NULL AND NOT s.waiting
$$;
SELECT portal.door('portal.sure_at()');

CREATE FUNCTION portal.prove(at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE portal.sessions s SET proved_at = at
     WHERE s.token_hash = decode(nullif(current_setting('app.session', true), ''), 'hex')
       AND s.ended_at IS NULL AND NOT s.waiting
$$;
SELECT portal.door('portal.prove(timestamptz)');

-- == The team. The operator's commands and a client's own pages come by the same functions.

CREATE FUNCTION portal.gate(target text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal.door(target);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO decroche_operator', target::regprocedure);
END $$;

-- Raises unless the operator asks, or a person of that client who has the right.
CREATE FUNCTION portal.manages(whose uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT (pg_has_role(session_user, 'decroche_operator', 'MEMBER')
            OR coalesce(whose = portal.tenant() AND portal.may('team'), false)) THEN
        RAISE EXCEPTION 'the team is another''s' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION portal.team(whose uuid, at timestamptz)
RETURNS TABLE (person_id uuid, email text, name text, roles text[], second_step boolean, invited boolean, since timestamptz,
               ended_at timestamptz, seen_at timestamptz, sessions integer)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    PERFORM portal.manages(whose);
    RETURN QUERY
    SELECT p.id, p.email, p.name, m.roles, p.totp_secret IS NOT NULL, p.password IS NULL, m.since,
           coalesce(m.ended_at, p.ended_at),
           (SELECT max(s.seen_at) FROM portal.sessions s WHERE s.person_id = p.id AND s.tenant_id = whose),
           (SELECT count(*) FROM portal.sessions s
             WHERE s.person_id = p.id AND s.tenant_id = whose AND s.ended_at IS NULL AND at < s.expires_at
               AND at < s.seen_at + interval '8 hours')::integer
      FROM portal.members m JOIN portal.people p ON p.id = m.person_id
     WHERE m.tenant_id = whose ORDER BY coalesce(m.ended_at, p.ended_at) NULLS FIRST, p.email;
END $$;
SELECT portal.gate('portal.team(uuid, timestamptz)');

-- A person works for a client from now on, in these roles; new ones have no password until they choose one by a link.
-- Null: an ended person, whom only the operator lets in again.
CREATE FUNCTION portal.take_in(whose uuid, new_id uuid, new_email text, new_name text, held text[], maker text, at timestamptz)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE found portal.people;
BEGIN
    PERFORM portal.manages(whose);
    INSERT INTO portal.people (id, email, name) VALUES (new_id, new_email, new_name) ON CONFLICT (email) DO NOTHING;
    SELECT * INTO STRICT found FROM portal.people p WHERE p.email = new_email;
    IF found.ended_at IS NOT NULL THEN RETURN NULL; END IF;
    INSERT INTO portal.members (tenant_id, person_id, roles, invited_by, since) VALUES (whose, found.id, held, maker, at)
    ON CONFLICT (tenant_id, person_id) DO UPDATE SET roles = excluded.roles, ended_at = NULL, invited_by = excluded.invited_by;
    RETURN found.id;
END $$;
SELECT portal.gate('portal.take_in(uuid, uuid, text, text, text[], text, timestamptz)');

-- Raises when a client would be left without anybody who may manage it (the operator may leave it so).
CREATE FUNCTION portal.keeps_a_holder(whose uuid, without uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM portal.members m WHERE m.tenant_id = whose ORDER BY m.person_id FOR UPDATE;
    IF NOT pg_has_role(session_user, 'decroche_operator', 'MEMBER') AND NOT EXISTS (
        SELECT FROM portal.members m JOIN portal.people p ON p.id = m.person_id AND p.ended_at IS NULL
         WHERE m.tenant_id = whose AND m.person_id <> without AND m.ended_at IS NULL AND 'titulaire' = ANY (m.roles)) THEN
        RAISE EXCEPTION 'nobody would hold the account' USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- Other roles; false: the person does not work there.
CREATE FUNCTION portal.set_roles(whose uuid, who uuid, held text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal.manages(whose);
    IF NOT 'titulaire' = ANY (held) THEN PERFORM portal.keeps_a_holder(whose, who); END IF;
    UPDATE portal.members m SET roles = held WHERE m.tenant_id = whose AND m.person_id = who AND m.ended_at IS NULL;
    RETURN FOUND;
END $$;
SELECT portal.gate('portal.set_roles(uuid, uuid, text[])');

-- The person works there no more: how many sessions were cut; null: they did not.
CREATE FUNCTION portal.take_out(whose uuid, who uuid, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE cut integer;
BEGIN
    PERFORM portal.manages(whose);
    PERFORM portal.keeps_a_holder(whose, who);
    UPDATE portal.members m SET ended_at = at WHERE m.tenant_id = whose AND m.person_id = who AND m.ended_at IS NULL;
    IF NOT FOUND THEN RETURN NULL; END IF;
    UPDATE portal.sessions s SET ended_at = at, ended_why = 'ended'
     WHERE s.person_id = who AND s.tenant_id = whose AND s.ended_at IS NULL;
    GET DIAGNOSTICS cut = ROW_COUNT;
    RETURN cut;
END $$;
SELECT portal.gate('portal.take_out(uuid, uuid, timestamptz)');

-- == Letters: the worker makes the one-use link when it sends it, so that no token ever waits in a table.

CREATE FUNCTION portal.letter(whose uuid, subject text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO store.jobs (tenant_id, id, kind, about, priority, most_tries)
    VALUES (whose, gen_random_uuid(), 'portal.letter', subject, 10, 8) ON CONFLICT DO NOTHING;
    SELECT pg_notify('decroche_jobs', '');
$$;

CREATE FUNCTION portal.ask_letter(whose uuid, who uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal.manages(whose);
    IF EXISTS (SELECT FROM portal.members m WHERE m.tenant_id = whose AND m.person_id = who AND m.ended_at IS NULL) THEN
        PERFORM portal.letter(whose, 'invitation/' || who);
    END IF;
END $$;
SELECT portal.gate('portal.ask_letter(uuid, uuid)');

-- Somebody forgot their password: a letter to whoever has that address, and nothing told of whether anybody has.
CREATE FUNCTION portal.forgotten(wanted text) RETURNS void LANGUAGE sql AS $$
    SELECT portal.letter(m.tenant_id, 'reset/' || p.id)
      FROM portal.people p
      JOIN portal.members m ON m.person_id = p.id AND m.ended_at IS NULL
      JOIN store.tenants t ON t.id = m.tenant_id AND t.status <> 'closed'
     WHERE p.email = wanted AND p.ended_at IS NULL AND p.compromised_at IS NULL
     ORDER BY m.since LIMIT 1
$$;
SELECT portal.door('portal.forgotten(text)');

-- The worker writes a letter: to whom, and under which link (of the job's own client's people only).
CREATE FUNCTION portal.write_letter(who uuid, wanted text, shown bytea, at timestamptz, until timestamptz)
RETURNS TABLE (email text, name text, client text, first boolean, link boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found portal.people; needed boolean;
BEGIN
    SELECT p.* INTO found FROM portal.people p
      JOIN portal.members m ON m.person_id = p.id AND m.tenant_id = app.tenant() AND m.ended_at IS NULL
     WHERE p.id = who AND p.ended_at IS NULL AND p.compromised_at IS NULL;
    IF found.id IS NULL THEN RETURN; END IF;
    needed := wanted = 'reset' OR found.password IS NULL;
    IF needed THEN
        UPDATE portal.links l SET used_at = at WHERE l.person_id = who AND l.purpose = wanted AND l.used_at IS NULL;
        INSERT INTO portal.links (token_hash, person_id, purpose, made_by, made_at, expires_at)
        VALUES (shown, who, wanted, 'service:letters', at, until);
    END IF;
    RETURN QUERY SELECT found.email, found.name, t.name, found.password IS NULL, needed
                   FROM store.tenants t WHERE t.id = app.tenant();
END $$;
SELECT app.definer('portal.write_letter(uuid, text, bytea, timestamptz, timestamptz)');

-- Where the log's chain ends is shown beside the journal.
GRANT EXECUTE ON FUNCTION store.audit_end() TO decroche_portal;
