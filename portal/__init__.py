"""What clients and their systems meet: people, sessions, keys, pages, the API."""
