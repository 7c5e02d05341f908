"""Retention, the rights of people, and the registers."""
