"""PostgreSQL, settings, secrets, models on disk: what the house keeps. Imports nothing of ours."""
