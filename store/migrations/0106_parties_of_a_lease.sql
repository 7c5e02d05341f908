-- A call whose node died, and which ended before another looked, is written down from its lease: it says who talked.
ALTER TABLE store.live_calls
    ADD COLUMN caller text NOT NULL DEFAULT '',
    ADD COLUMN callee text NOT NULL DEFAULT '';
