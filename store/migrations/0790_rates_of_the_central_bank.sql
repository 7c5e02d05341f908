-- A public body that is late owes interest by the European Central Bank's rate (CCP R2192-31).
ALTER TABLE billing.legal_rates
    ADD COLUMN base text NOT NULL DEFAULT 'legal' CHECK (base IN ('legal', 'ecb')),
    DROP CONSTRAINT legal_rates_pkey, ADD PRIMARY KEY (base, begins, added_at);
