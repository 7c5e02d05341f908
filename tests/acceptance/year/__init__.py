"""A financial year of billing, played by commands and reckoned apart."""
