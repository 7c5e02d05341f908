"""A telephone in software: calls, answers, speaks recordings, listens, and measures what a caller hears."""
