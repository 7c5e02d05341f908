"""The number is not that of the person who is looked for: nobody calls it for them any more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice
from ari_app.desk import wishes


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outcome: done, or unknown_number when the caller hides theirs."""
    if not context.party:
        return {"outcome": "unknown_number"}
    return await asyncio.to_thread(wishes.not_me, context.office.db, context.who, context.party)
