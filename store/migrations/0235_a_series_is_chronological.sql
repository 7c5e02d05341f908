-- A series is chronological (CGI ann. II art. 242 nonies A, I-7°): the last day of each year's documents is kept with its
-- counter, so that none is dated before the one before it.
ALTER TABLE billing.invoice_numbers ADD COLUMN last_on date;
UPDATE billing.invoice_numbers n SET last_on = (SELECT max(i.issued_on) FROM billing.invoices i WHERE i.year = n.year);
ALTER TABLE billing.debit_note_numbers ADD COLUMN last_on date;
UPDATE billing.debit_note_numbers n
   SET last_on = (SELECT max(d.issued_on) FROM billing.debit_notes d WHERE d.year = n.year);
