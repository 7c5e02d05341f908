"""Signatures as Standard Webhooks has them: of id, instant and body, under each key that holds. Pure.

The specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

MARK = "whsec_"
"""How a secret begins, so that receivers' libraries and scanners of sources know it."""


def spoken(key: bytes) -> str:
    """A key as a receiver is given it."""
    return MARK + base64.b64encode(key).decode()


def signature(key: bytes, message: str, at: datetime, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.seconds.body`."""
    signed = f"{message}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(message: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """What goes with a message sent `at` that instant: a signature under each key, the present one first."""
    return {
        "content-type": "application/json",
        "user-agent": "Decroche-Webhooks/1",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(key, message, at, body) for key in keys),
    }
