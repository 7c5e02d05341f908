"""A name for a number that tells nothing without this installation's key: for logs that are never erased."""

from __future__ import annotations

import hashlib
import hmac

from compliance.law import numbers
from store.base.secrets import secret
from store.base.settings import Settings


def pseudonym(phone: str, of: Settings | None = None) -> str:
    """The same number always has the same pseudonym here (HMAC-SHA256, 64 bits of it). `of`: whose key; None: ours."""
    number = numbers.read(phone)
    text = number.e164 if number else phone
    digest = hmac.new(secret("pseudonyms", of=of).encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"p{digest[:16]}"


def person(phone: str, of: Settings | None = None) -> str:
    """How the audit log, which is never erased, names whose number it was."""
    return f"person:{pseudonym(phone, of)}"
