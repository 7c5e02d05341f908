"""Tell the client's own system: a JSON POST, signed, bounded in time, to the public internet only."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from time import time
from typing import Any

from ari_app.actions.base import AtTheOffice
from store.base.outward import OutwardFailed, OutwardRefused, post
from store.base.settings import settings
from store.base.stamped import key_of, stamp

log = logging.getLogger(__name__)

SECONDS = 4.0
"""The caller is waiting: a webhook that takes longer has failed."""


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: url (https, see `store/base/outward.py`) and whatever is to be told. Outcome: done, failed.

    It is signed and dated as `store/base/stamped.py` says, under the tenant's own key. Why it failed is in our
    log and not in the outcome, which would tell a client what answers inside our network.
    """
    url = str(args.get("url", ""))
    told = {key: value for key, value in args.items() if key != "url"}
    body = json.dumps(
        {"call": str(context.call_id), "agent": context.who.agent_name, **told}, ensure_ascii=False, default=str
    )
    headers = stamp(key_of(context.who.tenant_id, settings()), body.encode(), time())
    allowed = settings().outward.allowed
    try:
        async with asyncio.timeout(SECONDS):
            # resolving a name and connecting block: a thread does, and is left behind where it takes longer
            status = await asyncio.to_thread(post, url, body.encode(), headers, seconds=SECONDS, allowed=allowed)
    except (OutwardRefused, OutwardFailed, TimeoutError) as error:
        log.warning("webhook of agent %s: %s", context.who.agent_name, error or "took too long")
        return {"outcome": "failed"}
    return {"outcome": "done" if status < 300 else "failed"}
