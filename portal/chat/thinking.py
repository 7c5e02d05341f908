"""Where lines are understood: one thread with a loop of its own, so that a model holds up no page and no other site.

So many lines are answered at once; one that waits longer than it may is answered by the rules alone, which take
milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from agents.meaning.sense import Sense
from llm.base import Mind
from store.base.errors import DecrocheError
from store.base.settings import Settings

log = logging.getLogger(__name__)

Result = TypeVar("Result")


def mind_of(of: Settings) -> Mind | None:
    """The settings' mind, where chats may ask it. Raises DecrocheError."""
    if of.chat.mind == "never" or (of.chat.mind == "auto" and of.llm.engine != "openai"):
        return None
    from llm.minds import mind

    return mind(of)


class Thinker:
    """One per process. `mind`, `sense`: open the engines at the first line; each may give none."""

    def __init__(self, mind: Callable[[], Mind | None], sense: Callable[[], Sense | None], at_once: int) -> None:
        self._open = mind, sense
        self._mind: Mind | None = None
        self._sense: Sense | None = None
        self._room = asyncio.Semaphore(at_once)
        self._opened = False
        self._opening = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chat-thinking", daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it there, and wait for it here."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def with_engines(
        self, work: Callable[[Mind | None, Sense | None], Coroutine[Any, Any, Result]], seconds: float
    ) -> Result:
        """`work`, given the engines once there is room; none where there was no room in `seconds`. In its thread."""
        try:
            async with asyncio.timeout(seconds):
                await self._room.acquire()
        except TimeoutError:
            log.warning("a line is answered by the rules: %s", "too many are answered at once")
            return await work(None, None)
        try:
            await self._ready()
            return await work(self._mind, self._sense)
        finally:
            self._room.release()

    async def _ready(self) -> None:
        async with self._opening:
            if self._opened:
                return
            self._opened = True
            mind, sense = self._open
            self._sense = await asyncio.to_thread(sense)
            try:
                self._mind = await asyncio.to_thread(mind)
            except DecrocheError as error:
                log.warning("chats are answered without a mind: [%s] %s", error.code, error)

    def close(self) -> None:
        """End the thread, and free the mind."""
        if self._mind is not None:
            asyncio.run_coroutine_threadsafe(self._mind.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()
