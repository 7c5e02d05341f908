"""What can be done before a call comes: voices loaded, agents' ready phrases synthesised, the mind's prompts read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime

from agents.conversation import AgentConversation
from agents.effects import Facts
from agents.readying import make_ready
from ari_app.desk.house import House
from ari_app.desk.office_types import Answerable
from store.base.errors import DecrocheError
from store.base.parties import Parties

log = logging.getLogger(__name__)


class Warmer:
    """Prepares each live agent once: its voice before the first call, its mind as soon as there is time."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._voiced: set[tuple[str, str, int]] = set()
        self._primed: set[tuple[str, str, int]] = set()

    async def voices(self) -> None:
        """Synthesise what live agents say first and always."""
        for who in await self._house.office.routing.live_agents():
            if _key(who) not in self._voiced and await _safely(who, self._voice(who)):
                self._voiced.add(_key(who))

    async def minds(self) -> None:
        """Read live agents' instructions ahead; a call that comes meanwhile is served first."""
        for who in await self._house.office.routing.live_agents():
            if _key(who) not in self._primed and await _safely(who, self._prime(who)):
                self._primed.add(_key(who))

    async def _voice(self, who: Answerable) -> None:
        voice = await asyncio.to_thread(self._house.parts.voice, who.agent.language, who.agent.voice)
        await make_ready(who.agent, voice)

    async def _prime(self, who: Answerable) -> None:
        if (sense := self._house.parts.sense) is not None:
            await asyncio.to_thread(sense.warm, who.agent)
        conversation = self._rehearsal(who)
        await conversation.prime()
        await conversation.release()

    def _rehearsal(self, who: Answerable) -> AgentConversation:
        facts = Facts(f"warm-{who.agent_name}", datetime.now(UTC), Parties("inbound", "", ""))
        return AgentConversation(who.agent, self._house.parts.mind, facts, sense=self._house.parts.sense)


def _key(who: Answerable) -> tuple[str, str, int]:
    return (str(who.tenant_id), who.agent_name, who.version)


async def _safely(who: Answerable, work: Coroutine[None, None, None]) -> bool:
    """A part that fails is logged; the call will say more."""
    try:
        await work
    except DecrocheError as error:
        log.warning("agent %s is not ready: [%s] %s", who.agent_name, error.code, error)
        return False
    return True
