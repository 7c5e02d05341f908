-- A request with an Idempotency-Key is known again by portal.answers alone, whatever it asked for.
DROP INDEX support.asked_once;
ALTER TABLE support.posts DROP COLUMN ref;
