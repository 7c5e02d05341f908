"""The agent's version in another language: whether the client has it live, in that language."""

from __future__ import annotations

import logging

from ari_app.desk.house import House
from ari_app.desk.office_types import Answerable
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)


async def version_in(house: House, who: Answerable, language: str, agent: str) -> Answerable | None:
    """The agent of that name, with a voice for it; None, and the log says why, where the call cannot go on with it."""
    try:
        found = await house.office.routing.version_of(who, agent)
        house.parts.voice(found.agent.language, found.agent.voice)
    except DecrocheError as error:
        log.warning("no agent %s to go on in %s: [%s] %s", agent, language, error.code, error)
        return None
    if found.agent.language != language:
        log.warning("agent %s speaks %s, not %s", agent, found.agent.language, language)
        return None
    return found
