"""Backups of everything that a home cannot lose, encrypted to a key that is not here; and the way back."""
