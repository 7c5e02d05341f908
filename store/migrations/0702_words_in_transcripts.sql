-- Words are searched in what was said. Row-level security lets no index be used for `@@` (it is not leakproof): this
-- function filters the tenant itself, and asks for the right to read transcripts.
CREATE INDEX turns_words ON store.turns USING gin (to_tsvector('pg_catalog.french', text));

-- Calls that ended otherwise than most do: few, and looked for.
CREATE INDEX calls_otherwise ON store.calls (tenant_id, outcome, started_at DESC, id DESC) WHERE outcome <> 'answered';

-- Rare words are looked up and their calls put in order; common ones are met soon on the way back from the newest call.
-- Which they are the planner estimates: it is asked, so the function may not be STABLE.
CREATE FUNCTION portal.calls_saying(
    words text, way text, of_agent text, party text, came_out text, since timestamptz, until timestamptz,
    before_at timestamptz, before_id uuid, most integer
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    whose uuid := portal.tenant();
    sought tsquery := websearch_to_tsquery('pg_catalog.french', words);
    estimate json;
    filters text := ' c.tenant_id = $1 AND ($3::text IS NULL OR c.direction = $3) AND ($4::text IS NULL OR c.agent = $4)
        AND ($5::text IS NULL OR c.caller = $5 OR c.callee = $5) AND ($6::text IS NULL OR c.outcome = $6)
        AND ($7::timestamptz IS NULL OR c.started_at >= $7) AND ($8::timestamptz IS NULL OR c.started_at < $8)
        AND ($9::timestamptz IS NULL OR (c.started_at, c.id) < ($9, $10))
        ORDER BY c.started_at DESC, c.id DESC LIMIT $11';
    chosen text;
BEGIN
    IF whose IS NULL OR NOT portal.may('transcripts') OR numnode(sought) = 0 THEN RETURN; END IF;
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM store.turns t
                     WHERE to_tsvector(''pg_catalog.french'', t.text) @@ %L::tsquery', sought) INTO estimate;
    IF (estimate -> 0 -> 'Plan' ->> 'Plan Rows')::float8 < 20000 THEN
        chosen := 'WITH said AS MATERIALIZED (
                       SELECT DISTINCT t.call_id FROM store.turns t
                        WHERE to_tsvector(''pg_catalog.french'', t.text) @@ $2 AND t.tenant_id = $1)
                   SELECT c.id FROM said JOIN store.calls c ON c.id = said.call_id WHERE' || filters;
    ELSE
        chosen := 'SELECT c.id FROM store.calls c
                    WHERE EXISTS (SELECT FROM store.turns t WHERE t.call_id = c.id
                                     AND to_tsvector(''pg_catalog.french'', t.text) @@ $2) AND' || filters;
    END IF;
    RETURN QUERY EXECUTE chosen
      USING whose, sought, way, of_agent, party, came_out, since, until, before_at, before_id, least(most, 10001);
END $$;
SELECT portal.door('portal.calls_saying(text, text, text, text, text, timestamptz, timestamptz, timestamptz, uuid, integer)');
