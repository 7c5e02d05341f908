"""Passkeys (WebAuthn): a second step beside one-time codes, and a way in without a password."""
