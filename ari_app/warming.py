"""What can be done before a call comes: voices loaded, agents' ready phrases synthesised, the mind's prompts read."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from ari_app.agents.conversation import AgentConversation, ready_phrases
from ari_app.agents.effects import Facts
from ari_app.house import House
from ari_app.office_types import Answerable
from store.errors import DecrocheError
from tts.cache import CachedVoice

log = logging.getLogger(__name__)

_done: set[tuple[str, int]] = set()


async def warm(house: House) -> None:
    """Prepare every live agent that was not prepared yet. A part that fails is logged; the call will say more."""
    for who in await house.office.live_agents():
        key = (f"{who.tenant_id}/{who.agent_name}", who.version)
        if key in _done:
            continue
        try:
            await _warm_one(house, who)
            _done.add(key)
        except DecrocheError as error:
            log.warning("agent %s is not ready: [%s] %s", who.agent_name, error.code, error)


async def _warm_one(house: House, who: Answerable) -> None:
    agent = who.agent
    voice = await asyncio.to_thread(house.parts.voice, agent.language, agent.voice)
    if isinstance(voice, CachedVoice):
        await voice.prepare(ready_phrases(agent))
    facts = Facts("warm", datetime.now(UTC), "inbound", "", "")
    conversation = AgentConversation(agent, house.parts.mind, facts)
    await conversation.prime()
    await conversation.release()
