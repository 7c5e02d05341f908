"""Book an appointment: a row, or the nearest free times when the slot is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: name, day (ISO date), time (HH:MM), optional minutes and note. Outcome: done, taken, closed."""
    return await context.office.diary.book(context.who, context.call_id, context.party, args)
