"""Call this person back in the slot they were read: their request is stored with the second at which it was said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice
from ari_app.desk import wishes


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: day, time, until or minutes. Outcome: done, past, or unknown_number when the caller hides theirs."""
    if not context.party:
        return {"outcome": "unknown_number"}
    return await asyncio.to_thread(
        wishes.call_back, context.office.db, context.who, context.call_id, context.at_ms, context.party, dict(args)
    )
