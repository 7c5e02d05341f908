-- Which of these numbers are opposed, for the session's tenant or operator-wide. In blocks, for long lists.
CREATE FUNCTION compliance.opposed_among(dialled text[], until timestamptz)
RETURNS TABLE (number text, opposed_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT o.number, max(o.opposed_at) FROM compliance.oppositions o
     WHERE o.number = ANY (dialled) AND o.opposed_at <= until
       AND (o.tenant_id IS NULL OR o.tenant_id = app.tenant())
     GROUP BY o.number
$$;
SELECT app.definer('compliance.opposed_among(text[], timestamptz)');
