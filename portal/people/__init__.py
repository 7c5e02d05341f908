"""Who may come in and what they may do there: people, roles, sessions, second step, keys."""
