"""Calls charged and counted: the ledger, balances, limits, rating again."""
