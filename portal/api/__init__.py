"""`/api/v1`: what clients' systems read, with a key."""
