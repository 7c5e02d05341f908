"""Beside the dialogue of a call out: tells `handling.py` what is heard, and does what it says to do.

It never delays the greeting: the conversation goes on until somebody is surely no person.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from agents.definition import Agent
from agents.effects import Facts, Say
from agents.machines import introduction, message
from ari_app.call.handling import OUTCOMES, Greet, Handling, HangUp, Hush, Introduce, Leave, Step
from ari_app.call.tones import Tones
from asr.base import Ear, Pcm
from store.base.endings import Ending, NotYet, Outcome
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

PAST_MS = 28_000
"""The ear hears 30 s at most."""


class Stage(Protocol):
    """What the dialogue lets be done on its line."""

    async def silence(self) -> None:
        """The agent falls silent; what it was going to answer is dropped."""
        ...

    async def speak(self, lines: Sequence[Say], then: Ending | None = None) -> None:
        """Say these; `then`: why the dialogue ends after them."""
        ...

    async def open_anew(self) -> None:
        """The conversation's opening, from its first word."""
        ...

    def stop(self, why: Ending) -> None:
        """End the dialogue."""
        ...

    def heard(self, from_ms: int, to_ms: int) -> Pcm:
        """What was heard between two times of the caller's stream."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, until the dialogue ends."""
        ...

    def told_apart(self, who: str, why: str, outcome: Outcome | NotYet) -> None:
        """It is noted who picked up, and what the call came to if nobody else comes."""
        ...


class PickUp:
    """One call out. `window` and `words` are called by the dialogue as it hears."""

    def __init__(self, agent: Agent, facts: Facts, ear: Ear) -> None:
        self._agent, self._facts, self._ear = agent, facts, ear
        self._handling = Handling(message=agent.on_machine != "hangup", menus="dtmf" in agent.tools)
        self._tones = Tones()
        self._stage: Stage
        self._listening = False

    def attend(self, stage: Stage) -> None:
        """The dialogue that it is beside; called once, before anything is heard."""
        self._stage = stage

    @property
    def deaf(self) -> bool:
        """Nothing that is heard is a turn, or interrupts."""
        return self._handling.deaf

    @property
    def aside(self) -> bool:
        """The conversation waits: it is told nothing, and asks nobody whether they are there."""
        return self._handling.aside

    async def window(self, at_ms: int, window: Pcm, *, voiced: bool) -> None:
        """One window of the caller's stream (512 samples at 16 kHz) which ends at `at_ms`."""
        tones = self._tones.push(at_ms, window)
        for tone in tones:
            await self._do(self._handling.tone(tone))
        await self._do(self._handling.voice(at_ms, voiced=voiced))
        wanted = None if self._listening or self.aside else self._handling.watcher.wants_words()
        if wanted is not None:
            self._listening = True
            self._stage.spawn(self._listen(*wanted))

    async def words(self, at_ms: int, text: str) -> bool:
        """What was said, once they paused. True: it was not for the conversation."""
        aside = self.aside
        await self._do(self._handling.words(at_ms, text))
        return aside or self.aside

    async def _listen(self, from_ms: int, to_ms: int) -> None:
        """Somebody does not stop talking: what are they saying?"""
        try:
            pcm = self._stage.heard(max(from_ms - 300, to_ms - PAST_MS), to_ms)
            told = await self._ear.transcribe(pcm, language=self._agent.language)
            if not self.aside:
                await self._do(self._handling.words(to_ms, told.text))
        except DecrocheError as error:
            log.warning("who picked up was not heard: [%s] %s", error.code, error)
        finally:
            self._listening = False

    async def _do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            match step:
                case Hush(who, why):
                    log.info("%s picked up: %s", who, why)
                    self._stage.told_apart(who, why, OUTCOMES[who])
                    await self._stage.silence()
                case Leave():
                    await self._stage.speak(message(self._agent, self._facts), then="machine")
                case Introduce():
                    await self._stage.speak(introduction(self._agent))
                case Greet():
                    self._stage.told_apart("human", "after a screening assistant", "")
                    await self._stage.open_anew()
                case HangUp(outcome):
                    self._stage.stop(outcome)
