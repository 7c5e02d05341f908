"""Tell the client's own system: a JSON POST, signed, bounded in time."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from ari_app.actions.base import ActionContext
from store.base.secrets import secret

SECONDS = 4.0
"""The caller is waiting: a webhook that takes longer has failed."""


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: url (https, or http on loopback) and whatever is to be told. Outcome: done, failed.

    The body's HMAC-SHA256 under the tenant's own webhook secret is in `X-Decroche-Signature`.
    """
    url = str(args.get("url", ""))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return {"outcome": "failed", "error": f"the URL cannot be read: {error}"}
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        return {"outcome": "failed", "error": "the URL must be https"}
    told = {key: value for key, value in args.items() if key != "url"}
    body = json.dumps(
        {"call": str(context.call_id), "agent": context.who.agent_name, **told}, ensure_ascii=False, default=str
    )
    key = secret(f"webhook-{context.who.tenant_id}").encode()
    signature = hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Decroche-Signature": f"sha256={signature}"}
    try:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            return {"outcome": "done" if answer.status < 300 else "failed", "status": answer.status}
    except (aiohttp.ClientError, TimeoutError) as error:
        return {"outcome": "failed", "error": type(error).__name__}
