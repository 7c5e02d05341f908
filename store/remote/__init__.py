"""Engines on other machines: how they are spoken to, and which of them is asked."""
