"""Signatures on what we post: under the reader's own key and dated, to be forged for nobody and kept for no later day.

The header is `X-Decroche-Signature: t=1790000000,v1=hex`: v1 is the HMAC-SHA256, under the reader's own key, of `t`, a
full stop and the body. The reader refuses what is older than LIVES_SECONDS.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from store.base.secrets import secret
from store.base.settings import Settings

HEADER = "X-Decroche-Signature"
LIVES_SECONDS = 300


def key_name(tenant_id: UUID) -> str:
    """Of the secret that is a client's key."""
    return f"webhook-{tenant_id}"


def key_of(tenant_id: UUID, of: Settings) -> str:
    """The key that only this client is given, made on first use (`home/secrets/webhook-<tenant's id>`)."""
    return secret(key_name(tenant_id), of=of)


def stamp(key: str, body: bytes, at: float) -> dict[str, str]:
    """The header for a body that is posted now. `at`: seconds since 1970."""
    signed = hmac.new(key.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return {HEADER: f"t={int(at)},v1={signed}"}
