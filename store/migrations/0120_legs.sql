-- A leg that leaves: somebody rung for a call (a transfer, a fallback, a third party) is a call of its own, that says
-- which call it is of. It may be stored before that call, as both are written when they end: `leg_of` is no foreign key.
ALTER TABLE store.calls
    ADD COLUMN leg_of uuid,
    ADD COLUMN leg    text CHECK (leg IN ('transfer', 'fallback', 'third_party')),
    ADD CHECK ((leg IS NULL) = (leg_of IS NULL)),
    ADD CHECK (leg IS NULL OR direction = 'outbound');
CREATE INDEX calls_legs ON store.calls (leg_of) WHERE leg_of IS NOT NULL;

ALTER TABLE store.live_calls
    ADD COLUMN leg_of uuid,
    ADD COLUMN leg    text CHECK (leg IN ('transfer', 'fallback', 'third_party'));
