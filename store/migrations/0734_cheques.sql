-- Cheques are money too, and their numbers are the payer's, as the words of a transfer are.
ALTER TABLE billing.payments
    DROP CONSTRAINT payments_method_check,
    ADD CONSTRAINT payments_method_check CHECK (method IN ('transfer', 'cheque', 'card', 'sepa_debit', 'refund',
        'chargeback', 'balance', 'set_off', 'reversal'));
DROP INDEX billing.payments_transfer_once;
CREATE UNIQUE INDEX payments_transfer_once ON billing.payments (tenant_id, invoice_id, method, reference, part)
    WHERE method IN ('transfer', 'cheque', 'reversal');
DROP INDEX billing.payments_once;
CREATE UNIQUE INDEX payments_once ON billing.payments (method, reference, part)
    WHERE method NOT IN ('transfer', 'cheque', 'reversal');
