-- Recordings are encrypted at rest: each under a key of its own, wrapped by its client's, wrapped by the operator's, which
-- lies outside the database (`home/secrets/recordings-key`). Neither the files nor the database are readable alone.
CREATE TABLE store.tenant_keys (
    tenant_id uuid PRIMARY KEY REFERENCES store.tenants,
    key       bytea NOT NULL CHECK (octet_length(key) = 60),   -- nonce, 32 bytes, tag
    made_at   timestamptz NOT NULL DEFAULT now()
);
SELECT app.tenant_table('store.tenant_keys', 'SELECT, INSERT');
SELECT portal.reads('store.tenant_keys', 'audio');

-- Written just before the file, so that there may be no call yet. It goes with the recording: a copy of the file that
-- lies somewhere else is then noise.
CREATE TABLE store.recording_keys (
    tenant_id uuid NOT NULL REFERENCES store.tenants,
    call_id   uuid PRIMARY KEY,
    key       bytea NOT NULL CHECK (octet_length(key) = 60),
    made_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON store.recording_keys (tenant_id);
SELECT app.tenant_table('store.recording_keys', 'SELECT, INSERT');
SELECT portal.reads('store.recording_keys', 'audio');

CREATE FUNCTION store.recording_key_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM store.recording_keys WHERE call_id = OLD.id;
    RETURN NULL;
END $$;
SELECT app.definer('store.recording_key_goes()');
CREATE TRIGGER recording_key_goes AFTER UPDATE OF recording ON store.calls
    FOR EACH ROW WHEN (OLD.recording IS NOT NULL AND NEW.recording IS NULL) EXECUTE FUNCTION store.recording_key_goes();
