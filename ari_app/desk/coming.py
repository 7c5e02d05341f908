"""Engines on their way: a call may begin before they are loaded, and waits for one only where it needs it.

A process that takes up the calls of one that died says a ready sentence at once, from the disk; ear, end-of-turn judge,
meaning and mind are loaded meanwhile, in the order in which a call needs them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from time import monotonic
from typing import Generic, TypeVar, cast

from agents.definition import Agent
from agents.meaning.sense import Reading, Sense
from ari_app.desk.parts import Openers, Parts
from asr.base import Ear, Endpointer, Pcm, Transcript
from llm.base import JsonSchema, Message, Mind
from store.base.errors import DecrocheError
from store.base.settings import Settings

log = logging.getLogger(__name__)

LOADING = "loading"
"""What an engine is called that is not there yet."""

T = TypeVar("T")


class _Awaited(Generic[T]):
    """One engine: whoever asks before it is there waits, and is told why where it never comes."""

    def __init__(self) -> None:
        self.engine: T | None = None
        self._settled = asyncio.Event()
        self._fault: DecrocheError | None = None

    def came(self, engine: T) -> None:
        """It is there."""
        self.engine = engine
        self._settled.set()

    def failed(self, fault: DecrocheError) -> None:
        """It never comes."""
        self._fault = fault
        self._settled.set()

    async def get(self) -> T:
        """The engine, once it is there. Raises why it never is."""
        await self._settled.wait()
        if self.engine is None:
            assert self._fault is not None, "it came, or it failed"
            raise self._fault
        return self.engine


class ComingEar(Ear):
    """An ear that hears once it is there: what is said to it meanwhile waits."""

    engine, model = LOADING, ""

    def __init__(self) -> None:
        self.awaited = _Awaited[Ear]()

    def came(self, ear: Ear) -> None:
        """It is there, and is like that one from now on."""
        self.engine, self.model, self.capabilities = ear.engine, ear.model, ear.capabilities
        self.awaited.came(ear)

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """See `Ear`, as for all that follows."""
        return await (await self.awaited.get()).transcribe(pcm, language=language, hotwords=hotwords)

    async def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        return await (await self.awaited.get()).sounds(pcm)

    async def close(self) -> None:
        if self.awaited.engine is not None:
            await self.awaited.engine.close()


class ComingEndpointer(Endpointer):
    """A judge of turns that judges once it is there."""

    def __init__(self) -> None:
        self.awaited = _Awaited[Endpointer]()

    async def complete(self, pcm: Pcm) -> float:
        """See `Endpointer`, as for all that follows."""
        return await (await self.awaited.get()).complete(pcm)

    async def close(self) -> None:
        if self.awaited.engine is not None:
            await self.awaited.engine.close()


class ComingSense(Sense):
    """A sense that reads once it is there."""

    def __init__(self) -> None:
        self.awaited = _Awaited[Sense]()

    async def read(self, agent: Agent, heard: str, choices: Sequence[str], made: Sequence[str] = ()) -> Reading:
        """See `Sense`, as for all that follows."""
        return await (await self.awaited.get()).read(agent, heard, choices, made)

    def warm(self, agent: Agent) -> None:
        if self.awaited.engine is not None:
            self.awaited.engine.warm(agent)


class ComingMind(Mind):
    """A mind that answers once it is there."""

    engine, model = LOADING, ""

    def __init__(self) -> None:
        self.awaited = _Awaited[Mind]()

    def came(self, mind: Mind) -> None:
        """It is there, and is like that one from now on."""
        self.engine, self.model, self.capabilities, self.leads = mind.engine, mind.model, mind.capabilities, mind.leads
        self.awaited.came(mind)

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncGenerator[str]:  # fmt: skip
        """See `Mind`, as for all that follows."""
        pieces: AsyncIterator[str] = (await self.awaited.get()).stream(
            messages, slot=slot, schema=schema, prefill=prefill, max_tokens=max_tokens, temperature=temperature
        )
        async with aclosing(cast("AsyncGenerator[str]", pieces)) as stream:
            async for piece in stream:
                yield piece

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        await (await self.awaited.get()).prime(messages, slot=slot)

    async def release(self, slot: str) -> None:
        if self.awaited.engine is not None:  # else nothing was read for it
            await self.awaited.engine.release(slot)

    async def close(self) -> None:
        if self.awaited.engine is not None:
            await self.awaited.engine.close()


class Coming:
    """The engines of one process. `parts`: what calls are given, from the first moment on."""

    def __init__(self, settings: Settings, openers: Openers) -> None:
        self._settings, self._openers = settings, openers
        self._ear, self._endpointer, self._mind = ComingEar(), ComingEndpointer(), ComingMind()
        self._sense = ComingSense() if openers.sense is not None else None
        self.parts = Parts(
            self._ear, self._endpointer, openers.activity, self._mind, self._sense, openers.voice,
            openers.close_voices, hearing=asyncio.Event(),
        )  # fmt: skip
        self._all = asyncio.Event()

    @property
    def there(self) -> bool:
        """Every engine is loaded: a call can be served from its first word to its last."""
        return self._all.is_set()

    async def load(self) -> None:
        """Load each. Raises the folder's own error where one is missing or damaged; who waits for it is told so."""
        began = monotonic()
        try:
            ear = await asyncio.to_thread(self._openers.ear, self._settings)
            await ear.warm()
            self._endpointer.awaited.came(await asyncio.to_thread(self._openers.endpointer))
            self._ear.came(ear)
            self.parts.hearing.set()
            log.info("the ear is there after %.1f s", monotonic() - began)
            if self._sense is not None and self._openers.sense is not None:
                self._sense.awaited.came(await asyncio.to_thread(self._openers.sense))
            self._mind.came(await asyncio.to_thread(self._openers.mind, self._settings))
        except DecrocheError as error:
            for awaited in (self._ear.awaited, self._endpointer.awaited, self._mind.awaited):
                awaited.failed(error)
            if self._sense is not None:
                self._sense.awaited.failed(error)
            self.parts.hearing.set()  # whoever waits learns of it
            raise
        log.info("every engine is there after %.1f s", monotonic() - began)
        self._all.set()

    async def once_there(self) -> None:
        """Wait until every engine is there."""
        await self._all.wait()

    async def close(self) -> None:
        """Free what was loaded."""
        with suppress(DecrocheError):
            await self.parts.close()
