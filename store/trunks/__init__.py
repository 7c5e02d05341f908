"""The operator's trunks, and what each did for each call."""
