-- Words are searched in what was said. Row-level security lets no index be used for `@@` (it is not leakproof): this
-- function filters the tenant itself, and asks for the right to read transcripts.
CREATE INDEX turns_words ON store.turns USING gin (to_tsvector('pg_catalog.french', text));

CREATE FUNCTION portal.calls_saying(
    words text, way text, of_agent text, party text, came_out text, since timestamptz, until timestamptz,
    before_at timestamptz, before_id uuid, most integer
) RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
DECLARE whose uuid := portal.tenant();
BEGIN
    IF whose IS NULL OR NOT portal.may('transcripts') THEN RETURN; END IF;
    RETURN QUERY EXECUTE
        'SELECT c.id FROM store.calls c
          WHERE c.tenant_id = $1
            AND ($3::text IS NULL OR c.direction = $3) AND ($4::text IS NULL OR c.agent = $4)
            AND ($5::text IS NULL OR c.caller = $5 OR c.callee = $5) AND ($6::text IS NULL OR c.outcome = $6)
            AND ($7::timestamptz IS NULL OR c.started_at >= $7) AND ($8::timestamptz IS NULL OR c.started_at < $8)
            AND ($9::timestamptz IS NULL OR (c.started_at, c.id) < ($9, $10))
            AND EXISTS (SELECT FROM store.turns t WHERE t.call_id = c.id
                           AND to_tsvector(''pg_catalog.french'', t.text)
                               @@ websearch_to_tsquery(''pg_catalog.french'', $2))
          ORDER BY c.started_at DESC, c.id DESC LIMIT $11'
    USING whose, words, way, of_agent, party, came_out, since, until, before_at, before_id, least(most, 10001);
END $$;
SELECT portal.door('portal.calls_saying(text, text, text, text, text, timestamptz, timestamptz, timestamptz, uuid, integer)');
