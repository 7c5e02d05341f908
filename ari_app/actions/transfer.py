"""Blind transfer to a person: the switch rings them; the outcome is named when the call comes back or ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ari_app.actions.base import ActionContext
from ari_app.switch.base import SwitchError
from store.base.errors import Refused
from store.base.numbering import e164

log = logging.getLogger(__name__)


async def run(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`: optional `to`, one of the agent's own numbers. Outcome: transferring, refused, or unavailable.

    A leg that leaves is an outbound call of the client's: refused where the client may place none, or pay for none.
    """
    human = context.who.agent.human
    if human is None:
        return {"outcome": "unavailable"}
    target = e164(human.number, field="human.number")
    try:
        await context.legs.ask("transfer", target)
    except Refused as error:
        log.warning("transfer of agent %s refused: [%s] %s", context.who.agent_name, error.code, error)
        return {"outcome": "refused"}
    if not context.switch.connected:
        raise SwitchError("the switch cannot be reached: nobody can be rung")
    return {"outcome": "transferring", "to": target}
