"""Collecting through Stripe, and giving money back."""
