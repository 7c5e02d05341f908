"""Cancel the appointment the call is about, or the party's next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import ActionContext


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outcome: done, or none when there is no such appointment."""
    return await context.office.cancel(context.who, context.call_id, context.party, args)
