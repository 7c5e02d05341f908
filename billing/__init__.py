"""CDR to charge to invoice to payment. Never talks to Asterisk."""
