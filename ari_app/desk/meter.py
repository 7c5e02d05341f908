"""A call on a prepaid balance kept within what is held for it: extended in time, warned once, ended politely."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from billing.charges.prepaid import Extension
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

EXTEND_SECONDS = 15.0
"""More is asked for this long before what is held runs out."""

LEAVE_SECONDS = 7.0
"""Leave is taken this long before the end: the time a goodbye takes."""

CUT_SECONDS = 1.0
"""The call is cut this long before its last paid second, which a started second would pass."""

RETRY_SECONDS = 2.0


async def _nothing() -> None:
    """Nobody of ours is on the line to say anything."""


@dataclass(frozen=True, slots=True)
class MeterHooks:
    """What the meter may ask: more of the till, and of the call, in this order, `warn`, `leave` and `cut`."""

    more: Callable[[], Awaitable[Extension]]
    cut: Callable[[], Awaitable[None]]
    warn: Callable[[], Awaitable[None]] = _nothing
    leave: Callable[[], Awaitable[None]] = _nothing


async def keep_within(seconds: int, answered: float, hooks: MeterHooks) -> None:
    """Watch a call answered at `answered` (monotonic) which has `seconds` paid for. Returns when it was cut, or when
    nothing limits it any more; is cancelled when the call ends."""
    while True:
        await _until(answered + seconds - EXTEND_SECONDS)
        more = await _asked(hooks.more, answered + seconds - LEAVE_SECONDS)
        if more is None:
            break
        if more.seconds is None:
            return
        seconds = more.seconds
        if more.warn:
            await hooks.warn()
        if more.last:
            break
    log.info("the balance ends this call at %d s", seconds)
    await _until(answered + seconds - LEAVE_SECONDS)
    await hooks.leave()
    await _until(answered + seconds - CUT_SECONDS)
    await hooks.cut()


async def _asked(more: Callable[[], Awaitable[Extension]], until: float) -> Extension | None:
    """The till's answer; None when it could not be asked in time: what is held is then all there is."""
    while True:
        try:
            return await more()
        except DecrocheError as error:
            log.error("more of the call could not be held: [%s] %s", error.code, error)
        if monotonic() + RETRY_SECONDS >= until:
            return None
        await asyncio.sleep(RETRY_SECONDS)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - monotonic()))
