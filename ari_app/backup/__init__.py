"""Backups: verified by restoring them, restored into an empty home, commanded."""
