-- A call's page shows by which trunk it came or went, and what was made of it.
SELECT portal.reads('store.trunk_calls', 'calls'), portal.reads('store.analyses', 'transcripts');
