-- What a call may come to: the words of store/base/endings.py, and no other. Rows from before are left as they are.

ALTER TABLE store.calls ADD CONSTRAINT calls_outcome_is_known CHECK (outcome IN (
    'answered', 'diverted',
    'no_answer', 'refused', 'unallocated', 'congestion', 'abandoned', 'returned', 'not_taken',
    'machine', 'screening', 'fax', 'busy', 'unavailable',
    'silence', 'max_duration', 'credit',
    'no_agent', 'full', 'outbound_blocked', 'balance_too_low', 'no_price', 'not_dialled',
    'failed', 'engine_failed', 'media_lost', 'lost',
    'imported'
)) NOT VALID;
