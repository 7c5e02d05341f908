"""An agent's fixed sentences made into speech when its version goes live, before anybody calls."""

from __future__ import annotations

from collections.abc import Callable

from agents.definition import Agent
from agents.ready import ready_phrases
from tts.base import Voice
from tts.pronounced import pronounced


async def make_ready(agent: Agent, voice: Voice, told: Callable[[], None] = lambda: None) -> int:
    """Speak each fixed sentence once into the cache; `told` after each. Returns how many there are.

    Raises TtsError. A heavy voice needs a second and a half a sentence: done here, no call competes with it.
    """
    phrases = ready_phrases(agent)
    speaks = pronounced(voice, agent.say_as)
    for phrase in phrases:
        await speaks.prepare([phrase])
        told()
    return len(phrases)
