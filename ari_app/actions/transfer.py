"""Blind transfer to a person: the dialplan rings them; the outcome is named when the call comes back or ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import ActionContext
from store.base.numbering import e164


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: optional `to`, one of the agent's own numbers. Outcome: transferring, or unavailable."""
    human = context.who.agent.human
    if human is None:
        return {"outcome": "unavailable"}
    target = e164(human.number, field="human.number")
    await context.link.set_variable(context.channel_id, "DECROCHE_CALLEE", context.who.number)
    return {"outcome": "transferring", "to": target}
