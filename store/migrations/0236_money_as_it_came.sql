-- Money is the client's: one transfer may pay several documents, what is over stays on the account, is set off against
-- another document, or is reversed where it was entered by mistake.
ALTER TABLE billing.payments
    DROP CONSTRAINT payments_method_check,
    ADD CONSTRAINT payments_method_check CHECK (method IN
        ('transfer', 'card', 'sepa_debit', 'refund', 'chargeback', 'balance', 'set_off', 'reversal'));
DROP INDEX billing.payments_transfer_once;
CREATE UNIQUE INDEX payments_transfer_once ON billing.payments (tenant_id, invoice_id, method, reference, part)
    WHERE method IN ('transfer', 'reversal');
DROP INDEX billing.payments_once;
CREATE UNIQUE INDEX payments_once ON billing.payments (method, reference, part)
    WHERE method NOT IN ('transfer', 'reversal');
