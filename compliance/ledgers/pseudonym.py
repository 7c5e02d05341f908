"""A name for a number that tells nothing without this installation's key: for logs that are never erased."""

from __future__ import annotations

import hashlib
import hmac

from compliance.law import numbers
from store.base.secrets import secret


def pseudonym(phone: str) -> str:
    """The same number always has the same pseudonym here (HMAC-SHA256, 64 bits of it)."""
    number = numbers.read(phone)
    text = number.e164 if number else phone
    digest = hmac.new(secret("pseudonyms").encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"p{digest[:16]}"


def person(phone: str) -> str:
    """How the audit log, which is never erased, names whose number it was."""
    return f"person:{pseudonym(phone)}"
