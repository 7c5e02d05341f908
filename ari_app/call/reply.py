"""One reply being made: a plan's effects turned into audio ahead of its turn, and kept until it is granted.

Thinking and synthesis run as soon as a transcript is guessed; nothing is heard, and nothing is done, before the
session plays the items. A withdrawn reply is cancelled whole.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from time import monotonic

from agents.effects import Act, Plan, Say
from store.base.errors import DecrocheError
from tts.base import Voice

log = logging.getLogger(__name__)

AHEAD = 1500
"""Items prepared ahead at most: about 30 s of speech."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A clause begins."""

    say: Say


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio of the clause."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The clause's audio is complete."""


@dataclass(frozen=True, slots=True)
class Over:
    """The reply is complete; `error` when it was cut short by an engine."""

    error: DecrocheError | None = None


Item = Begin | Chunk | End | Act | Over


@dataclass(slots=True)
class Stages:
    """Instants (seconds, monotonic) on the way from the caller's last word to the agent's first."""

    heard: dict[str, float] = field(default_factory=dict[str, float])

    def note(self, name: str) -> None:
        """The first time `name` happens is kept."""
        self.heard.setdefault(name, monotonic())

    def between(self, first: str, last: str) -> int | None:
        """Milliseconds from one to the other, when both happened."""
        if first not in self.heard or last not in self.heard:
            return None
        return round((self.heard[last] - self.heard[first]) * 1000)


class Reply:
    """The reply to one utterance. `items` is read by the session once granted."""

    def __init__(self, plan: Plan, voice: Voice, stages: Stages | None = None) -> None:
        self.plan = plan
        self.stages = stages or Stages()
        self.items: asyncio.Queue[Item] = asyncio.Queue(AHEAD)
        self.begun = asyncio.Event()
        """Its first item is there."""
        self._voice = voice
        self._task: asyncio.Task[None] | None = None

    def start(self, group: asyncio.TaskGroup) -> Reply:
        """Begin thinking and speaking into the queue."""
        self._task = group.create_task(self._make(), name="reply")
        return self

    def cancel(self) -> None:
        """Stop thinking; nothing of this reply happens."""
        if self._task is not None:
            self._task.cancel()

    async def _make(self) -> None:
        error: DecrocheError | None = None
        self.stages.note("think")
        try:
            async for effect in self.plan.effects():
                self.stages.note("thought")
                if isinstance(effect, Act):
                    await self._put(effect)
                else:
                    await self._speak(effect)
        except DecrocheError as failure:
            log.error("a reply was cut short: [%s] %s", failure.code, failure)
            error = failure
        await self._put(Over(error))

    async def _put(self, item: Item) -> None:
        await self.items.put(item)
        self.begun.set()

    async def _speak(self, say: Say) -> None:
        await self._put(Begin(say))
        async for pcm in self._voice.speak(say.text, ready=say.ready):
            self.stages.note("voiced")
            await self._put(Chunk(pcm))
        await self._put(End())
