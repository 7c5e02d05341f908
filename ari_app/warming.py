"""What can be done before a call comes: voices loaded, agents' ready phrases synthesised, the mind's prompts read."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime

from ari_app.agents.conversation import AgentConversation
from ari_app.agents.definition import Agent
from ari_app.agents.effects import Facts, Say
from ari_app.house import House
from ari_app.office_types import Answerable
from store.errors import DecrocheError

log = logging.getLogger(__name__)

_TEMPLATE = re.compile(r"\{")


class Warmer:
    """Prepares each live agent once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._done: set[tuple[str, str, int]] = set()

    async def warm(self) -> None:
        """Prepare the live agents not prepared yet. A part that fails is logged; the call will say more."""
        for who in await self._house.office.live_agents():
            key = (str(who.tenant_id), who.agent_name, who.version)
            if key in self._done:
                continue
            try:
                await self._one(who)
                self._done.add(key)
            except DecrocheError as error:
                log.warning("agent %s is not ready: [%s] %s", who.agent_name, error.code, error)

    async def _one(self, who: Answerable) -> None:
        agent, parts = who.agent, self._house.parts
        voice = await asyncio.to_thread(parts.voice, agent.language, agent.voice)
        facts = Facts(f"warm-{who.agent_name}", datetime.now(UTC), "inbound", "", "")
        conversation = AgentConversation(agent, parts.mind, facts)
        opening = [line.text for line in conversation.opening() if isinstance(line, Say)]
        await voice.prepare([*opening, *ready_phrases(agent)])
        await conversation.prime()
        await conversation.release()


def ready_phrases(agent: Agent) -> list[str]:
    """The agent's fixed wordings, said as they are written: what is worth having synthesised."""
    steps = [text for step in agent.scenario.steps for text in (step.say, step.ask, step.again)]
    facts = [fact.say for fact in agent.facts]
    always = [agent.farewell, agent.excuse, *agent.silences, *agent.misunderstandings]
    return list(dict.fromkeys(text for text in (*always, *steps, *facts) if text and not _TEMPLATE.search(text)))
