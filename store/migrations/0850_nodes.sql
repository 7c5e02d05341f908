-- The machines that share this database, each by the last that it said of itself: what `decroche status` tells of the others.
CREATE TABLE store.nodes (
    node      text PRIMARY KEY CHECK (node <> '' AND length(node) <= 255),
    seen_at   timestamptz NOT NULL DEFAULT now(),
    ready     boolean NOT NULL,                                 -- it takes calls
    calls     integer NOT NULL CHECK (calls >= 0),              -- in progress there
    room      integer NOT NULL CHECK (room >= 0)                -- of how many at once; 0: any number
);
SELECT app.shared_table('store.nodes', 'the operator''s machines, no client''s', 'SELECT, INSERT, UPDATE, DELETE');
