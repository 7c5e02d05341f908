"""The second step: one-time codes (TOTP, RFC 6238) and the codes kept for when the telephone is lost."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from urllib.parse import quote

import segno
from pyotp import random_base32
from pyotp.totp import TOTP

from portal.people.tokens import same

STEP, CODES = 30, 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226, section 4)."""
    return random_base32()


def taken(secret: str, code: str, last_step: int, now: datetime) -> int | None:
    """The step whose code this is; one early or late passes, one not after `last_step` never (RFC 6238, 5.2)."""
    plain = "".join(code.split())
    here = int(now.timestamp()) // STEP
    totp = TOTP(secret)
    for step in (here - 1, here, here + 1):
        if step > last_step and same(totp.generate_otp(step), plain):
            return step
    return None


def square(secret: str, email: str) -> str:
    """The SVG that an application photographs."""
    address = f"otpauth://totp/{quote('Décroche')}:{quote(email)}?secret={secret}&issuer={quote('Décroche')}"
    return segno.make(address, error="m").svg_inline(scale=4, border=2, dark="#16202b", light="#ffffff", omitsize=True)


def recovery() -> list[str]:
    """Ten codes of 60 bits, each good once."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(CODES)]


def recovery_digest(code: str) -> bytes:
    """What is stored of a recovery code, however it was spaced."""
    return hashlib.sha256("".join(c for c in code.lower() if c.isalnum()).encode()).digest()
