-- The words on a bank transfer are the payer's: two clients may choose the same. What Stripe names is unique in all.
ALTER TABLE billing.payments DROP CONSTRAINT payments_method_reference_key;
CREATE UNIQUE INDEX payments_transfer_once ON billing.payments (tenant_id, reference, part) WHERE method = 'transfer';
CREATE UNIQUE INDEX payments_once ON billing.payments (method, reference, part) WHERE method <> 'transfer';
