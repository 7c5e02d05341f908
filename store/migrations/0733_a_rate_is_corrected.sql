-- A legal rate that was mistyped is corrected by another word on the same half-year; both stay, the last one counts.
ALTER TABLE billing.legal_rates DROP CONSTRAINT legal_rates_pkey, ADD PRIMARY KEY (begins, added_at);
