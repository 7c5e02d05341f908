"""Several servers that do the same: a request goes to the healthiest, and to the next where that one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from time import monotonic
from typing import Generic, TypeVar

from store.base.errors import DecrocheError, Unavailable
from store.remote.health import Health, Rules, order

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class AllAway(Unavailable):
    """No server of these answers."""

    code = "all_away"


class Pool(Generic[T]):
    """The servers of one kind, by address. `probe` asks one whether it is there, and raises where it is not."""

    def __init__(
        self, members: Mapping[str, T], probe: Callable[[T], Awaitable[object]], *, rules: Rules | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        """`clock`: seconds that never go back."""
        self._members, self._probe, self._rules, self._clock = dict(members), probe, rules or Rules(), clock
        self.health = {name: Health() for name in members}
        self._in_hand = dict.fromkeys(members, 0)
        self._probes: set[asyncio.Task[None]] = set()

    async def ask(self, do: Callable[[T], Awaitable[R]]) -> R:
        """What the first server that can makes of `do`. Raises AllAway, or why the last that was asked could not.

        An error that would be the same at another try (not `retryable`) says nothing of the server's health.
        """
        self._look_for()
        last: DecrocheError | None = None
        for name in order(self.health, self._in_hand):
            self._in_hand[name] += 1
            try:
                done = await do(self._members[name])
            except DecrocheError as error:
                last = error
                if error.retryable:
                    self._tell(name, self.health[name].failed(self._clock(), self._rules), str(error))
            else:
                self._tell(name, self.health[name].answered())
                return done
            finally:
                self._in_hand[name] -= 1
        raise last or self._all_away()

    async def pieces(self, begin: Callable[[T], AsyncGenerator[R]]) -> AsyncGenerator[R]:
        """As `ask`, of what comes in pieces: another server is asked only where none has come of the first."""
        self._look_for()
        last: DecrocheError | None = None
        for name in order(self.health, self._in_hand):
            begun = False
            self._in_hand[name] += 1
            try:
                async with aclosing(begin(self._members[name])) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except DecrocheError as error:
                last = error
                if error.retryable:
                    self._tell(name, self.health[name].failed(self._clock(), self._rules), str(error))
                if begun:
                    raise
            else:
                self._tell(name, self.health[name].answered())
                return
            finally:
                self._in_hand[name] -= 1
        raise last or self._all_away()

    async def look(self) -> None:
        """Ask every server whether it is there. Raises nothing: their health says it."""
        await asyncio.gather(*(self._probed(name) for name in self._members))

    async def close(self) -> None:
        """Look for nobody any more."""
        for task in self._probes:
            task.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)

    def _all_away(self) -> AllAway:
        return AllAway(f"no answer of {', '.join(self._members)}", hint="start one of these servers, or name others")

    def _look_for(self) -> None:
        """Begin to look for those that have been away long enough, beside the request that comes just then."""
        now = self._clock()
        for name, health in self.health.items():
            if health.due(now):
                self.health[name] = health.looked_for(now, self._rules)
                task = asyncio.get_running_loop().create_task(self._probed(name), name=f"look for {name}")
                self._probes.add(task)
                task.add_done_callback(self._probes.discard)

    async def _probed(self, name: str) -> None:
        try:
            await self._probe(self._members[name])
        except DecrocheError as error:
            self._tell(name, self.health[name].failed(self._clock(), self._rules), str(error))
        else:
            self._tell(name, self.health[name].answered())

    def _tell(self, name: str, now: Health, why: str = "") -> None:
        before, self.health[name] = self.health[name].state, now
        if now.state != before:
            log.warning("the server %s is %s%s", name, now.state, f": {why}" if why else "")
