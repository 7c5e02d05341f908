"""Passwords: argon2id, one at a time, so that signing in never takes the cores that hold calls.

Parameters of RFC 9106, second recommendation: 3 passes over 64 MiB; one lane, as one core is spared for it.
"""

from __future__ import annotations

import secrets
from functools import cache
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from store.base.errors import BadInput

LEAST, MOST = 12, 200

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_ONE = Semaphore(1)


def hashed(password: str) -> str:
    """What is stored of a password."""
    with _ONE:
        return _HASHER.hash(password)


def right(stored: str | None, given: str) -> bool:
    """Whether `given` is the password of which `stored` is kept; as long for somebody who has none."""
    of = stored or _nobodys()
    with _ONE:
        try:
            return _HASHER.verify(of, given[:MOST]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))


def chosen(password: str, email: str) -> str:
    """`password`, if somebody may choose it. Raises BadInput. Length is what counts (NIST SP 800-63B, 5.1.1.2)."""
    if len(password) < LEAST:
        raise BadInput(f"Le mot de passe est trop court : {LEAST} caractères au moins.", code="password_short")
    if len(password) > MOST:
        raise BadInput(f"Le mot de passe est trop long : {MOST} caractères au plus.", code="password_long")
    if len(set(password)) < 5 or password.lower() in (email, email.partition("@")[0]):
        raise BadInput("Ce mot de passe se devine : choisissez une phrase à vous.", code="password_weak")
    return password


def first() -> str:
    """A password to begin with: four groups of five, read aloud without a doubt (about 97 bits)."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
