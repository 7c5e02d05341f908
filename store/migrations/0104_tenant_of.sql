-- In 0101 the parameter `name` was taken for the column store.tenants.name: no slug was ever found.
DROP FUNCTION store.tenant_of(text);
CREATE FUNCTION store.tenant_of(wanted text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT t.id FROM store.tenants t WHERE t.slug = wanted
$$;
SELECT app.definer('store.tenant_of(text)');
