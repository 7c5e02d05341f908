-- A fax may pick up too.
ALTER TABLE campaigns.tries DROP CONSTRAINT tries_picked_up_check;
ALTER TABLE campaigns.tries ADD CONSTRAINT tries_picked_up_check
    CHECK (picked_up IN ('', 'human', 'machine', 'screening', 'menu', 'fax'));
