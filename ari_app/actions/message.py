"""Take a message for the people of the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: text, optional name and phone (the caller's own number otherwise). Outcome: done."""
    return await context.office.diary.message(context.who, context.call_id, context.party, args)
