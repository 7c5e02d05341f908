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


@dataclass(frozen=True, slots=True)
class Orders:
    """What the meter may ask of a call."""

    more: Callable[[], Awaitable[Extension]]
    warn: Callable[[], Awaitable[None]]
    leave: Callable[[], Awaitable[None]]
    cut: Callable[[], Awaitable[None]]


async def keep_within(seconds: int, answered: float, orders: Orders) -> None:
    """Watch a call answered at `answered` (monotonic) which has `seconds` paid for. Returns when it was cut, or when
    nothing limits it any more; is cancelled when the call ends."""
    while True:
        await _until(answered + seconds - EXTEND_SECONDS)
        more = await _asked(orders.more, answered + seconds - LEAVE_SECONDS)
        if more is None:
            break
        if more.seconds is None:
            return
        seconds = more.seconds
        if more.warn:
            await orders.warn()
        if more.last:
            break
    log.info("the balance ends this call at %d s", seconds)
    await _until(answered + seconds - LEAVE_SECONDS)
    await orders.leave()
    await _until(answered + seconds - CUT_SECONDS)
    await orders.cut()


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
