"""Cancel the appointment the call is about, or the party's next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import AtTheOffice


async def run(context: AtTheOffice, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: `name`, which who called us must say as it was booked. Outcome: done, or none: no such appointment."""
    return await context.office.diary.cancel(context.who, context.party, args, called_us=context.parties.inbound)
