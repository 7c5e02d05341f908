"""Tokens: 256 random bits, of which the database has the SHA-256 only; and what derives from them."""

from __future__ import annotations

import hashlib
import hmac
import secrets

LINK_DAYS = 7
"""How long an invitation's link opens something."""


def new_token() -> str:
    """256 random bits, as a cookie or an address takes them."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token; no salt is needed for what cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()


def named(kind: str, name: str) -> bytes:
    """A name under which failures are counted, without the name."""
    return hashlib.sha256(f"{kind}:{name}".encode()).digest()


def form_token(token: str) -> str:
    """What a form of this session carries: another site can neither read nor guess it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
