"""Ordering and ending a subscription on the web, with its proof."""
