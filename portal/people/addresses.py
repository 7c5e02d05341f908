"""E-mail addresses as people are known by. Pure."""

from __future__ import annotations

import re

from store.base.errors import BadInput

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def address(email: str) -> str:
    """An e-mail address as it is kept. Raises BadInput."""
    plain = email.strip().lower()
    if not _EMAIL.fullmatch(plain) or len(plain) > 320:
        raise BadInput(f"EMAIL: {email!r} is no address", hint="such as claire@cabinet.fr", code="email_wrong")
    return plain
