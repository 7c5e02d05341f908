"""Who calls, as the client's own CRM knows them: asked at the first ring, and never waited for.

What comes within the deadline the agent knows from then on, as variables of its file; what comes later, or not at all,
is unknown. It is other people's text: it fills the agent's own sentences, and is never an instruction.
"""

from __future__ import annotations

import asyncio
import logging

from ari_app.call.state import CallState
from ari_app.desk.house import House
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 0.3


async def acquaint(house: House, state: CallState, seconds: float = DEADLINE_SECONDS) -> None:
    """Tell the call who calls, where the agent's file has a use for it and the number is shown."""
    wanted = state.who.agent.variables
    if not wanted or not state.parties.caller or state.parties.outbound:
        return
    try:
        async with asyncio.timeout(seconds):
            found = await house.acquaintance(state.who.tenant_id, state.parties.caller)
    except TimeoutError:
        log.info("who calls was not known in time")
        return
    except DecrocheError as error:
        log.warning("who calls is not known: [%s] %s", error.code, error)
        return
    except Exception:  # the edge of this task: whatever is at fault above, the call goes on without it
        log.exception("who calls is not known")
        return
    state.variables.update({name: value for name, value in found.items() if name in wanted})
