"""Move the party's appointment to another time: the new one is made and the old one given up, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: day and time of the new one; `name`, which who called us must say as it was booked; `from`, the old one's
    day, by which with the whole name it is found from another number.

    Outcome: done, to_confirm, none, taken, closed."""
    return await context.office.diary.reschedule(
        context.who, context.call_id, context.party, args, called_us=context.parties.inbound
    )
