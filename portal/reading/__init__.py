"""What pages and the API show, in few queries: calls, one call, the day at a glance, invoices."""
