"""Whose telephone may ring now, and what became of it: a campaign's calls from the claim to the end. No Asterisk."""
